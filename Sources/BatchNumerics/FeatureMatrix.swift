/// The features of a set of samples, a row each.
public enum FeatureMatrix: Sendable, Equatable {
  case dense(DenseMatrix)
  case signs(SignMatrix)

  public var isSigns: Bool {
    if case .signs = self { true } else { false }
  }

  public var rows: Int {
    switch self {
    case .dense(let matrix): matrix.rows
    case .signs(let matrix): matrix.rows
    }
  }

  public var columns: Int {
    switch self {
    case .dense(let matrix): matrix.columns
    case .signs(let matrix): matrix.columns
    }
  }

  public var dense: DenseMatrix {
    switch self {
    case .dense(let matrix): matrix
    case .signs(let matrix): matrix.dense
    }
  }

  /// Roughly the bytes that the matrix holds on the host.
  public var byteCount: Int {
    switch self {
    case .dense(let matrix): 8 * matrix.values.count
    case .signs(let matrix): matrix.bytes.count
    }
  }

  /// X w
  public func product(_ w: [Double]) -> [Double] {
    switch self {
    case .dense(let matrix): matrix.multiplied(by: w)
    case .signs(let matrix): matrix.product(w)
    }
  }
}
