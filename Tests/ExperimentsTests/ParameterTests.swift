// This file tests parameter values, what keys accept, canonical JSON, run identities and SHA-256.

import Experiments
import Testing

@Suite struct ParameterDefinitionTests {
  func accept(
    _ kind: ParameterDefinition.Kind, _ value: ParameterValue,
    default standard: ParameterValue = .integer(1)
  ) -> ParameterValue? {
    ParameterDefinition("key", kind, default: standard, "").accept(value)
  }

  @Test func integers() {
    let kind = ParameterDefinition.Kind.integer(1...1000)
    #expect(accept(kind, .integer(1)) == .integer(1))
    #expect(accept(kind, .number(1000)) == .integer(1000))
    let refused: [ParameterValue] = [
      .integer(0), .integer(1001), .number(1.5), .number(.nan), .number(.infinity),
      .number(1e300), .text("3"), .boolean(true), .null, .list([.integer(1)]),
    ]
    for value in refused { #expect(accept(kind, value) == nil, "\(value)") }
  }

  @Test func numbers() {
    let open = ParameterDefinition.Kind.number(0...10, open: true)
    #expect(accept(open, .integer(3)) == .number(3))
    #expect(accept(open, .number(10)) == .number(10))
    for value in [0, -0.0, -1, 10.5, .nan, .infinity] {
      #expect(accept(open, .number(value)) == nil, "\(value)")
    }
    #expect(accept(open, .text("1")) == nil && accept(open, .boolean(true)) == nil)
    let closed = ParameterDefinition.Kind.number(0...Double.infinity, open: false)
    #expect(accept(closed, .number(.infinity)) == .number(.infinity))
    #expect(accept(closed, .integer(0)) == .number(0))
  }

  /// Minus zero is zero, so it must not make another run.
  @Test func minusZeroIsZero() {
    let kind = ParameterDefinition.Kind.number(0...10, open: false)
    #expect(accept(kind, .number(-0.0))?.json == "0.0")
  }

  @Test func wordsAndSwitches() {
    #expect(accept(.choice(["a", "b"]), .text("b")) == .text("b"))
    #expect(accept(.choice(["a", "b"]), .text("c")) == nil)
    #expect(accept(.boolean, .boolean(false)) == .boolean(false))
    #expect(accept(.boolean, .integer(0)) == nil && accept(.boolean, .text("false")) == nil)
  }

  @Test func expressions() {
    let kind = ParameterDefinition.Kind.expression(["1/N"])
    #expect(accept(kind, .text("1/N")) == .text("1/N"))
    #expect(accept(kind, .integer(2)) == .number(2))
    for value in [ParameterValue.text("1/n"), .number(0), .number(.infinity), .boolean(true)] {
      #expect(accept(kind, value) == nil, "\(value)")
    }
  }

  @Test func listsAreSortedWithoutRepeats() {
    let kind = ParameterDefinition.Kind.integers(0...100)
    let list = ParameterValue.list([.integer(10), .number(1), .integer(10), .integer(0)])
    #expect(accept(kind, list) == .list([.integer(0), .integer(1), .integer(10)]))
    let refused: [ParameterValue] = [
      .list([]), .list([.integer(101)]), .list([.number(0.5)]), .list([.text("1")]), .integer(1),
    ]
    for value in refused { #expect(accept(kind, value) == nil, "\(value)") }
  }

  @Test func nullOnlyWhereTheDefaultIsNull() {
    #expect(accept(.boolean, .null) == nil)
    #expect(accept(.boolean, .null, default: .null) == .null)
  }

  @Test func allowedValuesInWords() {
    func words(_ kind: ParameterDefinition.Kind, _ standard: ParameterValue = .integer(1))
      -> String
    { ParameterDefinition("key", kind, default: standard, "").allowed }
    #expect(words(.integer(1...8)) == "an integer from 1 to 8")
    #expect(words(.integer(1...8), .null) == "an integer from 1 to 8, or null")
    #expect(words(.number(0...1, open: false)) == "a number at least 0 and at most 1.0")
    #expect(
      words(.number(0...Double.infinity, open: true)).hasSuffix("greater than 0, .inf included"))
    #expect(words(.choice(["a", "b"])) == "one of a, b")
  }

  @Test func everyDefaultIsAllowed() {
    for experiment in ExperimentCatalog.all {
      let keys = experiment.parameters.map(\.key)
      #expect(Set(keys).count == keys.count)
      for definition in experiment.parameters {
        #expect(definition.accept(definition.defaultValue) == definition.defaultValue)
      }
    }
  }

  @Test func unknownFamilyNamesTheFamilies() {
    let text = specError { _ = try ExperimentCatalog.named("sparse") }
    #expect(text.hasPrefix("experiment = sparse: must be one of sparse-recovery"))
  }
}

@Suite struct RunIdentityTests {
  @Test func canonicalJSON() {
    let parameters = ResolvedParameters([
      "b": .number(0.5), "a": .list([.integer(1), .null]), "c.d": .text("x\"\\\n\u{1}ä"),
      "e": .boolean(true), "f": .number(.infinity), "g": .number(1000), "h": .integer(1000),
    ])
    let expected =
      #"{"a":[1,null],"b":0.5,"c.d":"x\"\\\n\u0001ä","e":true,"f":"inf","g":1000.0,"h":1000}"#
    #expect(parameters.json == expected)
    #expect(parameters.runID == String(SHA256.hexDigest(of: Array(expected.utf8)).prefix(16)))
  }

  @Test func metricsThatAreNotNumbersAreNull() {
    #expect([1.5, .infinity, .nan, 0].map(JSONText.metric) == ["1.5", "null", "null", "0.0"])
  }

  @Test func everyKeyChangesTheRun() throws {
    let base = try Points.prepare().id
    let changes: [[String: ParameterValue]] = [
      ["seed": .integer(2)], ["learning_rate": .number(0.11)], ["depth": .integer(2)],
      ["method": .text("proximal")], ["regularizer.l1": .number(1e-4)],
      ["problem.tau": .number(0.5)], ["precision": .text("f32")], ["steps": .integer(101)],
      ["thresholds.train": .number(0.5)], ["init.scale": .number(0.5)],
    ]
    let ids = try changes.map { try Points.prepare($0).id }
    #expect(Set(ids + [base]).count == changes.count + 1)
    #expect(try Points.prepare().id == base && base.count == 16)
  }

  /// A budget only stands for the steps it comes to.
  @Test func budgetBecomesSteps() throws {
    let budget = try Points.prepare([
      "budget.delays": .number(2), "steps": .integer(1_000_000),
      "regularizer.l1": .number(1e-2),
    ])
    let analysis = SparseRecoveryAnalysis(try Points.problem())
    let delay = analysis.predictedDelay(learningRate: 0.1, l1: 1e-2)
    #expect(budget.steps == Int((2 * delay).rounded(.up)) && budget.steps < 1_000_000)
    let explicit = try Points.prepare([
      "steps": .integer(budget.steps), "regularizer.l1": .number(1e-2),
    ])
    #expect(budget.id == explicit.id)
    let capped = try Points.prepare(["budget.delays": .number(1e6), "steps": .integer(50)])
    #expect(capped.steps == 50)
    let least = try Points.prepare([
      "budget.delays": .number(1e-6), "budget.least": .integer(70), "steps": .integer(1000),
    ])
    #expect(least.steps == 70)
    let text = specError {
      _ = try Points.prepare(["budget.delays": .number(2), "regularizer.l1": .number(0)])
    }
    #expect(text == "budget.delays = 2.0: needs regularizer.l1 above 0")
  }
}

@Suite struct SHA256Tests {
  /// Source: FIPS 180-2 appendix B, and NIST's CAVP vectors for the lengths at the block's border.
  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
    (
      String(repeating: "a", count: 1_000_000),
      "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
    ),
  ]) func knownAnswers(_ message: String, _ digest: String) {
    #expect(SHA256.hexDigest(of: Array(message.utf8)) == digest)
  }

  /// `hashlib.sha256(b"x" * n)` around the padding's border.
  @Test(arguments: SHA256Tests.borders) func lengthsAtTheBorderOfABlock(
    _ count: Int, _ digest: String
  ) {
    #expect(SHA256.hexDigest(of: [UInt8](repeating: 0x78, count: count)) == digest)
  }

  static let borders: [(Int, String)] = [
    (55, "d5e285683cd4efc02d021a5c62014694958901005d6f71e89e0989fac77e4072"),
    (56, "04c26261370ee7541549d16dee320c723e3fd14671e66a099afe0a377c16888e"),
    (63, "75220b47218278e656f2013bb8f0c455a25eaf01e86c64924e9d48d89776d6f2"),
    (64, "7ce100971f64e7001e8fe5a51973ecdfe1ced42befe7ee8d5fd6219506b5393c"),
    (65, "9537c5fdf120482f7d58d25e9ed583f52c02b4e304ea814db1633ad565aed7e9"),
    (119, "000b48d4edf0fa7bee3c6236ecd2785baa5db4eeb8bb54341b029e0d9fa5fb0c"),
    (120, "13f05a0b594787f5ecd315edc96141bd3243203d1b7d4f0836f37308b276ba98"),
  ]
}

@Suite struct SpecErrorTests {
  @Test func oneLineNamingPlaceKeyValueAndReason() {
    let error = SpecError(place: "a.yaml:3", key: "depth", value: "9", "must be\nsmall")
    #expect(error.description == "a.yaml:3: depth = 9: must be small")
    #expect(SpecError("nothing").description == "nothing")
    #expect(SpecError(key: "depth", "is wrong").description == "depth: is wrong")
  }
}
