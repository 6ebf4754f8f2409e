// This file makes the random problems that the bounds on sparse and matrix recovery are tested on, and
// trains them by loops as plain as the papers' equations.

import BatchNumerics
import Experiments
import Foundation
import Theory
import _TestSupport

/// Sparse recovery of 8 to 24 numbers from 2 to as many measurements, everything else random too.
struct VectorSample {
  let problem: SparseRecoveryProblem
  let run: SparseRecoveryRun
  let method: RecoveryMethod
  let transposed: DenseMatrix
  var theory: SparseRecoveryTheory { SparseRecoveryTheory(problem, run, method: method) }

  /// - Parameters:
  ///   - share: of the largest learning rate; nil for a random one.
  ///   - hasRegularizer: of l1 and l2.
  init(
    seed: UInt32, method: RecoveryMethod, rate share: Double? = nil,
    has regularizer: (l1: Bool, l2: Bool) = (true, false), isNoisy: Bool = true
  ) {
    var stream = RandomStream(seed: seed, purpose: .measurements)
    let n = 8 + Int(stream.uniform() * 17)
    let rows = 2 + Int(stream.uniform() * Double(n - 1))
    let deviation = 1 / Double(rows).squareRoot()
    let x = DenseMatrix(
      rows: rows, columns: n, values: stream.normals(rows * n).map { deviation * $0 })
    var target = [Double](repeating: 0, count: n)
    for j in stream.permutation(n).prefix(1 + Int(stream.uniform() * 4)) {
      target[j] = stream.normal()
    }
    let noise = isNoisy && stream.uniform() < 0.5 ? 0.05 * stream.uniform() : 0
    problem = SparseRecoveryProblem(
      measurements: x, observations: x.multiplied(by: target).map { $0 + noise * stream.normal() },
      target: target, pseudoInverse: SingularValueDecomposition(x).pseudoInverse)
    let spectrum = MeasurementSpectrum(x, observations: problem.observations)
    let strength = pow(10, -3.5 + 3 * stream.uniform())
    let l2 = regularizer.l2 ? spectrum.largest * pow(10, -4 + 3 * stream.uniform()) : 0
    let part = 0.05 + 0.9 * stream.uniform()
    let start = pow(10, -4 + 4.5 * stream.uniform())
    run = SparseRecoveryRun(
      problem: 0, learningRate: (share ?? part) * 2 / (spectrum.largest + l2),
      l1: regularizer.l1 ? strength * (spectrum.largest / Double(n)).squareRoot() : 0, l2: l2,
      initial: stream.normals(n).map { start * $0 }, steps: 0)
    self.method = method
    transposed = x.transposed
  }

  init(_ problem: SparseRecoveryProblem, _ run: SparseRecoveryRun, _ method: RecoveryMethod) {
    (self.problem, self.run, self.method) = (problem, run, method)
    transposed = problem.measurements.transposed
  }

  var n: Int { problem.target.count }

  func residual(_ a: [Double]) -> [Double] {
    zip(problem.measurements.multiplied(by: a), problem.observations).map { $0 - $1 }
  }

  /// 1/2 |X a - y|^2
  func loss(_ a: [Double]) -> Double { residual(a).reduce(0) { $0 + $1 * $1 } / 2 }

  /// loss + l2/2 |a|^2 + l1 |a|_1
  func objective(_ a: [Double]) -> Double {
    loss(a) + a.reduce(0) { $0 + run.l2 / 2 * $1 * $1 + run.l1 * abs($1) }
  }

  /// X^T (X a - y)
  func slope(_ a: [Double]) -> [Double] { transposed.multiplied(by: residual(a)) }

  func next(_ a: [Double], _ slope: [Double]) -> [Double] {
    let rate = run.learningRate
    switch method {
    case .subgradient:
      return zip(a, slope).map { $0 - rate * ($1 + run.l2 * $0 + run.l1 * sign($0)) }
    case .proximal:
      return zip(a, slope).map {
        let z = $0 - rate * ($1 + run.l2 * $0)
        return sign(z) * max(abs(z) - rate * run.l1, 0)
      }
    case .projected:
      let moved = a.map { $0 - rate * (run.l2 * $0 + run.l1 * sign($0)) }
      let back = problem.pseudoInverse?.multiplied(by: residual(moved)) ?? []
      return zip(moved, back).map { $0 - $1 }
    }
  }
}

/// Matrices of 3 to 7 rows and columns, from entries, some of them repeated, or from dense measurements.
struct MatrixSample {
  let problem: MatrixRecoveryProblem
  let run: MatrixRecoveryRun
  let method: RecoveryMethod
  private let svd: ThinSVD<Double>
  var theory: MatrixRecoveryTheory { MatrixRecoveryTheory(problem, run, method: method) }

  init(
    seed: UInt32, method: RecoveryMethod, nuclear hasNuclear: Bool = true, l2 hasL2: Bool = false
  ) {
    var stream = RandomStream(seed: seed, purpose: .entries)
    let (n1, n2) = (3 + Int(stream.uniform() * 5), 3 + Int(stream.uniform() * 5))
    let rank = 1 + Int(stream.uniform() * 2)
    let target = DenseMatrix(rows: n1, columns: rank, values: stream.normals(n1 * rank))
      .multiplied(by: DenseMatrix(rows: rank, columns: n2, values: stream.normals(n2 * rank)))
    let count = 2 + Int(stream.uniform() * Double(n1 * n2 - 1))
    if stream.uniform() < 0.5 {
      var places = Array(stream.permutation(n1 * n2).prefix(count))
      if stream.uniform() < 0.3 { places += places.prefix(2) }
      problem = MatrixRecoveryProblem(
        rows: places.map { $0 / n2 }, columns: places.map { $0 % n2 },
        observations: places.map { target.values[$0] + 0.01 * stream.normal() }, target: target)
    } else {
      let x = DenseMatrix(
        rows: count, columns: n1 * n2,
        values: stream.normals(count * n1 * n2).map { $0 / Double(count).squareRoot() })
      problem = MatrixRecoveryProblem(
        matrices: x, observations: x.multiplied(by: target.values), target: target)
    }
    let largest = MatrixRecoveryAnalysis(problem).largestEigenvalue
    let l2 = hasL2 ? largest * pow(10, -4 + 3 * stream.uniform()) : 0
    let strength = hasNuclear ? pow(10, -3.5 + 3 * stream.uniform()) : 0
    let start = pow(10, -4 + 4.5 * stream.uniform())
    run = MatrixRecoveryRun(
      problem: 0, learningRate: (0.05 + 0.9 * stream.uniform()) * 2 / (largest + l2),
      nuclear: strength * (largest / Double(min(n1, n2))).squareRoot(), l1: 0, l2: l2,
      initial: stream.normals(n1 * n2).map { start * $0 }, steps: 0)
    self.method = method
    svd = ThinSVD(rows: n1, columns: n2)
  }

  private func spectral(
    _ a: [Double], _ change: (ThinSVD<Double>, UnsafeMutablePointer<Double>) -> Void
  ) -> [Double] {
    a.withUnsafeBufferPointer { if let start = $0.baseAddress { svd.factor(start) } }
    return [Double](unsafeUninitializedCapacity: a.count) { buffer, count in
      if let start = buffer.baseAddress { change(svd, start) }
      count = a.count
    }
  }

  /// U V^T
  func polar(_ a: [Double]) -> [Double] { spectral(a) { $0.polarFactor(into: $1) } }

  func nuclearNorm(_ a: [Double]) -> Double {
    a.withUnsafeBufferPointer {
      if let start = $0.baseAddress { svd.factor(start, valuesOnly: true) }
    }
    return svd.values.reduce(0, +)
  }

  private func matrix(_ a: [Double]) -> DenseMatrix {
    DenseMatrix(rows: problem.target.rows, columns: problem.target.columns, values: a)
  }

  func loss(_ a: [Double]) -> Double { problem.gradient(of: matrix(a)).squaredResidual / 2 }

  /// loss + l2/2 |A|_F^2 + nuclear |A|_*
  func objective(_ a: [Double]) -> Double {
    loss(a) + a.reduce(0) { $0 + run.l2 / 2 * $1 * $1 }
      + (run.nuclear > 0 ? run.nuclear * nuclearNorm(a) : 0)
  }

  func slope(_ a: [Double]) -> [Double] { problem.gradient(of: matrix(a)).gradient.values }

  /// The next state and the subgradient that leads there.
  func next(_ a: [Double], _ slope: [Double]) -> (state: [Double], subgradient: [Double]) {
    let rate = run.learningRate
    var pull = zip(a, slope).map { $1 + run.l2 * $0 }
    if run.nuclear > 0, method == .subgradient {
      pull = zip(pull, polar(a)).map { $0 + run.nuclear * $1 }
    }
    let moved = zip(a, pull).map { $0 - rate * $1 }
    guard method == .proximal else { return (moved, pull) }
    return (spectral(moved) { $0.softThreshold(rate * run.nuclear, into: $1) }, pull)
  }
}

/// Collects where a bound is exceeded by more than rounding.
struct BoundCheck {
  private(set) var violations: [String] = []
  private(set) var count = 0

  /// - Parameter scale: of the numbers whose difference `value` is.
  mutating func expect(
    _ value: Double, atMost bound: Double, scale: Double = 1, _ name: @autoclosure () -> String
  ) {
    count += 1
    let rule = Tolerance.sum(.f64, terms: 1000, magnitude: scale)
    guard !(value <= bound * (1 + rule.relative) + rule.absolute) else { return }
    if violations.count < 5 { violations.append("\(name()): \(value) above \(bound)") }
  }
}

func squaredNorm(_ a: some Sequence<Double>) -> Double { a.reduce(0) { $0 + $1 * $1 } }
func sign(_ x: Double) -> Double { x > 0 ? 1 : x < 0 ? -1 : 0 }
func l1Norm(_ a: [Double]) -> Double { a.reduce(0) { $0 + abs($1) } }
