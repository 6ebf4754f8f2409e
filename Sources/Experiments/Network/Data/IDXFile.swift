import Foundation

/// An array in the IDX format of the MNIST files: two zero bytes, a byte for the element type, a byte
/// for the rank, the sizes as 4-byte big-endian numbers, and the elements in C order, big-endian.
public struct IDXFile: Sendable, Equatable {
  /// The element types read: unsigned bytes, and floating-point numbers of 4 and 8 bytes.
  public enum Element: UInt8, Sendable {
    case unsignedByte = 0x08
    case float = 0x0D
    case double = 0x0E

    fileprivate var width: Int {
      switch self {
      case .unsignedByte: 1
      case .float: 4
      case .double: 8
      }
    }
  }

  public let element: Element
  public let shape: [Int]
  /// The elements as they are stored: bytes as 0...255.
  public let values: [Double]

  /// Reads `path`, or `path` with `.gz` added where there is no such file. Gzip data are inflated.
  ///
  /// - Throws: `SpecError` naming the file and what is wrong with it.
  public init(path: String) throws {
    guard let found = Self.existing(path) else {
      throw SpecError(place: path, "does not exist, with or without .gz")
    }
    var bytes: [UInt8]
    do {
      bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: found)))
    } catch {
      throw SpecError(place: found, "cannot be read: \(error.localizedDescription)")
    }
    do {
      if found.hasSuffix(".gz") || Gzip.isGzip(bytes) { bytes = try Gzip.inflate(bytes) }
      try self.init(bytes: bytes)
    } catch let error as Gzip.Error {
      throw SpecError(place: found, error.description)
    } catch var error as SpecError {
      error.place = found
      throw error
    }
  }

  /// The file that stands for `path`: itself or, where it does not exist, its `.gz`.
  static func existing(_ path: String) -> String? {
    [path, path + ".gz"].first { FileManager.default.fileExists(atPath: $0) }
  }

  /// Parses the bytes of a file.
  ///
  /// - Throws: `SpecError`.
  public init(bytes: [UInt8]) throws {
    guard bytes.count >= 4, bytes[0] == 0, bytes[1] == 0 else {
      throw SpecError("not an IDX file: it must start with two zero bytes, a type and a rank")
    }
    guard let element = Element(rawValue: bytes[2]) else {
      throw SpecError(
        key: "type", value: String(bytes[2]),
        "must be 8 (unsigned byte), 13 (float) or 14 (double)")
    }
    let start = 4 + 4 * Int(bytes[3])
    guard bytes[3] > 0, start <= bytes.count else {
      throw SpecError(
        key: "rank", value: String(bytes[3]), "needs at least 1, and its sizes in the file")
    }
    let shape = stride(from: 4, to: start, by: 4).map { Int(Self.bigEndian(bytes[$0..<($0 + 4)])) }
    var size = element.width
    for extent in shape {
      let (product, overflow) = size.multipliedReportingOverflow(by: extent)
      guard !overflow else { throw SpecError(key: "shape", "\(shape) is too large") }
      size = product
    }
    guard size == bytes.count - start else {
      throw SpecError(
        key: "shape", "\(shape) needs \(size) bytes of elements, not \(bytes.count - start)")
    }
    self.element = element
    self.shape = shape
    values = Self.read(bytes[start...], element)
  }

  private static func read(_ data: ArraySlice<UInt8>, _ element: Element) -> [Double] {
    let starts = stride(from: data.startIndex, to: data.endIndex, by: element.width)
    switch element {
    case .unsignedByte:
      return data.map { Double($0) }
    case .float:
      return starts.map { start in
        let word = bigEndian(data[start..<(start + 4)])
        return Double(Float(bitPattern: UInt32(truncatingIfNeeded: word)))
      }
    case .double:
      return starts.map { Double(bitPattern: bigEndian(data[$0..<($0 + 8)])) }
    }
  }

  private static func bigEndian(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    bytes.reduce(0) { $0 << 8 | UInt64($1) }
  }
}
