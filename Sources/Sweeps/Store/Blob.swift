import Foundation

/// Curves and tensors as stored: little-endian 64-bit words, one after the other.
enum Blob {
  static func encode(_ words: [UInt64]) -> Data {
    words.map(\.littleEndian).withUnsafeBytes { Data($0) }
  }

  /// Nil if the bytes are not whole words.
  static func decode(_ data: Data) -> [UInt64]? {
    guard data.count % 8 == 0 else { return nil }
    return data.withUnsafeBytes { raw in
      (0..<(raw.count / 8)).map {
        UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: 8 * $0, as: UInt64.self))
      }
    }
  }
}
