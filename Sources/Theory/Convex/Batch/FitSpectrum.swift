/// How one run's data pull on a = V t, in the singular vectors of X = U diag(s) V^T: with q = U^T y,
/// the proximal step of the data moves z by V (e - d * V^T z), entry by entry in k coordinates.
///
/// | Data | d | e |
/// |---|---|---|
/// | X a = y | 1 | q / s |
/// | gamma/2 abs(X a - y)^2 | gamma s^2 / (1 + gamma s^2) | gamma s q / (1 + gamma s^2) |
/// | X a + r = y | s^2 / (1 + s^2) | s q / (1 + s^2) |
///
/// In the last row r = U rho moves too: rho enters the brackets as -s / (1 + s^2) rho, and moves by
/// 1 / s of them. Singular values that count as zero pull on nothing.
///
/// X and y are divided by their sizes, so that a step gamma near 1 fits.
struct FitSpectrum: Sendable {
  enum Kind: Sendable, Hashable {
    case equality
    case squares
    /// |X a - y|_2 <= epsilon
    case ball
  }

  let kind: Kind
  /// s, the largest 1; with equality only whether it counts, 1 or 0.
  private let values: [Double]
  /// q, of length 1; with equality V^T of the least solution.
  private let coordinates: [Double]
  /// 1 / s of the X given, 0 where s counts as zero.
  let inverse: [Double]
  /// What a of the divided problem is multiplied by.
  let unit: Double
  /// What X and y are divided by.
  let (matrixScale, observationScale): (Double, Double)
  /// Of the ball of rho.
  let radius: Double
  /// The size of a typical entry of a, in `unit`.
  private let reach: Double

  /// - Parameters:
  ///   - values: s.
  ///   - coordinates: U^T y.
  ///   - length: |y|_2, at least that of the coordinates.
  ///   - size: of a.
  init(
    _ kind: Kind, values: [Double], coordinates: [Double], length: Double, noise: Double = 0,
    size: Int, epsilon: Double
  ) {
    self.kind = kind
    let largest = values.max() ?? 0
    let cutoff = Double(max(size, values.count)) * epsilon * largest
    let counts = values.map { $0 > cutoff }
    inverse = zip(values, counts).map { $1 ? 1 / $0 : 0 }
    let seen = zip(coordinates, counts).map { $1 ? $0 : 0 }
    let outside = max(0, length * length - seen.reduce(0) { $0 + $1 * $1 })
    let square = noise * noise - outside
    let wanted = kind == .equality ? zip(seen, inverse).map { $0 * $1 } : seen
    let norm = max(wanted.reduce(0) { $0 + $1 * $1 }.squareRoot(), .leastNormalMagnitude)
    matrixScale = kind == .equality ? 1 : max(largest, .leastNormalMagnitude)
    observationScale = norm
    let scale = matrixScale
    self.values = zip(values, counts).map { $1 ? (kind == .equality ? 1 : $0 / scale) : 0 }
    self.coordinates = wanted.map { $0 / norm }
    unit = norm / matrixScale
    radius = max(0, square).squareRoot() / norm
    let least = zip(self.values, self.coordinates).reduce(0) { sum, pair in
      let entry = kind == .equality ? pair.1 : pair.0 * pair.1 / (1 + pair.0 * pair.0)
      return sum + entry * entry
    }
    reach = (least / Double(max(1, size))).squareRoot()
    // Rounding of the squares is all that parts a y in the range of X from its coordinates.
    let slack = 1e3 * epsilon * length * length
    isFeasible = kind == .squares || square > -slack && (kind == .equality || square > 0)
  }

  /// Whether a point within the constraint may exist.
  let isFeasible: Bool

  /// The step to begin with: shrinks entries by less than their size.
  func firstStep(penalty: Double) -> Double {
    max(0.4 * reach, 1e-6) / max(penalty, .leastNormalMagnitude)
  }

  /// d
  func weights(step: Double) -> [Double] {
    switch kind {
    case .equality: values
    case .squares: values.map { step * $0 * $0 / (1 + step * $0 * $0) }
    case .ball: values.map { $0 * $0 / (1 + $0 * $0) }
    }
  }

  /// e
  func offsets(step: Double) -> [Double] {
    let pairs = zip(values, coordinates)
    switch kind {
    case .equality: return coordinates
    case .squares: return pairs.map { step * $0 * $1 / (1 + step * $0 * $0) }
    case .ball: return pairs.map { $0 * $1 / (1 + $0 * $0) }
    }
  }

  /// s / (1 + s^2)
  var residualWeights: [Double] { values.map { $0 / (1 + $0 * $0) } }

  /// 1 / s of the divided X.
  var residualInverse: [Double] { inverse.map { $0 * matrixScale } }
}
