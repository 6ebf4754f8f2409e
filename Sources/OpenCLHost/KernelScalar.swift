// This file implements the pairing of Swift's and OpenCL C's number types.

/// A number that OpenCL C knows: an argument by value, or the element of a buffer argument.
public protocol KernelScalar: BitwiseCopyable, Sendable {
  /// Its name in OpenCL C, e.g. `uint`.
  static var openCLName: String { get }
}

extension Int8: KernelScalar {
  /// `char`.
  public static var openCLName: String { "char" }
}
extension UInt8: KernelScalar {
  /// `uchar`.
  public static var openCLName: String { "uchar" }
}
extension Int16: KernelScalar {
  /// `short`.
  public static var openCLName: String { "short" }
}
extension UInt16: KernelScalar {
  /// `ushort`.
  public static var openCLName: String { "ushort" }
}
extension Int32: KernelScalar {
  /// `int`.
  public static var openCLName: String { "int" }
}
extension UInt32: KernelScalar {
  /// `uint`.
  public static var openCLName: String { "uint" }
}
extension Int64: KernelScalar {
  /// `long`.
  public static var openCLName: String { "long" }
}
extension UInt64: KernelScalar {
  /// `ulong`.
  public static var openCLName: String { "ulong" }
}
extension Float: KernelScalar {
  /// `float`.
  public static var openCLName: String { "float" }
}
extension Double: KernelScalar {
  /// `double`.
  public static var openCLName: String { "double" }
}

/// A type as a kernel declares it, taken apart: `__global const float8 *` is float, 8, pointer.
struct DeclaredType: Hashable {
  /// The scalar type in its short spelling; nil for typedefs and structs, which we cannot check.
  let scalar: String?
  /// 1 but for vectors.
  let width: Int
  let isPointer: Bool

  init(_ text: String) {
    isPointer = text.contains("*")
    let words = text.split { $0 == " " || $0 == "*" }.map(String.init)
    let spelled = words.filter { !DeclaredType.qualifiers.contains($0) }.joined(separator: " ")
    let short = DeclaredType.longSpellings[spelled] ?? spelled
    let base = String(short.prefix { !$0.isNumber })
    let isKnown = DeclaredType.scalars.contains(base)
    scalar = isKnown ? base : nil
    width = isKnown ? Int(short.dropFirst(base.count)) ?? 1 : 1
  }

  private static let qualifiers: Set<String> = [
    "const", "volatile", "restrict", "__global", "global", "__constant", "constant", "__local",
    "local",
  ]

  private static let scalars: Set<String> = [
    "char", "uchar", "short", "ushort", "int", "uint", "long", "ulong", "half", "float", "double",
  ]

  private static let longSpellings = [
    "unsigned char": "uchar", "unsigned short": "ushort", "unsigned int": "uint",
    "unsigned": "uint", "unsigned long": "ulong", "signed char": "char", "signed int": "int",
  ]
}
