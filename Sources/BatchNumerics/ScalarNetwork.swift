/// Networks of one variable: f(x) = sum_j u_j relu(v_j x + b_j), trained by gradient descent on
/// 1/(2N) sum (f(x_i) - y_i)^2 (Boursier et al. 2025, arXiv 2505.20172, section 5). So small that
/// devices and the reference have loops of their own for them.
public struct ScalarNetwork: Sendable {
  /// m, the number of units; a run's numbers are v, b, u.
  public let width: Int
  private let metrics: NetworkMetrics
  private let problems: [NetworkProblem]
  private let owners: [Int]

  /// Nil for a batch that is no such network, or asks for more than plain descent with l1 and l2.
  public init?(_ batch: NetworkBatch) {
    let model = batch.model
    guard model.input == .dense(features: 1), model.outputs == 1, model.loss == .squared,
      model.hasHiddenBias, !model.hasOutputBias, batch.optimizer == .gd, !batch.hasNuclear,
      batch.penalties.l2Form == .squared || batch.runs.allSatisfy({ $0.l2 == 0 })
    else { return nil }
    width = model.hidden
    metrics = NetworkMetrics(batch)
    problems = batch.problems
    owners = batch.runs.map(\.problem)
  }

  public var metricNames: [String] { metrics.names }

  /// x_i and y_i of a set of samples.
  public static func points(_ samples: NetworkSamples) -> (x: [Double], y: [Double]) {
    guard case .dense(let x) = samples.inputs, case .values(let y) = samples.targets else {
      return ([], [])
    }
    return (x.values, y.values)
  }

  /// The metrics of a run's parameters, in double.
  public func evaluate(run: Int, _ parameters: [Double], keepsOutputs: Bool) -> [Double] {
    let problem = problems[owners[run]]
    let (train, test) = (outputs(parameters, problem.train), outputs(parameters, problem.test))
    return [loss(train, problem.train), loss(test, problem.test)] + metrics.norms(parameters)
      + (keepsOutputs ? test : [])
  }

  private func loss(_ outputs: [Double], _ samples: NetworkSamples) -> Double {
    let targets = Self.points(samples).y
    var sum = 0.0
    for (output, target) in zip(outputs, targets) { sum += (output - target) * (output - target) }
    return sum / 2 / Double(targets.count)
  }

  private func outputs(_ parameters: [Double], _ samples: NetworkSamples) -> [Double] {
    Self.points(samples).x.map { x in
      var sum = 0.0
      for j in 0..<width {
        let z = parameters[j] * x + parameters[width + j]
        sum += parameters[2 * width + j] * (z < 0 ? 0 : z)
      }
      return sum
    }
  }
}
