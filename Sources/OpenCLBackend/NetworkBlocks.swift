import BatchNumerics
import OpenCLHost

/// Forward and backward pass on CPUs: work-items take blocks of a run's samples through the whole
/// network while activations and weights stay in cache, then the parts' gradients are added up.
final class NetworkBlocks<S: RunScalar & KernelScalar>: FusedNetwork {
  typealias Tensor = OpenCLTensor<S>
  typealias Indices = OpenCLIndices

  private let model: NetworkModel
  private let runs: Int
  private let tuning: NetworkBlocksTuning
  private let queue: Queue
  private let pass: Kernel
  private let sum: Kernel
  private let scratch: Buffer<S>
  private let partials: Buffer<S>

  /// Nil where the loss has no such kernel.
  init?(
    _ model: NetworkModel, runs: Int, samples: Int, isOrdered: Bool, _ context: Context,
    _ queue: Queue
  ) throws {
    let device = context.device.capabilities
    guard model.loss != .logCrossEntropy else { return nil }
    self.model = model
    self.runs = runs
    self.queue = queue
    tuning = NetworkBlocksTuning(
      model, samples: samples, lanes: device.lanes(S.precision), computeUnits: device.computeUnits)
    var options = ProgramOptions(numbers: ["PRECISION": S.precision == .f64 ? 64 : 32])
    for (name, value) in tuning.numbers { options.define(name, value) }
    options.define("PANEL", "__global")
    options.define("HAS_ORDER", isOrdered ? 1 : 0)
    let program = try context.program(
      KernelLibrary.sources(
        "common/real", "linalg/gemm_blocks", "network/network_panels", "network/network_samples",
        "network/network_blocks"), options: options)
    pass = try program.kernel("network_blocks")
    sum = try program.kernel("network_sum")
    scratch = try Buffer<S>(context, count: runs * tuning.parts * tuning.scratchSize)
    partials = try Buffer<S>(context, count: runs * tuning.parts * tuning.partialSize)
  }

  var byteCount: Int { scratch.byteCount + partials.byteCount }

  func computeGradients(
    _ parameters: [Tensor], _ samples: FusedSamples<Tensor, Indices>, into gradients: [Tensor]
  ) throws {
    try setPassArguments(parameters, samples)
    try queue.enqueue(pass, global: WorkSize(tuning.parts, runs), local: WorkSize(1, 1))
    var arguments = ArgumentList(sum)
    try arguments.set(partials)
    for tensor in six(gradients) { try arguments.set(tensor.buffer) }
    try queue.enqueue(sum, global: WorkSize(tuning.sumItems, runs), local: WorkSize(1, 1))
  }

  private func setPassArguments(
    _ parameters: [Tensor], _ samples: FusedSamples<Tensor, Indices>
  ) throws {
    // Buffers stand in for those that a kernel of this model does not read.
    var arguments = ArgumentList(pass)
    let (anyReals, anyIntegers) = (parameters[0], someIndices(samples))
    try arguments.set(Int32(samples.count))
    try setIntegers(samples.order, anyIntegers, &arguments)
    try arguments.set(UInt64(samples.order?.stride ?? 0))
    switch samples.inputs {
    case .dense(let x):
      try arguments.set(x.buffer)
      try setIntegers(nil, anyIntegers, &arguments)
      try arguments.set(UInt64(x.stride))
    case .tokens(let tokens):
      try arguments.set(anyReals.buffer)
      try arguments.set(tokens.buffer)
      try arguments.set(UInt64(tokens.stride))
    }
    switch samples.targets {
    case .labels(let labels):
      try arguments.set(labels.buffer)
      try arguments.set(anyReals.buffer)
      try arguments.set(UInt64(labels.stride))
    case .values(let values):
      try setIntegers(nil, anyIntegers, &arguments)
      try arguments.set(values.buffer)
      try arguments.set(UInt64(values.stride))
    }
    try arguments.set(S(1 / Double(samples.count)))
    for tensor in six(parameters) { try arguments.set(tensor.buffer) }
    try arguments.set(scratch)
    try arguments.set(partials)
  }

  private lazy var noIntegers = try? queue.buffer([Int32(0)])

  private func someIndices(_ samples: FusedSamples<Tensor, Indices>) -> Buffer<Int32>? {
    if case .tokens(let tokens) = samples.inputs { return tokens.buffer }
    if case .labels(let labels) = samples.targets { return labels.buffer }
    return samples.order?.buffer ?? noIntegers
  }

  private func setIntegers(
    _ indices: Indices?, _ other: Buffer<Int32>?, _ arguments: inout ArgumentList
  ) throws {
    guard let buffer = indices?.buffer ?? other else { throw ShapeError("network_blocks", []) }
    try arguments.set(buffer)
  }

  /// E0, E1, W1, b1, W2, b2 of a network's tensors; the first stands in for those it lacks.
  private func six(_ tensors: [Tensor]) -> [Tensor] {
    let parts = NetworkTensors(model, tensors)
    let any = tensors[0]
    return [
      parts.tables.first ?? any, parts.tables.last ?? any, parts.firstWeights ?? any,
      parts.firstBias ?? any, parts.secondWeights, parts.secondBias ?? any,
    ]
  }
}

/// How a pass is cut into parts and blocks; depends on the model, the samples and the device only.
struct NetworkBlocksTuning {
  private let model: NetworkModel
  private let lanes: Int
  let parts: Int
  let blockSamples: Int

  init(_ model: NetworkModel, samples: Int, lanes: Int, computeUnits: Int) {
    self.model = model
    self.lanes = lanes
    // Parts for all cores; few where gradients outweigh the caches. A part of fewer samples than a
    // block is not worth its sum.
    let wanted = model.parameterCount > 1 << 17 ? computeUnits : 2 * computeUnits
    blockSamples = 96
    parts = max(1, min(wanted, (samples + blockSamples - 1) / blockSamples))
  }

  /// n rounded up to whole vectors.
  private func padded(_ n: Int) -> Int { (n + lanes - 1) / lanes * lanes }

  /// Reals of a part's gradients.
  var partialSize: Int {
    var size = padded(model.hidden) + model.outputs * padded(model.hidden) + padded(model.outputs)
    for table in model.tables { size += table.rows * padded(table.columns) }
    if !model.isDirect { size += model.hidden * padded(model.features) }
    return size
  }

  /// Reals of a part's weights and activations.
  var scratchSize: Int {
    let (hidden, outputs) = (padded(model.hidden), padded(model.outputs))
    var size =
      (model.hidden + 1 + blockSamples) * outputs
      + (model.outputs + 1 + blockSamples) * hidden
    if !model.isDirect {
      let features = padded(model.features)
      size += model.features * hidden + (model.hidden + blockSamples) * features
    }
    return size
  }

  /// Work-items that add up parts.
  var sumItems: Int { 16 }

  /// The program's defines.
  var numbers: [(String, Int)] {
    var numbers = [
      ("LANES", lanes), ("FEATURES", model.features), ("HIDDEN", model.hidden),
      ("OUTPUTS", model.outputs), ("PARTS", parts), ("BLOCK_SAMPLES", blockSamples),
      ("DIRECT", model.isDirect ? 1 : 0), ("BIAS1", model.hasHiddenBias ? 1 : 0),
      ("BIAS2", model.hasOutputBias ? 1 : 0), ("LOSS", model.loss.isClassification ? 0 : 1),
    ]
    switch model.input {
    case .dense: numbers.append(("INPUT", 0))
    case .tokens(let vocabulary, let embedding, let aggregation, let isShared):
      numbers += [
        ("INPUT", 1), ("EMBEDDING", embedding), ("VOCABULARY", vocabulary),
        ("SHARED", isShared ? 1 : 0), ("AGGREGATION", aggregation.number),
        ("SIDE", Aggregation.matrixSide(of: embedding) ?? 1),
      ]
    }
    return numbers
  }
}

extension Aggregation {
  /// How kernels number aggregations.
  var number: Int {
    switch self {
    case .sum: 0
    case .hadamard: 1
    case .concat: 2
    case .matrixProduct: 3
    }
  }
}
