/// Gzip files (RFC 1952): members one after the other, each a header, a deflate stream, and the
/// CRC-32 and length of what it holds.
package enum Gzip {
  /// Why bytes are no gzip file.
  package enum Error: Swift.Error, Equatable {
    /// The bytes end before the last member does.
    case truncated
    /// A member does not start with 1f 8b, or bytes follow the last member.
    case notGzip
    case unknownMethod(UInt8)
    case reservedFlags(UInt8)
    case headerChecksum
    /// CRC-32 or length of a member are not those its trailer states.
    case checksum
    /// More bytes would come out than allowed.
    case tooLong(limit: Int)
    /// The deflate stream breaks the rules of RFC 1951.
    case corrupt(Fault)
  }

  /// What is wrong with a deflate stream.
  package enum Fault: String {
    case blockType = "a block has the reserved type 3"
    case storedLength = "a stored block contradicts its length"
    case codeLengths = "a block's code lengths make no prefix code"
    case symbol = "a code stands for nothing"
    case distance = "a match starts before the data"
  }

  package static let defaultLimit = 1 << 30

  /// Whether the bytes start as a gzip file does.
  package static func isGzip(_ bytes: [UInt8]) -> Bool { bytes.starts(with: [0x1F, 0x8B]) }

  /// The contents of all members.
  ///
  /// - Parameter limit: the most bytes that may come out.
  /// - Throws: `Gzip.Error`, whatever the bytes are.
  package static func inflate(_ bytes: [UInt8], limit: Int = defaultLimit) throws -> [UInt8] {
    var input = BitReader(bytes)
    var output: [UInt8] = []
    repeat {
      try readHeader(&input, of: bytes)
      let start = output.count
      try Deflate.inflate(&input, into: &output, limit: limit)
      input.alignToByte()
      let checksum = UInt32(try input.take(16)) | UInt32(try input.take(16)) << 16
      let length = UInt32(try input.take(16)) | UInt32(try input.take(16)) << 16
      guard checksum == crc32(output[start...]),
        length == UInt32(truncatingIfNeeded: output.count - start)
      else { throw Error.checksum }
    } while !input.isAtEnd
    return output
  }

  private static func readHeader(_ input: inout BitReader, of bytes: [UInt8]) throws {
    let start = input.bytePosition
    guard try input.take(8) == 0x1F, try input.take(8) == 0x8B else { throw Error.notGzip }
    let method = UInt8(try input.take(8))
    guard method == 8 else { throw Error.unknownMethod(method) }
    let flags = UInt8(try input.take(8))
    guard flags & 0xE0 == 0 else { throw Error.reservedFlags(flags) }
    // Time (4 bytes), extra flags, operating system.
    for _ in 0..<6 { _ = try input.take(8) }
    if flags & 4 != 0 {
      for _ in 0..<(try input.take(16)) { _ = try input.take(8) }
    }
    // Name and comment end with a zero byte each.
    for flag: UInt8 in [8, 16] where flags & flag != 0 {
      while try input.take(8) != 0 {}
    }
    if flags & 2 != 0 {
      let expected = crc32(bytes[start..<input.bytePosition]) & 0xFFFF
      guard try input.take(16) == Int(expected) else { throw Error.headerChecksum }
    }
  }

  /// CRC-32 of RFC 1952, section 8: polynomial edb88320, reflected, inverted at both ends.
  package static func crc32(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    let table = crcTable
    return ~bytes.reduce(UInt32.max) { table[Int(UInt8(truncatingIfNeeded: $0) ^ $1)] ^ $0 >> 8 }
  }

  private static let crcTable: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { word, _ in word & 1 == 0 ? word >> 1 : 0xEDB8_8320 ^ word >> 1 }
  }
}

extension Gzip.Error: CustomStringConvertible {
  package var description: String {
    switch self {
    case .truncated: "the gzip data end too early"
    case .notGzip: "a gzip member must start with the bytes 1f 8b"
    case .unknownMethod(let method): "gzip method \(method) is not 8 (deflate)"
    case .reservedFlags(let flags): "gzip flags \(flags) have reserved bits"
    case .headerChecksum: "the checksum of a gzip header does not match"
    case .checksum: "the checksum or length of the gzip data does not match"
    case .tooLong(let limit): "the gzip data inflate to more than \(limit) bytes"
    case .corrupt(let fault): "the gzip data are corrupt: \(fault.rawValue)"
    }
  }
}

/// The deflate format (RFC 1951): blocks that are stored or made of Huffman codes for bytes and for
/// matches, copies of up to 258 bytes from up to 32 KiB back.
package enum Deflate {
  /// Appends what the stream at `input` holds; leaves `input` behind its last bit.
  ///
  /// - Parameter limit: the most bytes that `output` may grow to.
  /// - Throws: `Gzip.Error`.
  package static func inflate(_ input: inout BitReader, into output: inout [UInt8], limit: Int)
    throws
  {
    let start = output.count
    var isLast = false
    while !isLast {
      isLast = try input.take(1) == 1
      switch try input.take(2) {
      case 0:
        try copyStored(&input, into: &output, limit: limit)
      case 1:
        try decode(&input, fixedCodes, into: &output, from: start, limit: limit)
      case 2:
        let codes = try readCodes(&input)
        try decode(&input, codes, into: &output, from: start, limit: limit)
      default:
        throw Gzip.Error.corrupt(.blockType)
      }
    }
  }

  private static func copyStored(
    _ input: inout BitReader, into output: inout [UInt8], limit: Int
  ) throws {
    input.alignToByte()
    let length = try input.take(16)
    guard try input.take(16) == length ^ 0xFFFF else { throw Gzip.Error.corrupt(.storedLength) }
    guard length <= limit - output.count else { throw Gzip.Error.tooLong(limit: limit) }
    output += try input.takeBytes(length)
  }

  // MARK: - Huffman blocks

  /// The codes of a block: literals with lengths, and distances.
  private struct Codes {
    let literals: PrefixCode
    let distances: PrefixCode
  }

  // Symbols 257...285: length of a match; the length is the base plus so many extra bits.
  private static let lengthBases = [
    3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131,
    163, 195, 227, 258,
  ]
  private static let lengthBits = [
    0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
  ]
  private static let distanceBases = [
    1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537,
    2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577,
  ]
  private static let distanceBits = [
    0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13,
    13,
  ]

  private static let fixedCodes = Codes(
    literals: PrefixCode(
      unchecked: [Int](repeating: 8, count: 144) + [Int](repeating: 9, count: 112)
        + [Int](repeating: 7, count: 24) + [Int](repeating: 8, count: 8)),
    distances: PrefixCode(unchecked: [Int](repeating: 5, count: 32)))

  /// Decodes until the end of the block, symbol 256.
  private static func decode(
    _ input: inout BitReader, _ codes: Codes, into output: inout [UInt8], from start: Int,
    limit: Int
  ) throws {
    let (lengthBases, lengthBits) = (Self.lengthBases, Self.lengthBits)
    let (distanceBases, distanceBits) = (Self.distanceBases, Self.distanceBits)
    while true {
      let symbol = try input.symbol(codes.literals)
      if symbol < 256 {
        guard output.count < limit else { throw Gzip.Error.tooLong(limit: limit) }
        output.append(UInt8(symbol))
        continue
      }
      if symbol == 256 { return }
      let kind = symbol - 257
      guard kind < lengthBases.count else { throw Gzip.Error.corrupt(.symbol) }
      let length = lengthBases[kind] + (try input.take(lengthBits[kind]))
      let far = try input.symbol(codes.distances)
      guard far < distanceBases.count else { throw Gzip.Error.corrupt(.symbol) }
      let distance = distanceBases[far] + (try input.take(distanceBits[far]))
      guard distance <= output.count - start else { throw Gzip.Error.corrupt(.distance) }
      guard length <= limit - output.count else { throw Gzip.Error.tooLong(limit: limit) }
      // One by one: a match may run into the bytes that it makes.
      for source in (output.count - distance)..<(output.count - distance + length) {
        output.append(output[source])
      }
    }
  }

  /// The order in which a block lists the lengths of the code that codes its code lengths.
  private static let order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]

  /// The codes at the head of a dynamic block: code lengths, run-length coded, themselves coded.
  private static func readCodes(_ input: inout BitReader) throws -> Codes {
    let literals = 257 + (try input.take(5))
    let distances = 1 + (try input.take(5))
    guard literals <= 286, distances <= 30 else { throw Gzip.Error.corrupt(.codeLengths) }
    let listed = 4 + (try input.take(4))
    var own = [Int](repeating: 0, count: 19)
    for symbol in order.prefix(listed) { own[symbol] = try input.take(3) }
    let code = try PrefixCode(own, mayBeSingle: false)

    var lengths: [Int] = []
    while lengths.count < literals + distances {
      let symbol = try input.symbol(code)
      var (value, count) = (symbol, 1)
      switch symbol {
      case 16:
        guard let last = lengths.last else { throw Gzip.Error.corrupt(.codeLengths) }
        (value, count) = (last, 3 + (try input.take(2)))
      case 17: (value, count) = (0, 3 + (try input.take(3)))
      case 18: (value, count) = (0, 11 + (try input.take(7)))
      default: break
      }
      lengths += [Int](repeating: value, count: count)
    }
    guard lengths.count == literals + distances, lengths[256] > 0 else {
      throw Gzip.Error.corrupt(.codeLengths)
    }
    return Codes(
      literals: try PrefixCode(Array(lengths[..<literals]), mayBeSingle: true),
      distances: try PrefixCode(Array(lengths[literals...]), mayBeSingle: true))
  }
}

/// A canonical Huffman code as a table over the next bits of the input.
struct PrefixCode {
  /// The longest code's length: so many bits index the table.
  let width: Int
  /// For each value of the next bits: symbol * 16 + length of its code; 0 where none fits.
  let table: [UInt16]

  /// - Parameters:
  ///   - lengths: the code length of each symbol, 0...15; 0 for symbols without a code.
  ///   - mayBeSingle: whether one symbol of length 1 may leave the other bit unused, or no symbol
  ///     have a code; every other code must use all bit patterns.
  /// - Throws: `Gzip.Error.corrupt(.codeLengths)`.
  init(_ lengths: [Int], mayBeSingle: Bool) throws {
    let width = lengths.max() ?? 0
    // Patterns used, in units of the longest code's.
    let used = lengths.reduce(0) { $0 + ($1 == 0 ? 0 : 1 << (width - $1)) }
    guard used == 1 << width || (mayBeSingle && width <= 1 && used <= 1) else {
      throw Gzip.Error.corrupt(.codeLengths)
    }
    self.init(unchecked: lengths)
  }

  /// - Precondition: the lengths use no more bit patterns than there are.
  init(unchecked lengths: [Int]) {
    width = lengths.max() ?? 0
    var table = [UInt16](repeating: 0, count: 1 << width)
    var code = 0
    for length in 1..<(width + 1) {
      for (symbol, own) in lengths.enumerated() where own == length {
        // Codes come with their highest bit first, all else with its lowest first.
        let reversed = (0..<length).reduce(0) { $0 << 1 | (code >> $1) & 1 }
        for index in stride(from: reversed, to: table.count, by: 1 << length) {
          table[index] = UInt16(symbol << 4 | length)
        }
        code += 1
      }
      code <<= 1
    }
    self.table = table
  }
}

/// The bits of a byte array, lowest bit of each byte first.
package struct BitReader {
  private let bytes: [UInt8]
  /// The next byte to load.
  private var next = 0
  /// Loaded bits; those above the lowest `held` are zero.
  private var hold: UInt64 = 0
  private var held = 0

  package init(_ bytes: [UInt8]) { self.bytes = bytes }

  var isAtEnd: Bool { held == 0 && next == bytes.count }

  /// The first byte of which no bit was taken.
  var bytePosition: Int { next - held / 8 }

  private mutating func load() {
    while held <= 56, next < bytes.count {
      hold |= UInt64(bytes[next]) << UInt64(held)
      next += 1
      held += 8
    }
  }

  private mutating func drop(_ count: Int) {
    hold >>= UInt64(count)
    held -= count
  }

  /// The next `count` bits, 0...16, as a number.
  mutating func take(_ count: Int) throws -> Int {
    if held < count { load() }
    guard count <= held else { throw Gzip.Error.truncated }
    defer { drop(count) }
    return Int(hold & (1 << UInt64(count) - 1))
  }

  /// The symbol that the next bits code.
  mutating func symbol(_ code: PrefixCode) throws -> Int {
    if held < code.width { load() }
    let entry = Int(code.table[Int(hold & (1 << UInt64(code.width) - 1))])
    let length = entry & 15
    guard length <= held else { throw Gzip.Error.truncated }
    guard length > 0 else { throw Gzip.Error.corrupt(.symbol) }
    drop(length)
    return entry >> 4
  }

  /// Passes over the rest of a byte that was begun.
  mutating func alignToByte() { drop(held % 8) }

  /// The next whole bytes.
  ///
  /// - Precondition: aligned to a byte.
  mutating func takeBytes(_ count: Int) throws -> ArraySlice<UInt8> {
    let start = bytePosition
    guard count <= bytes.count - start else { throw Gzip.Error.truncated }
    (next, hold, held) = (start + count, 0, 0)
    return bytes[start..<next]
  }
}
