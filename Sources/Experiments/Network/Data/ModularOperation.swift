import BatchNumerics

/// Binary operations on the integers modulo p, the tasks on which grokking was first seen.
///
/// Raw values are the names in a spec. The operations are those of Power et al. (2022) and of the
/// code of Lyu et al. (2023).
public enum ModularOperation: String, CaseIterable, Sendable {
  /// x + y
  case add
  /// x - y
  case subtract
  /// x y
  case multiply
  /// x y^-1; pairs without it, y = 0, are left out. Needs a prime p.
  case divide
  /// x^2 + y^2
  case sumOfSquares = "x2+y2"
  /// x^2 + x y + y^2
  case sumOfSquaresAndProduct = "x2+xy+y2"
  /// x^2 + x y
  case squareAndProduct = "x2+xy"
  /// x^3 + x y
  case cubeAndProduct = "x3+xy"
  /// the larger of x and y
  case max
  /// 0, whatever x and y
  case zero
  /// a table of independent labels, uniform on 0..<p: nothing to generalize
  case random
  /// x
  case x
  /// 1 if x or y is 0, otherwise 0
  case tricky

  /// Whether p must be prime for the operation to be defined on all pairs with y != 0.
  public var needsPrime: Bool { self == .divide }

  /// The pairs in lexicographic order of (x, y), with labels in 0..<p.
  ///
  /// - Parameters:
  ///   - p: 1...10_000, prime where `needsPrime`; with another p, `divide` leaves out every y that
  ///     has no inverse.
  ///   - seed: of the table of `random`; the others do not use it.
  /// - Returns: p^2 pairs, `divide` p (p - 1).
  public func pairs(p: Int, seed: UInt32) -> [(x: Int, y: Int, label: Int)] {
    guard p > 0 else { return [] }
    let inverses = self == .divide ? (0..<p).map { Self.inverse($0, modulo: p) } : []
    var table = RandomStream(seed: seed, purpose: .tokenLabels)
    var result: [(x: Int, y: Int, label: Int)] = []
    result.reserveCapacity(p * p)
    for x in 0..<p {
      for y in 0..<p {
        let value: Int
        switch self {
        case .divide:
          guard let inverse = inverses[y] else { continue }
          value = x * inverse
        case .random:
          value = Self.draw(below: p, &table)
        default:
          value = polynomial(x, y, p)
        }
        result.append((x, y, value % p))
      }
    }
    return result
  }

  /// The value before reduction modulo p: non-negative and, for p up to 10^4, below 2 * 10^12. For
  /// `divide` and `random`, which are no polynomials, 0.
  package func polynomial(_ x: Int, _ y: Int, _ p: Int) -> Int {
    switch self {
    case .add: x + y
    case .subtract: x - y + p
    case .multiply: x * y
    case .sumOfSquares: x * x + y * y
    case .sumOfSquaresAndProduct: x * x + x * y + y * y
    case .squareAndProduct: x * x + x * y
    case .cubeAndProduct: x * x * x + x * y
    case .max: Swift.max(x, y)
    case .x: x
    case .tricky: x == 0 || y == 0 ? 1 : 0
    case .zero, .divide, .random: 0
    }
  }

  /// floor(p u / 2^64) of 64 random bits u, a block of the stream for each pair: uniform up to a
  /// bias below p / 2^64.
  private static func draw(below p: Int, _ stream: inout RandomStream) -> Int {
    let block = stream.nextBlock()
    let bits = UInt64(block.x) << 32 | UInt64(block.y)
    return Int(UInt64(p).multipliedFullWidth(by: bits).high)
  }

  /// y^-1 modulo p by Euclid's algorithm; nil where y and p have a common divisor.
  private static func inverse(_ y: Int, modulo p: Int) -> Int? {
    // Throughout: remainder = factor * y modulo p.
    var (remainder, factor) = (p, 0)
    var (nextRemainder, nextFactor) = (y, 1)
    while nextRemainder != 0 {
      let quotient = remainder / nextRemainder
      (remainder, nextRemainder) = (nextRemainder, remainder - quotient * nextRemainder)
      (factor, nextFactor) = (nextFactor, factor - quotient * nextFactor)
    }
    return remainder == 1 ? (factor % p + p) % p : nil
  }

  /// Whether `number` is prime, by trial division.
  public static func isPrime(_ number: Int) -> Bool {
    guard number > 3 else { return number > 1 }
    var divisor = 2
    while divisor <= number / divisor {
      if number % divisor == 0 { return false }
      divisor += 1
    }
    return true
  }
}
