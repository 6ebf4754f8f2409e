// This file checks every bound on sparse recovery literally, at every step of some thousand random runs.

import BatchNumerics
import Experiments
import Testing
import Theory
import _TestSupport

@Suite struct SparseRecoveryBoundTests {
  /// Theorem 3.1 (i): distances in the row space and losses, of the subgradient method and of ISTA.
  @Test(arguments: [RecoveryMethod.subgradient, .proximal])
  func theFirstPhase(method: RecoveryMethod) throws {
    var (check, late) = (BoundCheck(), 0)
    for seed in 0..<1000 as Range<UInt32> {
      let sample = VectorSample(seed: seed, method: method)
      let theory = sample.theory
      let phase = theory.memorization
      let t1 = try #require(phase.step)
      let (bound, excess) = (
        try #require(phase.distanceBound), try #require(phase.excessLossBound)
      )
      let least = theory.spectrum.coordinates(theory.leastSquares)
      var a = sample.run.initial
      let scale = phase.distance + euclideanNorm(least)
      for step in 0...300 {
        let off = distance(theory.spectrum.coordinates(a), least)
        check.expect(
          off, atMost: phase.distanceBound(afterSteps: step), scale: scale,
          "\(seed), step \(step): distance")
        if Double(step) >= t1 {
          late += 1
          check.expect(off, atMost: bound, scale: scale, "\(seed), step \(step): late distance")
          check.expect(
            sample.loss(a) - theory.spectrum.leastLoss, atMost: excess,
            scale: squaredNorm(sample.problem.observations), "\(seed), step \(step): loss")
        }
        a = sample.next(a, sample.slope(a))
      }
    }
    #expect(check.violations == [])
    #expect(late > 100_000)
  }

  /// Lemma C.12, the rigorous form of (ii), against the target and against 0, from the start and from
  /// t1 on.
  @Test func theSubgradientMethod() throws {
    var check = BoundCheck()
    for seed in 0..<500 as Range<UInt32> {
      let sample = VectorSample(
        seed: 10_000 + seed, method: .subgradient, has: (true, seed % 2 == 0))
      let t1 = min(200, Int(sample.theory.memorization.step ?? 0))
      var a = sample.run.initial
      var judges: [SubgradientJudgement] = []
      let points = [sample.problem.target, [Double](repeating: 0, count: sample.n)]
      for step in 0...400 {
        if step == 0 || step == t1 {
          judges += points.map {
            SubgradientJudgement(
              learningRate: sample.run.learningRate,
              squaredDistance: squaredNorm(zip(a, $0).map { $0 - $1 }),
              reference: sample.objective($0))
          }
        }
        let slope = sample.slope(a)
        let next = sample.next(a, slope)
        let pull = zip(a, next).map { ($0 - $1) / sample.run.learningRate }
        let objective = sample.objective(a)
        for k in judges.indices {
          judges[k].add(objective: objective, squaredSubgradient: squaredNorm(pull))
          check.expect(
            judges[k].leastExcess, atMost: judges[k].bound, scale: objective,
            "\(seed), step \(step)")
        }
        a = next
      }
      #expect(judges.count { !$0.isKept } == 0)
    }
    #expect(check.violations == [])
  }

  /// ISTA with a rate of at most 1/L, against the target and against the lasso's solution.
  @Test func proximalSteps() throws {
    var check = BoundCheck()
    for seed in 0..<400 as Range<UInt32> {
      let sample = VectorSample(
        seed: 20_000 + seed, method: .proximal, rate: 0.05 + 0.45 * Double(seed % 10) / 9)
      let lasso = try Lasso.solve(
        sample.problem.measurements, sample.problem.observations, gamma: sample.run.l1)
      for point in [sample.problem.target, lasso.coefficients] {
        var a = sample.run.initial
        let squared = squaredNorm(zip(a, point).map { $0 - $1 })
        let reference = sample.objective(point)
        for step in 1...200 {
          a = sample.next(a, sample.slope(a))
          let bound = LatePhaseBounds.proximalExcess(
            squaredDistance: squared, learningRate: sample.run.learningRate, steps: step)
          check.expect(
            sample.objective(a) - reference, atMost: bound, scale: reference,
            "\(seed), step \(step)")
        }
      }
    }
    #expect(check.violations == [])
  }

  /// Projected steps without noise: the l1 norm comes down to the target's but for alpha beta n / 2.
  @Test func projectedSteps() {
    var check = BoundCheck()
    for seed in 0..<400 as Range<UInt32> {
      let sample = VectorSample(seed: 30_000 + seed, method: .projected, isNoisy: false)
      let target = sample.problem.target
      var a = sample.next(sample.run.initial, [])
      let squared = squaredNorm(zip(a, target).map { $0 - $1 })
      var least = Double.infinity
      for step in 1...300 {
        least = min(least, l1Norm(a) - l1Norm(target))
        let bound = LatePhaseBounds.projectedExcess(
          squaredDistance: squared, threshold: sample.run.learningRate * sample.run.l1,
          subgradientNorm: Double(sample.n).squareRoot(), steps: step)
        check.expect(least, atMost: bound, scale: l1Norm(target), "\(seed), step \(step)")
        a = sample.next(a, [])
      }
    }
    #expect(check.violations == [])
  }

  /// Theorem 3.6, both parts: the rate, and the distance that no ridge regression gets below.
  @Test func ridgeRegression() {
    var check = BoundCheck()
    for seed in 0..<500 as Range<UInt32> {
      let sample = VectorSample(
        seed: 40_000 + seed, method: .subgradient, has: (false, seed % 5 != 0))
      let (theory, target) = (sample.theory, sample.problem.target)
      let scale = euclideanNorm(sample.run.initial) + euclideanNorm(theory.ridge.solution)
      check.expect(
        theory.ridge.floor(target), atMost: distance(theory.ridge.solution, target), "\(seed)")
      var a = sample.run.initial
      for step in 0...200 {
        let name = "\(seed), step \(step)"
        check.expect(
          distance(a, theory.ridge.solution),
          atMost: theory.ridge.distanceBound(afterSteps: step, from: sample.run.initial),
          scale: scale, "\(name): rate")
        check.expect(
          theory.ridge.hiddenDistance(afterSteps: step, from: sample.run.initial, to: target),
          atMost: distance(a, target), scale: scale, "\(name): floor")
        a = sample.next(a, sample.slope(a))
      }
    }
    #expect(check.violations == [])
  }

  /// Theorem C.10 for least squares: while the l1 norm's part is small, the loss falls geometrically.
  @Test func descentWhileTheRegulariserIsSmall() {
    var (check, used) = (BoundCheck(), 0)
    for seed in 0..<400 as Range<UInt32> {
      let sample = VectorSample(seed: 50_000 + seed, method: .subgradient)
      let spectrum = sample.theory.spectrum
      var a = sample.run.initial
      for step in 0..<200 {
        let slope = sample.slope(a)
        let pull = sample.run.l1 * euclideanNorm(a.map(sign))
        let rate = DescentRate(
          smallestEigenvalue: spectrum.smallest, largestEigenvalue: spectrum.largest,
          learningRate: sample.run.learningRate, share: pull / euclideanNorm(slope))
        let next = sample.next(a, slope)
        if let factor = rate.factor {
          used += 1
          check.expect(
            sample.loss(next) - spectrum.leastLoss,
            atMost: factor * (sample.loss(a) - spectrum.leastLoss),
            scale: squaredNorm(sample.problem.observations), "\(seed), step \(step)")
        }
        a = next
      }
    }
    #expect(check.violations == [])
    #expect(used > 5000)
  }

  /// The bias of the lasso against its solution.
  @Test func theBiasOfTheLassoIsExact() throws {
    var used = 0
    for seed in 0..<400 as Range<UInt32> {
      let sample = VectorSample(seed: 60_000 + seed, method: .subgradient, isNoisy: false)
      let target = sample.problem.target
      guard
        let bias = LassoBias(sample.problem.measurements, target: target, l1: sample.run.l1),
        bias.isExact
      else { continue }
      used += 1
      let lasso = try Lasso.solve(
        sample.problem.measurements, sample.problem.observations, gamma: sample.run.l1)
      let expected = zip(target, bias.bias).map { $0 - $1 }
      #expect(
        distance(lasso.coefficients, expected) < 1e-7 * (1 + euclideanNorm(target)), "\(seed)")
    }
    #expect(used > 50)
  }

  /// Lemma C.31, in numbers that are not rounded: sizes |a| - gamma, then to and fro.
  @Test func signsAlone() {
    var stream = RandomStream(seed: 1, purpose: .signal)
    for _ in 0..<500 {
      let threshold = Double(1 + Int(8 * stream.uniform())) / 64
      let start = (0..<8).map { _ in (64 * stream.normal()).rounded() / 64 }
      let largest = start.map(abs).max() ?? 0
      let settled = Int(SignFlow.settlingSteps(largest: largest, threshold: threshold))
      var a = start
      for step in 0..<(settled + 5) {
        #expect(
          a.map(abs)
            == start.map {
              SignFlow.value(abs($0), threshold: threshold, afterSteps: step)
            })
        if step >= settled { #expect((a.map(abs).max() ?? 0) <= threshold) }
        a = a.map { $0 - threshold * sign($0) }
      }
    }
  }
}
