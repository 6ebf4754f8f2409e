/// How the learned matrix W is made of the parameters.
///
/// With r = X W - y over N measurements and theta all factors:
/// - product: 1/2 |r|^2 (Notsawo et al. 2025, Eq. 7 and appendix F.2),
/// - factors: |r|^2 (Boursier et al. 2025, arXiv 2505.20172, section 5),
/// - difference: |r|^2 / N (Lyu et al. 2023, arXiv 2311.18817, section 3.3).
public enum MatrixParameterization: String, Sendable, CaseIterable {
  /// W = A_1 A_2 ... A_L; L = 1 is the matrix itself.
  case product
  /// W = U U^T - V V^T
  case difference
  /// W = U V^T
  case factors
}

/// What distinguishes a run from the others of its batch.
public struct MatrixRecoveryRun: Sendable {
  /// Index of its problem in the batch.
  public let problem: Int
  public let learningRate: Double
  /// beta of beta |A_k|_* for each factor.
  public let nuclear: Double
  public let l1: Double
  /// l2/2 |A_k|_F^2 for each factor, weight decay included.
  public let l2: Double
  /// The factors one after the other, row-major; shapes as in `MatrixRecoveryBatch.factorShapes`.
  public let initial: [Double]
  public let steps: Int

  public init(
    problem: Int, learningRate: Double, nuclear: Double, l1: Double, l2: Double,
    initial: [Double], steps: Int
  ) {
    self.problem = problem
    self.learningRate = learningRate
    self.nuclear = nuclear
    self.l1 = l1
    self.l2 = l2
    self.initial = initial
    self.steps = steps
  }
}

/// Runs of equal shape and method, to be trained together.
///
/// The objective is loss(X W - y) + sum over the factors of (nuclear |.|_* + l2/2 |.|_F^2 + l1
/// |.|_1), with the loss and the learned matrix W of the `parameterization`.
public struct MatrixRecoveryBatch: Sendable {
  /// n1 and n2, the shape of W.
  public let rows: Int
  public let columns: Int
  /// N, the number of measurements of every problem.
  public let measurementCount: Int
  public let parameterization: MatrixParameterization
  /// L of a product; 2 otherwise.
  public let depth: Int
  /// d, the inner size of the factors; unused by a product of one.
  public let width: Int
  public let method: RecoveryMethod
  public let precision: Precision
  public let recordsSingularValues: Bool
  public let recordsAngles: Bool
  public let problems: [MatrixRecoveryProblem]
  public let runs: [MatrixRecoveryRun]

  public init(
    rows: Int, columns: Int, measurementCount: Int, parameterization: MatrixParameterization,
    depth: Int, width: Int, method: RecoveryMethod, precision: Precision,
    recordsSingularValues: Bool = false, recordsAngles: Bool = false,
    problems: [MatrixRecoveryProblem], runs: [MatrixRecoveryRun]
  ) {
    self.rows = rows
    self.columns = columns
    self.measurementCount = measurementCount
    self.parameterization = parameterization
    self.depth = depth
    self.width = width
    self.method = method
    self.precision = precision
    self.recordsSingularValues = recordsSingularValues
    self.recordsAngles = recordsAngles
    self.problems = problems
    self.runs = runs
  }

  /// What saved states call the rotation that a factor's next decomposition starts from.
  public static func basisName(_ factor: String) -> String { "\(factor).basis" }

  /// Names and shapes of the factors, as tensor files have them.
  public var factorShapes: [(name: String, rows: Int, columns: Int)] {
    Self.factorShapes(parameterization, depth: depth, rows: rows, columns: columns, width: width)
  }

  public static func factorShapes(
    _ parameterization: MatrixParameterization, depth: Int, rows: Int, columns: Int, width: Int
  ) -> [(name: String, rows: Int, columns: Int)] {
    guard parameterization == .product else { return [("U", rows, width), ("V", columns, width)] }
    guard depth > 1 else { return [("A", rows, columns)] }
    return (1...depth).map { k in
      ("A_\(k)", k == 1 ? rows : width, k == depth ? columns : width)
    }
  }

  /// Numbers of all factors.
  public var parameterCount: Int { factorShapes.reduce(0) { $0 + $1.rows * $1.columns } }

  /// c of the data gradient c X^T (X W - y) with respect to W; the loss is c/2 |X W - y|^2.
  public var dataWeight: Double {
    switch parameterization {
    case .product: 1
    case .factors: 2
    case .difference: 2 / Double(max(1, measurementCount))
    }
  }

  /// Whether any run has a nuclear norm: otherwise no matrix is factored in training.
  public var hasNuclear: Bool { runs.contains { $0.nuclear > 0 } }

  /// The factors of a run from their numbers one after the other.
  public func factors(_ parameters: [Double]) -> [DenseMatrix] {
    var start = 0
    return factorShapes.map { shape in
      defer { start += shape.rows * shape.columns }
      return DenseMatrix(
        rows: shape.rows, columns: shape.columns,
        values: Array(parameters[start..<(start + shape.rows * shape.columns)]))
    }
  }

  /// W of the factors.
  public func learned(_ factors: [DenseMatrix]) -> DenseMatrix {
    switch parameterization {
    case .product:
      return factors.dropFirst().reduce(factors[0]) { $0.multiplied(by: $1) }
    case .factors:
      return factors[0].multiplied(by: factors[1].transposed)
    case .difference:
      var result = factors[0].multiplied(by: factors[0].transposed)
      let other = factors[1].multiplied(by: factors[1].transposed)
      for i in result.values.indices { result.values[i] -= other.values[i] }
      return result
    }
  }

  /// Gradients of the loss with respect to the factors, from that with respect to W.
  public func slopes(_ factors: [DenseMatrix], _ gradient: DenseMatrix) -> [DenseMatrix] {
    switch parameterization {
    case .factors:
      return [
        gradient.multiplied(by: factors[1]), gradient.transposed.multiplied(by: factors[0]),
      ]
    case .difference:
      var symmetric = gradient
      let other = gradient.transposed
      for i in symmetric.values.indices { symmetric.values[i] += other.values[i] }
      var second = symmetric.multiplied(by: factors[1])
      for i in second.values.indices { second.values[i] = -second.values[i] }
      return [symmetric.multiplied(by: factors[0]), second]
    case .product:
      return factors.indices.map { k in
        let right = factors[(k + 1)...].reversed().reduce(gradient) {
          $0.multiplied(by: $1.transposed)
        }
        return factors[..<k].reduce(right) { $1.transposed.multiplied(by: $0) }
      }
    }
  }

  /// A run's final parameters in tensor-file form: the factors, and for several of them W as `A`.
  public func tensors(_ parameters: [Double]) -> [NamedTensor] {
    let factors = factors(parameters)
    let named = zip(factorShapes, factors).map { shape, factor in
      NamedTensor(name: shape.name, shape: [shape.rows, shape.columns], values: factor.values)
    }
    guard factors.count > 1 else { return named }
    let product = NamedTensor(name: "A", shape: [rows, columns], values: learned(factors).values)
    return [product] + named
  }
}
