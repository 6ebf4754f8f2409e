// This file tests what a spec may say, and what its errors do.

import Experiments
import Sweeps
import Testing

/// A spec of sparse recovery with these further lines.
func spec(_ lines: String, overrides: [String] = []) throws -> SweepSpec {
  try SweepSpec(
    yaml: "experiment: sparse-recovery\n" + lines, file: "a.yaml", overrides: overrides)
}

/// The error of a spec, from reading it to preparing its runs; fails the test when there is none.
func specError(
  _ lines: String, overrides: [String] = [], sourceLocation: SourceLocation = #_sourceLocation
) -> String {
  let error = #expect(throws: SpecError.self, sourceLocation: sourceLocation) {
    _ = try SweepPlan(spec(lines, overrides: overrides))
  }
  return error?.description ?? ""
}

@Suite struct SpecTests {
  @Test func defaultsAreThoseOfTheFamily() throws {
    let parsed = try spec("")
    #expect(parsed.count == 1 && parsed.axes.isEmpty && parsed.name == "a.yaml")
    let point = parsed.point(0)
    for definition in SparseRecovery().parameters {
      #expect(point[definition.key] == definition.defaultValue)
    }
    #expect(point["experiment"] == .text("sparse-recovery"))
  }

  @Test func nestedAndDottedKeysMeanTheSame() throws {
    let nested = try spec("problem: {N: 20, s: 2}\nregularizer:\n  l1: 0.5\n")
    let dotted = try spec("problem.N: 20\nproblem.s: 2\nregularizer.l1: 0.5\n")
    #expect(nested.point(0) == dotted.point(0))
    #expect(nested.point(0)["problem.N"] == .integer(20))
  }

  /// One run, however its numbers are written and its keys are ordered.
  @Test(arguments: [
    "steps: 1000\nseed: 3", "seed: 3\nsteps: 1000", "steps: 1E3\nseed: 3",
    "steps: 1_000\nseed: 3.0", "steps: 1000.0\nseed: +3", "{steps: 1e3, seed: 3}",
  ]) func spellingDoesNotChangeTheRun(_ lines: String) throws {
    let text = lines.hasPrefix("{") ? lines : "{\(lines.replacing("\n", with: ", "))}"
    let yaml = "{experiment: sparse-recovery, problem: {n: 20, N: 10}, " + text.dropFirst()
    let run = try SweepPlan(SweepSpec(yaml: yaml, file: "a.yaml")).runs[0]
    let expected = try SweepPlan(spec("problem: {N: 10, n: 20}\nsteps: 1000\nseed: 3")).runs[0]
    #expect(run.id == expected.id && run.steps == 1000)
    #expect(run.id != (try SweepPlan(spec("problem: {N: 10, n: 20}\nsteps: 1000")).runs[0].id))
  }

  @Test func scalarsFollowYAML12() throws {
    func value(_ text: String, of key: String = "learning_rate") throws -> ParameterValue {
      try spec("\(key): \(text)").point(0)[key]
    }
    #expect(try value("1e-3") == .number(0.001))
    #expect(try value("1.0E+0") == .number(1))
    #expect(try value(".5") == .number(0.5))
    #expect(try value("1") == .number(1))
    #expect(try value(".inf", of: "problem.snr") == .number(.infinity))
    #expect(try value("~", of: "problem.signal_seed") == .null)
    #expect(try value("null", of: "problem.signal_seed") == .null)
    #expect(try value("True", of: "unsafe_step") == .boolean(true))
    #expect(try value("1/n", of: "problem.row_variance") == .text("1/n"))
    #expect(try value("'1/n'", of: "problem.row_variance") == .text("1/n"))
  }

  /// Lines and what their error must be, or begin with.
  static let refused: [(lines: String, error: String)] = [
    (
      "learning_rat: 1",
      "a.yaml:2: learning_rat: is not a key of this experiment; did you mean learning_rate?"
    ),
    (
      "problem: {M: 3}",
      "a.yaml:2: problem.M: is not a key of this experiment; did you mean problem.N?"
    ),
    (
      "\nsweep: {sed: [1, 2]}", "a.yaml:3: sed: is not a key of this experiment; did you mean seed?"
    ),
    ("entirely_different: 1", "a.yaml:2: entirely_different: is not a key of this experiment"),
    ("steps: many", "a.yaml:2: steps = many: must be an integer from 0 to"),
    ("steps: '1000'", "a.yaml:2: steps = 1000: must be an integer"),
    ("steps: -1", "a.yaml:2: steps = -1: must be an integer from 0 to"),
    ("steps: 1.5", "a.yaml:2: steps = 1.5: must be an integer"),
    ("steps: [1]", "a.yaml:2: steps = [1]: must be an integer"),
    ("steps: {a: 1}", "a.yaml:2: steps = a mapping: must be an integer"),
    ("steps: null", "a.yaml:2: steps = null: must be an integer"),
    ("seed: 010", "a.yaml:2: 010: a number must not start with 0 (not octal)"),
    ("seed: -07", "a.yaml:2: -07: a number must not start with 0"),
    ("seed: 0x10", "a.yaml:2: seed = 0x10: must be an integer"),
    ("seed: 4294967296", "a.yaml:2: seed = 4294967296: must be an integer from 0 to 4294967295"),
    ("learning_rate: 0", "a.yaml:2: learning_rate = 0: must be a number greater than 0"),
    ("learning_rate: 1e999", "a.yaml:2: learning_rate = \"inf\": must be a number greater than 0"),
    ("learning_rate: .nan", "a.yaml:2: learning_rate = .nan: must be a number"),
    ("learning_rate: yes", "a.yaml:2: learning_rate = yes: must be a number"),
    ("unsafe_step: yes", "a.yaml:2: unsafe_step = yes: must be true or false"),
    ("method: sgd", "a.yaml:2: method = sgd: must be one of subgradient, projected, proximal"),
    ("problem: 3", "a.yaml:2: problem = 3: must be a mapping of keys"),
    ("problem: [3]", "a.yaml:2: problem = [3]: must be a mapping of keys"),
    ("problem: {s: 101}", "a.yaml: problem.s = 101: must be at most problem.n = 100"),
    (
      "problem: {N: 2000000}", "a.yaml:2: problem.N = 2000000: must be an integer from 1 to 1000000"
    ),
    ("problem: {N: 1000000, n: 1000}", "a.yaml: problem.N = 1000000: n * N must be at most"),
    ("learning_rate: 5", "a.yaml: learning_rate = 5.0: must be below 2/(sigma_max(X^T X) + l2) = "),
    ("{method: projected, depth: 2}", "a.yaml"),
    (
      "method: projected\ndepth: 2",
      "a.yaml: depth = 2: the projected method is defined for depth 1"
    ),
    ("evaluate: {at: []}", "a.yaml:2: evaluate.at = []: must be a list of integers"),
    ("evaluate: {at: [-1]}", "a.yaml:2: evaluate.at = [-1]: must be a list of integers from 0"),
    ("evaluate: {per_decade: 0}", "a.yaml:2: evaluate.per_decade = 0: must be an integer from 1"),
    ("evaluate: {per_decade: 3, at: [1]}", "a.yaml: evaluate: give per_decade or at, not both"),
    ("budget: {delays: 0}", "a.yaml:2: budget.delays = 0: must be a number greater than 0"),
  ]

  @Test(arguments: refused) func refusedNamingPlaceKeyValueAndWhatIsAllowed(
    lines: String, error: String
  ) {
    let text = specError(lines)
    #expect(text.hasPrefix(error))
    #expect(!text.contains("\n"))
  }

  @Test(arguments: [
    "seed: 1\nseed: 2", "problem: {N: 3, N: 4}", "problem: {N: 3}\nproblem.N: 4",
    "problem.N: 4\nproblem: {N: 3}", "sweep: {seed: [1], seed: [2]}",
    "sweep: {problem: {N: [3]}, problem.N: [4]}",
  ]) func keysGivenTwiceAreRefused(_ lines: String) {
    let text = specError(lines)
    #expect(text.hasPrefix("a.yaml"))
    #expect(text.contains("twice") || text.contains("duplicate"))
  }

  @Test func unsafeStepAllowsTheLearningRate() throws {
    let plan = try SweepPlan(spec("learning_rate: 5\nunsafe_step: true"))
    #expect(plan.runs.count == 1)
  }

  @Test func budgetEndsTheRun() throws {
    let plan = try SweepPlan(spec("budget: {delays: 2}\nregularizer: {l1: 0.01}"))
    #expect(plan.runs[0].steps > 0 && plan.runs[0].steps < 1_000_000)
  }

  // MARK: - Files that are no specs

  @Test(arguments: [
    ("", "a.yaml: the file is empty"), ("# only a comment\n", "a.yaml: the file is empty"),
    ("- 1\n- 2\n", "a.yaml: must be a mapping of keys"), ("word", "a.yaml: must be a mapping"),
    ("null", "a.yaml: must be a mapping of keys"),
    ("seed: 1", "a.yaml: experiment: is missing; one of sparse-recovery"),
    ("experiment: sparse", "a.yaml:1: experiment = sparse: must be one of sparse-recovery"),
    ("experiment: [a]", "a.yaml:1: experiment = [a]: must be one of"),
    ("a: [1", "a.yaml: not valid YAML"), ("a: b: c", "a.yaml: not valid YAML"),
    ("a: 1\n---\nb: 2", "a.yaml: not valid YAML"), ("\u{0}", "a.yaml: not valid YAML"),
    ("{[1]: 2}", "a.yaml:1: a key must be a word"),
  ]) func refusedFiles(_ yaml: String, _ expected: String) {
    let error = #expect(throws: SpecError.self) { try SweepSpec(yaml: yaml, file: "a.yaml") }
    let text = error?.description ?? ""
    #expect(text.hasPrefix(expected) && !text.contains("\n"))
  }

  @Test func aliasesAreRefused() {
    #expect(specError("steps: &a 3\nseed: *a").contains("aliases are not supported"))
  }

  /// Ten levels of ten aliases would make 10^10 nodes.
  @Test(.timeLimit(.minutes(1))) func aliasesDoNotMultiply() {
    var lines = "a0: &a0 [1, 1]\n"
    for level in 1..<10 {
      let items = [String](repeating: "*a\(level - 1)", count: 10).joined(separator: ", ")
      lines += "a\(level): &a\(level) [\(items)]\n"
    }
    #expect(specError(lines).contains("aliases are not supported"))
  }

  @Test(arguments: [40, 900, 5000, 200_000]) func deepNestingIsRefused(_ depth: Int) {
    let lists = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    #expect(specError("seed: " + lists).hasPrefix("a.yaml"))
    let mappings = String(repeating: "{a: ", count: depth) + String(repeating: "}", count: depth)
    #expect(specError("problem: " + mappings).hasPrefix("a.yaml"))
  }
}
