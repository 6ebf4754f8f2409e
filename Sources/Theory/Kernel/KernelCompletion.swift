import BatchNumerics

/// The kernel phase of matrix completion: the change of W with the least change of the factors.
///
/// Source: Lyu et al. 2023 (arXiv 2311.18817), Theorem 3.9 and Corollary 3.11.
public enum KernelCompletion {
  /// From U = V = alpha I, W = U U^T - V V^T: W_ij is what was observed at (i, j), else at (j, i), else 0;
  /// where both were, least squares takes their mean.
  public static func fromIdentity(_ entries: [ObservedEntry], size: Int) -> DenseMatrix {
    var result = DenseMatrix(rows: size, columns: size)
    for entry in mirrored(entries) {
      result[entry.row, entry.column] = entry.value
    }
    return result
  }

  /// Each entry half at its place and half at its mirror image: the same for every symmetric W, up to a
  /// constant of the loss.
  static func mirrored(_ entries: [ObservedEntry]) -> [ObservedEntry] {
    struct Place: Hashable {
      let row: Int
      let column: Int
    }
    var sums: [Place: (weight: Double, total: Double)] = [:]
    for entry in entries {
      for place in [
        Place(row: entry.row, column: entry.column), Place(row: entry.column, column: entry.row),
      ] {
        let known = sums[place] ?? (0, 0)
        let weight = entry.weight / 2
        sums[place] = (known.weight + weight, known.total + weight * entry.value)
      }
    }
    return sums.sorted { ($0.key.row, $0.key.column) < ($1.key.row, $1.key.column) }.map {
      ObservedEntry(
        row: $0.key.row, column: $0.key.column, weight: $0.value.weight,
        value: $0.value.total / $0.value.weight)
    }
  }

  /// lambda^2 e^(4 lambda t) |K^+ y|^2 / weight, about the loss weight |r|^2 on the plateau, where decay pulls
  /// W down as fast as the kernel pulls it up (`KernelRegression.plateauResidual`). An estimate.
  ///
  /// - Throws: `FlowError` for a start of another size.
  public static func plateauLoss(
    _ map: SymmetricFactorResidual, start: [Double], weight: Double, weightDecay: Double,
    time: Double
  ) throws -> Double {
    try map.check(start)
    let multipliers = GramSolver(map.gram(at: start)).solve(map.targets)
    let window = DecayWindow(degree: 2, weightDecay: weightDecay, time: time)
    let norm = weightDecay * window.growth * euclideanNorm(multipliers)
    return norm * norm / weight
  }

  /// From any U = V: W = U H^T + H U^T - V G^T - G V^T with (H, G) = J^T K^+ y.
  ///
  /// - Throws: `FlowError` for a start of another size.
  public static func symmetric(_ map: SymmetricFactorResidual, start: [Double]) throws
    -> DenseMatrix
  {
    try map.check(start)
    let (d, width) = (map.size, map.width)
    let step = map.adjoint(at: start, GramSolver(map.gram(at: start)).solve(map.targets))
    var result = DenseMatrix(rows: d, columns: d)
    for i in 0..<d {
      for j in 0..<d {
        for k in 0..<width {
          for (sign, offset) in [(1.0, 0), (-1.0, d * width)] {
            let (a, b) = (offset + i * width + k, offset + j * width + k)
            result[i, j] += sign * (start[a] * step[b] + step[a] * start[b])
          }
        }
      }
    }
    return result
  }
}
