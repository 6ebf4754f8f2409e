// This file tests specs that make no sense: exit code 65, and a line that says where and what.

import Testing

@Suite struct SpecErrorTests {
  /// Replaces a line of the spec, or adds one, and what must be said of it.
  struct Case: Sendable, CustomTestStringConvertible {
    let text: String
    let fragments: [String]

    init(_ text: String, _ fragments: String...) {
      self.text = text
      self.fragments = fragments
    }

    var testDescription: String { text }
  }

  @Test(arguments: [
    Case("lerning_rate: 0.1", "lerning_rate", "did you mean learning_rate?"),
    Case("problem: {n: 12, S: 2}", "problem.S", "did you mean problem."),
    Case("learning_rate: fast", "learning_rate = fast", "must be a number greater than 0"),
    Case("learning_rate: 0", "learning_rate = 0", "greater than 0"),
    Case("learning_rate: .nan", "learning_rate", "greater than 0"),
    Case("learning_rate: [0.1]", "learning_rate = [0.1]", "must be a number"),
    Case("learning_rate: {logspace: [1, 2, 3]}", "learning_rate", "must be a number"),
    Case("learning_rate: 5", "learning_rate = 5.0", "2/(sigma_max(X^T X) + l2)", "unsafe_step"),
    Case("steps: -1", "steps = -1", "an integer from 0"),
    Case("steps: 1.5", "steps = 1.5", "an integer from 0"),
    Case("steps: 0100", "0100", "not octal"),
    Case("steps: 1e30", "steps = 1e+30", "an integer from 0"),
    Case("problem: {n: 12, s: 13}", "problem.s = 13", "at most problem.n = 12"),
    Case("problem: {N: 2000000}", "problem.N = 2000000", "from 1 to 1000000"),
    Case("problem: {n: 1000000, N: 1000000}", "problem.N = 1000000", "at most 134217728 entries"),
    Case("problem: 12", "problem = 12", "must be a mapping"),
    Case("method: magic", "method = magic", "one of subgradient, projected, proximal"),
    Case("method: [1]", "method = [1]", "one of subgradient"),
    Case("seed: 4294967296", "seed = 4294967296", "from 0 to 4294967295"),
    Case("precision: f16", "precision = f16", "one of"),
    Case("evaluate: {at: []}", "evaluate.at", "a list of integers"),
    Case("evaluate: {at: [1], per_decade: 3}", "evaluate", "not both"),
    Case("sweep: {seed: []}", "sweep.seed", "no values"),
    Case("sweep: {seed: [1, 1]}", "sweep.seed", "twice"),
    Case("sweep: {seed: {range: [3, 3]}}", "sweep.seed", "start < end"),
    Case("sweep: {seed: {range: [0, 1000000000000]}}", "sweep.seed", "start < end"),
    Case("sweep: {learning_rate: {logspace: [0, 1, 3]}}", "sweep.learning_rate", "logspace"),
    Case("sweep: {learning_rate: {linspace: [0.01, 0.1, 1e9]}}", "sweep.learning_rate", "count"),
    Case("sweep: {sede: [1]}", "sede", "did you mean seed?"),
    Case("sweep: 3", "must be a mapping"),
    Case("a: &x [1]\nb: *x", "a"),
    Case("a: [1", "not valid YAML"),
    Case("budget: {delays: 2}\nregularizer: {l1: 0}", "budget.delays", "regularizer.l1 above 0"),
  ]) func aSpecIsRefused(spec: Case) async throws {
    let key = spec.text.prefix { $0 != ":" }
    let lines = Workplace.single.split(separator: "\n").filter { !$0.hasPrefix("\(key):") }
    let place = try Workplace(spec: lines.joined(separator: "\n") + "\n" + spec.text + "\n")
    try await expectRefusal(
      place, ["run", "spec.yaml", "--device", "cpu", "--json"], status: 65,
      ["grokcl: spec.yaml"] + spec.fragments)
  }

  @Test(arguments: [
    Case("problem.Z=3", "--set", "problem.Z", "did you mean problem.N?"),
    Case("steps=-5", "--set", "steps = -5", "an integer from 0"),
    Case("steps", "--set = steps", "path=value"),
    Case("=5", "--set = =5", "path=value"),
    Case("steps=", "--set", "steps = null", "an integer from 0"),
    Case("problem=[", "--set", "not valid YAML"),
    Case("experiment=dream", "experiment = dream", "sparse-recovery"),
    Case("sweep.seed=5", "sweep.seed", "a list"),
  ]) func anOverrideIsRefused(override: Case) async throws {
    try await expectRefusal(
      try Workplace(), ["run", "spec.yaml", "--set", override.text, "--json"], status: 65,
      override.fragments)
  }

  @Test func aNegativeNumberOfStepsIsRefused() async throws {
    try await expectRefusal(
      try Workplace(), ["run", "spec.yaml", "--steps=-5"], status: 65, ["steps = -5"])
    try await expectRefusal(
      try Workplace(), ["run", "spec.yaml", "--precision", "f16"], status: 65, ["precision = f16"])
  }

  @Test func theLineIsNamed() async throws {
    let place = try Workplace(spec: Workplace.single + "\nseed: -1\n")
    try await expectRefusal(place, ["run", "spec.yaml"], status: 65, ["spec.yaml:6: seed = -1"])
  }

  @Test func whatIsNoSpecIsRefused() async throws {
    let place = try Workplace()
    try place.write("empty.yaml", "")
    try place.write("comment.yaml", "# nothing\n")
    try place.write("list.yaml", "[1, 2]\n")
    try place.write("binary.yaml", [0xFF, 0xFE, 0x00, 0x80, 0xC3])
    try place.write("no-experiment.yaml", "steps: 5\n")
    try place.write("deep.yaml", String(repeating: "[", count: 5000))
    for name in ["empty", "comment", "list", "binary", "no-experiment", "deep"] {
      try await expectRefusal(place, ["run", "\(name).yaml"], status: 65, ["\(name).yaml"])
    }
    try await expectRefusal(place, ["run", "."], status: 65, ["."])
    try await expectRefusal(
      place, ["run", "missing.yaml"], status: 65, ["missing.yaml", "no such file", "notsawo/fig03"])
    try await expectRefusal(
      place, ["figure", "notsawo/fig99", "--output", "out"], status: 65,
      ["notsawo/fig99", "notsawo/fig03, notsawo/fig04"])
  }

  /// An instance is of one run.
  @Test func anInstanceOfASweepIsRefused() async throws {
    try await expectRefusal(
      try Workplace(spec: Workplace.sweep),
      ["instance", "spec.yaml", "--output", "x.safetensors"], status: 65, ["sweep", "4 points"])
  }
}
