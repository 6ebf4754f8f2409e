// This file tests the operations of modular arithmetic by their definitions.

import BatchNumerics
import Experiments
import Testing

@Suite struct ModularOperationTests {
  static let small = [2, 3, 5, 7, 13]

  @Test func names() {
    let names = [
      "add", "subtract", "multiply", "divide", "x2+y2", "x2+xy+y2", "x2+xy", "x3+xy", "max", "zero",
      "random", "x", "tricky",
    ]
    #expect(ModularOperation.allCases.map(\.rawValue) == names)
    #expect(ModularOperation.allCases.filter(\.needsPrime) == [.divide])
  }

  @Test(arguments: ModularOperation.allCases, [1, 2, 7, 12])
  func pairsAreInOrderWithLabelsInRange(operation: ModularOperation, p: Int) {
    guard !operation.needsPrime || ModularOperation.isPrime(p) else { return }
    let pairs = operation.pairs(p: p, seed: 3)
    let all = (0..<p).flatMap { x in (0..<p).map { (x, $0) } }
    let expected = operation == .divide ? all.filter { $0.1 != 0 } : all
    #expect(pairs.map { [$0.x, $0.y] } == expected.map { [$0.0, $0.1] })
    #expect(pairs.allSatisfy { (0..<p).contains($0.label) })
  }

  /// Each label by what defines it, modulo p.
  @Test(arguments: ModularOperation.allCases, small)
  func labels(operation: ModularOperation, p: Int) {
    for (x, y, label) in operation.pairs(p: p, seed: 3) {
      let holds =
        switch operation {
        case .add: (label - x - y) % p == 0
        case .subtract: (label + y - x) % p == 0
        case .multiply: (label - x * y) % p == 0
        case .divide: (label * y - x) % p == 0
        case .sumOfSquares: (label - x * x - y * y) % p == 0
        case .sumOfSquaresAndProduct: (label - x * x - x * y - y * y) % p == 0
        case .squareAndProduct: (label - x * (x + y)) % p == 0
        case .cubeAndProduct: (label - x * (x * x + y)) % p == 0
        case .max: label >= x && label >= y && (label == x || label == y)
        case .zero: label == 0
        case .random: true
        case .x: label == x
        case .tricky: (label == 1) == (x * y == 0) && label < 2
        }
      #expect(holds, "(\(x), \(y)) -> \(label)")
    }
  }

  /// Labels at p = 97 that a calculator gives.
  @Test func someLabels() {
    func label(_ operation: ModularOperation, _ x: Int, _ y: Int) -> Int? {
      operation.pairs(p: 97, seed: 0).first { $0.x == x && $0.y == y }?.label
    }
    #expect(label(.add, 50, 60) == 13)
    #expect(label(.subtract, 3, 5) == 95)
    #expect(label(.multiply, 50, 60) == 90)
    #expect(label(.divide, 1, 2) == 49)
    #expect(label(.divide, 96, 96) == 1)
    #expect(label(.sumOfSquares, 10, 11) == 27)
    #expect(label(.sumOfSquaresAndProduct, 10, 11) == 40)
    #expect(label(.squareAndProduct, 10, 11) == 16)
    #expect(label(.cubeAndProduct, 10, 11) == 43)
    #expect(label(.max, 10, 11) == 11)
  }

  @Test func divisionLeavesOutWhatHasNoInverse() {
    let pairs = ModularOperation.divide.pairs(p: 6, seed: 0)
    #expect(Set(pairs.map(\.y)) == [1, 5] && pairs.count == 12)
    #expect(pairs.allSatisfy { ($0.label * $0.y - $0.x) % 6 == 0 })
    #expect(ModularOperation.add.pairs(p: 0, seed: 0).isEmpty)
    #expect(ModularOperation.add.pairs(p: -3, seed: 0).isEmpty)
  }

  /// The largest products, at p - 1 = -1 modulo p, for p = 10 000 without the table of 10^8 pairs.
  @Test(arguments: [101, 9973, 10_000]) func productsDoNotOverflow(p: Int) {
    for (operation, value) in [
      (ModularOperation.multiply, 1), (.sumOfSquares, 2), (.sumOfSquaresAndProduct, 3),
      (.squareAndProduct, 2), (.cubeAndProduct, 0),
    ] {
      #expect(operation.polynomial(p - 1, p - 1, p) % p == value)
    }
  }

  @Test func randomTable() {
    let p = 97
    func table(_ seed: UInt32) -> [Int] {
      ModularOperation.random.pairs(p: p, seed: seed).map(\.label)
    }
    let labels = table(1)
    #expect(labels == table(1) && labels != table(2))
    // The documented draw, from the stream's own blocks.
    var stream = RandomStream(seed: 1, purpose: .tokenLabels)
    for label in labels.prefix(20) {
      let block = stream.nextBlock()
      #expect(label == Int((UInt64(block.x) * 97) >> 32))
    }
    // 9409 draws from 97 values: chi-squared has mean 96 and standard deviation 13.9.
    var counts = [Double](repeating: 0, count: p)
    for label in labels { counts[label] += 1 }
    let statistic = counts.reduce(0) { $0 + ($1 - 97) * ($1 - 97) / 97 }
    #expect(statistic > 50 && statistic < 155)
  }

  @Test func primes() {
    let primes = (-5...100).filter(ModularOperation.isPrime)
    #expect(
      primes == [
        2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89,
        97,
      ])
    #expect(ModularOperation.isPrime(9973) && !ModularOperation.isPrime(9409))
    #expect(ModularOperation.isPrime(2_147_483_647) && !ModularOperation.isPrime(Int.max))
  }
}
