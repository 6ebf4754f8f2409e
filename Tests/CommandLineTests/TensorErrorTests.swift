// This file tests tensor files that are broken, hostile or of the wrong shapes: exit code 65.

import Testing

@Suite struct TensorErrorTests {
  typealias Tensors = [(name: String, shape: [Int], values: [Double])]

  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let bytes: [UInt8]
    let fragments: [String]

    init(_ name: String, _ bytes: [UInt8], _ fragments: String...) {
      testDescription = name
      self.bytes = bytes
      self.fragments = ["bad.safetensors"] + fragments
    }

    /// A file whose header has one tensor X.
    init(_ name: String, x entry: String, bytes: Int = 8, _ fragments: String...) {
      testDescription = name
      self.bytes = Safetensors.file(
        header: "{\"X\":{\(entry)}}", data: [UInt8](repeating: 0, count: bytes))
      self.fragments = ["bad.safetensors: X"] + fragments
    }
  }

  static func good(
    rows: Int = 2, columns: Int = 3, y: Int = 2, target: Int = 3, start: [Int] = [1, 3],
    first: Double = 1
  ) -> Tensors {
    func ones(_ shape: [Int]) -> [Double] { Array(repeating: 0.5, count: shape.reduce(1, *)) }
    return [
      ("X", [rows, columns], [first] + ones([rows * columns]).dropFirst()), ("y", [y], ones([y])),
      ("target", [target], ones([target])), ("init", start, ones(start)),
    ]
  }

  static let broken = [
    Case("empty", [], "shorter"),
    Case("seven bytes", [1, 2, 3, 4, 5, 6, 7], "shorter"),
    Case("length of 2^64 - 1", [UInt8](repeating: 0xFF, count: 64), "header length"),
    Case("length of 2^63", Safetensors.word(1 << 63) + [0x7B, 0x7D], "header length"),
    Case("length beyond the file", Safetensors.word(3) + [0x7B, 0x7D], "header length 3"),
    Case("not JSON", Safetensors.file(header: "hello"), "not a JSON object"),
    Case("a list", Safetensors.file(header: "[]"), "not a JSON object"),
    Case(
      "nested beyond reason", Safetensors.file(header: String(repeating: "[", count: 200_000)),
      "not a JSON object"),
    Case("not UTF-8", Safetensors.word(2) + [0xFF, 0xFE], "not a JSON object"),
    Case("an entry is a number", Safetensors.file(header: "{\"X\":3}"), "X", "dtype"),
    Case("no type", x: "\"shape\":[1],\"data_offsets\":[0,8]", "needs dtype"),
    Case("three offsets", x: "\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[0,8,9]", "two"),
    Case("half", x: "\"dtype\":\"BF16\",\"shape\":[4],\"data_offsets\":[0,8]", "BF16", "F64"),
    Case("fractions", x: "\"dtype\":\"F64\",\"shape\":[0.5],\"data_offsets\":[0,8]", "shape"),
    Case("negative", x: "\"dtype\":\"F64\",\"shape\":[-1],\"data_offsets\":[0,8]", "shape"),
    Case("huge number", x: "\"dtype\":\"F64\",\"shape\":[1e300],\"data_offsets\":[0,8]", "shape"),
    Case(
      "overflowing shape",
      x: "\"dtype\":\"F64\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,8]", "too large"),
    Case("too few bytes", x: "\"dtype\":\"F64\",\"shape\":[2],\"data_offsets\":[0,8]", "16 bytes"),
    Case("beyond the end", x: "\"dtype\":\"F64\",\"shape\":[2],\"data_offsets\":[0,16]", "outside"),
    Case("backwards", x: "\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[8,0]", "outside"),
    Case("a gap", x: "\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[8,16]", bytes: 16, "gap"),
    Case(
      "trailing bytes",
      Safetensors.file(header: "{}", data: [0]), "trailing"),
    Case(
      "overlap",
      Safetensors.file(
        header: """
          {"X":{"dtype":"F64","shape":[1],"data_offsets":[0,8]},
           "y":{"dtype":"F64","shape":[1],"data_offsets":[0,8]}}
          """, data: [UInt8](repeating: 0, count: 8)), "overlap"),
  ]

  static let misshapen = [
    Case("no tensors", Safetensors.file([]), "X", "[N, n]"),
    Case("no y", Safetensors.file(Array(good().prefix(1))), "y", "[2]"),
    Case("X of one axis", Safetensors.file([("X", [3], [1, 2, 3])]), "X = [3]", "[N, n]"),
    Case("X without rows", Safetensors.file([("X", [0, 3], [])]), "X = [0, 3]", "[N, n]"),
    Case("y too long", Safetensors.file(good(y: 3)), "y = [3]", "[2]"),
    Case("target too short", Safetensors.file(good(target: 2)), "target = [2]", "[3]"),
    Case("init too wide", Safetensors.file(good(start: [1, 4])), "init = [1, 4]", "[L, 3]"),
    Case("init of no factors", Safetensors.file(good(start: [0, 3])), "init = [0, 3]", "[L, 3]"),
    Case("not a number", Safetensors.file(good(first: .nan)), "X", "not finite"),
    Case("infinite", Safetensors.file(good(first: .infinity)), "X", "not finite"),
  ]

  @Test(arguments: broken + misshapen) func isRefused(file: Case) async throws {
    let place = try Workplace()
    try place.write("bad.safetensors", file.bytes)
    try await expectRefusal(
      place,
      ["run", "spec.yaml", "--device", "cpu", "--json", "--instance", "bad.safetensors"],
      status: 65, file.fragments)
  }

  /// A good file that does not fit the spec: the spec is at fault.
  @Test(arguments: [
    (good(start: [2, 3]), ["depth = 1", "2 factors"]),
    (good(first: 100), ["learning_rate = 0.05", "sigma_max"]),
  ]) func aSpecThatDoesNotFitIsRefused(tensors: Tensors, fragments: [String]) async throws {
    let place = try Workplace()
    try place.write("good.safetensors", Safetensors.file(tensors))
    try await expectRefusal(
      place, ["run", "spec.yaml", "--device", "cpu", "--instance", "good.safetensors"],
      status: 65, ["spec.yaml: "] + fragments)
  }

  /// A file that was cut off anywhere says so.
  @Test func truncatedFilesAreRefused() async throws {
    let place = try Workplace()
    try await place.succeed("instance spec.yaml --output whole.safetensors")
    let whole = try place.bytes("whole.safetensors")
    for length in [1, 8, 50, whole.count / 2, whole.count - 1] {
      try place.write("cut.safetensors", Array(whole.prefix(length)))
      try await expectRefusal(
        place, ["run", "spec.yaml", "--instance", "cut.safetensors"], status: 65,
        ["cut.safetensors"])
    }
  }

  @Test func aFileThatIsNotThereIsNamed() async throws {
    try await expectRefusal(
      try Workplace(), ["run", "spec.yaml", "--instance", "none.safetensors"], status: 65,
      ["none.safetensors"])
    try await expectRefusal(
      try Workplace(), ["run", "spec.yaml", "--instance", "."], status: 65, ["."])
  }

  /// The smallest good file is taken, so the cases above fail for their own reason.
  @Test func theGoodFileIsTaken() async throws {
    let place = try Workplace()
    try place.write("good.safetensors", Safetensors.file(Self.good()))
    let run = try await place.succeed(
      "run spec.yaml --device cpu --json --instance good.safetensors"
    ).objects()[0]
    let flat = try #require(run["parameters"] as? [String: Any])
    #expect(flat["problem.n"] as? Int == 3 && flat["problem.N"] as? Int == 2)
  }
}
