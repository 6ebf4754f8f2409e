// This file implements calls of the operations on outputs, and of the update of parameters.

import BatchNumerics
import _TestSupport

/// Losses of random outputs of a size.
struct LossCall: NetworkCall {
  enum Kind: String, CaseIterable { case softmaxCrossEntropy, classify, logCrossEntropy }
  let kind: Kind
  let precision: Precision
  var sharesLabels = false
  let runs: Int
  let rows: Int
  let columns: Int
  let largest: Double

  var description: String {
    "\(precision) \(kind) \(runs)x\(rows)x\(columns) of \(largest)"
      + "\(sharesLabels ? " shared labels" : "")"
  }

  func apply<B: Backend>(on bench: Bench<B>) throws -> [Double] {
    let sets = sharesLabels ? 1 : runs
    let labels = try bench.indices(sets, rows, 1, bench.draw(sets * rows, below: columns))
    let outputs = try bench.result(runs, rows, columns) { [largest] in $0 * largest }
    switch kind {
    case .softmaxCrossEntropy:
      try bench.backend.softmaxCrossEntropy(outputs, labels)
      return []
    case .logCrossEntropy: return try bench.backend.logCrossEntropy(outputs, labels)
    case .classify:
      return try bench.backend.classify(outputs, labels).flatMap {
        [$0.loss, $0.correct, $0.margin]
      }
    }
  }

  func tolerance(wide: Precision) -> Tolerance {
    kind == .softmaxCrossEntropy
      ? .softmax(precision, classes: columns, largest: largest, samples: rows)
      : .crossEntropy(precision, wide: wide, spread: largest, margin: 2 * largest)
  }

  static let all: [LossCall] = Precision.allCases.flatMap { precision in
    Kind.allCases.flatMap { kind in
      [(1, 1, 2), (3, 7, 5), (1, 93, 97), (3, 65, 16), (37, 9, 17), (2, 129, 1)].map {
        runs, rows, columns in
        LossCall(
          kind: kind, precision: precision, sharesLabels: rows == 65, runs: runs, rows: rows,
          columns: columns, largest: rows == 93 ? 50 : 4)
      }
    }.filter { $0.columns > 1 || $0.kind != .logCrossEntropy }
  }
}

/// Some steps on the same gradients.
struct UpdateCall: NetworkCall {
  let precision: Precision
  let isAdam: Bool
  var signOfZero = 0.0
  var l1 = 0.1
  var l2 = 0.1
  var decay = 0.0
  /// Numbers per run, or the same for all.
  var sharesRates = false
  let runs: Int
  let size: Int

  static let steps = 3

  var description: String {
    "\(precision) \(isAdam ? "adam" : "gd") sign \(signOfZero) l1 \(l1) l2 \(l2) decay \(decay) "
      + "\(runs)x\(size)\(sharesRates ? " shared rates" : "")"
  }

  func apply<B: Backend>(on bench: Bench<B>) throws -> [Double] {
    func rate(_ value: Double) throws -> B.Tensor {
      try bench.input(sharesRates ? 1 : runs, 1, 1) { value * (1 + 0.25 * $0) }
    }
    let rates = UpdateRates(
      rate: try rate(0.01), l1: try rate(l1), signOfZero: signOfZero, l2: try rate(l2),
      decay: try rate(decay))
    // A third of the parameters is 0; gradients are 0.5 to 1 in size, so that none cancels.
    let parameter = try bench.result(runs, size, 1) { abs($0) < 1 / 3.0 ? 0 : $0 }
    let gradient = try bench.input(runs, size, 1) { $0 < 0 ? $0 / 2 - 0.5 : $0 / 2 + 0.5 }
    let rounding =
      precision == .f32 ? try bench.result(runs, size, 1) { _ in 0 } : nil
    let moments = isAdam ? try (0..<2).map { _ in try bench.result(runs, size, 1) { _ in 0 } } : []
    for step in 1...Self.steps {
      try bench.backend.update(
        parameter, gradient, rates,
        adam: isAdam ? AdamState(first: moments[0], second: moments[1], step: step) : nil,
        rounding: rounding)
    }
    return []
  }

  func tolerance(wide: Precision) -> Tolerance { .update(precision, steps: Self.steps) }

  static let all: [UpdateCall] = Precision.allCases.flatMap { precision in
    [false, true].flatMap { isAdam in
      [
        UpdateCall(precision: precision, isAdam: isAdam, runs: 1, size: 1),
        UpdateCall(precision: precision, isAdam: isAdam, signOfZero: 1, runs: 3, size: 93),
        UpdateCall(
          precision: precision, isAdam: isAdam, signOfZero: 1, l1: 0, l2: 0, decay: 0.5, runs: 3,
          size: 127),
        UpdateCall(
          precision: precision, isAdam: isAdam, decay: 0.2, sharesRates: true, runs: 37, size: 7),
        UpdateCall(precision: precision, isAdam: isAdam, l1: 0, runs: 1, size: 1025),
      ]
    }
  }
}
