/// The floating-point type a run trains in.
public enum Precision: String, Sendable, Hashable, CaseIterable {
  case f32
  case f64

  /// Bytes of one number.
  public var byteCount: Int { self == .f32 ? 4 : 8 }

  /// The distance from 1 to the next larger number.
  public var epsilon: Double {
    self == .f32 ? Double(Float.ulpOfOne) : Double.ulpOfOne
  }
}

/// A scalar type that runs train in: `Float` or `Double`.
public protocol RunScalar: BinaryFloatingPoint, SIMDScalar, BitwiseCopyable, Codable, Sendable {
  static var precision: Precision { get }
}

extension Float: RunScalar {
  public static var precision: Precision { .f32 }
}

extension Double: RunScalar {
  public static var precision: Precision { .f64 }
}
