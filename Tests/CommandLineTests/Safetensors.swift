// This file writes and reads safetensors without the code under test, hostile files included.

import Foundation
import Testing

enum Safetensors {
  struct Tensor {
    let type: String
    let shape: [Int]
    let values: [Double]
  }

  /// The bytes of a file with this header and so many bytes of data.
  static func file(header: String, data: [UInt8] = []) -> [UInt8] {
    word(UInt64(header.utf8.count)) + Array(header.utf8) + data
  }

  /// A file of F64 tensors, in this order.
  static func file(_ tensors: [(name: String, shape: [Int], values: [Double])]) -> [UInt8] {
    var position = 0
    var members: [String] = []
    for tensor in tensors {
      let end = position + 8 * tensor.values.count
      members.append(
        "\"\(tensor.name)\":{\"dtype\":\"F64\",\"shape\":\(tensor.shape),"
          + "\"data_offsets\":[\(position),\(end)]}")
      position = end
    }
    return file(
      header: "{" + members.joined(separator: ",") + "}",
      data: tensors.flatMap { $0.values.flatMap { word($0.bitPattern) } })
  }

  static func word(_ value: UInt64) -> [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) }
  }

  /// Parses a file, insisting that header and data cover it exactly.
  static func parse(_ bytes: [UInt8]) throws -> [String: Tensor] {
    let length = Int(number(bytes[0..<8]))
    let header = try #require(
      JSONSerialization.jsonObject(with: Data(bytes[8..<(8 + length)])) as? [String: [String: Any]])
    let data = bytes[(8 + length)...]
    var covered = 0
    let tensors = try header.mapValues { entry in
      let offsets = try #require(entry["data_offsets"] as? [Int])
      covered += offsets[1] - offsets[0]
      let values = stride(from: offsets[0], to: offsets[1], by: 8).map { offset in
        let start = data.startIndex + offset
        return Double(bitPattern: number(data[start..<(start + 8)]))
      }
      return Tensor(
        type: try #require(entry["dtype"] as? String),
        shape: try #require(entry["shape"] as? [Int]),
        values: values)
    }
    #expect(covered == data.count)
    return tensors
  }

  private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
    bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}
