import BatchNumerics

/// Trains one sparse-recovery run: the plain loop that every other implementation is checked
/// against.
///
/// Source: Notsawo et al. 2025, section 3, appendices D.1 and F.1; formulas at
/// `RecoveryMethod` and `SparseRecoveryBatch`.
final class SparseRecoveryTrainer<S: RunScalar> {
  private let data: SparseRecoveryData<S>
  private let method: RecoveryMethod
  private let depth: Int
  private let learningRate: S
  private let l1: S
  private let l2: S

  /// A_1 ... A_L, [L][n]
  let factors: WorkArray<S>
  private let product: WorkArray<S>
  private let residual: WorkArray<S>
  private let gradient: WorkArray<S>

  init(data: SparseRecoveryData<S>, batch: SparseRecoveryBatch, run: SparseRecoveryRun) {
    self.data = data
    method = batch.method
    depth = batch.depth
    learningRate = S(run.learningRate)
    l1 = S(run.l1)
    l2 = S(run.l2)
    factors = WorkArray(run.initial)
    product = WorkArray(zeros: batch.columns)
    residual = WorkArray(zeros: batch.rows)
    gradient = WorkArray(zeros: batch.columns)
  }

  /// One step of the run's method.
  func step() {
    switch method {
    case .subgradient:
      computeGradient()
      updateFactors { a, slope, rate, l1, l2 in
        a - rate * (slope + l2 * a + l1 * signOf(a))
      }
    case .proximal:
      computeGradient()
      updateFactors { a, slope, rate, l1, l2 in
        softThreshold(a - rate * (slope + l2 * a), rate * l1)
      }
    case .projected:
      for j in factors.indices {
        let a = factors[j]
        factors[j] = a - learningRate * (l2 * a + l1 * signOf(a))
      }
      data.computeResidual(factors, into: residual)
      data.project(factors, residual: residual)
    }
  }

  /// The seven sums of the state as it stands, accumulated in double.
  func sums() -> [Double] {
    computeGradient()
    if depth == 1 { computeProduct() }
    var sums = [Double](repeating: 0, count: SparseRecoverySum.allCases.count)
    func add(_ value: Double, _ sum: SparseRecoverySum) { sums[sum.rawValue] += value }
    for i in residual.indices { add(Double(residual[i]) * Double(residual[i]), .residual) }
    for j in product.indices {
      let a = Double(product[j])
      let error = a - Double(data.target[j])
      add(error * error, .error)
      add(abs(a), .magnitude)
      add(a * a, data.target[j] != 0 ? .onSupport : .offSupport)
      for k in 0..<depth {
        let slope = Double(otherFactors(k, j) * gradient[j])
        let factor = Double(factors[k * product.count + j])
        let pull = Double(l2) * factor + Double(l1) * signOf(factor)
        add(slope * slope, .gradient)
        add(pull * pull, .subgradient)
      }
    }
    return sums
  }

  /// Component j of the learned vector a = A_1 * ... * A_L as of the last evaluation.
  func learned(_ j: Int) -> Double { Double(product[j]) }

  /// G = X^T (X a - y) at the current factors.
  private func computeGradient() {
    if depth == 1 {
      data.computeResidual(factors, into: residual)
    } else {
      computeProduct()
      data.computeResidual(product, into: residual)
    }
    data.computeGradient(residual, into: gradient)
  }

  /// a = A_1 * ... * A_L at the current factors.
  private func computeProduct() {
    for j in product.indices {
      var value = factors[j]
      for k in 1..<max(depth, 1) { value *= factors[k * product.count + j] }
      product[j] = value
    }
  }

  /// prod_{m != k} A_m at component j, from the factors as they stand.
  private func otherFactors(_ k: Int, _ j: Int) -> S {
    var value: S = 1
    for m in 0..<depth where m != k { value *= factors[m * product.count + j] }
    return value
  }

  /// Replaces every factor by `rule(factor, data gradient, lr, l1, l2)`, all from old values.
  @inline(__always)
  private func updateFactors(_ rule: (S, S, S, S, S) -> S) {
    let count = product.count
    let (rate, l1, l2) = (learningRate, l1, l2)
    if depth == 1 {
      for j in 0..<count { factors[j] = rule(factors[j], gradient[j], rate, l1, l2) }
      return
    }
    for j in 0..<count {
      let slopes = (0..<depth).map { otherFactors($0, j) * gradient[j] }
      for k in 0..<depth {
        factors[k * count + j] = rule(factors[k * count + j], slopes[k], rate, l1, l2)
      }
    }
  }
}
