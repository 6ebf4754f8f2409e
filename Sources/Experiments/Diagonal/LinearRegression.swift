import BatchNumerics

/// Linear regression with weight decay: where grokking has a closed form.
///
/// Source: Boursier et al. 2025 (arXiv 2505.20172), appendix C; their Eqs. 23-24 belong to
/// 1/2 |Xw - y|^2 (`loss_scale: half-sum`), while they state |Xw - y|^2 (`sum`, the default).
public struct LinearRegression: DiagonalFamily {
  enum Method: String, CaseIterable {
    case gradientDescent = "gradient-descent"
    /// gradient flow at t = learning_rate k
    case flow
    /// the iterates of gradient descent
    case exactDescent = "exact-descent"
  }

  enum InitialKind: String, CaseIterable {
    /// N(0, scale^2)
    case normal
    case zeros
  }

  public let name = "linear-regression"
  public let sizeKeys = ["problem.n", "problem.d"]
  public let summary = "|X w - y|^2 + lambda/2 |w|^2, step by step or in closed form"
  public let parameters: [ParameterDefinition] =
    [
      ParameterDefinition.choice(
        "method", Method.self, .text("gradient-descent"),
        "step by step; or the closed form of gradient flow or of the iterates, from X's SVD"),
      ParameterDefinition.choice(
        "loss_scale", LossScale.self, .text("sum"), "factor 1/n, 1/(2n), 1 or 1/2 of |Xw - y|^2"),
      ParameterDefinition(
        "weight_decay", DiagonalParameters.anyNumber, default: .number(1e-3),
        "lambda of lambda/2 |w|^2"),
      ParameterDefinition(
        "problem.n", DiagonalParameters.size, default: .integer(20), unit: "samples",
        "rows of X ~ N(0, 1/d)"),
      ParameterDefinition(
        "problem.d", DiagonalParameters.size, default: .integer(50), unit: "features",
        "columns of X; w* ~ N(0, 1)"),
      ParameterDefinition(
        "problem.noise", DiagonalParameters.anyNumber, default: .number(0),
        "standard deviation of the noise on y"),
      ParameterDefinition(
        "problem.n_test", .integer(0...1_000_000), default: .integer(1000), unit: "samples",
        "test samples, without noise"),
      ParameterDefinition.choice(
        "init.kind", InitialKind.self, .text("normal"), "law of the start"),
      ParameterDefinition(
        "init.scale", DiagonalParameters.anyNumber, default: .number(1),
        "standard deviation of the start"),
    ] + DiagonalParameters.records + DiagonalParameters.common(learningRate: 0.1)

  /// A problem with the largest singular value of X.
  private struct Entry: Sendable {
    let problem: DiagonalProblem
    let largest: Double

    init(_ problem: DiagonalProblem) {
      self.problem = problem
      largest = SingularValueDecomposition(problem.features.dense).values.first ?? 0
    }
  }

  private let cache = ProblemCache<Entry> { 2 * $0.problem.features.byteCount / 8 }

  public init() {}

  package func resolve(
    _ parameters: inout ResolvedParameters, _ instance: TensorFile?
  ) throws -> DiagonalResolved {
    let (entry, key) = try data(&parameters, instance)
    let problem = entry.problem
    let scale: LossScale = try parameters.choice("loss_scale")
    let weight = scale.weight(samples: problem.features.rows)
    let method: Method = try parameters.choice("method")
    let rate = try parameters.number("learning_rate")
    let decay = try parameters.number("weight_decay")
    let limit = 2 / (2 * weight * entry.largest * entry.largest + decay)
    guard try method == .flow || rate < limit || parameters.boolean("unsafe_step") else {
      throw SpecError(
        key: "learning_rate", value: "\(rate)",
        "must be below 2/(2 weight sigma_max(X)^2 + weight_decay) = \(limit), or set "
          + "unsafe_step: true")
    }
    return DiagonalResolved(
      problem: problem, problemKey: key, parameterization: .linear, loss: .squared, weight: weight,
      method: method == .gradientDescent
        ? .descent(.gradientDescent) : method == .flow ? .linearFlow : .linearDescent,
      labelNoise: 0, initial: try initial(&parameters, instance, problem.features.columns))
  }

  private func data(
    _ parameters: inout ResolvedParameters, _ instance: TensorFile?
  ) throws -> (Entry, String) {
    if let instance {
      let entry = try cache.entry(instance.digest) {
        Entry(try DiagonalInstance.problem(instance))
      }
      for key in parameters.values.keys where key.hasPrefix("problem.") { parameters.remove(key) }
      parameters["problem.n"] = .integer(entry.problem.features.rows)
      parameters["problem.d"] = .integer(entry.problem.features.columns)
      parameters["instance"] = .text(instance.digest)
      return (entry, instance.digest)
    }
    let (n, d) = (try parameters.integer("problem.n"), try parameters.integer("problem.d"))
    let tests = try parameters.integer("problem.n_test")
    let noise = try parameters.number("problem.noise")
    let seed = UInt32(try parameters.integer("seed"))
    guard n <= (1 << 26) / d, tests <= (1 << 26) / d else {
      throw SpecError(key: "problem.d", value: "\(d)", "n * d must be at most \(1 << 26) entries")
    }
    let key = "\(n) \(d) \(tests) \(noise) \(seed)"
    return (
      cache.entry(key) {
        Entry(Self.makeProblem(n: n, d: d, tests: tests, noise: noise, seed: seed))
      }, key
    )
  }

  private static func makeProblem(
    n: Int, d: Int, tests: Int, noise: Double, seed: UInt32
  ) -> DiagonalProblem {
    var source = RandomStream(seed: seed, purpose: .signal)
    let target = source.normals(d)
    func draw(_ count: Int, _ purpose: RandomPurpose) -> (FeatureMatrix, [Double]) {
      var stream = RandomStream(seed: seed, purpose: purpose)
      let deviation = 1 / Double(d).squareRoot()
      let x = DenseMatrix(
        rows: count, columns: d, values: stream.normals(count * d).map { deviation * $0 })
      return (.dense(x), x.multiplied(by: target))
    }
    var train = draw(n, .inputs)
    var errors = RandomStream(seed: seed, purpose: .noise)
    for i in 0..<n { train.1[i] += noise * errors.normal() }
    return DiagonalProblem(
      features: train.0, targets: train.1, test: tests > 0 ? draw(tests, .testInputs) : nil)
  }

  private func initial(
    _ parameters: inout ResolvedParameters, _ instance: TensorFile?, _ features: Int
  ) throws -> [Double] {
    if let instance,
      let start = try DiagonalInstance.initial(instance, .linear, features: features)
    {
      parameters.remove("init.kind")
      parameters.remove("init.scale")
      return start
    }
    let scale = try parameters.number("init.scale")
    guard try parameters.choice("init.kind", as: InitialKind.self) == .normal else {
      parameters.remove("init.scale")
      return [Double](repeating: 0, count: features)
    }
    var stream = RandomStream(
      seed: UInt32(try parameters.integer("seed")), purpose: .initialization)
    return stream.normals(features).map { scale * $0 }
  }
}
