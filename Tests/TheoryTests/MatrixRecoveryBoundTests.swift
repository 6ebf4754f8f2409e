// This file checks every bound on matrix recovery literally, at every step of a thousand random runs.

import BatchNumerics
import Experiments
import Testing
import Theory
import _TestSupport

@Suite struct MatrixRecoveryBoundTests {
  /// Theorem 3.4 (i), of the subgradient method and of singular value thresholding.
  @Test(arguments: [RecoveryMethod.subgradient, .proximal])
  func theFirstPhase(method: RecoveryMethod) throws {
    var (check, late) = (BoundCheck(), 0)
    for seed in 0..<400 as Range<UInt32> {
      let sample = MatrixSample(seed: seed, method: method)
      let theory = sample.theory
      let (phase, spectrum) = (
        try #require(theory.memorization), try #require(theory.spectrum)
      )
      let t1 = try #require(phase.step)
      let (bound, excess) = (
        try #require(phase.distanceBound), try #require(phase.excessLossBound)
      )
      let least = spectrum.coordinates(spectrum.minimizer())
      let scale = phase.distance + euclideanNorm(least)
      let size = sample.problem.observationNorm * sample.problem.observationNorm
      var a = sample.run.initial
      for step in 0...200 {
        let off = distance(spectrum.coordinates(a), least)
        check.expect(
          off, atMost: phase.distanceBound(afterSteps: step), scale: scale,
          "\(seed), step \(step): distance")
        if Double(step) >= t1 {
          late += 1
          check.expect(off, atMost: bound, scale: scale, "\(seed), step \(step): late distance")
          check.expect(
            sample.loss(a) - spectrum.leastLoss, atMost: excess, scale: size,
            "\(seed), step \(step): loss")
        }
        a = sample.next(a, sample.slope(a)).state
      }
    }
    #expect(check.violations == [])
    #expect(late > 30_000)
  }

  /// Lemma C.12 with nuclear norms, against the target and against 0.
  @Test func theSubgradientMethod() {
    var check = BoundCheck()
    for seed in 0..<200 as Range<UInt32> {
      let sample = MatrixSample(seed: 1000 + seed, method: .subgradient, l2: seed % 2 == 0)
      var a = sample.run.initial
      let zero = [Double](repeating: 0, count: a.count)
      var judges = [sample.problem.target.values, zero].map { point in
        SubgradientJudgement(
          learningRate: sample.run.learningRate,
          squaredDistance: squaredNorm(zip(a, point).map { $0 - $1 }),
          reference: sample.objective(point))
      }
      for step in 0...200 {
        let objective = sample.objective(a)
        let next = sample.next(a, sample.slope(a))
        for k in judges.indices {
          judges[k].add(objective: objective, squaredSubgradient: squaredNorm(next.subgradient))
          check.expect(
            judges[k].leastExcess, atMost: judges[k].bound, scale: objective,
            "\(seed), step \(step)")
        }
        a = next.state
      }
    }
    #expect(check.violations == [])
  }

  /// Singular value thresholding with a rate of at most 1/L, against the target.
  @Test func proximalSteps() {
    var check = BoundCheck()
    for seed in 0..<400 as Range<UInt32> {
      let sample = MatrixSample(seed: 2000 + seed, method: .proximal)
      guard 2 * sample.run.learningRate <= sample.theory.largestLearningRate else { continue }
      var a = sample.run.initial
      let target = sample.problem.target.values
      let squared = squaredNorm(zip(a, target).map { $0 - $1 })
      let reference = sample.objective(target)
      for step in 1...150 {
        a = sample.next(a, sample.slope(a)).state
        let bound = LatePhaseBounds.proximalExcess(
          squaredDistance: squared, learningRate: sample.run.learningRate, steps: step)
        check.expect(
          sample.objective(a) - reference, atMost: bound, scale: reference, "\(seed), step \(step)")
      }
    }
    #expect(check.violations == [])
    #expect(check.count > 10_000)
  }

  /// Projected steps without noise: the nuclear norm comes down to the target's but for alpha beta
  /// min(n1, n2) / 2.
  @Test func projectedSteps() throws {
    var check = BoundCheck()
    for seed in 0..<300 as Range<UInt32> {
      let sample = MatrixSample(seed: 5000 + seed, method: .projected)
      let (spectrum, target) = (try #require(sample.theory.spectrum), sample.problem.target)
      guard sample.loss(target.values) < 1e-20 else { continue }
      let least = spectrum.minimizer()
      func projected(_ a: [Double]) -> [Double] {
        zip(zip(a, spectrum.projection(a)).map { $0 - $1 }, least).map { $0 + $1 }
      }
      let threshold = sample.run.learningRate * sample.run.nuclear
      let goal = sample.nuclearNorm(target.values)
      var a = projected(sample.run.initial)
      let squared = squaredNorm(zip(a, target.values).map { $0 - $1 })
      var excess = Double.infinity
      for step in 1...150 {
        excess = min(excess, sample.nuclearNorm(a) - goal)
        let bound = LatePhaseBounds.projectedExcess(
          squaredDistance: squared, threshold: threshold,
          subgradientNorm: Double(min(target.rows, target.columns)).squareRoot(), steps: step)
        check.expect(excess, atMost: bound, scale: goal, "\(seed), step \(step)")
        a = projected(zip(a, sample.polar(a)).map { $0 - threshold * $1 })
      }
    }
    #expect(check.violations == [])
    #expect(check.count > 10_000)
  }

  /// Theorem 3.6 for matrices.
  @Test func ridgeRegression() throws {
    var check = BoundCheck()
    for seed in 0..<300 as Range<UInt32> {
      let sample = MatrixSample(
        seed: 3000 + seed, method: .subgradient, nuclear: false, l2: seed % 5 != 0)
      let (ridge, target) = (
        try #require(sample.theory.ridge), sample.problem.target.values
      )
      let scale = euclideanNorm(sample.run.initial) + euclideanNorm(ridge.solution)
      check.expect(ridge.floor(target), atMost: distance(ridge.solution, target), "\(seed)")
      var a = sample.run.initial
      for step in 0...150 {
        check.expect(
          distance(a, ridge.solution),
          atMost: ridge.distanceBound(afterSteps: step, from: sample.run.initial), scale: scale,
          "\(seed), step \(step): rate")
        check.expect(
          ridge.hiddenDistance(afterSteps: step, from: sample.run.initial, to: target),
          atMost: distance(a, target), scale: scale, "\(seed), step \(step): floor")
        a = sample.next(a, sample.slope(a)).state
      }
    }
    #expect(check.violations == [])
  }

  /// Lemma C.42: singular values of A <- A - gamma U V^T.
  @Test func signsOfSingularValuesAlone() {
    for seed in 0..<100 as Range<UInt32> {
      let sample = MatrixSample(seed: 4000 + seed, method: .subgradient)
      let shape = sample.problem.target
      func values(_ a: [Double]) -> [Double] {
        SingularValueDecomposition(
          DenseMatrix(rows: shape.rows, columns: shape.columns, values: a)
        ).values
      }
      var stream = RandomStream(seed: seed, purpose: .signal)
      var a = stream.normals(shape.values.count)
      let start = values(a)
      let threshold = 0.05 + 0.2 * stream.uniform()
      for step in 0...40 {
        let expected = start.map {
          SignFlow.value($0, threshold: threshold, afterSteps: step)
        }.sorted(by: >)
        #expect(distance(values(a), expected) < 1e-9, "\(seed), step \(step)")
        a = zip(a, sample.polar(a)).map { $0 - threshold * $1 }
      }
    }
  }
}
