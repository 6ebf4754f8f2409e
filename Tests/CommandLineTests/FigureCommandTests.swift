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
      "curves.csv", "components.csv", "theory.csv", "fig03.gp", "fig03-png.gp", "claims.json",
    ]
    if Self.hasGnuplot { files += ["fig03.svg", "fig03.png"] }
    let expected = Set(files.map { "out/notsawo/fig03/\($0)" })
    #expect(
      try place.contents()
        == expected.union([
          "spec.yaml", "out", "out/figures.sqlite", "out/notsawo", "out/notsawo/fig03",
        ]))
    for file in expected { #expect(try place.bytes(file).count > 100, "\(file)") }
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
