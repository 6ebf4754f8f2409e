import BatchNumerics

/// Diagonal linear networks: a linear predictor whose weights are u^L - v^L or u v.
///
/// Sources: Lyu et al. 2023 (arXiv 2311.18817), section 3.2, Fig. 1, appendix B.2; Boursier et al.
/// 2025 (arXiv 2505.20172), section 4 and appendix D.2.
public struct DiagonalNetwork: DiagonalFamily {
  public let name = "diagonal-network"
  public let sizeKeys = ["problem.n", "problem.d"]
  public let summary =
    "loss(<w, x>, y) + lambda/2 (|u|^2 + |v|^2), w = u^L - v^L or u v; +-1, Gaussian or Fourier "
    + "features"
  public let parameters = definitions

  private let cache = ProblemCache<DiagonalProblem> {
    ($0.features.byteCount + ($0.test?.features.byteCount ?? 0)) / 8
  }

  public init() {}

  package func resolve(
    _ parameters: inout ResolvedParameters, _ instance: TensorFile?
  ) throws -> DiagonalResolved {
    let method: Method = try parameters.choice("method")
    let (problem, key, kind) = try data(&parameters, instance)
    complete(&parameters, method, kind, problem)
    let loss: MarginLoss = try parameters.choice("loss")
    try check(problem, loss, method)
    let scale: LossScale = try parameters.choice("loss_scale")
    let parameterization: DiagonalParameterization
    switch try parameters.choice("parameterization", as: Model.self) {
    case .difference: parameterization = .difference(depth: try parameters.integer("depth"))
    case .product: parameterization = .product
    }
    let isNoisy = method == .labelNoise
    if !isNoisy { parameters.remove("label_noise") }
    if parameterization == .product { parameters.remove("depth") }
    let start = try initial(&parameters, instance, parameterization, problem.features.columns)
    if method == .reducedFlow, case .difference(let depth) = parameterization, depth > 2,
      let wrong = start.first(where: { $0 <= 0 })
    {
      throw SpecError(
        key: "method", value: method.rawValue,
        "depth \(depth) needs a start that is positive everywhere; this one has \(wrong)")
    }
    return DiagonalResolved(
      problem: problem, problemKey: key, parameterization: parameterization, loss: loss,
      weight: scale.weight(samples: isNoisy ? 1 : problem.features.rows),
      method: method == .reducedFlow
        ? .reducedFlow : .descent(isNoisy ? .labelNoise : .gradientDescent),
      labelNoise: isNoisy ? try parameters.number("label_noise") : 0,
      initial: start)
  }

  /// The problem of a run; an instance replaces all `problem.*` keys by its sizes and digest.
  private func data(
    _ parameters: inout ResolvedParameters, _ instance: TensorFile?
  ) throws -> (DiagonalProblem, String, ProblemKind?) {
    guard let instance else {
      let generator = try DiagonalGenerator(&parameters)
      return (
        cache.entry(generator.key) { generator.makeProblem() }, generator.key, generator.kind
      )
    }
    let problem = try cache.entry(instance.digest) { try DiagonalInstance.problem(instance) }
    for key in parameters.values.keys where key.hasPrefix("problem.") { parameters.remove(key) }
    parameters["problem.n"] = .integer(problem.features.rows)
    parameters["problem.d"] = .integer(problem.features.columns)
    parameters["instance"] = .text(instance.digest)
    return (problem, instance.digest, nil)
  }

  /// Defaults that depend on the problem.
  private func complete(
    _ parameters: inout ResolvedParameters, _ method: Method, _ kind: ProblemKind?,
    _ problem: DiagonalProblem
  ) {
    let classes = problem.targets.allSatisfy { $0 == 1 || $0 == -1 }
    let isFourier = kind == .fourier
    let defaults: [(String, ParameterValue)] = [
      ("loss", .text(classes ? "logistic" : "squared")),
      ("loss_scale", .text(method == .labelNoise ? "sum" : isFourier ? "half-mean" : "mean")),
      ("parameterization", .text(isFourier ? "product" : "difference")),
      ("init.kind", .text(isFourier ? "normal" : kind == .gaussian ? "constant" : "norm")),
      ("init.scale", .number(isFourier ? 0.1.squareRoot() : kind == .gaussian ? 1 : 128)),
    ]
    for (key, value) in defaults where parameters[key] == .null { parameters[key] = value }
  }

  private func check(_ problem: DiagonalProblem, _ loss: MarginLoss, _ method: Method) throws {
    let targets = problem.targets + (problem.test?.targets ?? [])
    guard !loss.isClassification || targets.allSatisfy({ $0 == 1 || $0 == -1 }) else {
      throw SpecError(
        key: "loss", value: loss.rawValue, "needs targets +-1; these need loss squared")
    }
    guard method != .labelNoise || loss == .squared else {
      throw SpecError(
        key: "loss", value: loss.rawValue, "method label-noise is defined for loss squared")
    }
  }

  private func initial(
    _ parameters: inout ResolvedParameters, _ instance: TensorFile?,
    _ parameterization: DiagonalParameterization, _ features: Int
  ) throws -> [Double] {
    if let instance,
      let start = try DiagonalInstance.initial(instance, parameterization, features: features)
    {
      parameters.remove("init.kind")
      parameters.remove("init.scale")
      return start
    }
    let scale = try parameters.number("init.scale")
    switch try parameters.choice("init.kind", as: InitialKind.self) {
    case .constant: return [Double](repeating: scale, count: 2 * features)
    case .norm:
      let value = scale / Double(2 * features).squareRoot()
      return [Double](repeating: value, count: 2 * features)
    case .normal:
      let seed = UInt32(try parameters.integer("seed"))
      var stream = RandomStream(seed: seed, purpose: .initialization)
      return stream.normals(2 * features).map { scale * $0 }
    }
  }
}
