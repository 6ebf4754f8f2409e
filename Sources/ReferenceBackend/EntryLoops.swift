import BatchNumerics

/// Loops over the entries of batched tensors.
enum EntryLoops {
  /// x_i <- rule(run, i, x_i)
  @inline(__always)
  static func update<S: RunScalar>(
    _ tensor: ReferenceTensor<S>, _ rule: (Int, Int, S) -> S
  ) {
    let (perRun, values) = (tensor.shape.perRun, tensor.values.start)
    for run in 0..<tensor.shape.runs {
      for i in 0..<perRun {
        let index = run * perRun + i
        values[index] = rule(run, i, values[index])
      }
    }
  }

  /// y += alpha x
  @_specialize(where S == Float)
  @_specialize(where S == Double)
  static func axpy<S: RunScalar>(
    _ alpha: ReferenceTensor<S>, _ x: ReferenceTensor<S>, into y: ReferenceTensor<S>
  ) {
    for run in 0..<y.shape.runs {
      let factor = alpha.values.start[alpha.start(ofRun: run)]
      let source = x.values.start + x.start(ofRun: run)
      let target = y.values.start + run * y.shape.perRun
      for i in 0..<y.shape.perRun { target[i] += factor * source[i] }
    }
  }

  /// Per run, the sum of x_i y_i in double precision.
  @_specialize(where S == Float)
  @_specialize(where S == Double)
  static func dot<S: RunScalar>(_ x: ReferenceTensor<S>, _ y: ReferenceTensor<S>) -> [Double] {
    (0..<x.shape.runs).map { run in
      let first = x.values.start + x.start(ofRun: run)
      let second = y.values.start + y.start(ofRun: run)
      var sum = 0.0
      for i in 0..<x.shape.perRun { sum += Double(first[i]) * Double(second[i]) }
      return sum
    }
  }

  /// Per run, a fold over the entries.
  static func reduce<S: RunScalar>(
    _ tensor: ReferenceTensor<S>, _ start: Double, _ combine: (Double, S) -> Double
  ) -> [Double] {
    (0..<tensor.shape.runs).map { run in
      let values = tensor.values.start + tensor.start(ofRun: run)
      return (0..<tensor.shape.perRun).reduce(start) { combine($0, values[$1]) }
    }
  }
}
