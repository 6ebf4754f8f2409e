/// The shape of a batched tensor: `runs` matrices of `rows` x `columns`, stored [run][row][column].
public struct BatchShape: Sendable, Hashable {
  /// 1 makes a tensor that every run shares.
  public let runs: Int
  public let rows: Int
  public let columns: Int

  public init(runs: Int, rows: Int, columns: Int = 1) {
    self.runs = runs
    self.rows = rows
    self.columns = columns
  }

  /// Numbers in one run's matrix.
  public var perRun: Int { rows * columns }
  /// Numbers in the whole tensor.
  public var count: Int { runs * perRun }
}

extension BatchShape: CustomStringConvertible {
  public var description: String { "\(runs)x[\(rows), \(columns)]" }
}

/// A tensor that lives on a backend's device.
public protocol BatchTensor: AnyObject {
  var shape: BatchShape { get }
}

/// A factor of a batched product: a tensor, and whether its matrices enter transposed.
public struct MatrixOperand<Tensor: BatchTensor> {
  public let tensor: Tensor
  public let transposed: Bool

  public init(_ tensor: Tensor, transposed: Bool = false) {
    self.tensor = tensor
    self.transposed = transposed
  }

  /// Rows of the factor as it enters the product.
  public var rows: Int { transposed ? tensor.shape.columns : tensor.shape.rows }
  /// Columns of the factor as it enters the product.
  public var columns: Int { transposed ? tensor.shape.rows : tensor.shape.columns }
}

/// The batched operations that every training step can be written with, on one device in one
/// precision.
///
/// Each operation acts on all runs of a batch at once. An operand whose `shape.runs` is 1 is shared
/// by the runs of the result. A run's result never depends on the other runs. Operations throw
/// `ShapeError` where shapes do not fit, and the device's error where the device fails.
public protocol Backend: NetworkOperations {
  var precision: Precision { get }

  /// A tensor of the given numbers, rounded to the backend's precision; zeros if `values` is nil.
  func tensor(_ shape: BatchShape, _ values: [Double]?) throws -> Tensor
  /// The numbers of a tensor, after all earlier operations.
  func read(_ tensor: Tensor) throws -> [Double]

  /// y = x
  func copy(_ x: Tensor, into y: Tensor) throws
  /// y += alpha x with one alpha per run: `alpha` is [runs][1, 1].
  func axpy(_ alpha: Tensor, _ x: Tensor, into y: Tensor) throws
  /// z = x * y, entry by entry.
  func hadamard(_ x: Tensor, _ y: Tensor, into z: Tensor) throws
  /// x *= alpha with one alpha per run.
  func scale(_ alpha: Tensor, _ x: Tensor) throws
  /// y = sign(x), sign(0) = 0.
  func sign(_ x: Tensor, into y: Tensor) throws
  /// x = S_gamma(x) = sign(x) max(|x| - gamma, 0) with one gamma per run.
  func softThreshold(_ gamma: Tensor, _ x: Tensor) throws

  /// The thin singular value decomposition of every matrix, by one-sided Jacobi: U [m, k], s [k, 1]
  /// descending, V [n, k] with k = min(m, n).
  ///
  /// - Parameter basis: a rotation [k, k] per run to start from, replaced by the one that was found:
  ///   the identity at first, then slowly changing matrices take one or two sweeps.
  func svd(_ x: Tensor, basis: Tensor, left: Tensor, values: Tensor, right: Tensor) throws

  /// y = U V^T, the polar factor over all k directions; a singular value of zero
  /// contributes nothing.
  func polarFactor(_ x: Tensor, basis: Tensor, into y: Tensor) throws

  /// x = U max(diag(s) - gamma, 0) V^T with one gamma per run.
  func singularValueThreshold(_ gamma: Tensor, _ x: Tensor, basis: Tensor) throws

  /// Per run: the sum of x_i y_i, in double precision where the device has it.
  func dot(_ x: Tensor, _ y: Tensor) throws -> [Double]
  /// Per run: the sum of |x_i|.
  func l1Norm(_ x: Tensor) throws -> [Double]
  /// Per run: the square root of the sum of x_i^2.
  func l2Norm(_ x: Tensor) throws -> [Double]
  /// Per run: the largest entry; NaN if any entry is NaN.
  func max(_ x: Tensor) throws -> [Double]
}

extension Backend {
  /// c = op(a) op(b), per run.
  public func matmul(
    _ a: MatrixOperand<Tensor>, _ b: MatrixOperand<Tensor>, into c: Tensor
  ) throws {
    try matmul(a, b, into: c, epilogue: .none)
  }
}

/// Operands whose shapes do not fit an operation.
public struct ShapeError: Error, Equatable, CustomStringConvertible {
  public let operation: String
  public let shapes: [BatchShape]

  public init(_ operation: String, _ shapes: [BatchShape]) {
    self.operation = operation
    self.shapes = shapes
  }

  public var description: String {
    "\(operation): shapes \(shapes.map(\.description).joined(separator: ", ")) do not fit"
  }
}

/// The shape rules of the batched operations, shared by every backend.
public enum ShapeRule {
  /// `result` = op(a) op(b), each operand per run or shared.
  public static func matmul<T: BatchTensor>(
    _ a: MatrixOperand<T>, _ b: MatrixOperand<T>, _ c: T
  ) throws {
    let fits =
      a.columns == b.rows && c.shape.rows == a.rows && c.shape.columns == b.columns
      && isPerRunOrShared(a.tensor, c) && isPerRunOrShared(b.tensor, c)
    guard fits else { throw ShapeError("matmul", [a.tensor.shape, b.tensor.shape, c.shape]) }
  }

  /// Operands of equal matrices, each per run or shared by the runs of `result`.
  public static func elementwise<T: BatchTensor>(
    _ operation: String, _ operands: [T], _ result: T
  ) throws {
    let fits = operands.allSatisfy {
      $0.shape.perRun == result.shape.perRun && isPerRunOrShared($0, result)
    }
    guard fits else { throw ShapeError(operation, operands.map(\.shape) + [result.shape]) }
  }

  /// One number per run, or one for all.
  public static func runScalar<T: BatchTensor>(
    _ operation: String, _ scalar: T, _ result: T
  ) throws {
    guard scalar.shape.perRun == 1, isPerRunOrShared(scalar, result) else {
      throw ShapeError(operation, [scalar.shape, result.shape])
    }
  }

  /// A rotation [k, k] for each run's matrix [m, n], k = min(m, n).
  public static func basis<T: BatchTensor>(_ operation: String, _ x: T, _ basis: T) throws {
    let k = Swift.min(x.shape.rows, x.shape.columns)
    guard basis.shape == BatchShape(runs: x.shape.runs, rows: k, columns: k) else {
      throw ShapeError(operation, [x.shape, basis.shape])
    }
  }

  /// U [m, k], s [k, 1], V [n, k] for each run's matrix [m, n].
  public static func svd<T: BatchTensor>(
    _ x: T, basis: T, left: T, values: T, right: T
  ) throws {
    try Self.basis("svd", x, basis)
    let k = basis.shape.rows
    guard
      left.shape == BatchShape(runs: x.shape.runs, rows: x.shape.rows, columns: k),
      values.shape == BatchShape(runs: x.shape.runs, rows: k),
      right.shape == BatchShape(runs: x.shape.runs, rows: x.shape.columns, columns: k)
    else { throw ShapeError("svd", [x.shape, left.shape, values.shape, right.shape]) }
  }

  static func isPerRunOrShared(_ operand: some BatchTensor, _ result: some BatchTensor) -> Bool {
    operand.shape.runs == 1 || operand.shape.runs == result.shape.runs
  }
}
