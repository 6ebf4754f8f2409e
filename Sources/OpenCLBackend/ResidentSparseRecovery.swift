import BatchNumerics
import OpenCLHost

/// A batch of sparse-recovery runs whose state stays on the device: thousands of steps per launch,
/// evaluated on the device, one read-back per launch.
final class ResidentSparseRecovery<S: RunScalar & KernelScalar>: PartedSession {
  let mapping: String
  let metricNames: [String]
  let evaluationsPerLaunch: Int

  private let batch: SparseRecoveryBatch
  private let metrics: SparseRecoveryMetrics
  private let tuning: SparseRecoveryTuning
  private let layout: RunLayout
  private let queue: Queue
  private let kernel: Kernel
  private let buffers: SparseRecoveryBuffers<S>
  private let states: ResidentStates<S>
  private let hasDouble: Bool

  /// - Parameter avoidsDouble: accumulates metrics in compensated floats even where there are
  ///   doubles, as on devices without.
  init(
    _ batch: SparseRecoveryBatch, _ context: Context, _ tuning: SparseRecoveryTuning,
    avoidsDouble: Bool
  ) throws {
    self.batch = batch
    self.tuning = tuning
    hasDouble = context.device.capabilities.hasDouble && !avoidsDouble
    metrics = SparseRecoveryMetrics(batch)
    metricNames = metrics.names
    mapping = tuning.name
    layout = RunLayout(
      problems: batch.runs.map(\.problem), width: tuning.width, sharingData: tuning.sharesData)
    queue = try Queue(context)
    kernel = try context.program(
      tuning.sources(), options: Self.options(batch, tuning, hasDouble: hasDouble)
    ).kernel(tuning.kernelName)
    buffers = try SparseRecoveryBuffers(batch, tuning, layout, queue)
    states = ResidentStates([buffers.states], layout, queue)
    // Results take at most an eighth of what state and data take: with
    // padding to vectors, all stays within 1.3 times the numbers themselves.
    let slots = layout.groups.count * tuning.width
    let traced = batch.recordsTrace ? tuning.paddedColumns * MemoryLayout<S>.stride : 0
    let perEvaluation = slots * (SparseRecoverySum.allCases.count * (hasDouble ? 8 : 4) + traced)
    let room = max(1 << 16, buffers.byteCount / 8)
    evaluationsPerLaunch = min(4096, max(1, room / perEvaluation))
    peakBytes = buffers.byteCount
    try setArguments()
  }
  private var peakBytes: Int

  var allocatedBytes: Int { peakBytes }

  private static func options(
    _ batch: SparseRecoveryBatch, _ tuning: SparseRecoveryTuning, hasDouble: Bool
  ) -> ProgramOptions {
    let method: Int =
      switch batch.method {
      case .subgradient: 0
      case .projected: 1
      case .proximal: 2
      }
    var options = ProgramOptions(numbers: [
      "PRECISION": batch.precision == .f64 ? 64 : 32, "METHOD": method, "DEPTH": batch.depth,
      "N_ROWS": batch.rows, "N_COLS": batch.columns, "TRACE": batch.recordsTrace ? 1 : 0,
      "SCRATCH_GLOBAL": tuning.scratchNumbers > 0 ? 1 : 0,
    ])
    if !hasDouble { options.define("NO_FP64") }
    for (name, value) in tuning.numbers { options.define(name, value) }
    return options
  }

  // MARK: - Launching

  /// The arguments that stay the same, in the kernel's order; `Slot` numbers the others.
  private func setArguments() throws {
    var arguments = ArgumentList(kernel)
    try arguments.set(buffers.states)
    try arguments.set(buffers.measurements)
    if tuning.kind != .lanes { try arguments.set(buffers.transposes) }
    try arguments.set(buffers.inverses)
    try arguments.set(buffers.observations)
    try arguments.set(buffers.targets)
    try arguments.set(buffers.problems)
    try arguments.set(buffers.hypers)
  }

  func advance(_ launch: Launch) throws -> EvaluationBlock {
    let context = queue.context
    let groups = layout.groups(of: launch.runs)
    let passive = try states.passiveLanes(launch.runs, groups)
    let slots = groups.count * tuning.width
    let count = launch.evaluations.count
    let active = try queue.buffer(groups.map { Int32($0) })
    let at = try queue.buffer(
      count == 0 ? [0] : launch.evaluations.map { Int32($0 - launch.start) })
    let sums = try SumBuffer(
      context, count: max(1, count * SparseRecoverySum.allCases.count * slots),
      hasDouble: hasDouble)
    let traceCount = batch.recordsTrace ? count * tuning.paddedColumns * slots : 1
    let trace = try Buffer<S>(context, count: max(1, traceCount))
    let scratch = try Buffer<S>(context, count: max(1, tuning.scratchNumbers * groups.count))
    peakBytes = max(
      peakBytes,
      buffers.byteCount + active.byteCount + at.byteCount + sums.byteCount + trace.byteCount
        + scratch.byteCount)

    let first = tuning.kind == .lanes ? 7 : 8
    try kernel.set(first, active)
    try kernel.set(first + 1, Int32(launch.end - launch.start))
    try kernel.set(first + 2, Int32(count))
    try kernel.set(first + 3, at)
    try sums.set(kernel, first + 4)
    try kernel.set(first + 5, trace)
    try kernel.set(first + 6, scratch)
    try queue.enqueue(
      kernel, global: WorkSize(groups.count * tuning.groupSize),
      local: WorkSize(tuning.groupSize))
    let traceValues = count == 0 || !batch.recordsTrace ? nil : try queue.read(trace)
    let sumValues = count == 0 ? [] : try sums.read(queue)
    try queue.finish()
    try states.restore(passive)
    return decode(launch, groups: groups, sums: sumValues, trace: try traceValues?.values() ?? [])
  }

  /// Metrics from the sums [evaluation][sum][slot] of the launched slots.
  private func decode(
    _ launch: Launch, groups: [Int], sums: [Double], trace: [S]
  ) -> EvaluationBlock {
    let slots = groups.count * tuning.width
    let sumCount = SparseRecoverySum.allCases.count
    var firstSlots = [Int](repeating: 0, count: layout.groups.count)
    for (index, group) in groups.enumerated() { firstSlots[group] = index * tuning.width }
    var block = EvaluationBlock(launch, metricCount: metricNames.count)
    for (index, run) in launch.runs.enumerated() {
      let place = layout.place(ofRun: run)
      let slot = firstSlots[place.group] + place.lane
      for evaluation in launch.evaluations.indices {
        let start = evaluation * sumCount * slots + slot
        metrics.evaluate(
          run: run, sum: { sums[start + $0.rawValue * slots] },
          component: { Double(trace[traceIndex(evaluation, $0, slot, slots)]) },
          report: { metric, value in block[evaluation, metric, index] = value })
      }
    }
    return block
  }

  private func traceIndex(_ evaluation: Int, _ column: Int, _ slot: Int, _ slots: Int) -> Int {
    tuning.kind == .lanes
      ? (evaluation * batch.columns + column) * slots + slot
      : (evaluation * slots + slot) * tuning.paddedColumns + column
  }

  // MARK: - Reading back

  /// Numbers of a factor of one run, with padding.
  private var perFactor: Int {
    tuning.kind == .lanes ? batch.columns : tuning.paddedColumns
  }

  var runCount: Int { batch.runs.count }

  var stateParts: [StatePart] {
    let (columns, padded) = (batch.columns, perFactor)
    return [
      states.part(
        [("factors", [batch.depth, columns])],
        unpack: { numbers in
          stride(from: 0, to: numbers.count, by: padded).flatMap { numbers[$0..<($0 + columns)] }
        },
        pack: { factors in
          stride(from: 0, to: factors.count, by: columns).flatMap {
            Array(factors[$0..<($0 + columns)]).padded(to: padded)
          }
        })
    ]
  }

  func parameters(of runs: [Int]) throws -> [[NamedTensor]] {
    var factorsOfGroup: [Int: [S]] = [:]  // [L][n][width]
    for group in layout.groups(of: runs) {
      factorsOfGroup[group] = try states.state(ofGroup: group)
    }
    return runs.map { run in
      let place = layout.place(ofRun: run)
      let state = factorsOfGroup[place.group] ?? []
      let factors = (0..<batch.depth).flatMap { k in
        (0..<batch.columns).map { j in
          Double(state[(k * perFactor + j) * tuning.width + place.lane])
        }
      }
      return batch.tensors(factors: factors)
    }
  }
}

/// The sums of a launch: doubles, or floats on a device without.
private enum SumBuffer {
  case double(Buffer<Double>)
  case single(Buffer<Float>)

  init(_ context: Context, count: Int, hasDouble: Bool) throws {
    self =
      hasDouble
      ? .double(try Buffer(context, count: count)) : .single(try Buffer(context, count: count))
  }

  var byteCount: Int {
    switch self {
    case .double(let buffer): buffer.byteCount
    case .single(let buffer): buffer.byteCount
    }
  }

  func set(_ kernel: Kernel, _ index: Int) throws {
    switch self {
    case .double(let buffer): try kernel.set(index, buffer)
    case .single(let buffer): try kernel.set(index, buffer)
    }
  }

  func read(_ queue: Queue) throws -> [Double] {
    switch self {
    case .double(let buffer): try queue.read(buffer).values()
    case .single(let buffer): try queue.read(buffer).values().map { Double($0) }
    }
  }
}
