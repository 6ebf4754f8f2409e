import Foundation

/// Curves and tensors as stored: little-endian 64-bit words, one after the other.
enum Blob {
  static func encode(_ words: [UInt64]) -> Data {
    words.map(\.littleEndian).withUnsafeBytes { Data($0) }
  }

  /// Nil if the bytes are not whole words, or not those that `digest` was taken of.
  static func decode(_ data: Data, digest: Int64?) -> [UInt64]? {
    guard isWhole(data, digest: digest) else { return nil }
    return data.withUnsafeBytes { raw in
      (0..<(raw.count / 8)).map {
        UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: 8 * $0, as: UInt64.self))
      }
    }
  }

  /// Whether the bytes are as they were written; older stores have no digests to tell by.
  static func isWhole(_ data: Data, digest: Int64?) -> Bool {
    data.count % 8 == 0 && (digest == nil || digest == self.digest(of: data))
  }

  /// Tells damaged bytes from sound ones: SQLite does not check what it stores.
  ///
  /// FNV-1a over 64-bit words, with a shift that carries high bits down: every step can be undone,
  /// so a change of one word always changes the digest.
  static func digest(of data: Data) -> Int64 {
    data.withUnsafeBytes { raw in
      var hash: UInt64 = 0xcbf2_9ce4_8422_2325
      for offset in stride(from: 0, through: raw.count - 8, by: 8) {
        let word = UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
        hash = (hash ^ word) &* 0x100_0000_01b3
        hash ^= hash >> 32
      }
      return Int64(bitPattern: hash)
    }
  }
}
