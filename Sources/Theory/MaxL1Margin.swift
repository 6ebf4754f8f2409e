import BatchNumerics

/// The direction that separates +-1 labels with the largest margin, max over |w|_1 = 1 of
/// min_i y_i <w, x_i>: where weight decay leads a diagonal net u^2 - v^2 in the end (Lyu et al. 2023,
/// arXiv 2311.18817, Theorem 3.5 and Corollary 3.7, normalised in l1).
///
/// The dual, max sum a over a >= 0 with |sum_i a_i y_i x_ik| <= 1 for every feature k, has n variables:
/// features are added as they are violated (cutting planes), and the margin is 1 / sum a.
public struct MaxL1Margin: Sendable {
  /// of l1 norm 1; zeros where the samples cannot be separated or the work did not end
  public let direction: [Double]
  /// the smallest y_i <w, x_i> of `direction`
  public let margin: Double
  /// 1 / sum a, with a scaled into the dual's feasible set: no direction's margin exceeds it
  public let upperBound: Double
  /// False where the samples cannot be separated, or the work did not end: within seconds for a hundred
  /// samples of ten thousand features.
  public let isSolved: Bool
  /// features that were needed
  public let cuts: Int

  /// - Parameter tolerance: by how much |sum a_i y_i x_ik| may exceed 1.
  public init(
    _ features: FeatureMatrix, _ labels: [Double], tolerance: Double = 2e-8, rounds: Int = 100
  ) {
    let signed = Self.signed(features, labels)
    let (n, d) = (features.rows, features.columns)
    // Far beyond what the dual can be if the samples can be separated with a margin of use.
    let largest = signed.values.reduce(0) { max($0, abs($1)) }
    let box = 1e6 / max(largest, .leastNormalMagnitude)
    var kept: [(feature: Int, sign: Double)] = []
    var program = LinearProgram(objective: [], rows: [])
    var (a, worst) = ([Double](repeating: 0, count: n), Double.infinity)
    for _ in 0..<rounds {
      let rows =
        kept.enumerated().map { index, cut in
          // A little apart, as ties (+-1 features have many) would let the simplex method stall.
          (
            coefficients: (0..<n).map { cut.sign * signed[cut.feature, $0] },
            bound: 1 + 1e-8 * Double(index * 7919 % 1009) / 1009
          )
        } + (0..<n).map { i in (coefficients: (0..<n).map { $0 == i ? 1 : 0 }, bound: box) }
      program = LinearProgram(objective: [Double](repeating: 1, count: n), rows: rows)
      guard program.outcome == .optimal else { break }
      a = program.solution
      let sums = signed.multiplied(by: a)
      worst = sums.map(abs).max() ?? 0
      guard worst > 1 + tolerance else { break }
      let held = Set(kept.map { $0.sign > 0 ? $0.feature + 1 : -$0.feature - 1 })
      let violated = (0..<d).filter { abs(sums[$0]) > 1 + tolerance }
        .filter { !held.contains(sums[$0] > 0 ? $0 + 1 : -$0 - 1) }
        .sorted { abs(sums[$0]) > abs(sums[$1]) }.prefix(max(8, n / 4))
      guard !violated.isEmpty else { break }
      // Rarely, as features that go may come back: what is slack goes, so that programs stay small.
      if kept.count > 8 * n { kept = zip(kept, program.multipliers).filter { $0.1 > 0 }.map(\.0) }
      kept += violated.map { ($0, sums[$0] > 0 ? 1 : -1) }
    }
    var w = [Double](repeating: 0, count: d)
    for (cut, weight) in zip(kept, program.multipliers) { w[cut.feature] += cut.sign * weight }
    let norm = w.reduce(0) { $0 + abs($1) }
    let total = a.reduce(0, +)
    let ends = worst <= 1 + 1e-6 && norm > 0 && (a.max() ?? 0) < 0.5 * box
    isSolved = ends
    cuts = kept.count
    direction = ends ? w.map { $0 / norm } : [Double](repeating: 0, count: d)
    upperBound = ends ? max(1, worst) / total : 0
    let normalized = direction
    margin =
      (0..<n).map { i in (0..<d).reduce(0.0) { $0 + signed[$1, i] * normalized[$1] } }.min() ?? 0
  }

  /// y_i x_ik, [d, n]
  private static func signed(_ features: FeatureMatrix, _ labels: [Double]) -> DenseMatrix {
    var result = features.dense.transposed
    for k in 0..<result.rows {
      for i in 0..<result.columns { result.values[k * result.columns + i] *= labels[i] }
    }
    return result
  }
}
