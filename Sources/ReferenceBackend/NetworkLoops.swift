import BatchNumerics
import Foundation

/// Loops over the activations of networks: a row per sample.
enum NetworkLoops {
  @_specialize(where S == Float)
  @_specialize(where S == Double)
  static func addBias<S: RunScalar>(_ x: ReferenceTensor<S>, _ bias: ReferenceTensor<S>) {
    let columns = x.shape.columns
    EntryLoops.update(x) { run, i, value in
      value + bias.values.start[bias.start(ofRun: run) + i % columns]
    }
  }

  /// x <- relu(x + bias), NaN stays NaN.
  @_specialize(where S == Float)
  @_specialize(where S == Double)
  static func relu<S: RunScalar>(_ x: ReferenceTensor<S>, bias: ReferenceTensor<S>?) {
    if let bias { addBias(x, bias) }
    EntryLoops.update(x) { _, _, value in value < 0 ? 0 : value }
  }

  /// x <- x where the gate is positive, otherwise 0.
  @_specialize(where S == Float)
  @_specialize(where S == Double)
  static func mask<S: RunScalar>(_ x: ReferenceTensor<S>, _ gate: ReferenceTensor<S>) {
    EntryLoops.update(x) { run, i, value in
      gate.values.start[gate.start(ofRun: run) + i] > 0 ? value : 0
    }
  }

  @_specialize(where S == Float)
  @_specialize(where S == Double)
  static func columnSums<S: RunScalar>(_ x: ReferenceTensor<S>, into y: ReferenceTensor<S>) {
    let columns = x.shape.columns
    for run in 0..<x.shape.runs {
      let sums = y.values.start + run * columns
      sums.update(repeating: 0, count: columns)
      for i in 0..<x.shape.rows {
        let row = x.values.start + run * x.shape.perRun + i * columns
        for j in 0..<columns { sums[j] += row[j] }
      }
    }
  }

  @_specialize(where S == Float)
  @_specialize(where S == Double)
  static func addGatedSums<S: RunScalar>(
    _ alpha: ReferenceTensor<S>, _ gate: ReferenceTensor<S>, _ x: ReferenceTensor<S>,
    into y: ReferenceTensor<S>, row: Int
  ) {
    let columns = x.shape.columns
    for run in 0..<x.shape.runs {
      let factor = alpha.values[alpha.start(ofRun: run)]
      let target = y.values.start + run * y.shape.perRun + row * columns
      for j in 0..<columns {
        var sum: S = 0
        for i in 0..<x.shape.rows {
          let index = run * x.shape.perRun + i * columns + j
          if gate.values.start[index] > 0 { sum += x.values.start[index] }
        }
        target[j] += factor * sum
      }
    }
  }

  /// o <- (softmax(o) - onehot(label)) / N
  @_specialize(where S == Float)
  @_specialize(where S == Double)
  static func softmaxCrossEntropy<S: RunScalar>(
    _ outputs: ReferenceTensor<S>, _ labels: ReferenceIndices
  ) {
    let (rows, columns) = (outputs.shape.rows, outputs.shape.columns)
    let (values, classes) = (outputs.values, labels.values)
    let weight = 1 / S(rows)
    for run in 0..<outputs.shape.runs {
      let first = labels.start(ofRun: run)
      let start = run * outputs.shape.perRun
      let height = 256
      forEachInParallel((rows + height - 1) / height) { block in
        for i in (block * height)..<min(rows, (block + 1) * height) {
          let row = values.start + start + i * columns
          var largest = row[0]
          for c in 0..<columns { largest = max(largest, row[c]) }
          var sum: S = 0
          for c in 0..<columns {
            row[c] = exponential(row[c] - largest)
            sum += row[c]
          }
          for c in 0..<columns { row[c] = row[c] / sum * weight }
          row[Int(classes[first + i])] -= weight
        }
      }
    }
  }

  /// Loss, accuracy and margin of a run in double precision.
  @_specialize(where S == Float)
  @_specialize(where S == Double)
  static func classify<S: RunScalar>(
    _ outputs: ReferenceTensor<S>, _ labels: ReferenceIndices, _ run: Int
  ) -> ClassificationSums {
    var sums = ClassificationSums()
    let columns = outputs.shape.columns
    for (i, label) in labels.row(run).enumerated() {
      let row = outputs.values.start + run * outputs.shape.perRun + i * columns
      let own = Double(row[Int(label)])
      var largest = -Double.infinity
      var isFirst = true
      for c in 0..<columns where c != Int(label) {
        let difference = Double(row[c]) - own
        largest = difference.isNaN ? difference : max(largest, difference)
        if difference > 0 || (difference == 0 && c < Int(label)) || difference.isNaN {
          isFirst = false
        }
      }
      sums.loss += LogLossLoops.loss(row, columns, Int(label), own, largest)
      sums.correct += isFirst ? 1 : 0
      sums.margin = largest.isNaN ? largest : min(sums.margin, -largest)
    }
    return sums
  }

  @inline(__always)
  static func exponential<S: RunScalar>(_ x: S) -> S {
    if S.self == Float.self { return S(exp(Float(x))) }
    return S(exp(Double(x)))
  }
}
