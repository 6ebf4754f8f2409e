// This file checks the bounds on the kernel phase along integrated flows of random diagonal nets, and the
// predictors and plateaus that the phase leads to.

import BatchNumerics
import Experiments
import Foundation
import Testing
import Theory
import _TestSupport

@Suite struct KernelBoundTests {
  /// A net whose output is 0 at the start.
  private struct Net {
    let problem: DiagonalProblem
    let form: DiagonalParameterization
    let initial: [Double]
    let decay: Double
    var kernel: DiagonalKernel? {
      DiagonalKernel(problem.features, form, initial: initial)
    }

    init(seed: UInt32, form: DiagonalParameterization, classifies: Bool) {
      var stream = RandomStream(seed: seed, purpose: .inputs)
      let n = 2 + Int(stream.uniform() * 4)
      let d = 2 * n + Int(stream.uniform() * 8)
      let x = DenseMatrix(rows: n, columns: d, values: stream.normals(n * d))
      problem = DiagonalProblem(
        features: .dense(x),
        targets: (0..<n).map { _ in
          classifies ? (stream.uniform() < 0.5 ? -1.0 : 1) : stream.normal()
        })
      let scale = pow(10, 0.2 + 0.8 * stream.uniform())
      let u = (0..<d).map { _ in scale * (0.5 + stream.uniform()) }
      self.form = form
      initial = u + (form == .product ? u.map { 0 * $0 } : u)
      decay = pow(10, -3 + 2 * stream.uniform())
    }

    func flow(_ loss: MarginLoss) throws -> ReducedFlow {
      try ReducedFlow(
        problem: problem, parameterization: form, loss: loss,
        weight: 1 / Double(problem.targets.count), weightDecay: decay, initial: initial,
        tolerance: 1e-7)
    }

    /// Slow times from 1e-5 to 5, and what e^(lambda t) theta and the loss are there.
    func follow(
      _ loss: MarginLoss, _ visit: (_ time: Double, _ state: [Double], _ loss: Double) -> Bool
    ) throws {
      var flow = try flow(loss)
      for k in 0..<40 {
        let slow = pow(10, -5 + 5.7 * Double(k) / 39)
        try flow.advance(to: slow / decay)
        let outputs = problem.features.product(form.predictor(flow.state))
        let mean =
          zip(outputs, problem.targets).map { loss.value($0, $1) }.reduce(0, +)
          / Double(outputs.count)
        guard visit(slow / decay, flow.state.map { exp(slow) * $0 }, mean) else { return }
      }
    }
  }

  private static let forms: [DiagonalParameterization] = [
    .difference(depth: 2), .difference(depth: 3), .product,
  ]

  /// Lemma D.1, as long as the kernel keeps a quarter of its least eigenvalue.
  @Test(arguments: forms) func lossesOfRegression(form: DiagonalParameterization) throws {
    var check = BoundCheck()
    for seed in 0..<100 as Range<UInt32> {
      let net = Net(seed: seed, form: form, classifies: false)
      let kernel = try #require(net.kernel)
      #expect(kernel.startsAtZero)
      let tangent = KernelRegression(kernel, targets: net.problem.targets)
      try net.follow(.squared) { time, state, loss in
        let moved = DiagonalKernel(net.problem.features, form, initial: state)
        guard let moved, moved.leastEigenvalue >= tangent.leastEigenvalue / 4 else { return false }
        let bound = tangent.lossBound(
          weight: 1 / Double(net.problem.targets.count), weightDecay: net.decay, time: time)
        check.expect(loss, atMost: bound, "\(seed), time \(time)")
        return true
      }
    }
    #expect(check.violations == [])
    #expect(check.count > 1000, "\(check.count)")
  }

  /// Lemma C.4, as long as h* keeps half of its margin.
  @Test(arguments: forms) func lossesOfClassification(form: DiagonalParameterization) throws {
    var check = BoundCheck()
    for seed in 0..<200 as Range<UInt32> {
      let net = Net(seed: 1000 + seed, form: form, classifies: true)
      let tangent = KernelMargin(try #require(net.kernel), labels: net.problem.targets)
      guard tangent.margin > 0 else { continue }
      try net.follow(.exponential) { time, state, loss in
        let kept = tangent.margin(
          at: state, form, labels: net.problem.targets, start: net.initial)
        guard kept >= tangent.margin / 2 else { return false }
        check.expect(
          loss, atMost: tangent.lossBound(weightDecay: net.decay, time: time),
          "\(seed), time \(time)")
        return true
      }
    }
    #expect(check.violations == [])
    #expect(check.count > 1000, "\(check.count)")
  }

  /// Theorem 3.9 and the plateau: by (1 - c) ln(alpha) / lambda predictor and loss are what the kernel says,
  /// the more so the larger the start.
  @Test func regressionComesToTheLeastNorm() throws {
    let base = Net(seed: 7, form: .difference(depth: 2), classifies: false)
    var errors: [(predictor: Double, loss: Double)] = []
    for alpha in [10.0, 100] {
      let initial = base.initial.map { alpha * $0 / 4 }
      let kernel = try #require(
        DiagonalKernel(base.problem.features, base.form, initial: initial))
      let tangent = KernelRegression(kernel, targets: base.problem.targets)
      let weight = 1 / Double(base.problem.targets.count)
      var flow = try ReducedFlow(
        problem: base.problem, parameterization: base.form, loss: .squared, weight: weight,
        weightDecay: 1e-3, initial: initial, tolerance: 1e-9)
      let time = 0.5 * log(alpha) / 1e-3
      try flow.advance(to: time)
      let w = base.form.predictor(flow.state)
      let residual = zip(base.problem.features.product(w), base.problem.targets).map { $0 - $1 }
      let plateau = tangent.plateauResidual(weight: weight, weightDecay: 1e-3, time: time)
      errors.append(
        (
          distance(w, tangent.predictor) / euclideanNorm(w),
          distance(residual, plateau) / euclideanNorm(plateau)
        ))
    }
    #expect(errors[0].predictor < 0.1 && errors[1].predictor < 0.2 * errors[0].predictor)
    #expect(errors[0].loss < 0.3 && errors[1].loss < 0.2 * errors[0].loss, "\(errors)")
  }

  /// The same start everywhere: K is a multiple of X X^T, and the predictor X^+ y.
  @Test func aUniformStartHasTheLeastSquaresPredictor() throws {
    let net = Net(seed: 3, form: .difference(depth: 3), classifies: false)
    let d = net.problem.features.columns
    let kernel = try #require(
      DiagonalKernel(
        net.problem.features, net.form, initial: [Double](repeating: 2, count: 2 * d)))
    let tangent = KernelRegression(kernel, targets: net.problem.targets)
    let svd = SingularValueDecomposition(net.problem.features.dense)
    let least = svd.pseudoInverse.multiplied(by: net.problem.targets)
    #expect(distance(tangent.predictor, least) < 1e-10)
    let smallest = try #require(svd.values.last)
    // L^2 (u^4 + v^4) = 9 * 32.
    #expect(abs(tangent.leastEigenvalue - 288 * smallest * smallest) < 1e-9 * 288)
    #expect(DiagonalKernel(net.problem.features, .linear, initial: []) == nil)
  }

  /// Theorem 3.4 prints outputs that grow to ln(alpha^c / lambda); they grow to ln(alpha^(2(L-1)c) / lambda).
  @Test(arguments: [0.3, 0.6]) func outputsGrowAsTheProofSays(share c: Double) throws {
    let base = Net(seed: 11, form: .difference(depth: 2), classifies: true)
    let (alpha, decay) = (1e8, 1e-8)
    let ones = [Double](repeating: 1, count: base.initial.count)
    let kernel = try #require(DiagonalKernel(base.problem.features, base.form, initial: ones))
    let tangent = KernelMargin(kernel, labels: base.problem.targets)
    let weight = 1 / Double(base.problem.targets.count)
    var flow = try ReducedFlow(
      problem: base.problem, parameterization: base.form, loss: .exponential, weight: weight,
      weightDecay: decay, initial: ones.map { alpha * $0 }, tolerance: 1e-8)
    let time = (1 - c) * log(alpha) / decay
    try flow.advance(to: time)
    let outputs = base.problem.features.product(base.form.predictor(flow.state))
    let least = try #require(zip(outputs, base.problem.targets).map { $0 * $1 }.min())
    let scale = tangent.margin * tangent.outputScale(alpha: alpha, weightDecay: decay, share: c)
    let printed = c * log(alpha) - log(decay)
    #expect((0.9...1.05).contains(least / scale), "\(least / scale)")
    #expect(least / printed > 1.1 && abs(least / scale - 1) < abs(least / printed - 1))
    // A = alpha^(2(L-1)) / lambda of the start alpha theta_bar.
    let start = KernelMargin(
      try #require(
        DiagonalKernel(base.problem.features, base.form, initial: ones.map { alpha * $0 })),
      labels: base.problem.targets)
    #expect(abs(start.margin / (alpha * tangent.margin) - 1) < 1e-6)
    let loss = zip(outputs, base.problem.targets).map { exp(-$0 * $1) }.reduce(0, +) * weight
    let plateau = start.plateauLoss(weightDecay: decay, time: time)
    #expect((0.5...2).contains(loss / plateau), "\(loss / plateau)")
  }

  /// Sizes of Fig. 1 (a): 3.71 and 136.9 but for the term of delta.
  @Test func generalizationBoundsAreVacuousThere() {
    let rest = 3 * (log(2 / 0.05) / 512).squareRoot()
    let l1 = GeneralizationBounds.l1(samples: 256, features: 100_000, sparsity: 3)
    let l2 = GeneralizationBounds.l2(samples: 256, features: 100_000, sparsity: 3)
    #expect(abs(l1 - rest - 3.71) < 0.005 && abs(l2 - rest - 136.9) < 0.05)
  }
}
