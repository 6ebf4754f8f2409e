// This file implements calls of the matrix product with what happens to its entries afterwards.

import BatchNumerics
import _TestSupport

struct ProductCall: NetworkCall {
  enum Epilogue: String, CaseIterable { case none, bias, biasReLU, relu, mask }
  var precision = Precision.f32
  var epilogue = Epilogue.none
  var rows = 5
  var inner = 9
  var columns = 7
  var runs = 3
  var transposesA = false
  var transposesB = false
  var sharesA = false
  var sharesB = false
  var sharesSide = false
  /// Integers from -4 to 4: sums below 2^24 are exact in any order.
  var isInteger = true
  /// NaN in the first row of the first run, infinity in the second; a mask with a NaN.
  var hasSpecials = false

  var description: String {
    "\(precision) \(epilogue) \(runs)x\(rows)x\(inner)x\(columns)\(sharesA ? " shared" : "") "
      + "a\(transposesA ? "^T" : "")\(sharesB ? " shared" : "") b\(transposesB ? "^T" : "")"
      + "\(sharesSide ? " shared side" : "")\(isInteger ? " integers" : "")"
      + "\(hasSpecials ? " specials" : "")"
  }

  func apply<B: Backend>(on bench: Bench<B>) throws -> [Double] {
    let scaled: (Double) -> Double = isInteger ? { (4 * $0).rounded() } : { $0 }
    func factor(
      _ rows: Int, _ columns: Int, _ transposed: Bool, _ shared: Bool,
      _ specials: [Int: Double] = [:]
    ) throws -> MatrixOperand<B.Tensor> {
      let tensor = try bench.input(
        shared ? 1 : runs, transposed ? columns : rows, transposed ? rows : columns,
        replacing(specials, in: scaled))
      return MatrixOperand(tensor, transposed: transposed)
    }
    let second = transposesA ? 1 + 3 * rows : inner + 3
    let a = try factor(
      rows, inner, transposesA, sharesA, hasSpecials ? [0: .nan, second: .infinity] : [:])
    let b = try factor(inner, columns, transposesB, sharesB)
    let sets = sharesSide ? 1 : runs
    let chosen: ProductEpilogue<B.Tensor> =
      switch epilogue {
      case .none: .none
      case .bias: .bias(try bench.input(sets, 1, columns, scaled))
      case .biasReLU: .biasReLU(try bench.input(sets, 1, columns, scaled))
      case .relu: .relu
      case .mask:
        .mask(
          try bench.input(
            sets, rows, columns, replacing(hasSpecials ? [columns + 1: .nan] : [:], in: scaled)))
      }
    let c = try bench.result(runs, rows, columns) { _ in .nan }
    try bench.backend.matmul(a, b, into: c, epilogue: chosen)
    return []
  }

  /// The numbers as they come, but for some of them.
  private func replacing(
    _ specials: [Int: Double], in change: @escaping (Double) -> Double
  ) -> (Double) -> Double {
    var index = -1
    return { value in
      index += 1
      return specials[index] ?? change(value)
    }
  }

  func tolerance(wide: Precision) -> Tolerance {
    isInteger ? .exact : .sum(precision, terms: inner + 1)
  }

  /// Few epilogues for each way of storing the factors, since devices build a program for each pair:
  /// those of a step of training, and in f32 the others.
  private static func epilogue(_ precision: Precision, _ way: Int, _ index: Int) -> Epilogue {
    let training: [Epilogue] = [.mask, .none, .biasReLU, .none]
    let others: [Epilogue] = [.none, .none, .bias, .relu]
    return precision == .f32 && (index % 2 == 1 || way == 3) ? others[way] : training[way]
  }

  /// Every way of storing and sharing the factors.
  static let layouts: [ProductCall] = Precision.allCases.flatMap { precision in
    (0..<16).flatMap { bits in
      (0..<2).map { index in
        ProductCall(
          precision: precision, epilogue: epilogue(precision, bits & 3, index), rows: 7 + bits,
          inner: 19,
          columns: 13, transposesA: bits & 1 != 0, transposesB: bits & 2 != 0,
          sharesA: bits & 4 != 0, sharesB: bits & 8 != 0, sharesSide: (bits / 4 + index) % 2 == 1)
      }
    }
  }

  /// Numbers that are none stay in their rows, whatever the epilogue.
  static let specials: [ProductCall] = Precision.allCases.flatMap { precision in
    (0..<8).map {
      ProductCall(
        precision: precision, epilogue: epilogue(precision, $0 / 2, $0), rows: 13, inner: 19,
        columns: 21,
        transposesA: $0 & 2 != 0, transposesB: $0 & 4 != 0, hasSpecials: true)
    }
  }

  private static let shapes = [
    (1, 1, 1), (7, 1, 93), (25, 97, 25), (97, 7, 1), (93, 97, 7), (127, 16, 129), (129, 65, 127),
    (64, 64, 64), (1, 129, 97), (31, 3, 17),
  ]

  /// Sizes around blocks and vectors, with random factors, too.
  static let sizes: [ProductCall] = Precision.allCases.flatMap { precision in
    shapes.enumerated().flatMap { index, shape in
      [(1, false), (3, true), (2, false)].enumerated().map { variant, choice in
        let way = (index + variant) % 4
        return ProductCall(
          precision: precision, epilogue: epilogue(precision, way, index), rows: shape.0,
          inner: shape.1,
          columns: shape.2, runs: choice.0, transposesA: way & 1 != 0, transposesB: way & 2 != 0,
          sharesA: variant == 2, sharesB: false, sharesSide: variant == 1, isInteger: choice.1)
      }
    }
  }

  /// Every epilogue, for routines that have none.
  static let epilogues: [ProductCall] = Precision.allCases.flatMap { precision in
    Epilogue.allCases.enumerated().map { index, epilogue in
      ProductCall(
        precision: precision, epilogue: epilogue, rows: 33, inner: 17, columns: 29,
        transposesA: index & 1 != 0, transposesB: index & 2 != 0, sharesB: index == 3)
    }
  }

  /// The products of a step of modular addition: forward with all samples as rows, backward with all
  /// samples summed over.
  static let training: [ProductCall] = [
    ProductCall(
      epilogue: .biasReLU, rows: 3763, inner: 64, columns: 61, runs: 1, transposesB: true),
    ProductCall(rows: 61, inner: 3763, columns: 64, runs: 2, transposesA: true),
  ]
}
