import BatchNumerics
import Foundation

/// The reference's loop for diagonal networks and linear regression: each run by itself, all cores
/// at work.
struct DiagonalNetworkLoop<S: RunScalar> {
  private let batch: DiagonalNetworkBatch
  private let metrics: DiagonalMetrics
  private let trainers: [DiagonalNetworkTrainer<S>]
  private let bytes: Int

  init(_ batch: DiagonalNetworkBatch) {
    self.batch = batch
    metrics = DiagonalMetrics(batch)
    let features = batch.problems.map { DiagonalFeatures<S>($0.features) }
    trainers = batch.runs.map { DiagonalNetworkTrainer(batch, $0, features[$0.problem]) }
    bytes =
      features.reduce(0) { $0 + $1.byteCount }
      + batch.runs.count * (batch.stateSize + 2 * (batch.features + batch.samples))
      * batch.precision.byteCount
  }

  var session: LoopSession {
    LoopSession(
      runCount: batch.runs.count, metricNames: metrics.names, allocatedBytes: bytes,
      stateParts: [
        StatePart("parameters", [batch.parameterization.factorCount, batch.features]) {
          [trainers] in trainers[$0].state
        }
      ], advance: { advance($0) },
      parameters: { runs in runs.map { batch.tensors(trainers[$0].parameters) } })
  }

  private func advance(_ launch: Launch) -> EvaluationBlock {
    let columns = ResultColumns(count: launch.runs.count)
    let (metrics, trainers) = (metrics, trainers)
    forEachInParallel(launch.runs.count) { index in
      let trainer = trainers[launch.runs[index]]
      var rows: [[Double]] = []
      var step = launch.start
      for evaluation in launch.evaluations {
        trainer.take(step..<max(step, evaluation))
        step = max(step, evaluation)
        rows.append(metrics.evaluate(run: launch.runs[index], trainer.parameters))
      }
      trainer.take(step..<max(step, launch.end))
      columns.set(index, rows)
    }
    return columns.block(launch, metricCount: metrics.names.count)
  }
}

/// A run of gradient descent on F = weight * sum_i l(<w, x_i>, y_i) with w made of its parameters.
///
/// `@unchecked Sendable` because each run is stepped by one task at a time.
final class DiagonalNetworkTrainer<S: RunScalar>: @unchecked Sendable {
  private let batch: DiagonalNetworkBatch
  private let features: DiagonalFeatures<S>
  private let targets: WorkArray<S>
  private let draws: LabelNoise
  /// u then v, or w
  let state: WorkArray<S>
  private let predictor: WorkArray<S>
  private let gradient: WorkArray<S>
  private let outputs: WorkArray<S>
  private let pulls: WorkArray<S>
  private let partials: WorkArray<S>
  private let rate: S
  private let decay: S
  private let weight: S

  init(_ batch: DiagonalNetworkBatch, _ run: DiagonalRun, _ features: DiagonalFeatures<S>) {
    self.batch = batch
    self.features = features
    targets = WorkArray(batch.problems[run.problem].targets)
    draws = LabelNoise(seed: run.seed, samples: batch.samples)
    state = WorkArray(run.initial)
    predictor = WorkArray(zeros: batch.features)
    gradient = WorkArray(zeros: batch.features)
    outputs = WorkArray(zeros: batch.samples)
    pulls = WorkArray(zeros: batch.samples)
    partials = WorkArray(zeros: features.blocks * batch.samples)
    rate = S(run.learningRate)
    decay = S(run.weightDecay)
    weight = S(batch.weight)
  }

  var parameters: [Double] { state.doubles }

  @_specialize(where S == Float)
  @_specialize(where S == Double)
  func take(_ steps: Range<Int>) {
    for step in steps {
      computePredictor()
      switch batch.method {
      case .gradientDescent: computeGradient()
      case .labelNoise: computeNoisyGradient(step)
      }
      update()
    }
  }

  /// g = X^T r, r_i = weight l'(q_i, y_i)
  private func computeGradient() {
    features.multiply(predictor, into: outputs, partials: partials)
    for i in outputs.indices { pulls[i] = weight * slope(outputs[i], targets[i]) }
    features.multiplyTransposed(pulls, into: gradient)
  }

  /// g = weight l'(q_i, y_i + sigma xi) x_i
  private func computeNoisyGradient(_ step: Int) {
    let (sample, noise) = draws.draw(step)
    let target = targets[sample] + S(batch.labelNoise * noise)
    let pull = weight * slope(features.product(ofSample: sample, predictor), target)
    features.scale(sample: sample, by: pull, into: gradient)
  }

  @inline(__always)
  private func slope(_ q: S, _ y: S) -> S {
    S(batch.loss.slope(Double(q), Double(y)))
  }

  @inline(__always)
  private func computePredictor() {
    let (d, s, w) = (batch.features, state.start, predictor.start)
    switch batch.parameterization {
    case .linear: for k in 0..<d { w[k] = s[k] }
    case .product: for k in 0..<d { w[k] = s[k] * s[d + k] }
    case .difference(let depth):
      for k in 0..<d { w[k] = power(s[k], depth) - power(s[d + k], depth) }
    }
  }

  /// theta -= lr (dF/dtheta + lambda theta), from the old values of both factors.
  @inline(__always)
  private func update() {
    let (d, s, g) = (batch.features, state.start, gradient.start)
    switch batch.parameterization {
    case .linear: for k in 0..<d { s[k] = normalOrZero(s[k] - rate * (g[k] + decay * s[k])) }
    case .product:
      for k in 0..<d {
        let (u, v) = (s[k], s[d + k])
        s[k] = normalOrZero(u - rate * (v * g[k] + decay * u))
        s[d + k] = normalOrZero(v - rate * (u * g[k] + decay * v))
      }
    case .difference(let depth):
      let factor = S(depth)
      for k in 0..<d {
        let (u, v) = (s[k], s[d + k])
        s[k] = normalOrZero(u - rate * (factor * power(u, depth - 1) * g[k] + decay * u))
        s[d + k] = normalOrZero(v - rate * (-factor * power(v, depth - 1) * g[k] + decay * v))
      }
    }
  }

  /// x^n, n >= 0, by n - 1 products.
  @inline(__always)
  private func power(_ x: S, _ exponent: Int) -> S {
    var result: S = 1
    for _ in 0..<exponent { result *= x }
    return result
  }
}
