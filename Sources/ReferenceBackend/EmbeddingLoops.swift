import BatchNumerics

/// Gather and scatter of token embeddings.
enum EmbeddingLoops {
  /// Features of a run's samples.
  @_specialize(where S == Float)
  @_specialize(where S == Double)
  static func features<S: RunScalar>(
    _ tables: TablePair<ReferenceTensor<S>>, _ tokens: ReferenceIndices, _ run: Int,
    into features: ReferenceTensor<S>
  ) {
    let d = tables.first.shape.columns
    let q = Aggregation.matrixSide(of: d) ?? 1
    let (first, second) = rows(tables, run)
    let pairs = tokens.start(ofRun: run)
    for i in 0..<features.shape.rows {
      let a = first + Int(tokens.values[pairs + 2 * i]) * d
      let b = second + Int(tokens.values[pairs + 2 * i + 1]) * d
      let u = features.values.start + run * features.shape.perRun + i * features.shape.columns
      switch tables.aggregation {
      case .sum: for j in 0..<d { u[j] = a[j] + b[j] }
      case .hadamard: for j in 0..<d { u[j] = a[j] * b[j] }
      case .concat:
        for j in 0..<d {
          u[j] = a[j]
          u[d + j] = b[j]
        }
      case .matrixProduct:
        for row in 0..<q {
          for column in 0..<q {
            var sum: S = 0
            for k in 0..<q { sum += a[row * q + k] * b[k * q + column] }
            u[row * q + column] = sum
          }
        }
      }
    }
  }

  /// Adds to a table's gradient what the samples of a run contribute, token by token.
  @_specialize(where S == Float)
  @_specialize(where S == Double)
  static func gradient<S: RunScalar>(
    _ slopes: ReferenceTensor<S>, _ tables: TablePair<ReferenceTensor<S>>,
    _ tokens: ReferenceIndices, _ segments: ReferenceIndices, _ slot: Int, _ run: Int,
    into gradient: ReferenceTensor<S>
  ) {
    let (vocabulary, d) = (tables.first.shape.rows, tables.first.shape.columns)
    let q = Aggregation.matrixSide(of: d) ?? 1
    let (first, second) = rows(tables, run)
    let (pairs, bounds) = (tokens.start(ofRun: run), segments.start(ofRun: run))
    let sum = WorkArray<S>(zeros: d)
    for token in 0..<vocabulary {
      let samples =
        Int(segments.values[bounds + token])..<Int(segments.values[bounds + token + 1])
      sum.start.update(repeating: 0, count: d)
      for position in samples {
        let i = Int(segments.values[bounds + vocabulary + 1 + position])
        let g = slopes.values.start + run * slopes.shape.perRun + i * slopes.shape.columns
        let a = first + Int(tokens.values[pairs + 2 * i]) * d
        let b = second + Int(tokens.values[pairs + 2 * i + 1]) * d
        switch tables.aggregation {
        case .sum: for j in 0..<d { sum.start[j] += g[j] }
        case .hadamard: for j in 0..<d { sum.start[j] += g[j] * (slot == 0 ? b[j] : a[j]) }
        case .concat: for j in 0..<d { sum.start[j] += g[slot * d + j] }
        case .matrixProduct:
          // dA = G B^T, dB = A^T G
          for row in 0..<q {
            for column in 0..<q {
              var part: S = 0
              for k in 0..<q {
                part +=
                  slot == 0
                  ? g[row * q + k] * b[column * q + k] : a[k * q + row] * g[k * q + column]
              }
              sum.start[row * q + column] += part
            }
          }
        }
      }
      let target = gradient.values.start + run * gradient.shape.perRun + token * d
      for j in 0..<d { target[j] += sum.start[j] }
    }
  }

  private static func rows<S: RunScalar>(
    _ tables: TablePair<ReferenceTensor<S>>, _ run: Int
  ) -> (UnsafeMutablePointer<S>, UnsafeMutablePointer<S>) {
    (
      tables.first.values.start + tables.first.start(ofRun: run),
      tables.second.values.start + tables.second.start(ofRun: run)
    )
  }
}
