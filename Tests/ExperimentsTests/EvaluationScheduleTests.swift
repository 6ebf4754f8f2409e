// This file tests when a run is evaluated, and which steps t1 and t2 are read from.

import Experiments
import Testing

@Suite struct EvaluationScheduleTests {
  /// All evaluated steps up to `last`.
  func steps(_ schedule: EvaluationSchedule, to last: Int) -> [Int] {
    var found: [Int] = []
    var cursor = 0
    while let next = schedule.next(from: cursor), next <= last {
      found.append(next)
      cursor = next + 1
    }
    return found
  }

  @Test func denseTakesEveryStepAndThenMultiples() {
    #expect(steps(.dense(first: 5, every: 10), to: 31) == [0, 1, 2, 3, 4, 10, 20, 30])
    #expect(steps(.dense(first: 5, every: 2), to: 9) == [0, 1, 2, 3, 4, 6, 8])
    #expect(steps(.dense(first: 4, every: 4), to: 9) == [0, 1, 2, 3, 4, 8])
    #expect(steps(.dense(first: 0, every: 3), to: 7) == [0, 3, 6])
    #expect(steps(.dense(first: 1000, every: 1000), to: 5000).count == 1000 + 5)
  }

  @Test func perDecadeIsEvenInTheLogarithm() {
    #expect(steps(.perDecade(1), to: 12_345) == [0, 1, 10, 100, 1000, 10_000])
    #expect(steps(.perDecade(3), to: 1000) == [0, 1, 2, 5, 10, 22, 46, 100, 215, 464, 1000])
    let dense = steps(.perDecade(1000), to: 1_000_000)
    #expect(Array(dense.prefix(12)) == Array(0...11))
    #expect(dense == dense.sorted() && Set(dense).count == dense.count)
    #expect(dense.last == 1_000_000)
    for power in [10, 1000, 100_000, 1_000_000_000_000] {
      #expect(EvaluationSchedule.perDecade(24).next(from: power) == power)
    }
  }

  /// The next step never lies before the one asked for, and asking from it gives it again.
  @Test(arguments: [
    EvaluationSchedule.dense(first: 7, every: 5), .perDecade(7), .at([0, 3, 40, 1000]),
  ]) func nextIsAtOrAfterAndStable(_ schedule: EvaluationSchedule) {
    for step in 0..<1000 {
      guard let next = schedule.next(from: step) else {
        Issue.record("no step at or after \(step)")
        continue
      }
      #expect(next >= step && schedule.next(from: next) == next)
    }
  }

  @Test func listedStepsEndWithTheList() {
    #expect(steps(.at([0, 3, 40]), to: 100) == [0, 3, 40])
    #expect(EvaluationSchedule.at([0, 3]).next(from: 4) == nil)
  }

  // MARK: - The keys

  @Test func formsOfTheKeys() throws {
    #expect(try Points.prepare().schedule == .dense(first: 1000, every: 1000))
    #expect(
      try Points.prepare(["evaluate.first": .integer(3), "evaluate.every": .integer(9)]).schedule
        == .dense(first: 3, every: 9))
    #expect(
      try Points.prepare(["evaluate.per_decade": .integer(24)]).schedule == .perDecade(24))
    let at = ParameterValue.list([.integer(0), .integer(10)])
    #expect(try Points.prepare(["evaluate.at": at]).schedule == .at([0, 10]))
    let text = specError {
      _ = try Points.prepare(["evaluate.at": at, "evaluate.per_decade": .integer(24)])
    }
    #expect(text == "evaluate: give per_decade or at, not both")
  }

  /// Keys that play no part are not part of the run's identity.
  @Test func unusedFormsDoNotChangeTheRun() throws {
    let decade: [String: ParameterValue] = ["evaluate.per_decade": .integer(24)]
    let changed = decade.merging(["evaluate.first": .integer(3)]) { $1 }
    #expect(try Points.prepare(decade).id == Points.prepare(changed).id)
    #expect(try Points.prepare(decade).id != Points.prepare().id)
  }
}

@Suite struct ThresholdsTests {
  let thresholds = Thresholds(train: 0.1, test: 0.01)
  let steps = [0, 1, 10, 100, 1000]

  @Test func memorizationIsTheFirstStepThatMeetsTheThreshold() {
    #expect(thresholds.memorization(steps: steps, train: [1, 0.1, 5, 0, 0]) == 1)
    #expect(thresholds.memorization(steps: steps, train: [0, 1, 1, 1, 1]) == 0)
    #expect(thresholds.memorization(steps: steps, train: [1, 1, 1, 1, 0.100001]) == nil)
    #expect(thresholds.memorization(steps: [], train: []) == nil)
  }

  @Test func generalizationNeedsEveryLaterStep() {
    #expect(thresholds.generalization(steps: steps, test: [1, 1, 0.01, 0, 0.001]) == 10)
    #expect(thresholds.generalization(steps: steps, test: [1, 0, 1, 0, 0]) == 100)
    #expect(thresholds.generalization(steps: steps, test: [0, 0, 0, 0, 1]) == nil)
    #expect(thresholds.generalization(steps: steps, test: [0, 0, 0, 0, 0]) == 0)
    #expect(thresholds.generalization(steps: steps, test: [1, 1, 1, 1, 0]) == 1000)
    #expect(thresholds.generalization(steps: [], test: []) == nil)
  }

  @Test func notANumberMeetsNothing() {
    #expect(thresholds.memorization(steps: [0, 1], train: [.nan, 0]) == 1)
    #expect(thresholds.generalization(steps: [0, 1, 2], test: [0, .nan, 0]) == 2)
    #expect(thresholds.generalization(steps: [0, 1], test: [0, .nan]) == nil)
  }

  @Test func accuraciesMeetTheirsFromBelow() {
    let accuracy = Thresholds(train: 0.99, test: 0.9, largerIsBetter: true)
    #expect(accuracy.memorization(steps: [0, 1, 2], train: [0.5, 0.99, 1]) == 1)
    #expect(accuracy.generalization(steps: [0, 1, 2], test: [0.95, 0.5, 0.9]) == 2)
  }
}
