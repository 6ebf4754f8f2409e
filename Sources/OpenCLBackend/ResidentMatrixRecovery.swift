import BatchNumerics
import OpenCLHost

/// A batch of matrix-recovery runs whose state stays on the device: thousands of steps per launch,
/// parameters written out at the evaluated steps, one read-back per launch. The metrics, with their
/// singular values, are computed from those in double on the host.
final class ResidentMatrixRecovery<S: RunScalar & KernelScalar>: PartedSession {
  let mapping: String
  let metricNames: [String]
  let evaluationsPerLaunch: Int

  private let batch: MatrixRecoveryBatch
  private let metrics: MatrixRecoveryMetrics
  private let tuning: MatrixRecoveryTuning
  private let form: MatrixForm
  private let layout: RunLayout
  private let queue: Queue
  private let kernel: Kernel
  private let buffers: MatrixRecoveryBuffers<S>
  private let states: ResidentStates<S>
  private var firstArgument = 0
  private var peakBytes: Int

  init(_ batch: MatrixRecoveryBatch, _ context: Context, _ tuning: MatrixRecoveryTuning) throws {
    self.batch = batch
    self.tuning = tuning
    metrics = MatrixRecoveryMetrics(batch)
    metricNames = metrics.names
    mapping = tuning.name
    form = MatrixForm(batch)
    layout = RunLayout(
      problems: batch.runs.map(\.problem), width: tuning.width, sharingData: tuning.sharesData)
    queue = try Queue(context)
    kernel = try context.program(
      tuning.sources(), options: Self.options(batch, tuning, context)
    ).kernel(tuning.kernelName)
    buffers = try MatrixRecoveryBuffers(batch, tuning, layout, queue)
    states = ResidentStates(buffers.states, layout, queue)
    // Evaluations keep whole states: a few megabytes of them, or an eighth of what the batch takes.
    let perEvaluation =
      layout.groups.count * tuning.width * batch.parameterCount * MemoryLayout<S>.stride
    let room = max(1 << 22, buffers.byteCount / 8)
    evaluationsPerLaunch = min(4096, max(1, room / perEvaluation))
    peakBytes = buffers.byteCount
    try setArguments()
  }

  var allocatedBytes: Int { peakBytes }

  private static func options(
    _ batch: MatrixRecoveryBatch, _ tuning: MatrixRecoveryTuning, _ context: Context
  ) -> ProgramOptions {
    var options = ProgramOptions(numbers: [
      "PRECISION": batch.precision == .f64 ? 64 : 32,
      "SCRATCH_GLOBAL": tuning.scratchNumbers > 0 ? 1 : 0,
    ])
    if !context.device.capabilities.hasDouble { options.define("NO_FP64") }
    for (name, value) in tuning.numbers { options.define(name, value) }
    return options
  }

  // MARK: - Launching

  /// The arguments that stay the same, in the kernel's order.
  private func setArguments() throws {
    var arguments = ArgumentList(kernel)
    for buffer in buffers.states { try arguments.set(buffer) }
    for buffer in buffers.graph { try arguments.set(buffer) }
    for buffer in buffers.data { try arguments.set(buffer) }
    try arguments.set(buffers.problems)
    try arguments.set(buffers.hypers)
    firstArgument = arguments.count
  }

  func advance(_ launch: Launch) throws -> EvaluationBlock {
    let context = queue.context
    let groups = layout.groups(of: launch.runs)
    let passive = try states.passiveLanes(launch.runs, groups)
    let count = launch.evaluations.count
    let active = try queue.buffer(groups.map { Int32($0) })
    let at = try queue.buffer(
      count == 0 ? [0] : launch.evaluations.map { Int32($0 - launch.start) })
    let perGroup = batch.parameterCount * tuning.width
    let trace = try Buffer<S>(context, count: max(1, count * groups.count * perGroup))
    let scratch = try Buffer<S>(context, count: max(1, tuning.scratchNumbers * groups.count))
    peakBytes = max(
      peakBytes,
      buffers.byteCount + active.byteCount + at.byteCount + trace.byteCount + scratch.byteCount)
    var arguments = ArgumentList(kernel, from: firstArgument)
    try arguments.set(active)
    if tuning.family == .matrix { try arguments.set(UInt64(launch.start)) }
    try arguments.set(Int32(launch.end - launch.start), Int32(count))
    try arguments.set(at)
    try arguments.set(trace)
    try arguments.set(scratch)
    try queue.enqueue(
      kernel, global: WorkSize(groups.count * tuning.groupSize),
      local: WorkSize(tuning.groupSize))
    let values = count == 0 ? [] : try queue.read(trace).values()
    try queue.finish()
    try states.restore(passive)
    return decode(launch, groups: groups, trace: values)
  }

  /// Metrics from the states [evaluation][launched group][number][width].
  private func decode(_ launch: Launch, groups: [Int], trace: [S]) -> EvaluationBlock {
    var slots = [Int](repeating: 0, count: layout.groups.count)
    for (slot, group) in groups.enumerated() { slots[group] = slot }
    let places = launch.runs.map { layout.place(ofRun: $0) }
    let (size, width, runs) = (batch.parameterCount, tuning.width, launch.runs)
    let (form, launched) = (form, groups.count)
    let starts = places.map { slots[$0.group] * size * width + $0.lane }
    let rows = metrics.evaluateAll(launch.evaluations.count * runs.count) { index in
      let (evaluation, run) = (index / runs.count, index % runs.count)
      let start = evaluation * launched * size * width + starts[run]
      return (runs[run], form.unpack((0..<size).map { Double(trace[start + $0 * width]) }))
    }
    return EvaluationBlock(
      steps: launch.evaluations, runs: runs, metricCount: metricNames.count,
      values: launch.evaluations.indices.flatMap { evaluation in
        metricNames.indices.flatMap { metric in
          runs.indices.map { rows[evaluation * runs.count + $0][metric] }
        }
      })
  }

  // MARK: - Reading back

  var runCount: Int { batch.runs.count }

  var stateParts: [StatePart] {
    let factors = states.part(
      batch.factorShapes.map { ($0.name, [$0.rows, $0.columns]) },
      unpack: { [form] in form.unpack($0) }, pack: { [form] in form.pack($0) })
    guard tuning.family == .matrix else { return [factors] }
    let (runs, size) = (batch.runs, min(batch.rows, batch.columns))
    return [factors]
      + batch.factorShapes.map { shape in
        states.part(
          [(MatrixRecoveryBatch.basisName(shape.name), [size, size])], in: 1,
          belongs: { runs[$0].nuclear > 0 })
      }
  }

  func parameters(of runs: [Int]) throws -> [[NamedTensor]] {
    var statesOfGroup: [Int: [S]] = [:]
    for group in layout.groups(of: runs) {
      statesOfGroup[group] = try states.state(ofGroup: group)
    }
    return runs.map { run in
      let place = layout.place(ofRun: run)
      let state = statesOfGroup[place.group] ?? []
      let values = (0..<batch.parameterCount).map { Double(state[$0 * tuning.width + place.lane]) }
      return batch.tensors(form.unpack(values))
    }
  }
}
