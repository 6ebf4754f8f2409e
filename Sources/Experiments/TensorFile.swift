import BatchNumerics
import Foundation

/// Named tensors in the safetensors format: 8 bytes of little-endian header length, a JSON header,
/// and one block of little-endian numbers in C order.
///
/// Reading accepts F64, F32 and I64 and refuses everything that is not exactly covered by its
/// header: gaps, overlaps, trailing bytes, shapes that do not match their size.
public struct TensorFile: Sendable {
  public let tensors: [NamedTensor]
  /// What the header's `__metadata__` says; empty where there is none.
  public let metadata: [String: String]
  /// SHA-256 of the file's bytes; the identity of an instance.
  public let digest: String
  /// Where it was read from, for errors.
  public private(set) var path: String?

  private static let longestHeader = 100_000_000

  public subscript(name: String) -> NamedTensor? { tensors.first { $0.name == name } }

  /// Reads a file.
  ///
  /// - Throws: `SpecError` naming the file and what is wrong with it.
  public init(path: String) throws {
    let bytes: [UInt8]
    do {
      bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    } catch {
      throw SpecError(place: path, "cannot be read: \(error.localizedDescription)")
    }
    do {
      try self.init(bytes: bytes)
      self.path = path
    } catch var error as SpecError {
      error.place = path
      throw error
    }
  }

  /// Parses the bytes of a file.
  public init(bytes: [UInt8]) throws {
    guard bytes.count >= 8 else {
      throw SpecError("not a safetensors file: shorter than its 8-byte header length")
    }
    let length = (0..<8).reduce(UInt64(0)) { $0 | UInt64(bytes[$1]) << UInt64(8 * $1) }
    guard length <= Self.longestHeader, Int(length) <= bytes.count - 8 else {
      throw SpecError("header length \(length) exceeds the file of \(bytes.count) bytes")
    }
    let header = Data(bytes[8..<(8 + Int(length))])
    guard let entries = try? JSONSerialization.jsonObject(with: header) as? [String: Any] else {
      throw SpecError("the header is not a JSON object")
    }
    let data = bytes[(8 + Int(length))...]
    let parsed = try entries.filter { $0.key != "__metadata__" }.map {
      try Entry(name: $0.key, json: $0.value, available: data.count)
    }
    try Self.checkCoverage(parsed, data.count)
    metadata = entries["__metadata__"] as? [String: String] ?? [:]
    tensors = try parsed.sorted { $0.name < $1.name }.map { try $0.read(data) }
    digest = SHA256.hexDigest(of: bytes)
  }

  private static func checkCoverage(_ entries: [Entry], _ count: Int) throws {
    var position = 0
    for entry in entries.sorted(by: { ($0.start, $0.end) < ($1.start, $1.end) }) {
      guard entry.start == position else {
        throw SpecError(
          key: entry.name,
          "data starts at \(entry.start) where \(position) is next (gap or overlap)")
      }
      position = entry.end
    }
    guard position == count else {
      throw SpecError("\(count - position) trailing bytes belong to no tensor")
    }
  }

  /// The bytes of a file with these tensors: indices as I64, everything else as F64.
  public static func encode(
    _ tensors: [NamedTensor], metadata: [String: String] = [:]
  ) -> [UInt8] {
    var position = 0
    var members = tensors.map { tensor -> (String, String) in
      let end = position + 8 * tensor.values.count
      defer { position = end }
      let shape = tensor.shape.map(String.init).joined(separator: ",")
      return (
        tensor.name,
        #"{"dtype":"\#(tensor.isIndex ? "I64" : "F64")","shape":[\#(shape)],"#
          + #""data_offsets":[\#(position),\#(end)]}"#
      )
    }
    if !metadata.isEmpty {
      let pairs = metadata.sorted { $0.key < $1.key }.map { ($0.key, JSONText.string($0.value)) }
      members.insert(("__metadata__", JSONText.object(pairs)), at: 0)
    }
    var header = Array(JSONText.object(members).utf8)
    header += [UInt8](repeating: 0x20, count: (8 - header.count % 8) % 8)
    var bytes = littleEndian(UInt64(header.count)) + header
    bytes.reserveCapacity(bytes.count + position)
    for tensor in tensors {
      let words = tensor.values.map { value in
        (tensor.isIndex ? UInt64(bitPattern: Int64(value)) : value.bitPattern).littleEndian
      }
      words.withUnsafeBytes { bytes.append(contentsOf: $0) }
    }
    return bytes
  }

  private static func littleEndian(_ word: UInt64) -> [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(8 * $0)) }
  }

  /// A tensor's header entry.
  private struct Entry {
    let name: String
    let type: String
    let shape: [Int]
    let start: Int
    let end: Int

    private static let widths = ["F64": 8, "F32": 4, "I64": 8]

    init(name: String, json: Any, available: Int) throws {
      guard let entry = json as? [String: Any], let type = entry["dtype"] as? String,
        let shape = Self.integers(entry["shape"]),
        let offsets = Self.integers(entry["data_offsets"]),
        offsets.count == 2
      else { throw SpecError(key: name, "needs dtype, shape and two data_offsets") }
      guard let width = Self.widths[type] else {
        throw SpecError(key: name, value: type, "must be F64, F32 or I64")
      }
      guard offsets[0] <= offsets[1], offsets[1] <= available else {
        throw SpecError(
          key: name, "data_offsets \(offsets) lie outside the \(available) bytes of data")
      }
      var size = width
      for extent in shape {
        let (product, overflow) = size.multipliedReportingOverflow(by: extent)
        guard !overflow else { throw SpecError(key: name, "shape \(shape) is too large") }
        size = product
      }
      guard size == offsets[1] - offsets[0] else {
        throw SpecError(
          key: name, "shape \(shape) needs \(size) bytes, not \(offsets[1] - offsets[0])")
      }
      self.name = name
      self.type = type
      self.shape = shape
      start = offsets[0]
      end = offsets[1]
    }

    /// A list of non-negative integers.
    private static func integers(_ json: Any?) -> [Int]? {
      guard let list = json as? [Any] else { return nil }
      let numbers = list.compactMap { item -> Int? in
        // A JSON boolean is an NSNumber too, of the type of a C char.
        guard let number = item as? NSNumber, String(cString: number.objCType) != "c" else {
          return nil
        }
        return Int(exactly: number.doubleValue)
      }
      return numbers.count == list.count && numbers.allSatisfy { $0 >= 0 } ? numbers : nil
    }

    func read(_ data: ArraySlice<UInt8>) throws -> NamedTensor {
      let width = Self.widths[type] ?? 8
      let count = (end - start) / width
      let values = data.withUnsafeBytes { raw in
        (0..<count).map { i -> Double in
          let offset = start + i * width
          switch type {
          case "F32":
            let bits = UInt32(
              littleEndian: raw.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
            return Double(Float(bitPattern: bits))
          case "I64":
            let bits = Int64(
              littleEndian: raw.loadUnaligned(fromByteOffset: offset, as: Int64.self))
            return Double(bits)
          default:
            let bits = UInt64(
              littleEndian: raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            return Double(bitPattern: bits)
          }
        }
      }
      return NamedTensor(name: name, shape: shape, values: values, isIndex: type == "I64")
    }
  }
}
