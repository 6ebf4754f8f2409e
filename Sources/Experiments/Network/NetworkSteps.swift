import BatchNumerics
import Foundation

/// Turns gradients of the loss into steps: penalties, optimiser, and the learning rate of the
/// logarithmic loss.
final class NetworkSteps<B: Backend> {
  private let operations: B
  private let batch: NetworkBatch
  private let scratch: [B.Tensor?]  // like the weights, for polar factors
  private let bases: [B.Tensor?]
  private let nuclear: B.Tensor  // [run][1, 1]
  private let rates: [UpdateRates<B.Tensor>]  // of every parameter
  private let moments: [(first: B.Tensor, second: B.Tensor)]
  private let rounding: [B.Tensor]  // f32 only
  private var step = 0
  /// log of the time that the steps add up to, per run; 0 at the start (Lyu et al.'s code).
  private(set) var logTimes: [Double]

  init(_ batch: NetworkBatch, _ store: TensorStore<B>) throws {
    operations = store.operations
    self.batch = batch
    let (runs, shapes) = (batch.runs.count, batch.model.parameters)
    func likeParameters() throws -> [B.Tensor] {
      try shapes.map { try store.tensor(runs, $0.rows, $0.columns) }
    }
    func perRun(_ value: (NetworkRun) -> Double) throws -> B.Tensor {
      try store.tensor(runs, 1, 1, batch.runs.map(value))
    }
    let isFactored = shapes.map { batch.hasNuclear && $0.isWeight }
    scratch = try zip(shapes, isFactored).map { shape, isFactored in
      try isFactored ? store.tensor(runs, shape.rows, shape.columns) : nil
    }
    bases = try zip(shapes, isFactored).map { shape, isFactored in
      try isFactored ? store.identities(runs, min(shape.rows, shape.columns)) : nil
    }
    nuclear = try perRun(\.nuclear)
    let rate = try perRun(\.learningRate)
    let decay = try perRun { $0.weightDecay - batch.coupledDecay(of: $0) }
    rates = try shapes.map { shape in
      UpdateRates(
        rate: rate, l1: try perRun { batch.penalties(on: shape, of: $0).l1 },
        signOfZero: batch.penalties.signOfZero,
        l2: try perRun { batch.penalties(on: shape, of: $0).l2 }, decay: decay)
    }
    let (first, second) =
      batch.optimizer.isAdam ? (try likeParameters(), try likeParameters()) : ([], [])
    moments = zip(first, second).map { ($0, $1) }
    rounding = batch.precision == .f32 ? try likeParameters() : []
    logTimes = [Double](repeating: 0, count: runs)
  }

  /// What the steps so far have left beside the parameters.
  var stateParts: [StatePart] {
    let (shapes, runs) = (batch.model.parameters, batch.runs)
    func parts(_ kind: String, _ tensors: [B.Tensor]) -> [StatePart] {
      zip(shapes, tensors).map {
        StatePart("\($0.name).\(kind)", [$0.rows, $0.columns], $1, on: operations)
      }
    }
    let rotations = zip(shapes, bases).compactMap { shape, basis in
      basis.map { basis in
        StatePart(
          "\(shape.name).basis", [basis.shape.rows, basis.shape.columns], basis, on: operations,
          belongs: { runs[$0].nuclear > 0 })
      }
    }
    return parts("first-moment", moments.map(\.first))
      + parts("second-moment", moments.map(\.second)) + parts("rounding", rounding) + rotations
      + (batch.model.loss == .logCrossEntropy ? [clock] : [])
  }

  private var clock: StatePart {
    StatePart(
      "log-time", [1], .f64, readRun: { [self] in [logTimes[$0]] },
      writeRun: { [self] in logTimes[$1] = $0[0] })
  }

  func resume(at step: Int) { self.step = step }

  /// Takes one step.
  ///
  /// - Parameter logLosses: of every run where the loss is logarithmic.
  func take(
    _ parameters: NetworkTensors<B.Tensor>, _ gradients: NetworkTensors<B.Tensor>,
    logLosses: [Double]?
  ) throws {
    step += 1
    if let logLosses { try scaleRates(logLosses) }
    if batch.penalties.l2Form == .norm, batch.runs.contains(where: { $0.l2 > 0 }) {
      try writeNormRates(parameters)
    }
    for (k, parameter) in parameters.all.enumerated() {
      if let scratch = scratch[k], let basis = bases[k] {
        try operations.polarFactor(parameter, basis: basis, into: scratch)
        try operations.axpy(nuclear, scratch, into: gradients.all[k])
      }
      try operations.update(
        parameter, gradients.all[k], rates[k],
        adam: moments.isEmpty
          ? nil : AdamState(first: moments[k].first, second: moments[k].second, step: step),
        rounding: rounding.isEmpty ? nil : rounding[k])
    }
  }

  /// The un-squared norm: d(beta |W|_F) = beta W / |W|_F, so l2 is beta / |W|_F (0 at W = 0).
  private func writeNormRates(_ parameters: NetworkTensors<B.Tensor>) throws {
    for (k, shape) in batch.model.parameters.enumerated() {
      guard shape.isWeight || !batch.penalties.spareBiases else { continue }
      let norms = try operations.l2Norm(parameters.all[k])
      let values = zip(batch.runs, norms).map { run, norm in
        (norm > 0 ? run.l2 / norm : 0) + batch.coupledDecay(of: run)
      }
      try operations.write(values, into: rates[k].l2)
    }
  }

  /// Gradients are those of log L. While log L > -5 the step is one on c L with the warm factor c,
  /// later one on log L, that is with learning rate lr/L (Lyu et al. 2023, Fig. 4, as coded).
  private func scaleRates(_ logLosses: [Double]) throws {
    let values = zip(batch.runs, logLosses).enumerated().map { index, pair in
      let (run, logLoss) = pair
      let isWarm = logLoss > -5
      let elapsed = log(run.learningRate) + (isWarm ? log(batch.warmFactor) : -logLoss)
      logTimes[index] = logSum(logTimes[index], elapsed)
      return run.learningRate * (isWarm ? batch.warmFactor * exp(logLoss) : 1)
    }
    try operations.write(values, into: rates[0].rate)
  }
}
