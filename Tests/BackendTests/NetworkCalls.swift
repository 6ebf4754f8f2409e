// This file implements calls of the operations on tokens, rows and gates.

import BatchNumerics
import _TestSupport

/// Features of token pairs.
struct EmbedCall: NetworkCall {
  let precision: Precision
  let aggregation: Aggregation
  /// Whether the features are hidden units, without or with a bias.
  var isDirect = false
  var hasBias = false
  var sharesTokens = false
  /// One table for both tokens.
  var sharesTable = false
  let runs: Int
  let rows: Int
  var vocabulary = 5
  let embedding: Int

  var description: String {
    "\(precision) embed \(aggregation)\(isDirect ? " direct" : "")\(hasBias ? " bias" : "") "
      + "\(runs)x\(rows) of \(vocabulary)x\(embedding) \(sharesTokens) \(sharesTable)"
  }

  func apply<B: Backend>(on bench: Bench<B>) throws -> [Double] {
    let first = try bench.input(runs, vocabulary, embedding)
    let second = sharesTable ? first : try bench.input(runs, vocabulary, embedding)
    let sets = sharesTokens ? 1 : runs
    let tokens = try bench.indices(
      sets, rows, 2, bench.draw(sets * rows * 2, below: vocabulary))
    let bias = hasBias ? try bench.input(runs, 1, embedding) : nil
    let features = try bench.result(runs, rows, aggregation.features(embedding))
    try bench.backend.embed(
      TablePair(first, second, aggregation), tokens, isDirect: isDirect, bias: bias,
      into: features)
    return []
  }

  /// The matrix product sums; everything else is a few operations.
  func tolerance(wide: Precision) -> Tolerance { .sum(precision, terms: max(3, embedding)) }

  static let all: [EmbedCall] = Precision.allCases.flatMap { precision in
    let sizes = [(1, 1, 1), (3, 7, 4), (1, 93, 9), (3, 127, 49), (37, 5, 64), (2, 129, 100)]
    return sizes.flatMap { runs, rows, embedding in
      Aggregation.allCases.map {
        EmbedCall(
          precision: precision, aggregation: $0, sharesTokens: rows % 2 == 1,
          sharesTable: embedding == 9, runs: runs, rows: rows, embedding: embedding)
      }
        + [false, true].map {
          EmbedCall(
            precision: precision, aggregation: .sum, isDirect: true, hasBias: $0,
            sharesTokens: rows == 93, sharesTable: true, runs: runs, rows: rows,
            vocabulary: embedding == 64 ? 97 : 4, embedding: embedding + 1)
        }
    }
  }
}

/// The gradient of a table.
struct EmbeddingGradientCall: NetworkCall {
  let precision: Precision
  let aggregation: Aggregation
  let slot: Int
  let accumulates: Bool
  var sharesTokens = false
  let runs: Int
  let rows: Int
  let vocabulary: Int
  let embedding: Int

  var description: String {
    "\(precision) gradient \(aggregation) slot \(slot)\(accumulates ? " accumulates" : "") "
      + "\(runs)x\(rows) of \(vocabulary)x\(embedding)\(sharesTokens ? " shared tokens" : "")"
  }

  func apply<B: Backend>(on bench: Bench<B>) throws -> [Double] {
    let first = try bench.input(runs, vocabulary, embedding)
    let second = try bench.input(runs, vocabulary, embedding)
    let sets = sharesTokens ? 1 : runs
    let values = bench.draw(sets * rows * 2, below: vocabulary)
    let sorted = (0..<sets).flatMap { (set: Int) -> [Int32] in
      let start = set * rows * 2
      return segments(Array(values[start..<(start + rows * 2)]))
    }
    let slopes = try bench.input(runs, rows, aggregation.features(embedding))
    let gradient = try bench.result(runs, vocabulary, embedding)
    try bench.backend.embeddingGradient(
      slopes, TablePair(first, second, aggregation), bench.indices(sets, rows, 2, values),
      bench.indices(sets, 1, vocabulary + 1 + rows, sorted), slot: slot,
      accumulates: accumulates, into: gradient)
    return []
  }

  /// Where each token's samples start, then the samples.
  private func segments(_ pairs: [Int32]) -> [Int32] {
    let members = (0..<vocabulary).map { token -> [Int32] in
      let own = (0..<rows).filter { Int(pairs[2 * $0 + slot]) == token }
      return own.map { Int32($0) }
    }
    var starts: [Int32] = [0]
    for own in members { starts.append(starts[starts.count - 1] + Int32(own.count)) }
    return starts + members.flatMap { $0 }
  }

  func tolerance(wide: Precision) -> Tolerance {
    .sum(precision, terms: rows * (aggregation == .matrixProduct ? embedding : 1))
  }

  static let all: [EmbeddingGradientCall] = Precision.allCases.flatMap { precision in
    let sizes = [(1, 1, 1, 1), (3, 7, 4, 4), (3, 93, 7, 9), (1, 129, 31, 49), (5, 33, 97, 64)]
    return sizes.enumerated().flatMap { index, size in
      Aggregation.allCases.flatMap { aggregation in
        [(0, false), (1, index % 2 == 0), (0, index % 2 == 1), (1, false)].map {
          EmbeddingGradientCall(
            precision: precision, aggregation: aggregation, slot: $0, accumulates: $1,
            sharesTokens: index == 2, runs: size.0, rows: size.1, vocabulary: size.2,
            embedding: size.3)
        }
      }
    }
  }
}

/// What happens to rows of activations.
struct RowCall: NetworkCall {
  enum Kind: String, CaseIterable { case columnSums, selectRows, gateRow, addGatedSums }
  let kind: Kind
  let precision: Precision
  /// Of what is selected from, or of alpha.
  var shares = false
  let runs: Int
  let rows: Int
  let columns: Int

  var description: String {
    "\(precision) \(kind) \(runs)x\(rows)x\(columns)\(shares ? " shared" : "")"
  }

  func apply<B: Backend>(on bench: Bench<B>) throws -> [Double] {
    let backend = bench.backend
    let sets = shares ? 1 : runs
    switch kind {
    case .columnSums:
      try backend.columnSums(
        bench.input(runs, rows, columns), into: bench.result(runs, 1, columns))
    case .selectRows:
      let indices = try bench.indices(runs, rows, 1, bench.draw(runs * rows, below: 11))
      try backend.selectRows(
        bench.input(sets, 11, columns), indices, into: bench.result(runs, rows, columns))
    case .gateRow:
      try backend.gateRow(
        bench.input(runs, rows, columns, halfZero), bench.input(runs, 3, columns), row: 2,
        into: bench.result(runs, rows, columns))
    case .addGatedSums:
      try backend.addGatedSums(
        bench.input(sets, 1, 1), bench.input(runs, rows, columns, halfZero),
        bench.input(runs, rows, columns), into: bench.result(runs, 3, columns), row: 1)
    }
    return []
  }

  /// Activations: many are 0, none of the others negative.
  private func halfZero(_ x: Double) -> Double { max(0, x) }

  func tolerance(wide: Precision) -> Tolerance {
    switch kind {
    case .selectRows, .gateRow: .exact
    case .columnSums, .addGatedSums: .sum(precision, terms: rows)
    }
  }

  static let all: [RowCall] = Precision.allCases.flatMap { precision in
    Kind.allCases.flatMap { kind in
      [(1, 1, 1), (3, 7, 93), (1, 93, 7), (3, 129, 65), (37, 31, 2)].flatMap {
        runs, rows, columns in
        [false, true].map {
          RowCall(
            kind: kind, precision: precision, shares: $0, runs: runs, rows: rows,
            columns: columns)
        }
      }
    }
  }
}
