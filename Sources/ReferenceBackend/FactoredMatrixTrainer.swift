import BatchNumerics

/// Trains one run of W = U V^T or W = U U^T - V V^T by gradient descent, computing W and its
/// gradient at the places that the measurements see only.
///
/// Sources: Boursier et al. 2025 (arXiv 2505.20172), section 5; Lyu et al. 2023 (arXiv 2311.18817),
/// section 3.3.
final class FactoredMatrixTrainer<S: RunScalar>: RunTrainer {
  private let data: MatrixRecoveryData<S>
  private let isDifference: Bool
  private let columns: Int
  private let width: Int
  private let (rate, l1, l2, dataWeight): (S, S, S, S)
  /// U [n1][d] and V [n2][d].
  let factors: [WorkArray<S>]
  let decompositions: [ThinSVD<S>] = []
  private let slopes: [WorkArray<S>]
  private let seen: WorkArray<S>
  private let pulled: WorkArray<S>

  init(data: MatrixRecoveryData<S>, batch: MatrixRecoveryBatch, run: MatrixRecoveryRun) {
    self.data = data
    isDifference = batch.parameterization == .difference
    columns = batch.columns
    width = batch.width
    (rate, l1, l2) = (S(run.learningRate), S(run.l1), S(run.l2))
    dataWeight = S(batch.dataWeight)
    factors = batch.factors(run.initial).map { WorkArray($0.values) }
    slopes = factors.map { WorkArray(zeros: $0.count) }
    seen = WorkArray(zeros: data.places.count)
    pulled = WorkArray(zeros: data.places.count)
  }

  func step() {
    computeSlopes()
    for (a, slope) in zip(factors, slopes) {
      for i in a.indices {
        a[i] -= rate * (dataWeight * slope[i] + l2 * a[i] + l1 * signOf(a[i]))
      }
    }
  }

  private func computeSlopes() {
    let (u, v) = (factors[0].start, factors[1].start)
    for (e, place) in data.places.enumerated() {
      let (i, j) = (place / columns * width, place % columns * width)
      seen[e] =
        isDifference
        ? dot(u + i, u + j) - dot(v + i, v + j) : dot(u + i, v + j)
    }
    data.gradient(seen, into: pulled)
    for slope in slopes { slope.start.update(repeating: 0, count: slope.count) }
    let (du, dv) = (slopes[0].start, slopes[1].start)
    for (e, place) in data.places.enumerated() {
      let (i, j, g) = (place / columns * width, place % columns * width, pulled[e])
      if isDifference {
        add(g, u + j, to: du + i)
        add(g, u + i, to: du + j)
        add(-g, v + j, to: dv + i)
        add(-g, v + i, to: dv + j)
      } else {
        add(g, v + j, to: du + i)
        add(g, u + i, to: dv + j)
      }
    }
  }

  @inline(__always)
  private func dot(_ x: UnsafePointer<S>, _ y: UnsafePointer<S>) -> S {
    VectorLoops.dotPair(x, x, y, width).0
  }

  @inline(__always)
  private func add(_ factor: S, _ x: UnsafePointer<S>, to y: UnsafeMutablePointer<S>) {
    VectorLoops.axpyPair(factor, x, 0, x, into: y, width)
  }
}
