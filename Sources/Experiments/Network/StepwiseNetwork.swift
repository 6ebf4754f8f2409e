import BatchNumerics
import Foundation

/// The training of networks written against the batched operations, for every model, loss, penalty
/// and optimiser on any backend: on the reference it is the truth in tests.
public final class StepwiseNetwork<B: Backend>: StepwiseSession {
  public let metricNames: [String]
  public var allocatedBytes: Int { store.bytes + (fused?.byteCount ?? 0) }
  public var mapping: String {
    (fused == nil ? MappingChoice.stepwise : .blocks).rawValue + operations.variant
  }
  public var finals: [Int: [Double]] = [:]
  public var runCount: Int { batch.runs.count }

  private let operations: B
  private let batch: NetworkBatch
  private let store: TensorStore<B>
  private let metrics: NetworkMetrics
  private let pass: NetworkPass<B>
  private let steps: NetworkSteps<B>
  private let sobolev: SobolevTerm<B>?
  private let parameters: NetworkTensors<B.Tensor>
  private let gradients: NetworkTensors<B.Tensor>
  private let training: Training
  private let fused: (any FusedNetwork<B.Tensor, B.Indices>)?
  private let trainSet: [SampleTensors<B>]
  private let testSet: [SampleTensors<B>]

  /// What a step is trained on.
  private enum Training {
    case full(SampleTensors<B>)
    case batches(BatchSamples<B>)
  }

  /// The most samples that are evaluated at once.
  private static var largestChunk: Int { 4096 }

  /// - Parameter mapping: of the kind `.stepwise` it uses no fused passes, `.blocks` asks for them.
  public init(
    _ batch: NetworkBatch, on operations: B, mapping: MappingChoice = .automatic
  ) throws {
    self.batch = batch
    self.operations = operations
    metrics = NetworkMetrics(batch)
    metricNames = metrics.names
    let store = TensorStore(operations)
    self.store = store
    let (model, runs) = (batch.model, batch.runs.count)
    var start = 0
    parameters = NetworkTensors(
      model,
      try model.parameters.map { shape in
        defer { start += shape.count }
        let range = start..<(start + shape.count)
        return try store.tensor(
          runs, shape.rows, shape.columns, batch.runs.flatMap { $0.initial[range] })
      })
    gradients = NetworkTensors(
      model, try model.parameters.map { try store.tensor(runs, $0.rows, $0.columns) })
    let counts = (batch.problems[0].train.count, batch.problems[0].test.count)
    let perStep = min(batch.batchSize ?? counts.0, counts.0)
    let capacity = max(perStep, min(Self.largestChunk, max(counts.0, counts.1)))
    pass = try NetworkPass(model, runs: runs, capacity: capacity, store)
    steps = try NetworkSteps(batch, store)
    sobolev = try batch.hasSobolev ? SobolevTerm(batch, store) : nil
    let train = batch.owners.map(\.train)
    let isPartial = perStep < counts.0
    fused =
      mapping.kind == .stepwise || batch.hasSobolev
      ? nil
      : try operations.fusedNetwork(model, runs: runs, samples: perStep, isOrdered: isPartial)
    guard mapping.kind != .blocks || fused != nil else {
      throw MappingError(mapping, "no such kernel for this network on this device")
    }
    if let size = batch.batchSize, size < counts.0 {
      training = .batches(try BatchSamples(batch, size: size, isFused: fused != nil, store))
      trainSet = try Self.chunks(train, capacity, store)
    } else {
      let samples = try SampleTensors(
        train, 0..<counts.0, vocabulary: model.vocabulary, on: store)
      training = .full(samples)
      trainSet = [samples]
    }
    testSet = try Self.chunks(batch.owners.map(\.test), capacity, store)
  }

  /// Samples in pieces that the activations have room for.
  private static func chunks(
    _ owners: [NetworkSamples], _ capacity: Int, _ store: TensorStore<B>
  ) throws -> [SampleTensors<B>] {
    let count = owners[0].count
    return try stride(from: 0, to: count, by: capacity).map {
      try SampleTensors(owners, $0..<min($0 + capacity, count), vocabulary: nil, on: store)
    }
  }

  public func tensors(_ parameters: [Double]) -> [NamedTensor] { batch.model.tensors(parameters) }

  public func currentParameters() throws -> [[Double]] { try operations.readRuns(parameters.all) }

  public var stateParts: [StatePart] {
    let own = zip(batch.model.parameters, parameters.all).map {
      StatePart($0.name, [$0.rows, $0.columns], $1, on: operations)
    }
    return own + steps.stateParts + (batches.map { [$0.statePart] } ?? [])
  }

  public func resume(_ runs: [Int], at step: Int) {
    steps.resume(at: step)
    batches?.resume(runs, at: step)
  }

  private var batches: BatchSamples<B>? {
    if case .batches(let batches) = training { batches } else { nil }
  }

  // MARK: - One step

  public func takeStep() throws {
    if let fused {
      let samples =
        switch training {
        case .full(let all): all.fused()
        case .batches(let batches): try batches.nextOrder()
        }
      try fused.computeGradients(parameters.all, samples, into: gradients.all)
      try steps.take(parameters, gradients, logLosses: nil)
      return
    }
    let samples =
      switch training {
      case .full(let all): all
      case .batches(let batches): try batches.next()
      }
    try pass.forward(parameters, samples)
    let logLosses = try pass.computeSlopes(samples)
    try pass.backward(parameters, samples, into: gradients)
    try sobolev?.addGradients(parameters, pass.hidden(samples.count), to: gradients)
    try steps.take(parameters, gradients, logLosses: logLosses)
  }

  // MARK: - Evaluation

  /// How a set of samples is fitted, for one run.
  private struct Fit {
    var sums = ClassificationSums()
    /// log of the sum of losses
    var logLoss = -Double.infinity
    var outputs: [Double] = []
  }

  public func evaluate(_ index: Int, _ runs: [Int], into block: inout EvaluationBlock) throws {
    let train = try fit(trainSet, keepsOutputs: false)
    let test = try fit(testSet, keepsOutputs: batch.records.predictions)
    let values = try currentParameters()
    let counts = (
      Double(batch.problems[0].train.count), Double(batch.problems[0].test.count)
    )
    for (position, run) in runs.enumerated() {
      let (train, test) = (train[run], test[run])
      var row = [train.sums.loss / counts.0, test.sums.loss / counts.1]
      if batch.model.loss.isClassification {
        row += [
          train.sums.correct / counts.0, test.sums.correct / counts.1, train.sums.margin,
          test.sums.margin,
        ]
      }
      if batch.model.loss == .logCrossEntropy {
        row += [train.logLoss, test.logLoss, steps.logTimes[run]]
      }
      row += metrics.norms(values[run]) + test.outputs
      for (metric, value) in row.enumerated() { block[index, metric, position] = value }
    }
  }

  private func fit(_ pieces: [SampleTensors<B>], keepsOutputs: Bool) throws -> [Fit] {
    var fits = [Fit](repeating: Fit(), count: runCount)
    for piece in pieces {
      let outputs = try pass.forward(parameters, piece)
      if keepsOutputs {
        let values = try operations.read(outputs)
        let count = values.count / runCount
        for run in fits.indices { fits[run].outputs += values[(run * count)..<((run + 1) * count)] }
      }
      switch piece.targets {
      case .values(let values):
        for (run, sum) in try pass.squaredErrors(outputs, values).enumerated() {
          fits[run].sums.loss += sum / 2
        }
      case .labels(let labels):
        for (run, sums) in try operations.classify(outputs, labels).enumerated() {
          fits[run].sums.loss += sums.loss
          fits[run].sums.correct += sums.correct
          fits[run].sums.margin =
            sums.margin.isNaN ? sums.margin : min(fits[run].sums.margin, sums.margin)
        }
        guard batch.model.loss == .logCrossEntropy else { continue }
        let weight = Double(piece.count) / Double(pieces.reduce(0) { $0 + $1.count })
        for (run, logLoss) in try operations.logCrossEntropy(outputs, labels).enumerated() {
          fits[run].logLoss = logSum(fits[run].logLoss, logLoss + log(weight))
        }
      }
    }
    return fits
  }
}
