// This file tests `figure` from the command line to the pictures.

import Foundation
import GRDB
import Testing

@Suite struct FigureCommandTests {
  private static let hasGnuplot = (ProcessInfo.processInfo.environment["PATH"] ?? "")
    .split(separator: ":")
    .contains { FileManager.default.isExecutableFile(atPath: "\($0)/gnuplot") }

  private func claims(_ place: Workplace) throws -> [[String: Any]] {
    let data = Data(try place.bytes("out/notsawo/fig03/claims.json"))
    let verdict = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
    return try #require(verdict["claims"] as? [[String: Any]])
  }

  @Test(arguments: Workplace.devices) func figure3HoldsOnEveryDevice(device: String) async throws {
    let place = try Workplace()
    let command = "figure notsawo/fig03 --output out --device \(device)"
    let finished = try await place.succeed(command)
    #expect(finished.output.contains("  pass  ") && !finished.output.contains("FAIL"))
    let judged = try claims(place)
    #expect(judged.count >= 9)
    #expect(judged.allSatisfy { $0["held"] as? Bool == true })
    var files = [
      "curves.csv", "components.csv", "theory.csv", "fig03.gp", "fig03-narrow.gp", "fig03-png.gp",
      "fig03-pdf.gp", "claims.json", "figure.json",
    ]
    if Self.hasGnuplot { files += ["fig03.svg", "fig03-narrow.svg", "fig03.png", "fig03.pdf"] }
    let expected = Set(files.map { "out/notsawo/fig03/\($0)" })
    #expect(
      try place.contents()
        == expected.union([
          "spec.yaml", "out", "out/figures.sqlite", "out/report.html", "out/notsawo",
          "out/notsawo/fig03",
        ]))
    for file in expected { #expect(try place.bytes(file).count > 100, "\(file)") }
  }

  /// What the report says of the runs is what their store says.
  @Test func theReportSaysHowTheRunsWereMade() async throws {
    let place = try Workplace()
    let device = Workplace.devices.last ?? "cpu"
    let finished = try await place.succeed("figure notsawo/fig03 --output out --device \(device)")
    #expect(finished.lines.last == "report: out/report.html")
    let data = Data(try place.bytes("out/notsawo/fig03/figure.json"))
    let record = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
    let training = try #require(record["training"] as? [String: Any])
    let run = try #require(
      try await place.succeed("runs out/figures.sqlite --json").objects().first)
    #expect(training["devices"] as? [String] == [try #require(run["device"] as? String)])
    #expect(training["mappings"] as? [String] == [try #require(run["mapping"] as? String)])
    #expect(training["precisions"] as? [String] == ["f64"])
    #expect(training["runs"] as? Int == 1 && training["runSteps"] as? Int == 1_000_000)
    let rate = try #require(run["run_steps_per_second"] as? Double)
    let seconds = try #require(training["seconds"] as? Double)
    #expect(abs(seconds - 1e6 / rate) < 1e-9 * seconds)
    let page = try place.text("out/report.html")
    #expect(page.contains("<dt>device</dt><dd>\(try #require(run["device"] as? String))</dd>"))
    #expect(page.contains("<dt>scale</dt><dd>small</dd>"))
    #expect(!finished.output.contains("FAIL") && page.contains("No claim failed."))
    // The spec in the report is the run that the store has.
    let spec = try #require((record["specs"] as? [String])?.first)
    try place.write("as-run.yaml", spec)
    let plan = try await place.succeed("run as-run.yaml --store out/figures.sqlite --json")
    #expect(plan.errors.contains("1 of 1 runs are in the store"))
  }

  @Test func aVariantHasAFolderOfItsOwn() async throws {
    let place = try Workplace()
    let device = Workplace.devices.last ?? "cpu"
    try await place.succeed("figure notsawo/fig03 --output out --device \(device)")
    let variant = try await place.run(
      "figure notsawo/fig03 --variant paper --output out --device \(device)")
    // Numbers that its claims are compared with are those of the code's variant.
    #expect([0, 1].contains(variant.status) && variant.errors == "")
    #expect(variant.output.contains("notsawo/fig03-paper  "))
    let page = try place.text("out/report.html")
    #expect(page.contains("id=\"notsawo-fig03\"") && page.contains("id=\"notsawo-fig03-paper\""))
    let runs = try await place.succeed("runs out/figures.sqlite --json").objects()
    let variances = runs.compactMap {
      ($0["parameters"] as? [String: Any])?["problem.row_variance"] as? String
    }
    #expect(variances == ["1/N", "1/n"])
  }

  @Test(arguments: [
    (["--variant", "authors"], 64, "--variant 'authors': must be paper or code"),
    (["--variant", "code"], 65, "it follows the code already"),
    (["--scale", "large"], 64, "--scale 'large': must be small or paper"),
  ]) func variantsThatThereAreNot(options: [String], status: Int32, text: String) async throws {
    try await expectRefusal(
      try Workplace(), ["figure", "notsawo/fig03", "--output", "out"] + options, status: status,
      [text])
  }

  /// Runs are taken from the store; a wrong t2 there is a claim that does not hold.
  @Test func aClaimThatDoesNotHoldExitsWith1() async throws {
    let place = try Workplace()
    let command = "figure notsawo/fig03 --output out --device \(Workplace.devices.last ?? "cpu")"
    try await place.succeed(command)
    try await DatabaseQueue(path: place.path("out/figures.sqlite")).write { db in
      try db.execute(sql: "UPDATE runs SET t2 = t2 + 50000")
    }
    let finished = try await place.run(command)
    #expect(finished.status == 1)
    #expect(finished.errorLines == ["grokcl: 1 of 1 runs are in the store"])
    #expect(finished.output.contains("  FAIL  t2, generalisation (test error 1e-3): 151000"))
    let failed = try claims(place).filter { $0["held"] as? Bool == false }
    #expect(failed.count == 2)
    #expect(failed.allSatisfy { ($0["claim"] as? String)?.hasPrefix("t2") == true })
  }

  @Test func withoutGnuplotThereAreTablesAndScripts() async throws {
    let place = try Workplace()
    let finished = try await place.succeed(
      "figure notsawo/fig03 --output out --device \(Workplace.devices.last ?? "cpu")",
      environment: ["PATH": "/nonexistent"])
    #expect(finished.errorLines.count == 1 && finished.errors.contains("no gnuplot"))
    let files = try place.contents()
    #expect(files.contains("out/notsawo/fig03/fig03.gp"))
    #expect(!files.contains { $0.hasSuffix(".svg") || $0.hasSuffix(".png") })
  }
}
