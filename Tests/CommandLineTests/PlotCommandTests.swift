// This file tests `plot` from a sweep to the picture.

import Foundation
import Testing

@Suite struct PlotCommandTests {
  private static let hasGnuplot = (ProcessInfo.processInfo.environment["PATH"] ?? "")
    .split(separator: ":")
    .contains { FileManager.default.isExecutableFile(atPath: "\($0)/gnuplot") }

  /// A store with two learning rates times two seeds.
  private func filled() async throws -> Workplace {
    let place = try Workplace(spec: Workplace.sweep)
    try await place.succeed("run spec.yaml --device cpu --store s.sqlite")
    return place
  }

  @Test(arguments: [
    "--x lr --y test_error,train_error --log xy --output p.svg",
    "--x step --y test_error --group lr --log xy --marks --output p.png",
    "--x lr --y seed --color test_error --log c --output p.pdf",
  ]) func thePictureItsTableAndItsScript(options: String) async throws {
    let place = try await filled()
    let before = try place.contents()
    let finished = try await place.succeed("plot s.sqlite \(options)")
    let picture = try #require(options.split(separator: " ").last.map(String.init))
    let files = (Self.hasGnuplot ? [picture] : []) + ["p.csv", "p.gp"]
    #expect(finished.lines == files.map { "written to \($0)" })
    #expect(try place.contents() == before.union(files))
    for file in files { #expect(try place.bytes(file).count > 60, "\(file)") }
  }

  @Test func whatIsLeftOutIsCounted() async throws {
    let place = try await filled()
    let finished = try await place.run("plot s.sqlite --x step --y test_error --output p.svg")
    #expect(finished.status == 0)
    #expect(finished.errorLines.count == 1)
    #expect(finished.errors.contains("runs of a point differ in learning_rate as well"))
  }

  @Test func withoutGnuplotThereAreTableAndScript() async throws {
    let place = try await filled()
    let finished = try await place.run(
      "plot s.sqlite --x lr --y test_error --output out.svg", environment: ["PATH": "/nonexistent"])
    #expect(finished.status == 0 && finished.errors.contains("no gnuplot"))
    #expect(finished.lines == ["written to out.csv", "written to out.gp"])
  }

  @Test(arguments: [
    (["--y", "t2", "--output", "p.svg"], 64, "--x"),
    (["--x", "lr", "--y", "t2"], 64, "--output"),
    (["--x", "lr", "--y", "t2", "--output", "p.jpg"], 64, "must end in .svg, .png, .pdf"),
    (["--x", "lr", "--y", "t2", "--output", "p.svg", "--log", "z"], 64, "--log 'z'"),
    (["--x", "lr", "--y", "t2", "--output", "p.svg", "--log", "c"], 64, "--log c needs --color"),
    (["--x", "lr", "--y", "t2", "--output", "p.svg", "--marks"], 64, "--marks needs --x step"),
    (["--x", "lr", "--y", ",", "--output", "p.svg"], 64, "--y ','"),
    (
      ["--x", "lr", "--y", "seed", "--color", "t2", "--output", "p.svg", "--log", "x"], 64,
      "a cell for each value"
    ),
    (
      ["--x", "lr", "--y", "seed", "--color", "t2", "--output", "p.svg", "--group", "wd"], 64,
      "--group is not for heat maps"
    ),
    (["--x", "lr", "--y", "t2", "--output", "p.svg", "--where", "lr"], 64, "KEY OP VALUE"),
    (["--x", "lr", "--y", "test_eror", "--output", "p.svg"], 65, "did you mean test_error?"),
    (["--x", "lr", "--y", "t2", "--output", "p.svg"], 65, "no finished run has a number for t2"),
    (["--x", "lr", "--y", "test_error", "--output", "no/p.svg"], 74, "no/p.csv"),
  ]) func plotsThatCannotBeMade(options: [String], status: Int32, text: String) async throws {
    try await expectRefusal(
      try await filled(), ["plot", "s.sqlite"] + options, status: status, [text])
  }
}
