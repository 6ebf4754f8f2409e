// This file tests reading and writing tensor files, hostile ones among them.

import BatchNumerics
import Experiments
import Foundation
import Testing
import _TestSupport

@Suite struct TensorFileTests {
  static let tensors = [
    NamedTensor(name: "X", shape: [2, 3], values: [1, -2.5, 3e-300, .infinity, -0.0, 1 / 3]),
    NamedTensor(name: "empty", shape: [0, 4], values: []),
    NamedTensor(name: "scalar", shape: [], values: [7]),
  ]

  /// A file with this header text and so many bytes of data.
  static func file(_ header: String, data: [UInt8] = [UInt8](repeating: 0, count: 16)) -> [UInt8] {
    let length = UInt64(header.utf8.count)
    return (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) } + header.utf8 + data
  }

  static func entry(_ shape: String, _ offsets: String, type: String = "F64") -> String {
    #"{"dtype":"\#(type)","shape":\#(shape),"data_offsets":\#(offsets)}"#
  }

  @Test func roundTrip() throws {
    let bytes = TensorFile.encode(Self.tensors)
    let file = try TensorFile(bytes: bytes)
    #expect(file.tensors == Self.tensors)
    #expect(file["X"]?.shape == [2, 3] && file["missing"] == nil)
    #expect(file.digest == SHA256.hexDigest(of: bytes))
    let folder = try TemporaryFolder()
    try Data(bytes).write(to: URL(fileURLWithPath: folder.file("a.safetensors")))
    #expect(try TensorFile(path: folder.file("a.safetensors")).tensors == Self.tensors)
  }

  @Test func namesNeedNoCareButEscaping() throws {
    let odd = [NamedTensor(name: "a\"b\\\n/ü", shape: [1], values: [2])]
    #expect(try TensorFile(bytes: TensorFile.encode(odd)).tensors == odd)
  }

  @Test func missingFileIsNamed() {
    let text = specError { _ = try TensorFile(path: "/nonexistent/a.safetensors") }
    #expect(text.hasPrefix("/nonexistent/a.safetensors: cannot be read"))
    let folder = specError { _ = try TensorFile(path: "/tmp") }
    #expect(folder.hasPrefix("/tmp: cannot be read"))
  }

  @Test func damagedFileIsNamed() throws {
    let folder = try TemporaryFolder()
    try Data([1, 2, 3]).write(to: URL(fileURLWithPath: folder.file("a.safetensors")))
    let text = specError { _ = try TensorFile(path: folder.file("a.safetensors")) }
    #expect(text.hasPrefix(folder.file("a.safetensors") + ": not a safetensors file"))
  }

  /// As another writer lays it out: F32 and I64, metadata, names not in the order of the data.
  @Test func otherTypesAndLayouts() throws {
    let header =
      #"{"__metadata__":{"format":"pt"},"b":"# + Self.entry("[2]", "[8,16]", type: "F32")
      + #","a":"# + Self.entry("[1]", "[0,8]", type: "I64") + "}   "
    let data: [UInt8] =
      [0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF] + [0, 0, 0xC0, 0x3F, 0, 0, 0x80, 0xFF]
    let file = try TensorFile(bytes: Self.file(header, data: data))
    #expect(file["a"] == NamedTensor(name: "a", shape: [1], values: [-2], isIndex: true))
    #expect(file["b"] == NamedTensor(name: "b", shape: [2], values: [1.5, -.infinity]))
  }

  // MARK: - Hostile files

  @Test func everyTruncationIsRefused() {
    let bytes = TensorFile.encode(Self.tensors)
    for count in 0..<bytes.count {
      #expect(throws: SpecError.self, "\(count) of \(bytes.count) bytes") {
        try TensorFile(bytes: Array(bytes.prefix(count)))
      }
    }
    #expect(throws: SpecError.self) { try TensorFile(bytes: bytes + [0]) }
  }

  /// Single changed bytes are read or refused, never a crash.
  @Test func changedBytesNeverCrash() {
    let bytes = TensorFile.encode(Self.tensors)
    var source = RandomStream(seed: 11, purpose: .noise)
    var refused = 0
    for index in bytes.indices {
      for _ in 0..<8 {
        var changed = bytes
        changed[index] = UInt8(truncatingIfNeeded: source.nextBlock().x)
        do {
          _ = try TensorFile(bytes: changed)
        } catch is SpecError {
          refused += 1
        } catch {
          Issue.record("byte \(index): \(error)")
        }
      }
    }
    #expect(refused > bytes.count)
  }

  static let good = entry("[2]", "[0,16]")

  /// Header text and what the error must say.
  static let hostile: [(header: String, reason: String)] = [
    ("", "not a JSON object"),
    ("[]", "not a JSON object"),
    ("12", "not a JSON object"),
    ("{\"a\":", "not a JSON object"),
    (String(repeating: "[", count: 100_000), "not a JSON object"),
    (#"{"a":"# + String(repeating: #"{"a":"#, count: 100_000), "not a JSON object"),
    (#"{"a":3}"#, "needs dtype, shape and two data_offsets"),
    (#"{"a":{}}"#, "needs dtype"),
    (#"{"a":{"dtype":"F64","shape":[2]}}"#, "needs dtype"),
    (#"{"a":{"dtype":8,"shape":[2],"data_offsets":[0,16]}}"#, "needs dtype"),
    (#"{"a":"# + entry("2", "[0,16]") + "}", "needs dtype"),
    (#"{"a":"# + entry("[\"2\"]", "[0,16]") + "}", "needs dtype"),
    (#"{"a":"# + entry("[2.5]", "[0,16]") + "}", "needs dtype"),
    (#"{"a":"# + entry("[null]", "[0,16]") + "}", "needs dtype"),
    (#"{"a":"# + entry("[true,2]", "[0,16]") + "}", "needs dtype"),
    (#"{"a":"# + entry("[-2]", "[0,16]") + "}", "needs dtype"),
    (#"{"a":"# + entry("[2]", "[0]") + "}", "needs dtype"),
    (#"{"a":"# + entry("[2]", "[0,8,16]") + "}", "needs dtype"),
    (#"{"a":"# + entry("[2]", "[-16,0]") + "}", "needs dtype"),
    (#"{"a":"# + entry("[2]", "[0,9223372036854775808]") + "}", "needs dtype"),
    (#"{"a":"# + entry("[2]", "[18446744073709551600,18446744073709551616]") + "}", "needs dtype"),
    (#"{"a":"# + entry("[2]", "[0,1e40]") + "}", "needs dtype"),
    (#"{"a":"# + entry("[2]", "[9223372036854774784,9223372036854774800]") + "}", "outside"),
    (#"{"a":"# + entry("[2]", "[16,0]") + "}", "outside"),
    (#"{"a":"# + entry("[3]", "[0,24]") + "}", "outside"),
    (#"{"a":"# + entry("[4]", "[0,16]", type: "F16") + "}", "must be F64, F32 or I64"),
    (#"{"a":"# + entry("[4]", "[0,16]", type: "f32") + "}", "must be F64, F32 or I64"),
    (#"{"a":"# + entry("[2]", "[0,16]", type: "F32") + "}", "needs 8 bytes, not 16"),
    (#"{"a":"# + entry("[1]", "[0,16]") + "}", "needs 8 bytes, not 16"),
    (#"{"a":"# + entry("[4611686018427387904,4]", "[0,16]") + "}", "too large"),
    (#"{"a":"# + entry("[4294967296,4294967296]", "[0,16]") + "}", "too large"),
    (#"{"a":"# + entry("[1]", "[0,8]") + "}", "8 trailing bytes"),
    ("{}", "16 trailing bytes"),
    (#"{"a":"# + entry("[1]", "[8,16]") + "}", "gap or overlap"),
    (#"{"a":"# + good + #","b":"# + entry("[1]", "[8,16]") + "}", "gap or overlap"),
    (#"{"a":"# + good + #","b":"# + good + "}", "gap or overlap"),
  ]

  @Test(arguments: hostile) func hostileHeaderIsRefused(header: String, reason: String) {
    let text = specError { _ = try TensorFile(bytes: Self.file(header)) }
    #expect(text.contains(reason))
  }

  @Test func theGoodHeaderIsAccepted() throws {
    let file = try TensorFile(bytes: Self.file(#"{"a":"# + Self.good + "}"))
    #expect(file.tensors == [NamedTensor(name: "a", shape: [2], values: [0, 0])])
  }

  @Test(arguments: [UInt64.max, 1 << 63, 1 << 62, 1000, 100_000_001]) func hugeHeaderLength(
    _ length: UInt64
  ) {
    let bytes = (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) }
    let text = specError { _ = try TensorFile(bytes: bytes + Array("{}".utf8)) }
    #expect(text.contains("header length \(length) exceeds the file"))
  }
}
