/// A set of runs by their identities, in eight bytes each.
///
/// An identity is sixteen lower-case hexadecimal digits; what is none is in no set.
public struct RunSet: Sendable, Equatable, ExpressibleByArrayLiteral {
  private var keys: Set<UInt64> = []

  public init(_ ids: some Sequence<String>) {
    for id in ids { insert(id) }
  }

  public init(arrayLiteral ids: String...) { self.init(ids) }

  init(minimumCapacity: Int) { keys.reserveCapacity(minimumCapacity) }

  public var count: Int { keys.count }
  public var isEmpty: Bool { keys.isEmpty }

  public func contains(_ id: String) -> Bool { Self.key(id).map(keys.contains) ?? false }

  mutating func insert(_ id: String) {
    if let key = Self.key(id) { keys.insert(key) }
  }

  private static func key(_ id: String) -> UInt64? {
    var (key, digits): (UInt64, Int) = (0, 0)
    for byte in id.utf8 {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): key = key << 4 | UInt64(byte & 15)
      case UInt8(ascii: "a")...UInt8(ascii: "f"): key = key << 4 | UInt64(byte - 87)
      default: return nil
      }
      digits += 1
    }
    return digits == 16 ? key : nil
  }
}
