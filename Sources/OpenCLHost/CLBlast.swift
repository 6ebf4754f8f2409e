// This file implements matrix products by CLBlast, where it is installed.

internal import COpenCL

/// A number type that CLBlast multiplies: `Float` or `Double`.
public protocol BLASScalar: KernelScalar, BinaryFloatingPoint {}
extension Float: BLASScalar {}
extension Double: BLASScalar {}

/// A matrix, or a batch of equally laid out ones, in a buffer. Row-major unless the call says so.
public struct BLASMatrix<Scalar: BLASScalar>: Sendable {
  /// Where the elements are.
  public let buffer: Buffer<Scalar>
  /// Index of the first element.
  public let offset: Int
  /// Elements from one row to the next (column-major: from one column to the next).
  public let leadingDimension: Int
  /// Elements from one matrix of a batch to the next; 0 repeats an input.
  public let stride: Int
  /// Whether the transposed matrix is meant; inputs only.
  public let isTransposed: Bool

  /// A view of a buffer.
  public init(
    _ buffer: Buffer<Scalar>,
    offset: Int = 0,
    leadingDimension: Int,
    stride: Int = 0,
    isTransposed: Bool = false
  ) {
    self.buffer = buffer
    self.offset = offset
    self.leadingDimension = leadingDimension
    self.stride = stride
    self.isTransposed = isTransposed
  }

  fileprivate var description: ocl_blas_matrix {
    ocl_blas_matrix(
      buffer: buffer.handle.raw,
      offset: offset,
      leading_dimension: leadingDimension,
      stride: stride,
      transpose: isTransposed ? OCL_BLAS_TRANSPOSE : OCL_BLAS_NO_TRANSPOSE
    )
  }
}

/// The sizes of C (`rows` by `columns`) = A (`rows` by `inner`) B (`inner` by `columns`).
public struct GEMMShape: Sendable, Hashable {
  /// Rows of op(A) and C.
  public let rows: Int
  /// Columns of op(B) and C.
  public let columns: Int
  /// Columns of op(A), rows of op(B).
  public let inner: Int
  /// Whether matrices are stored by columns.
  public let isColumnMajor: Bool

  /// A shape.
  public init(rows: Int, columns: Int, inner: Int, isColumnMajor: Bool = false) {
    self.rows = rows
    self.columns = columns
    self.inner = inner
    self.isColumnMajor = isColumnMajor
  }
}

extension GEMMShape: CustomStringConvertible {
  /// Rows, columns and inner size, e.g. `3x4x5`.
  public var description: String { "\(rows)x\(columns)x\(inner)" }
}

/// Matrix products of the CLBlast library, loaded at run time.
///
/// The first call of a routine on a device compiles its kernels, which can take seconds.
/// Calls take turns in the process: CLBlast 1.5.3 is not thread-safe on first use.
/// See [CLBlast's API](https://github.com/CNugteren/CLBlast/blob/master/doc/api.md).
public enum CLBlast {
  /// Whether the library and the routines used here are there.
  public static var isAvailable: Bool { ocl_blas_is_available() }

  /// Why they are not; nil when they are.
  public static var problem: String? {
    isAvailable ? nil : String(cString: ocl_blas_problem())
  }

  /// C = alpha op(A) op(B) + beta C.
  ///
  /// - Parameters:
  ///   - shape: sizes and layout.
  ///   - alpha: factor of the product.
  ///   - a: left factor.
  ///   - b: right factor.
  ///   - beta: factor of what C holds; with 0 it need not hold numbers.
  ///   - c: the result.
  ///   - queue: where it runs.
  /// - Throws: CLBlast's status, e.g. `CLBlastInsufficientMemoryC`; `GROKCL_NO_CLBLAST_LIBRARY`.
  /// - Returns: the event of the last kernel CLBlast used; earlier ones are not in its times.
  @discardableResult
  public static func gemm<Scalar: BLASScalar>(
    _ shape: GEMMShape,
    alpha: Scalar = 1,
    _ a: BLASMatrix<Scalar>,
    _ b: BLASMatrix<Scalar>,
    beta: Scalar = 0,
    into c: BLASMatrix<Scalar>,
    on queue: Queue
  ) throws(OpenCLError) -> Event {
    let call: StaticString = isDouble(Scalar.self) ? "CLBlastDgemm" : "CLBlastSgemm"
    try checkOperands(shape, a, b, c, queue, call)
    let task = describe(shape, alpha, a, b, beta, c, count: 1)
    return try run(task, isDouble(Scalar.self), isBatched: false, call, on: queue)
  }

  /// The same for each matrix of a batch, `stride` elements apart.
  ///
  /// - Parameters:
  ///   - shape: sizes and layout of each.
  ///   - count: number of products.
  ///   - alpha: factor of the products.
  ///   - a: left factors.
  ///   - b: right factors.
  ///   - beta: factor of what C holds.
  ///   - c: the results; their stride must keep them apart.
  ///   - queue: where it runs.
  /// - Throws: as `gemm`; `CL_INVALID_VALUE` when results would overlap, which CLBlast lets pass.
  /// - Returns: the event of the last kernel CLBlast used.
  @discardableResult
  public static func gemmStridedBatched<Scalar: BLASScalar>(
    _ shape: GEMMShape,
    count: Int,
    alpha: Scalar = 1,
    _ a: BLASMatrix<Scalar>,
    _ b: BLASMatrix<Scalar>,
    beta: Scalar = 0,
    into c: BLASMatrix<Scalar>,
    on queue: Queue
  ) throws(OpenCLError) -> Event {
    let call: StaticString =
      isDouble(Scalar.self) ? "CLBlastDgemmStridedBatched" : "CLBlastSgemmStridedBatched"
    try checkOperands(shape, a, b, c, queue, call)
    try checkBatch(shape, count, c, queue, call)
    let task = describe(shape, alpha, a, b, beta, c, count: count)
    return try run(task, isDouble(Scalar.self), isBatched: true, call, on: queue)
  }
}

extension CLBlast {
  private static func isDouble<Scalar>(_ type: Scalar.Type) -> Bool { type == Double.self }

  private static func describe<Scalar>(
    _ shape: GEMMShape,
    _ alpha: Scalar,
    _ a: BLASMatrix<Scalar>,
    _ b: BLASMatrix<Scalar>,
    _ beta: Scalar,
    _ c: BLASMatrix<Scalar>,
    count: Int
  ) -> ocl_blas_gemm {
    var task = ocl_blas_gemm()
    task.layout = shape.isColumnMajor ? OCL_BLAS_COLUMN_MAJOR : OCL_BLAS_ROW_MAJOR
    (task.m, task.n, task.k) = (shape.rows, shape.columns, shape.inner)
    (task.alpha, task.beta) = (Double(alpha), Double(beta))
    (task.a, task.b, task.c) = (a.description, b.description, c.description)
    task.batch_count = count
    return task
  }

  private static func run(
    _ task: ocl_blas_gemm,
    _ isDouble: Bool,
    isBatched: Bool,
    _ call: StaticString,
    on queue: Queue
  ) throws(OpenCLError) -> Event {
    var task = task
    var event: cl_event?
    let code = ocl_blas_run(&task, isDouble, isBatched, queue.handle.raw, &event)
    guard code == CL_SUCCESS else {
      throw OpenCLError(
        status: Status(clblast: code),
        call: "\(call)",
        device: queue.context.device.name,
        detail: problem ?? "\(task.m)x\(task.n)x\(task.k)"
      )
    }
    return try queue.event(event, code, call)
  }

  private static func checkOperands<Scalar>(
    _ shape: GEMMShape,
    _ a: BLASMatrix<Scalar>,
    _ b: BLASMatrix<Scalar>,
    _ c: BLASMatrix<Scalar>,
    _ queue: Queue,
    _ call: StaticString
  ) throws(OpenCLError) {
    guard shape.rows > 0, shape.columns > 0, shape.inner > 0 else {
      throw refusal("sizes must be positive: \(shape)", queue, call)
    }
    for matrix in [a, b, c] {
      try queue.checkContext(matrix.buffer.context, call)
      guard matrix.offset >= 0, matrix.leadingDimension > 0, matrix.stride >= 0 else {
        throw refusal("offset, leading dimension and stride must not be negative", queue, call)
      }
    }
    guard !c.isTransposed else { throw refusal("the result cannot be transposed", queue, call) }
  }

  private static func checkBatch<Scalar>(
    _ shape: GEMMShape,
    _ count: Int,
    _ c: BLASMatrix<Scalar>,
    _ queue: Queue,
    _ call: StaticString
  ) throws(OpenCLError) {
    let (lines, length) =
      shape.isColumnMajor ? (shape.columns, shape.rows) : (shape.rows, shape.columns)
    let (start, overflows) = (lines - 1).multipliedReportingOverflow(by: c.leadingDimension)
    guard count > 0, !overflows, count == 1 || c.stride - length >= start else {
      throw refusal(
        "\(count) results of \(shape) at stride \(c.stride) would overlap",
        queue,
        call
      )
    }
  }

  private static func refusal(
    _ detail: String,
    _ queue: Queue,
    _ call: StaticString
  ) -> OpenCLError {
    OpenCLError(
      status: .invalidValue,
      call: "\(call)",
      device: queue.context.device.name,
      detail: detail
    )
  }
}
