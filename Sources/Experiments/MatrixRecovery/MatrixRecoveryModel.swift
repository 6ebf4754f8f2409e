import BatchNumerics

/// The parameterisation and method of a run: shapes, defaults, what is possible, and the start.
struct MatrixRecoveryModel {
  let parameterization: MatrixParameterization
  let method: RecoveryMethod
  let depth: Int
  let rows: Int
  let columns: Int
  let width: Int

  /// Fills in the defaults that depend on other keys.
  init(
    _ parameters: inout ResolvedParameters, _ entry: MatrixRecoveryEntry, _ instance: TensorFile?
  ) throws {
    parameterization = try parameters.choice("parameterization")
    method = try parameters.choice("method")
    depth = parameterization == .product ? try parameters.integer("depth") : 2
    (rows, columns) = (entry.problem.target.rows, entry.problem.target.columns)
    let isMatrix = parameterization == .product && depth == 1
    let (form, factorCount) = (parameterization, depth)
    let given = instance.flatMap {
      MatrixRecoveryInstance.width($0, form, depth: factorCount)
    }
    width =
      try given
      ?? (parameters["width"] == .null ? max(rows, columns) : parameters.integer("width"))
    if isMatrix {
      parameters.remove("width")
    } else {
      parameters["width"] = .integer(width)
    }
    if parameterization != .product { parameters.remove("depth") }
    func fill(_ key: String, _ value: ParameterValue) {
      if parameters[key] == .null { parameters[key] = value }
    }
    fill("regularizer.nuclear", .number(isMatrix ? 1e-4 : 0))
    fill("weight_decay", .number(parameterization == .product ? 0 : 1e-3))
    let names = MatrixRecoveryInstance.initialNames(parameterization, depth: depth)
    if let instance, instance[names[0]] != nil {
      ["init.kind", "init.scale", "init.noise"].forEach { parameters.remove($0) }
    } else {
      fill("init.kind", .text(parameterization == .factors ? "standard-normal" : "identity"))
      fill(
        "init.scale",
        .number(
          parameterization == .product ? 1e-6 : parameterization == .difference ? 10 : 1))
    }
  }

  /// Runs with equal keys have equal shapes and methods.
  var key: String { "\(parameterization) \(method) \(depth) \(rows) \(columns) \(width)" }

  var shapes: [(name: String, rows: Int, columns: Int)] {
    MatrixRecoveryBatch.factorShapes(
      parameterization, depth: depth, rows: rows, columns: columns, width: width)
  }

  var parameterCount: Int { shapes.reduce(0) { $0 + $1.rows * $1.columns } }

  // MARK: - Checks

  func check(_ parameters: ResolvedParameters, _ entry: MatrixRecoveryEntry) throws {
    guard parameterization != .difference || rows == columns else {
      throw SpecError(
        key: "parameterization", value: "difference",
        "U U^T - V V^T is square, the target is \(rows) x \(columns)")
    }
    let isMatrix = parameterization == .product && depth == 1
    guard method == .subgradient || isMatrix else {
      throw SpecError(
        key: "method", value: method.rawValue, "is defined for the matrix itself: product, depth 1")
    }
    let nuclear = try parameters.number("regularizer.nuclear")
    guard nuclear == 0 || parameterization == .product else {
      throw SpecError(
        key: "regularizer.nuclear", value: "\(nuclear)",
        "must be 0 for \(parameterization.rawValue): weight_decay on the factors is the nuclear "
          + "norm of their product")
    }
    guard method != .projected || !entry.isDense || entry.analysis.pseudoInverse != nil else {
      throw SpecError(
        key: "method", value: method.rawValue,
        "needs a problem with N or n1 n2 up to \(MatrixRecoveryAnalysis.largestFactored)")
    }
    try checkLearningRate(parameters, isMatrix, entry.analysis)
  }

  private func checkLearningRate(
    _ parameters: ResolvedParameters, _ isMatrix: Bool, _ analysis: MatrixRecoveryAnalysis
  ) throws {
    // With several factors the limit moves with the factors; with a projection X plays no part.
    guard isMatrix, method != .projected, try !parameters.boolean("unsafe_step") else { return }
    let rate = try parameters.number("learning_rate")
    let l2 = try parameters.number("regularizer.l2") + parameters.number("weight_decay")
    let limit = analysis.largestLearningRate(l2: l2)
    guard rate < limit else {
      throw SpecError(
        key: "learning_rate", value: "\(rate)",
        "must be below 2/(sigma_max(X^T X) + l2) = \(limit), or set unsafe_step: true")
    }
  }

  // MARK: - Start

  /// The factors one after the other.
  func initialFactors(
    _ parameters: ResolvedParameters, _ instance: TensorFile?
  ) throws -> [Double] {
    if let instance,
      let values = try MatrixRecoveryInstance.initial(instance, parameterization, shapes)
    {
      return values
    }
    let kind: MatrixRecovery.InitialKind = try parameters.choice("init.kind")
    let scale = try parameters.number("init.scale")
    let noise = try parameters.number("init.noise")
    var source = RandomStream(
      seed: UInt32(try parameters.integer("seed")), purpose: .initialization)
    let spread = scale / (kind == .normal ? Double(rows * columns).squareRoot() : 1)
    return shapes.flatMap { shape in
      (0..<(shape.rows * shape.columns)).map { index in
        let isDiagonal = index / shape.columns == index % shape.columns
        let start = kind == .identity ? (isDiagonal ? scale : 0) : spread * source.normal()
        return noise == 0 ? start : start + noise * source.normal()
      }
    }
  }
}
