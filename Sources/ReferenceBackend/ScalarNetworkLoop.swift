import BatchNumerics

/// The reference's loop for networks of one variable: each run by itself, all cores at work.
struct ScalarNetworkLoop<S: RunScalar> {
  private let batch: NetworkBatch
  private let network: ScalarNetwork
  private let trainers: [ScalarNetworkTrainer<S>]

  init(_ batch: NetworkBatch, _ network: ScalarNetwork) {
    self.batch = batch
    self.network = network
    trainers = batch.runs.map { ScalarNetworkTrainer(batch, $0) }
  }

  var session: LoopSession {
    let numbers = batch.runs.count * (2 * 3 * network.width + 2 * batch.problems[0].train.count)
    return LoopSession(
      runCount: batch.runs.count, metricNames: network.metricNames,
      allocatedBytes: numbers * batch.precision.byteCount, stateParts: stateParts,
      advance: { advance($0) },
      parameters: { runs in runs.map { batch.model.tensors(trainers[$0].parameters) } })
  }

  private var stateParts: [StatePart] {
    let shape = [3, network.width]
    return [
      StatePart("parameters", shape) { [trainers] in trainers[$0].state },
      StatePart("rounding", shape, belongs: { _ in S.precision == .f32 }) { [trainers] in
        trainers[$0].lost
      },
    ]
  }

  private func advance(_ launch: Launch) -> EvaluationBlock {
    let columns = ResultColumns(count: launch.runs.count)
    let (network, trainers) = (network, trainers)
    let keepsOutputs = batch.records.predictions
    forEachInParallel(launch.runs.count) { index in
      let run = launch.runs[index]
      var rows: [[Double]] = []
      var step = launch.start
      for evaluation in launch.evaluations {
        trainers[run].take(max(0, evaluation - step))
        step = max(step, evaluation)
        rows.append(
          network.evaluate(run: run, trainers[run].parameters, keepsOutputs: keepsOutputs))
      }
      trainers[run].take(max(0, launch.end - step))
      columns.set(index, rows)
    }
    return columns.block(launch, metricCount: network.metricNames.count)
  }
}

/// A run of f(x) = sum_j u_j relu(v_j x + b_j) by gradient descent.
///
/// `@unchecked Sendable` because each run is stepped by one task at a time.
final class ScalarNetworkTrainer<S: RunScalar>: @unchecked Sendable {
  private let width: Int
  private let (x, y): (WorkArray<S>, WorkArray<S>)
  private let errors: WorkArray<S>
  /// v, b, u
  let state: WorkArray<S>
  /// What the sums of steps lost to rounding; used in Float only.
  let lost: WorkArray<S>
  private let rate: S
  private let penalties: [(l1: S, l2: S)]
  private let signOfZero: S

  init(_ batch: NetworkBatch, _ run: NetworkRun) {
    width = batch.model.hidden
    let points = ScalarNetwork.points(batch.problems[run.problem].train)
    (x, y) = (WorkArray(points.x), WorkArray(points.y))
    errors = WorkArray(zeros: points.x.count)
    state = WorkArray(run.initial)
    lost = WorkArray(zeros: run.initial.count)
    rate = S(run.learningRate)
    penalties = batch.model.parameters.map { batch.penalties(on: $0, of: run) }
      .map { (S($0.l1), S($0.l2)) }
    signOfZero = S(batch.penalties.signOfZero)
  }

  var parameters: [Double] { state.doubles }

  @_specialize(where S == Float)
  @_specialize(where S == Double)
  func take(_ steps: Int) {
    for _ in 0..<steps {
      computeErrors()
      for j in 0..<width { stepUnit(j) }
    }
  }

  /// e_i = (f(x_i) - y_i) / N
  @inline(__always)
  private func computeErrors() {
    let (v, e) = (state.start, errors.start)
    let weight = 1 / S(x.count)
    for i in x.indices {
      var output: S = 0
      for j in 0..<width {
        let z = v[j] * x.start[i] + v[width + j]
        output += v[2 * width + j] * (z < 0 ? 0 : z)
      }
      e[i] = (output - y.start[i]) * weight
    }
  }

  @inline(__always)
  private func stepUnit(_ j: Int) {
    let (v, b, u) = (state.start[j], state.start[width + j], state.start[2 * width + j])
    var (du, dv, db): (S, S, S) = (0, 0, 0)
    for i in x.indices {
      let (point, error) = (x.start[i], errors.start[i])
      let z = v * point + b
      du += error * (z < 0 ? 0 : z)
      dv += z > 0 ? error * point : 0
      db += z > 0 ? error : 0
    }
    stepNumber(j, u * dv, 0)
    stepNumber(width + j, u * db, 1)
    stepNumber(2 * width + j, du, 2)
  }

  @inline(__always)
  private func stepNumber(_ index: Int, _ slope: S, _ kind: Int) {
    let value = state.start[index]
    let (l1, l2) = penalties[kind]
    let push = l1 * (value == 0 ? signOfZero : signOf(value))
    let whole = -rate * (slope + push + l2 * value) + lost.start[index]
    state.start[index] = normalOrZero(value + whole)
    if S.self == Float.self {
      lost.start[index] = normalOrZero(whole - (state.start[index] - value))
    }
  }
}
