import Experiments

/// One of n shares of a sweep, as `--shard i/n` names it.
///
/// Points are dealt by cost, most expensive first, so that shares take about equally long; what a
/// share holds depends on the spec and on i/n alone.
public struct Shard: Sendable, Equatable, CustomStringConvertible {
  public let index: Int
  public let count: Int

  /// All of it.
  public static let whole = Shard(index: 0, count: 1)

  private init(index: Int, count: Int) {
    self.index = index
    self.count = count
  }

  /// - Throws: `SpecError` for anything but i/n with 0 <= i < n.
  public init(parsing text: String) throws {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
    guard parts.count == 2, let index = parts[0], let count = parts[1], count > 0,
      (0..<count).contains(index), count <= 1_000_000
    else {
      throw SpecError(
        key: "--shard", value: text, "must be i/n with 0 <= i < n <= 1000000, such as 0/8")
    }
    self.init(index: index, count: count)
  }

  public var description: String { "\(index)/\(count)" }
}
