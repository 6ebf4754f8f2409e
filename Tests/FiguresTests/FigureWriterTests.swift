// This file tests what a figure leaves on disk: tables, scripts, pictures, verdict.

import Figures
import Foundation
import Sweeps
import Testing
import _TestSupport

@Suite struct FigureWriterTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func input(_ id: String) throws -> FigureInput {
    switch id {
    case "notsawo/fig03": try SyntheticRuns.Figure3().input()
    case "notsawo/fig04", "notsawo/fig26": try SyntheticRuns.Grid().input()
    case let id where NetworkJudgementTests.figures.contains(id):
      try SyntheticNetworkRuns.input(id)
    case "lyu/fig2a", "lyu/fig2b", "lyu/fig2c", "lyu/fig4", "boursier/fig3":
      try SyntheticAdditionRuns.input(id)
    case let id where SyntheticDiagonalRuns.ids.contains(id): try SyntheticDiagonalRuns.input(id)
    case let id where SyntheticDepthRuns.ids.contains(id): try SyntheticDepthRuns.input(id)
    case let id where SyntheticSampleSizeRuns.ids.contains(id):
      try SyntheticSampleSizeRuns.Sweep(id).input()
    case "notsawo/fig07", "notsawo/fig16", "notsawo/fig19", "notsawo/fig20": try trainedInput(id)
    case "notsawo/text-claims": try TextClaimTests.trained.get()
    case "notsawo/appG2-convex": try trainedInput(id) { try $0.parameters.integer("seed") == 1 }
    default: try SyntheticMatrixRuns.input(id)
    }
  }

  private func data(_ name: String) throws -> Data {
    try Data(contentsOf: URL(fileURLWithPath: folder.file(name)))
  }

  private func rows(_ name: String) throws -> [[Substring]] {
    String(decoding: try data(name), as: UTF8.self).split(separator: "\n").map {
      $0.split(separator: ",", omittingEmptySubsequences: false)
    }
  }

  /// A program that stands for gnuplot.
  private func fakeGnuplot(_ script: String) throws -> Gnuplot {
    let path = folder.file("gnuplot")
    try Data(("#!/bin/sh\n" + script).utf8).write(to: URL(fileURLWithPath: path))
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
    return try #require(Gnuplot(path: "/nonexistent:\(folder.path)"))
  }

  @Test func figure3TablesHaveTheirHeaders() throws {
    let writer = FigureWriter(folder: folder.path, gnuplot: nil)
    _ = try writer.write(RecipeCatalog.named("notsawo/fig03"), input("notsawo/fig03"))
    let curves = try rows("notsawo/fig03/curves.csv")
    #expect(
      curves[0] == ["step", "train_error", "test_error", "l1_norm", "l2_norm", "gradient_ratio"])
    #expect(curves.allSatisfy { $0.count == 6 })
    #expect(curves[1][0] == "0" && curves.last?[0] == "1000000")
    #expect(curves.count <= 1503)
    let components = try rows("notsawo/fig03/components.csv")[0]
    #expect(components.count == 101 && components.prefix(3) == ["step", "a_0", "a_1"])
  }

  @Test func figure4HasARowPerCell() throws {
    let writer = FigureWriter(folder: folder.path, gnuplot: nil)
    _ = try writer.write(RecipeCatalog.named("notsawo/fig04"), input("notsawo/fig04"))
    let cells = try rows("notsawo/fig04/cells.csv")
    #expect(
      cells[0] == [
        "learning_rate", "l1", "alpha_beta", "t2", "predicted", "test_error", "plateau",
      ])
    #expect(cells.count == 37 && cells.allSatisfy { $0.count == 7 })
    for cell in cells.dropFirst() { #expect(cell.allSatisfy { Double($0)?.isFinite == true }) }
  }

  @Test func figure26HasATablePerCell() throws {
    let writer = FigureWriter(folder: folder.path, gnuplot: nil)
    _ = try writer.write(RecipeCatalog.named("notsawo/fig26"), input("notsawo/fig26"))
    let files = try FileManager.default.contentsOfDirectory(
      atPath: folder.file("notsawo/fig26"))
    let tables = files.filter { $0.hasSuffix(".csv") }
    #expect(tables.count == 36)
    for table in tables {
      #expect(try rows("notsawo/fig26/\(table)")[0] == ["step", "train_error", "test_error"])
    }
  }

  @Test(arguments: RecipeCatalog.all.map(\.id)) func theVerdictIsJSON(id: String) throws {
    let recipe = try RecipeCatalog.named(id)
    let claims = try FigureWriter(folder: folder.path, gnuplot: nil).write(recipe, input(id))
    let verdict = try #require(
      JSONSerialization.jsonObject(with: data("\(id)/claims.json")) as? [String: Any])
    #expect(Set(verdict.keys) == ["figure", "title", "citation", "claims"])
    #expect(verdict["figure"] as? String == id)
    #expect(verdict["citation"] as? String == recipe.citation)
    let written = try #require(verdict["claims"] as? [[String: Any]])
    #expect(written.count == claims.count)
    for (object, claim) in zip(written, claims) {
      let keys: Set = ["claim", "measured", "tolerance", "held", "verdict"]
      if case .notTestable(let reason) = claim.verdict {
        #expect(Set(object.keys) == keys.union(["reason"]) && object["reason"] as? String == reason)
      } else {
        #expect(Set(object.keys) == keys)
      }
      #expect(object["verdict"] as? String == claim.verdict.name)
      #expect(object["claim"] as? String == claim.statement)
      #expect(object["held"] as? Bool == claim.held)
    }
  }

  @Test(
    .enabled(if: Gnuplot() != nil, "gnuplot is not on the path"),
    arguments: RecipeCatalog.all.map(\.id))
  func picturesAreDrawn(id: String) throws {
    _ = try FigureWriter(folder: folder.path, gnuplot: Gnuplot())
      .write(RecipeCatalog.named(id), input(id))
    let name = try #require(id.split(separator: "/").last)
    let svg = String(decoding: try data("\(id)/\(name).svg"), as: UTF8.self)
    #expect(svg.contains("<svg") && svg.contains("</svg>"))
    // Curves, not only a frame.
    #expect(svg.count { $0 == "M" } > 20)
    let png = try data("\(id)/\(name).png")
    #expect(png.starts(with: [0x89, 0x50, 0x4E, 0x47]) && png.count > 10_000)
    #expect(try data("\(id)/\(name).pdf").starts(with: Data("%PDF".utf8)))
    let narrow = String(decoding: try data("\(id)/\(name)-narrow.svg"), as: UTF8.self)
    #expect(narrow.contains("</svg>") && narrow.count { $0 == "M" } > 20)
    // Letters of other fonts are not everywhere.
    #expect(!svg.contains("Symbol"))
  }

  /// Runs that were trained on the reference too may differ by five percent, or by the learning rate
  /// where singular values chatter.
  @Test(arguments: [
    ("notsawo/fig04", 0.1, 0.04, true), ("notsawo/fig04", 0.1, 0.06, false),
    ("notsawo/fig04", 0.1, .nan, false), ("notsawo/fig06", 0.1, 0.09, true),
    ("notsawo/fig06", 0.1, 0.11, false), ("notsawo/fig06", 1.0, 0.11, true),
  ]) func deviationsFromTheReferenceAreAClaim(
    id: String, rate: Double, deviation: Double, held: Bool
  ) throws {
    let runs = try input(id).runs.map { run in
      FigureInput.Run(
        prepared: run.prepared, curves: run.curves, t1: run.t1, t2: run.t2,
        maxDeviation: try run.prepared.parameters.number("learning_rate") == rate
          ? deviation : nil)
    }
    let claims = try FigureWriter(folder: folder.path, gnuplot: nil)
      .write(RecipeCatalog.named(id), FigureInput(runs: runs))
    let claim = try #require(claims.last { $0.statement.contains("CPU reference") })
    #expect(claim.held == held)
  }

  @Test func withoutGnuplotTheScriptsStandReady() throws {
    #expect(Gnuplot(path: "") == nil)
    #expect(Gnuplot(path: folder.path) == nil)
    _ = try FigureWriter(folder: folder.path, gnuplot: nil)
      .write(RecipeCatalog.named("notsawo/fig03"), input("notsawo/fig03"))
    let script = String(decoding: try data("notsawo/fig03/fig03.gp"), as: UTF8.self)
    #expect(script.contains("set output 'fig03.svg'") && script.contains("'curves.csv'"))
    #expect(!FileManager.default.fileExists(atPath: folder.file("notsawo/fig03/fig03.svg")))
  }

  @Test func howAFigureWasMadeIsWritten() throws {
    let recipe = try RecipeCatalog.named("notsawo/fig03")
    let making = FigureMaking(
      scale: .paper, variant: .paper, specs: try recipe.figureSpecs(.paper, .paper),
      version: "1.2.3")
    _ = try FigureWriter(folder: folder.path, gnuplot: nil)
      .write(recipe, input("notsawo/fig03"), making)
    let record = try #require(
      JSONSerialization.jsonObject(with: data("notsawo/fig03-paper/figure.json"))
        as? [String: Any])
    #expect(record["figure"] as? String == "notsawo/fig03")
    #expect(record["scale"] as? String == "paper" && record["variant"] as? String == "paper")
    #expect(record["version"] as? String == "1.2.3")
    let overrides = try #require(record["overrides"] as? [String])
    #expect(overrides == ["problem.row_variance=1/n", "init.kind=normal"])
    #expect(record["tables"] as? [String] == ["curves", "components"])
    // The spec gives the runs that were made.
    let specs = try #require(record["specs"] as? [String])
    #expect(specs.count == 1)
    let read = try SweepSpec(yaml: specs[0], file: "figure.json")
    #expect(read.point(0).json == making.specs[0].spec.point(0).json)
  }

  @Test func whatGnuplotComplainsOfIsHandedOn() throws {
    let gnuplot = try fakeGnuplot("echo 'line 3: no such terminal' >&2; exit 1\n")
    let writer = FigureWriter(folder: folder.path, gnuplot: gnuplot)
    let input = try input("notsawo/fig03")
    let error = #expect(throws: FigureError.self) {
      try writer.write(RecipeCatalog.named("notsawo/fig03"), input)
    }
    #expect("\(try #require(error))".contains("line 3: no such terminal"))
  }

  @Test func aFolderThatCannotBeMadeIsNamed() throws {
    try Data().write(to: URL(fileURLWithPath: folder.file("file")))
    let writer = FigureWriter(folder: folder.file("file"), gnuplot: nil)
    let input = try input("notsawo/fig03")
    let error = #expect(throws: StoreError.self) {
      try writer.write(RecipeCatalog.named("notsawo/fig03"), input)
    }
    #expect("\(try #require(error))".contains(folder.file("file")))
  }
}
