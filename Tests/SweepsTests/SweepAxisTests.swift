// This file tests the grid of a sweep, and how `--set` changes a spec.

import Experiments
import Sweeps
import Testing
import _TestSupport

@Suite struct SweepAxisTests {
  func values(_ axis: String, of key: String = "learning_rate") throws -> [Double] {
    let parsed = try spec("sweep: {\(key): \(axis)}")
    return parsed.axes[0].values.compactMap(\.asNumber)
  }

  @Test func listsKeepTheirOrder() throws {
    #expect(try values("[0.3, 1e-2, 0.1]") == [0.3, 0.01, 0.1])
    let words = try spec("sweep: {method: [proximal, subgradient]}").axes[0].values
    #expect(words == [.text("proximal"), .text("subgradient")])
  }

  @Test func logspaceKeepsBothEndsExactly() throws {
    let rates = try values("{logspace: [1.0e-3, 1.0e-1, 5]}")
    #expect(rates.first == 1e-3 && rates.last == 1e-1)
    let expected = [1e-3, 0.0031622776601683795, 1e-2, 0.031622776601683795, 1e-1]
    #expect(Tolerance.sum(.f64, terms: 8).mismatch(rates, expected) == nil)
    #expect(try values("{logspace: [0.5, 2, 1]}") == [0.5])
  }

  @Test func linspaceAndRange() throws {
    #expect(
      try values("{linspace: [10, 100, 10]}", of: "problem.N") == (1...10).map { 10 * Double($0) })
    #expect(try values("{linspace: [1, 0.5, 3]}") == [1, 0.75, 0.5])
    #expect(try values("{range: [0, 4]}", of: "seed") == [0, 1, 2, 3])
    #expect(try values("{range: [1, 8, 3]}", of: "seed") == [1, 4, 7])
  }

  @Test func lastAxisVariesFastest() throws {
    let parsed = try spec(
      "sweep:\n  seed: [1, 2]\n  regularizer.l1: [0.1, 0.2]\n  problem: {N: [10, 20]}")
    #expect(parsed.axes.map(\.key) == ["seed", "regularizer.l1", "problem.N"])
    let points = (0..<parsed.count).map { index in
      parsed.axes.map { parsed.point(index)[$0.key].asNumber ?? .nan }
    }
    #expect(
      points == [
        [1, 0.1, 10], [1, 0.1, 20], [1, 0.2, 10], [1, 0.2, 20],
        [2, 0.1, 10], [2, 0.1, 20], [2, 0.2, 10], [2, 0.2, 20],
      ])
  }

  static let refused: [(axis: String, error: String)] = [
    ("[]", "a.yaml:2: sweep.learning_rate: has no values"),
    ("[0.1, x]", "a.yaml:2: sweep.learning_rate = x: must be a number greater than 0"),
    ("[0.1, 1.0e-1]", "a.yaml:2: sweep.learning_rate: has the same value twice"),
    ("0.1", "a.yaml:2: sweep.learning_rate: must be a list, {logspace: [first, last, count]}"),
    ("{logspace: [0, 1, 3]}", "a.yaml:2: sweep.learning_rate.logspace: must be a list"),
    ("{logspace: [1, 2]}", "a.yaml:2: sweep.learning_rate.logspace: must be a list"),
    ("{logspace: [1, 2, 2.5]}", "a.yaml:2: sweep.learning_rate = 2.5: the count must be"),
    ("{logspace: [1, 2, 0]}", "a.yaml:2: sweep.learning_rate = 0.0: the count must be"),
    ("{linspace: [1, 2, 1e300]}", "a.yaml:2: sweep.learning_rate = 1e+300: the count must be"),
    ("{linspace: [1, .inf, 3]}", "a.yaml:2: sweep.learning_rate.linspace: must hold numbers"),
    ("{linspace: [1, 2, a]}", "a.yaml:2: sweep.learning_rate.linspace: must hold numbers"),
    ("{geomspace: [1, 2, 3]}", "a.yaml:2: sweep.learning_rate.geomspace: must be a list"),
    ("{range: [3, 3]}", "a.yaml:2: sweep.learning_rate.range: must be integers"),
    ("{range: [0, 4, 0]}", "a.yaml:2: sweep.learning_rate.range: must be integers"),
    ("{range: [0, 4.5]}", "a.yaml:2: sweep.learning_rate.range: must be integers"),
    ("{range: [0, 1e18]}", "a.yaml:2: sweep.learning_rate.range: must be integers"),
    ("{range: [-9e18, 9e18]}", "a.yaml:2: sweep.learning_rate.range: must be integers"),
    (
      "{range: [-9e18, 9e18, 9e18]}",
      "a.yaml:2: sweep.learning_rate = -9000000000000000000: must be"
    ),
  ]

  @Test(arguments: refused) func refusedAxes(axis: String, error: String) {
    let text = specError("sweep: {learning_rate: \(axis)}")
    #expect(text.hasPrefix(error))
  }

  @Test func hugeGridsAreRefused() {
    let axis = "{range: [0, 1000000]}"
    let three = "sweep: {seed: \(axis), problem.signal_seed: \(axis), steps: \(axis)}"
    #expect(specError(three) == "a.yaml: sweep: the grid is too large: at most 10000000 runs")
    let four = three.dropLast() + ", problem.measurement_seed: \(axis)}"
    #expect(
      specError(String(four)) == "a.yaml: sweep: the grid is too large: at most 10000000 runs")
  }

  /// A grid costs nothing before its points are asked for.
  @Test func largeGridsAreReadAtOnce() throws {
    let parsed = try spec(
      "sweep: {seed: {range: [0, 1000]}, problem.signal_seed: {range: [0, 1000]}}")
    #expect(parsed.count == 1_000_000)
    #expect(parsed.point(999_999)["seed"] == .integer(999))
    #expect(parsed.point(1000)["problem.signal_seed"] == .integer(0))
  }

  /// Values are compared as the key takes them, so two spellings of one list are the same value.
  @Test func equalValuesAreRefused() {
    let text = "problem: {n: 20, N: 10}\nsweep: {evaluate.at: [[0, 10], [10, 0, 0], [1]]}"
    #expect(specError(text).contains("has the same value twice"))
  }
}

@Suite struct OverrideTests {
  func value(_ lines: String, _ overrides: [String], _ key: String) throws -> ParameterValue {
    try spec(lines, overrides: overrides).point(0)[key]
  }

  @Test func nestedAndDottedKeysAreReplaced() throws {
    for lines in ["problem: {N: 20, s: 2}", "problem.N: 20\nproblem.s: 2", "seed: 1"] {
      #expect(try value(lines, ["problem.N=7"], "problem.N") == .integer(7))
      let kept = try value(lines, ["problem.N=7"], "problem.s")
      #expect(kept == (lines == "seed: 1" ? .integer(5) : .integer(2)))
    }
    #expect(try value("seed: 1", ["seed=2", "seed=3"], "seed") == .integer(3))
    #expect(try value("", ["learning_rate=1e-3"], "learning_rate") == .number(0.001))
  }

  @Test func wholeMappingsAreReplaced() throws {
    let overrides = ["problem={N: 7}"]
    #expect(try value("problem: {N: 20, s: 2}", overrides, "problem.N") == .integer(7))
    #expect(try value("problem: {N: 20, s: 2}", overrides, "problem.s") == .integer(5))
    #expect(try value("problem.s: 2", overrides, "problem.s") == .integer(5))
  }

  @Test func setEndsTheSweepOfItsKey() throws {
    for lines in [
      "sweep: {seed: [1, 2], problem.N: [10, 20]}",
      "sweep:\n  seed: [1, 2]\n  problem: {N: [10, 20]}",
    ] {
      let ended = try spec(lines, overrides: ["problem.N=7"])
      #expect(ended.axes.map(\.key) == ["seed"])
      #expect(ended.point(0)["problem.N"] == .integer(7))
      #expect(try spec(lines, overrides: ["problem={N: 7}"]).axes.map(\.key) == ["seed"])
    }
  }

  @Test func setReplacesAndAddsSweeps() throws {
    let lines = "sweep: {seed: [1, 2], problem: {N: [10, 20]}}"
    let replaced = try spec(lines, overrides: ["sweep.problem.N=[5, 6, 7]"])
    #expect(replaced.count == 6 && Set(replaced.axes.map(\.key)) == ["seed", "problem.N"])
    let added = try spec("seed: 4", overrides: ["sweep.seed={range: [0, 3]}"])
    #expect(added.axes.map(\.key) == ["seed"] && added.count == 3)
    #expect(try spec(lines, overrides: ["sweep={}"]).axes.isEmpty)
  }

  @Test(arguments: [
    ("seed", "--set = seed: must be path=value"), ("=3", "--set = =3: must be path=value"),
    ("seed=x", "--set:1: seed = x: must be an integer"), ("seed=[1", "--set: not valid YAML"),
    ("sed=1", "--set:1: sed: is not a key of this experiment; did you mean seed?"),
    ("seed=", "--set"),
  ]) func refusedOverrides(_ text: String, _ error: String) {
    let found = specError("", overrides: [text])
    #expect(found.hasPrefix(error) || found.hasPrefix("--set: \(text): must be path=value"))
  }

  @Test func experimentCanBeSet() throws {
    let parsed = try SweepSpec(
      yaml: "experiment: none", file: "a.yaml", overrides: ["experiment=sparse-recovery"])
    #expect(parsed.experiment.name == "sparse-recovery")
  }
}
