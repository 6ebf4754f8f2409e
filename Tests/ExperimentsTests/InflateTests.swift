// This file tests the gzip decoder against members that zlib wrote, whole and damaged ones.

import BatchNumerics
import Experiments
import Foundation
import Testing

@Suite struct InflateTests {
  static let verse = (80...99).reversed().map {
    "\($0) bottles of gradient on the wall, \($0) bottles of gradient. "
  }.joined()

  /// 64 bytes, a gap, and the same again exactly 32768 bytes later.
  static let far: [UInt8] = {
    let block = (0..<64).map { UInt8(truncatingIfNeeded: ($0 * $0 * 37) >> 3) }
    return block + [UInt8](repeating: 0, count: 32704) + block
  }()

  /// Written by Python's zlib 1.2.13: `compressobj(level, DEFLATED, -15, 9, strategy)` between a
  /// header and a trailer. Levels 0 (stored), 1 (fast) and 9; strategies Z_FIXED (fixed codes) and
  /// Z_HUFFMAN_ONLY (no matches); flags has an extra field, a name, a comment and a header checksum.
  static let base64 = [
    "stored":
      "H4sIAAAAAAAA/wE8AMP/OTkgYm90dGxlcyBvZiBncmFkaWVudCBvbiB0aGUgd2FsbCwgOTkgYm90dGxlcyBvZiBn"
      + "cmFkaWVudC4gYlnuETwAAAA=",
    "fixed":
      "H4sIAAAAAAAA/7O0VEjKLynJSS1WyE9TSC9KTMlMzStRyM9TKMlIVShPzMnRUbDEqkZPwdKCCL0WOPSaE6HXHIde"
      + "MyL0muHQa0qEXlPsegHCkPtTLAEAAA==",
    "fast":
      "H4sIAAAAAAAA/43SSwoCMRQF0a3cBUjwb2c5LcYPhG7QgNv3Tn3U4M3rzKpWXdcxevtovevxnm+vtgyti8az6Tv3"
      + "vlHFpqhOCYuN7SVhsbE9Jyw2tqeExcb2mLDY2B4SFhvbfcJiY7tLWGxstwmLTdGEz/x/xY0tPhMsNrb4TLDY2OIz"
      + "wWJji88Ei40tPhMsNrb4TLDY2OIzwWJji88Ei40tPhMsNkU/UcQmXLAEAAA=",
    "dynamic":
      "H4sIAAAAAAAA/43S2wnCQBgF4Vb+AkRyz2w5EddEWLKgC7ZvAzlw3mfevpTiUVsr+Rv1Fftne77z2aKe0Y4cv62U"
      + "W6TL5h4J40W8q/Gu4l2MdxHvbLyzeCfjncQ7Gu8o3sF4B/H2xtuLtzPe7vrFcIVwheEK4QrDFcIVhiuEKwxXCFcY"
      + "rhCuMFwhXGG4QrjCcIVwheEK4eoPUcQmXLAEAAA=",
    "huffmanOnly":
      "H4sIAAAAAAAA/wXBW4oFIQxF0ansART104/bDiditIRgQA/U9HutUqgphR+yM7a16UvkQo/zWsRFKdSUwg/ZGdva"
      + "9KWb8kdNKfyQnbGtTV8iF3qc1yIuyh81pfBDdsa2Nn3ppnyoKYUfsjO2telL5EKP81rERflQUwo/ZGdsa9OXbsov"
      + "NaXwQ3bGtjZ9iVzocV6LuCi/1JTCD9kZ29r0pZvyQ00p/JCdsa1NXyIXepzXIi7KDzWl8EN2xrY2femmfFNTCj9k"
      + "Z2xr05fIhR7ntYiL8k1NKfyQnbGtTV+6KV/UlMIP2Rnb2vQlcqHHeS3ionxR/wHD1iBwkAEAAA==",
    "far":
      "H4sIAAAAAAAA/+3Boc4BAQAAYEGy2UzQNU4wxbgo3jOYaUxkEyRFETRFunQTTDDNRhM9wAXhFG9gs9n+9/j3fV8u"
      + "X65HsySrzR/NXXFdijvpKvxcN+Oo3Qhavf7ykFUnl8riPXiOvtvwHQ+DX3o7JvvT/VXoTs85AAAAAAAAAAAAAAAA"
      + "AAAAAAAAAAAAAAAAAAAAAAAAAPgP8uV6NEuy2vzR3BXXpbiTrsLPdTOO2o2g1esvD1l1cqks3oPn6LsN3/Ew+KW3"
      + "Y7I/3V+F7vT8B56MfVFAgAAA",
    "empty": "H4sIAAAAAAAA/wMAAAAAAAAAAAA=",
    "flags":
      "H4sIHwAAAAAA/wUAZXh0cmFuYW1lLmlkeABhIGNvbW1lbnQA45iztFRIyi8pyUktVshPU0gvSkzJTM0rUcjPUyjJ"
      + "SFUoT8zJ0VGwxKpGTwEAYlnuETwAAAA=",
  ]

  static let contents: [String: [UInt8]] = {
    let verse = Array(Self.verse.utf8)
    return [
      "stored": Array(verse[..<60]), "fixed": Array(verse[..<300]), "fast": verse, "dynamic": verse,
      "huffmanOnly": Array(verse[..<400]), "far": far, "empty": [], "flags": Array(verse[..<60]),
    ]
  }()

  static let names = base64.keys.sorted()

  static func member(_ name: String) throws -> [UInt8] {
    let text = try #require(base64[name])
    return [UInt8](try #require(Data(base64Encoded: text)))
  }

  /// A member with this deflate stream, and a trailer of zeros.
  static func member(deflate stream: [UInt8]) -> [UInt8] {
    [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255] + stream + [UInt8](repeating: 0, count: 8)
  }

  @Test(arguments: names) func inflatesWhatZlibWrote(name: String) throws {
    let bytes = try Self.member(name)
    #expect(Gzip.isGzip(bytes))
    #expect(try Gzip.inflate(bytes) == Self.contents[name])
  }

  /// That the fixtures are what they are called: bits 1 and 2 of a stream are its first block's type.
  @Test(arguments: [("stored", 0), ("fixed", 1), ("dynamic", 2), ("far", 2)])
  func blockTypes(name: String, type: UInt8) throws {
    #expect(try Self.member(name)[10] >> 1 & 3 == type)
  }

  @Test func membersFollowEachOther() throws {
    let order = ["flags", "dynamic", "empty", "stored", "far"]
    let bytes = try order.flatMap { try Self.member($0) }
    #expect(try Gzip.inflate(bytes) == order.flatMap { Self.contents[$0] ?? [] })
  }

  /// A match must not reach into the member before.
  @Test func matchesStayInTheirMember() throws {
    let bytes = try Self.member("stored") + Self.member(deflate: [0x03, 0x02, 0x00])
    #expect(throws: Gzip.Error.corrupt(.distance)) { try Gzip.inflate(bytes) }
  }

  @Test(arguments: names) func everyTruncationIsAnError(name: String) throws {
    let bytes = try Self.member(name)
    for count in 0..<bytes.count {
      #expect(throws: Gzip.Error.truncated, "\(count) bytes") {
        try Gzip.inflate(Array(bytes[..<count]))
      }
    }
  }

  @Test func truncatedSecondMember() throws {
    let first = try Self.member("dynamic")
    let bytes = try first + Self.member("fixed")
    for count in (first.count + 1)..<bytes.count {
      #expect(throws: Gzip.Error.truncated) { try Gzip.inflate(Array(bytes[..<count])) }
    }
  }

  /// Whatever is wrong is an error, unless it is in the parts of a header that mean nothing here.
  @Test func randomDamage() throws {
    var stream = RandomStream(seed: 20_241, purpose: .noise)
    for name in Self.names {
      let bytes = try Self.member(name)
      for _ in 0..<1500 {
        var damaged = bytes
        let block = stream.nextBlock()
        let words = [block.x, block.y, block.z]
        for word in words.prefix(1 + Int(block.w % 3)) {
          damaged[Int(word >> 8) % bytes.count] ^= UInt8(truncatingIfNeeded: word)
        }
        do {
          let output = try Gzip.inflate(damaged, limit: 100_000)
          #expect(output == Self.contents[name])
        } catch {
          #expect(error is Gzip.Error)
        }
      }
    }
  }

  /// Random bits as a deflate stream; most are short, so that random codes get far.
  @Test func randomStreams() {
    var stream = RandomStream(seed: 20_242, purpose: .noise)
    for round in 0..<4000 {
      let block = stream.nextBlock()
      var bytes = [block.x, block.y, block.z, block.w].flatMap { word in
        (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * UInt32($0))) }
      }
      bytes += bytes.map { $0 &* 167 &+ 13 } + [UInt8](repeating: 0, count: 64)
      // The last block; half of them dynamic, half of type 1 or 2.
      bytes[0] = bytes[0] & 0xF8 | (round % 2 == 0 ? 5 : 3 + 2 * UInt8(round / 2 % 2))
      var input = BitReader(bytes)
      var output: [UInt8] = []
      do {
        try Deflate.inflate(&input, into: &output, limit: 10_000)
      } catch {
        #expect(error is Gzip.Error)
      }
      #expect(output.count <= 10_000)
    }
  }

  @Test func outputIsLimited() throws {
    for name in ["stored", "fixed", "dynamic", "far"] {
      let bytes = try Self.member(name)
      let count = try #require(Self.contents[name]).count
      #expect(try Gzip.inflate(bytes, limit: count).count == count)
      #expect(throws: Gzip.Error.tooLong(limit: count - 1)) {
        try Gzip.inflate(bytes, limit: count - 1)
      }
      #expect(throws: Gzip.Error.tooLong(limit: 2 * count - 1)) {
        try Gzip.inflate(bytes + bytes, limit: 2 * count - 1)
      }
    }
  }

  /// A last block with dynamic codes, 257 literals and 1 distance, up to the code of its code lengths.
  static let dynamicHead: [UInt8] = [0x05, 0xC0, 0xB7, 0x09, 0x00, 0x00, 0x00, 0xC0, 0xA0]

  static let sparse: [([UInt8], String)] = [
    ([0x0D] + dynamicHead[1...] + [0x5B, 0xFD, 0xFF, 0x89, 0x44, 0x0B], "aaaa"),
    (dynamicHead + [0x5B, 0xFD, 0xFF, 0x09, 0x21], "aa"),
    (dynamicHead + [0xFF, 0xBF, 0x16], ""),
  ]

  /// Codes that zlib reads but does not write: a single distance, none, and nothing but the end.
  @Test(arguments: sparse) func sparseCodes(stream: [UInt8], text: String) throws {
    var input = BitReader(stream)
    var output: [UInt8] = []
    try Deflate.inflate(&input, into: &output, limit: 100)
    #expect(output == Array(text.utf8))
  }

  /// Matches of every length, at the first and the last distance of every distance code.
  @Test func everyLengthAndDistance() throws {
    var expected = (0..<65535).map { UInt8(truncatingIfNeeded: $0 * $0 >> 7 ^ $0) }
    var writer = FixedBlockWriter(afterStored: expected)
    let ends = (0..<30).flatMap { code in
      let first = FixedBlockWriter.firstDistance(code)
      return [first, FixedBlockWriter.firstDistance(code + 1) - 1]
    }
    #expect(ends.first == 1 && ends.last == 32768)
    for round in 0..<(256 * 7) {
      let (length, distance) = (3 + round % 256, ends[round % ends.count])
      writer.match(length: length, distance: distance)
      for _ in 0..<length { expected.append(expected[expected.count - distance]) }
    }
    var input = BitReader(writer.finished())
    var output: [UInt8] = []
    try Deflate.inflate(&input, into: &output, limit: expected.count)
    // Not compared within #expect: it would take minutes to show the difference.
    let isEqual = output == expected
    #expect(isEqual)
  }

  /// Each stream was put together by hand: its fault is in its first block.
  static let faulty: [([UInt8], Gzip.Fault)] = [
    ([0x07], .blockType),
    ([0x01, 0x02, 0x00, 0xFD, 0xFE], .storedLength),
    // Fixed codes: a match of 3 bytes from 1 back; symbol 286; 'a', then distance 30.
    ([0x03, 0x02, 0x00], .distance),
    ([0x1B, 0x03, 0x00], .symbol),
    ([0x4B, 0x04, 0x3E], .symbol),
    // Dynamic codes: 4 code lengths of 1; 1 of 1; all 0; 287 literals.
    ([0x05, 0x00, 0x92, 0x04], .codeLengths),
    ([0x05, 0x00, 0x02, 0x00], .codeLengths),
    ([0x05, 0x00, 0x00, 0x00], .codeLengths),
    ([0xF5, 0x00, 0x00, 0x00], .codeLengths),
    // No code for the end; incomplete literals; incomplete distances; lengths that start with a
    // repetition; a run of lengths that goes on behind the last. zlib refuses each, too.
    (dynamicHead + [0x5B, 0xF5, 0xFF, 0x27, 0x04], .codeLengths),
    (dynamicHead + [0x5B, 0xF3, 0xFF, 0x13, 0x11], .codeLengths),
    ([0x05, 0xC1] + dynamicHead[2...] + [0x5B, 0xFD, 0xFF, 0x09, 0x13, 0x01], .codeLengths),
    (dynamicHead + [0xF2, 0xA9, 0xFF, 0x3F, 0x21, 0x04], .codeLengths),
    (dynamicHead + [0x5B, 0xFD, 0xFF, 0x09, 0x0F, 0x10], .codeLengths),
    // The unused bit of a single distance code; a match where no distance has a code.
    ([0x0D] + dynamicHead[1...] + [0x5B, 0xFD, 0xFF, 0x89, 0x44, 0x0F], .symbol),
    ([0x0D] + dynamicHead[1...] + [0x5B, 0xFD, 0xFF, 0x89, 0x04, 0x0B], .symbol),
  ]

  @Test(arguments: faulty) func faultyStreams(stream: [UInt8], fault: Gzip.Fault) {
    #expect(throws: Gzip.Error.corrupt(fault)) { try Gzip.inflate(Self.member(deflate: stream)) }
  }

  @Test func faultyHeadersAndTrailers() throws {
    func error(_ name: String, _ position: Int, _ value: UInt8) throws -> Gzip.Error? {
      var bytes = try Self.member(name)
      bytes[position < 0 ? bytes.count + position : position] = value
      return #expect(throws: Gzip.Error.self) { try Gzip.inflate(bytes) }
    }
    #expect(try error("stored", 0, 0x1E) == .notGzip)
    #expect(try error("stored", 1, 0x8A) == .notGzip)
    #expect(try error("stored", 2, 7) == .unknownMethod(7))
    #expect(try error("stored", 3, 0x20) == .reservedFlags(0x20))
    #expect(try error("flags", 9, 3) == .headerChecksum)
    #expect(try error("stored", -5, 0) == .checksum)
    #expect(try error("stored", -1, 1) == .checksum)
    let padded = try Self.member("stored") + [0, 0]
    #expect(throws: Gzip.Error.notGzip) { try Gzip.inflate(padded) }
  }

  /// The check value of CRC-32, from the catalogues.
  @Test func checksum() {
    #expect(Gzip.crc32(Array("123456789".utf8)[...]) == 0xCBF4_3926)
    #expect(Gzip.crc32([]) == 0)
  }
}

/// Writes a stored block, then a block of matches in fixed codes. Length and distance codes come from
/// the rule behind RFC 1951's tables, not from the tables.
private struct FixedBlockWriter {
  private var bytes: [UInt8]
  private var filled = 0

  /// - Precondition: at most 65535 bytes.
  init(afterStored stored: [UInt8]) {
    let size = [UInt8(stored.count & 255), UInt8(stored.count >> 8)]
    bytes = [0] + size + size.map { ~$0 } + stored
    append(0b011, 3)
  }

  /// Codes 0...3 have no extra bits, then two codes for each number of them.
  static func firstDistance(_ code: Int) -> Int {
    code < 2 ? 1 + code : 1 + (2 + code % 2) << (code / 2 - 1)
  }

  /// Codes 0...7 have no extra bits, then four codes for each number of them; 258 is code 28.
  private static func firstLength(_ code: Int) -> Int {
    code < 8 ? 3 + code : 3 + (4 + code % 4) << (code / 4 - 1)
  }

  mutating func match(length: Int, distance: Int) {
    let near = (0..<28).last { Self.firstLength($0) <= length } ?? 0
    let kind = length == 258 ? 28 : near
    if kind < 23 { appendCode(kind + 1, 7) } else { appendCode(kind - 23 + 0b1100_0000, 8) }
    if kind < 28 { append(length - Self.firstLength(kind), max(0, kind / 4 - 1)) }
    let far = (0..<30).last { Self.firstDistance($0) <= distance } ?? 0
    appendCode(far, 5)
    append(distance - Self.firstDistance(far), max(0, far / 2 - 1))
  }

  /// The stream with the end of the block, symbol 256: seven zeros.
  mutating func finished() -> [UInt8] {
    append(0, 7)
    return bytes
  }

  /// Lowest bit first.
  private mutating func append(_ value: Int, _ count: Int) {
    for bit in 0..<count {
      if filled == 0 { bytes.append(0) }
      bytes[bytes.count - 1] |= UInt8(value >> bit & 1) << UInt8(filled)
      filled = (filled + 1) % 8
    }
  }

  /// Highest bit first.
  private mutating func appendCode(_ code: Int, _ count: Int) {
    for bit in (0..<count).reversed() { append(code >> bit & 1, 1) }
  }
}
