import BatchNumerics
import OpenCLHost

/// A batch of networks of one variable whose state stays on the device: a run per SIMD lane,
/// thousands of steps per launch. Metrics come from the states at evaluated steps, in double on the
/// host.
final class ResidentScalarNetwork<S: RunScalar & KernelScalar>: PartedSession {
  let mapping = MappingChoice.lanes.rawValue
  let metricNames: [String]
  let evaluationsPerLaunch: Int

  private let batch: NetworkBatch
  private let network: ScalarNetwork
  private let layout: RunLayout
  private let lanes: Int
  private let queue: Queue
  private let kernel: Kernel
  private let states: ResidentStates<S>
  private let state: Buffer<S>
  private let byteCount: Int
  private var peakBytes: Int
  private var firstArgument = 0

  /// Samples that kernels hold in private memory.
  static var mostSamples: Int { 64 }

  init(_ batch: NetworkBatch, _ network: ScalarNetwork, _ context: Context) throws {
    self.batch = batch
    self.network = network
    metricNames = network.metricNames
    lanes = context.device.capabilities.lanes(S.precision)
    layout = RunLayout(
      problems: batch.runs.map(\.problem), width: lanes, sharingData: false)
    queue = try Queue(context)
    let samples = batch.problems[0].train.count
    var options = ProgramOptions(numbers: [
      "PRECISION": S.precision == .f64 ? 64 : 32, "LANES": lanes, "WIDTH": network.width,
      "SAMPLES": samples, "COMPENSATED": S.precision == .f32 ? 1 : 0,
    ])
    if !context.device.capabilities.hasDouble { options.define("NO_FP64") }
    kernel = try context.program(
      KernelLibrary.sources("common/real", "resident/scalar_network_lanes"), options: options
    ).kernel("scalar_network_lanes")
    let size = 3 * network.width
    state = try queue.buffer(layout.interleave(size) { batch.runs[$0].initial })
    let rounding = try Buffer<S>(context, count: S.precision == .f32 ? state.count : 1)
    try queue.fill(rounding, with: 0)
    states = ResidentStates(
      S.precision == .f32 ? [state, rounding] : [state], layout, queue)
    let points = try queue.buffer(
      layout.interleave(2 * samples) { run -> [Double] in
        let points = ScalarNetwork.points(batch.problems[batch.runs[run].problem].train)
        return points.x + points.y
      } as [S])
    let hypers = try queue.buffer(
      layout.interleave(7) { run -> [Double] in
        let own = batch.runs[run]
        return [own.learningRate]
          + batch.model.parameters.map { batch.penalties(on: $0, of: own) }
          .flatMap { [$0.l1, $0.l2] }
      } as [S])
    byteCount = state.byteCount + rounding.byteCount + points.byteCount + hypers.byteCount
    peakBytes = byteCount
    evaluationsPerLaunch = min(4096, max(1, (1 << 22) / max(1, state.byteCount)))
    var arguments = ArgumentList(kernel)
    try arguments.set(state)
    try arguments.set(rounding)
    try arguments.set(points)
    try arguments.set(hypers)
    try arguments.set(S(batch.penalties.signOfZero))
    firstArgument = arguments.count
  }

  var allocatedBytes: Int { peakBytes }

  func advance(_ launch: Launch) throws -> EvaluationBlock {
    let groups = layout.groups(of: launch.runs)
    let passive = try states.passiveLanes(launch.runs, groups)
    let count = launch.evaluations.count
    let active = try queue.buffer(groups.map { Int32($0) })
    let at = try queue.buffer(
      count == 0 ? [0] : launch.evaluations.map { Int32($0 - launch.start) })
    let perGroup = 3 * network.width * lanes
    let trace = try Buffer<S>(queue.context, count: max(1, count * groups.count * perGroup))
    peakBytes = max(peakBytes, byteCount + active.byteCount + at.byteCount + trace.byteCount)
    var arguments = ArgumentList(kernel, from: firstArgument)
    try arguments.set(active)
    try arguments.set(Int32(launch.end - launch.start), Int32(count))
    try arguments.set(at)
    try arguments.set(trace)
    try queue.enqueue(kernel, global: WorkSize(groups.count), local: WorkSize(1))
    let values = count == 0 ? [] : try queue.read(trace).values()
    try queue.finish()
    try states.restore(passive)
    return decode(launch, groups, values)
  }

  /// Metrics from the states [evaluation][launched group][number][lane].
  private func decode(_ launch: Launch, _ groups: [Int], _ trace: [S]) -> EvaluationBlock {
    var block = EvaluationBlock(launch, metricCount: metricNames.count)
    let slots = Dictionary(uniqueKeysWithValues: groups.enumerated().map { ($1, $0) })
    let size = 3 * network.width
    for evaluation in launch.evaluations.indices {
      for (position, run) in launch.runs.enumerated() {
        let place = layout.place(ofRun: run)
        let slot = evaluation * groups.count + (slots[place.group] ?? 0)
        let start = slot * size * lanes + place.lane
        let row = network.evaluate(
          run: run, (0..<size).map { Double(trace[start + $0 * lanes]) },
          keepsOutputs: batch.records.predictions)
        for (metric, value) in row.enumerated() { block[evaluation, metric, position] = value }
      }
    }
    return block
  }

  var runCount: Int { batch.runs.count }

  var stateParts: [StatePart] {
    let shape = [3, network.width]
    let parameters = states.part([("parameters", shape)])
    return S.precision == .f32
      ? [parameters, states.part([("rounding", shape)], in: 1)] : [parameters]
  }

  func parameters(of runs: [Int]) throws -> [[NamedTensor]] {
    try runs.map { run in
      let place = layout.place(ofRun: run)
      let state = try states.state(ofGroup: place.group)
      return batch.model.tensors(
        (0..<(3 * network.width)).map { Double(state[$0 * lanes + place.lane]) })
    }
  }
}
