import BatchNumerics
import Dispatch
import OpenCLHost

/// A batch of diagonal networks or linear regressions whose state stays on the device.
///
/// One chunk: thousands of steps per launch. Several: a launch per step. Metrics come from the states
/// at evaluated steps, in double on the host.
final class ResidentDiagonalNetwork<S: RunScalar & KernelScalar>: PartedSession {
  let mapping: String
  let metricNames: [String]
  let evaluationsPerLaunch: Int

  private let batch: DiagonalNetworkBatch
  private let metrics: DiagonalMetrics
  private let tuning: DiagonalNetworkTuning
  private let computeUnits: Int
  private let queue: Queue
  private let buffers: DiagonalNetworkBuffers<S>
  /// The kernel for so many runs side by side.
  private let kernels: [(runs: Int, kernel: Kernel)]
  private var firstArgument = 0
  private var peakBytes: Int

  init(
    _ batch: DiagonalNetworkBatch, _ context: Context, _ tuning: DiagonalNetworkTuning,
    avoidsDouble: Bool
  ) throws {
    self.batch = batch
    self.tuning = tuning
    metrics = DiagonalMetrics(batch)
    metricNames = metrics.names
    mapping = tuning.name
    let capabilities = context.device.capabilities
    computeUnits = max(1, capabilities.computeUnits)
    queue = try Queue(context)
    let hasDouble = capabilities.hasDouble && !(avoidsDouble && S.precision == .f32)
    let most = Dictionary(grouping: batch.runs, by: \.problem).values.map(\.count).max() ?? 1
    let sizes = tuning.runsPerGroup > 1 && most >= tuning.runsPerGroup
    kernels = try (sizes ? [tuning.runsPerGroup, 1] : [1]).map {
      ($0, try Self.kernel(batch, tuning, runs: $0, context, hasDouble: hasDouble))
    }
    buffers = try DiagonalNetworkBuffers(batch, tuning, queue)
    peakBytes = buffers.byteCount
    // Traces take at most an eighth of what state and data take.
    let room = max(1 << 20, buffers.byteCount / 8)
    evaluationsPerLaunch =
      tuning.chunks > 1 ? 4096 : min(4096, max(1, room / max(1, buffers.states.byteCount)))
    for (_, kernel) in kernels {
      var arguments = ArgumentList(kernel)
      try arguments.set(buffers.states)
      try buffers.matrices.set(&arguments)
      try arguments.set(buffers.targets)
      try arguments.set(buffers.problems)
      try arguments.set(buffers.hypers)
      try arguments.set(buffers.seeds)
      try arguments.set(S(batch.weight), S(batch.labelNoise))
      firstArgument = arguments.count
    }
  }

  var allocatedBytes: Int { peakBytes }

  private static func kernel(
    _ batch: DiagonalNetworkBatch, _ tuning: DiagonalNetworkTuning, runs: Int, _ context: Context,
    hasDouble: Bool
  ) throws -> Kernel {
    let (factors, depth) =
      switch batch.parameterization {
      case .linear: (1, 1)
      case .difference(let depth): (2, depth)
      case .product: (2, 0)
      }
    let loss =
      switch batch.loss {
      case .logistic: 0
      case .exponential: 1
      case .squared: 2
      }
    var options = ProgramOptions(numbers: [
      "PRECISION": S.precision == .f64 ? 64 : 32, "LANES": tuning.lanes, "W": tuning.groupSize,
      "N": batch.samples, "N_PAD": tuning.paddedSamples, "D": batch.features,
      "D_PAD": tuning.paddedFeatures, "CHUNKS": tuning.chunks, "CHUNK": tuning.chunkSize,
      "FACTORS": factors, "DEPTH": depth, "LOSS": loss, "R": runs,
      "SIGNS": tuning.isSigns ? 1 : 0, "BLOCK": DiagonalNetworkTuning.block,
      "SIGN_TABLES": tuning.hasTables(S.precision) ? 1 : 0,
      "VECTORS": tuning.vectors(runs: runs), "TILE": tuning.tile,
      "SCRATCH_GLOBAL": tuning.needsScratch(runs: runs, S.precision) ? 1 : 0,
    ])
    if !hasDouble { options.define("NO_FP64") }
    guard batch.method == .labelNoise else {
      return try context.program(
        KernelLibrary.sources(
          "common/real", "resident/diagonal_network_step", "resident/diagonal_network_sums",
          "resident/diagonal_network"), options: options
      ).kernel("diagonal_network")
    }
    options.define("PURPOSE", Int(RandomPurpose.labelNoise.rawValue))
    return try context.program(
      KernelLibrary.sources(
        "common/real", "random/philox", "resident/diagonal_network_step",
        "resident/diagonal_network_noise"), options: options
    ).kernel("diagonal_network_noise")
  }

  // MARK: - Launching

  /// The runs of a launch in groups that share a problem: full ones where these keep the device busy,
  /// then the rest by themselves. Groups do not change a bit of a run.
  private func teams(_ runs: [Int]) -> [(width: Int, runs: [Int])] {
    var (together, alone): ([Int], [Int]) = ([], [])
    let width = kernels[0].runs
    for members in Dictionary(grouping: runs, by: { batch.runs[$0].problem })
      .sorted(by: { $0.key < $1.key }).map(\.value)
    {
      let full = width > 1 ? members.count / width * width : 0
      together += members[..<full]
      alone += members[full...]
    }
    let groups = together.count / width * tuning.chunks
    if width > 1, tuning.isForced || groups >= 2 * computeUnits {
      return [(width, together), (1, alone)].filter { !$0.runs.isEmpty }
    }
    return [(1, runs)]
  }

  func advance(_ launch: Launch) throws -> EvaluationBlock {
    var block = EvaluationBlock(launch, metricCount: metricNames.count)
    guard !launch.runs.isEmpty else { return block }
    if tuning.chunks == 1 {
      for team in teams(launch.runs) { try train(team.width, team.runs, launch, &block) }
    } else {
      try trainStepwise(launch, &block)
    }
    return block
  }

  private func kernel(_ width: Int) -> Kernel {
    kernels.first { $0.runs == width }?.kernel ?? kernels[0].kernel
  }

  /// Sets what does not change within a launch.
  private func prepare(
    _ width: Int, _ runs: [Int], at steps: [Int], _ trace: Buffer<S>
  ) throws -> Int {
    let kernel = kernel(width)
    let members = try queue.buffer(runs.map { Int32($0) })
    let at = try queue.buffer(steps.isEmpty ? [0] : steps.map { Int32($0) })
    let needsScratch =
      batch.method != .labelNoise && tuning.needsScratch(runs: width, S.precision)
    let work = tuning.workNumbers(runs: width, S.precision) * tuning.chunks * runs.count / width
    let scratch = try Buffer<S>(queue.context, count: needsScratch ? work : 1)
    var arguments = ArgumentList(kernel, from: firstArgument)
    try arguments.set(members)
    try arguments.set(at)
    try arguments.set(Int32(steps.count))
    try arguments.set(trace)
    try arguments.set(scratch)
    return members.byteCount + at.byteCount + trace.byteCount + scratch.byteCount
  }

  private func enqueue(
    _ width: Int, _ runs: Int, start: Int, steps: Int, training: Bool, from parity: Int
  ) throws {
    let kernel = kernel(width)
    var arguments = ArgumentList(kernel, from: firstArgument + 5)
    try arguments.set(UInt64(start))
    try arguments.set(Int32(steps), Int32(training ? 1 : 0))
    try arguments.set(buffers.parts[parity])
    try arguments.set(buffers.parts[1 - parity])
    try queue.enqueue(
      kernel, global: WorkSize(runs / width * tuning.chunks * tuning.groupSize),
      local: WorkSize(tuning.groupSize))
  }

  /// One chunk: all steps in one launch.
  private func train(
    _ width: Int, _ runs: [Int], _ launch: Launch, _ block: inout EvaluationBlock
  ) throws {
    let count = launch.evaluations.count
    let perRun = batch.parameterization.factorCount * tuning.paddedFeatures
    let trace = try Buffer<S>(queue.context, count: max(1, count * runs.count * perRun))
    var bytes = try prepare(width, runs, at: [], trace)
    try enqueue(width, runs.count, start: launch.start, steps: 1, training: false, from: 0)
    bytes += try prepare(width, runs, at: launch.evaluations.map { $0 - launch.start }, trace)
    peakBytes = max(peakBytes, buffers.byteCount + bytes)
    try enqueue(
      width, runs.count, start: launch.start, steps: launch.end - launch.start, training: true,
      from: 1)
    let values = count == 0 ? [] : try queue.read(trace).values()
    try queue.finish()
    evaluate(runs, Array(launch.evaluations.indices), values, perRun, launch, &block)
  }

  /// Several chunks: a launch per step; states are read where they are evaluated.
  private func trainStepwise(_ launch: Launch, _ block: inout EvaluationBlock) throws {
    let teams = teams(launch.runs)
    let perRun = batch.parameterization.factorCount * tuning.paddedFeatures
    let trace = try Buffer<S>(queue.context, count: 1)
    var bytes = trace.byteCount
    for team in teams {
      bytes += try prepare(team.width, team.runs, at: [], trace) - trace.byteCount
    }
    peakBytes = max(peakBytes, buffers.byteCount + bytes)
    func enqueue(_ step: Int, training: Bool, from parity: Int) throws {
      for team in teams {
        try self.enqueue(
          team.width, team.runs.count, start: step, steps: 1, training: training, from: parity)
      }
    }
    func evaluate(_ step: Int) throws {
      for index in launch.evaluations.indices where launch.evaluations[index] == step {
        let reads = try launch.runs.map { run in
          try queue.read(buffers.states, (run * perRun)..<((run + 1) * perRun))
        }
        let states = try reads.flatMap { try $0.values() }
        self.evaluate(launch.runs, [index], states, perRun, launch, &block)
      }
    }
    try enqueue(launch.start, training: false, from: 0)
    try evaluate(launch.start)
    for step in launch.start..<launch.end {
      try enqueue(step, training: true, from: (step - launch.start + 1) % 2)
      try evaluate(step + 1)
    }
    try queue.finish()
  }

  // MARK: - Reading back

  /// Metrics of the states [evaluation][run][number] at some of the launch's evaluations.
  private func evaluate(
    _ runs: [Int], _ evaluations: [Int], _ states: [S], _ perRun: Int, _ launch: Launch,
    _ block: inout EvaluationBlock
  ) {
    let count = evaluations.count * runs.count
    guard count > 0 else { return }
    let rows = Rows(count)
    let (metrics, decode) = (self.metrics, decoder)
    DispatchQueue.concurrentPerform(iterations: count) { index in
      let start = index * perRun
      rows.set(
        index, metrics.evaluate(run: runs[index % runs.count], decode(states, start)))
    }
    let positions = Dictionary(uniqueKeysWithValues: launch.runs.enumerated().map { ($1, $0) })
    for (index, row) in rows.values.enumerated() {
      let position = positions[runs[index % runs.count]] ?? 0
      for (metric, value) in row.enumerated() {
        block[evaluations[index / runs.count], metric, position] = value
      }
    }
  }

  /// Takes the padding out of the state at an index.
  private var decoder: @Sendable ([S], Int) -> [Double] {
    let (d, padded) = (batch.features, tuning.paddedFeatures)
    let factors = batch.parameterization.factorCount
    return { states, start in
      (0..<factors).flatMap { factor in
        states[(start + factor * padded)..<(start + factor * padded + d)].map { Double($0) }
      }
    }
  }

  func parameters(of runs: [Int]) throws -> [[NamedTensor]] {
    try runs.map { batch.tensors(try state(of: $0)) }
  }

  private func state(of run: Int) throws -> [Double] {
    let perRun = batch.parameterization.factorCount * tuning.paddedFeatures
    return decoder(
      try queue.read(buffers.states, (run * perRun)..<((run + 1) * perRun)).values(), 0)
  }

  var runCount: Int { batch.runs.count }

  /// Parts of predictions are made anew where a launch starts.
  var stateParts: [StatePart] {
    let (d, padded) = (batch.features, tuning.paddedFeatures)
    let (queue, buffer) = (queue, buffers.states)
    let factors = batch.parameterization.factorCount
    return [
      StatePart(
        "parameters", [factors, d], S.precision, readRun: { [self] in try state(of: $0) },
        writeRun: { values, run in
          for factor in 0..<factors {
            try queue.write(
              values[(factor * d)..<((factor + 1) * d)].map { S($0) }, to: buffer,
              at: (run * factors + factor) * padded)
          }
          try queue.finish()
        })
    ]
  }
}

/// Rows that threads fill in, each its own.
private final class Rows: @unchecked Sendable {
  private let storage: UnsafeMutableBufferPointer<[Double]>

  init(_ count: Int) {
    storage = .allocate(capacity: count)
    storage.initialize(repeating: [])
  }

  deinit {
    storage.deinitialize()
    storage.deallocate()
  }

  func set(_ index: Int, _ row: [Double]) { storage[index] = row }
  var values: [[Double]] { Array(storage) }
}
