// This file tests plots of stores: their tables against the runs, and what they leave out.

import Experiments
import Figures
import Foundation
import ReferenceBackend
import Sweeps
import Synchronization
import Testing
import _TestSupport

@Suite struct StorePlotTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Two rates times three seeds; runs of the larger strength do not generalise in 300 steps.
  private static let sweep = """
    experiment: sparse-recovery
    problem: {n: 12, s: 1, N: 10}
    steps: 300
    evaluate: {first: 20, every: 10}
    thresholds: {train: 0.2, test: 0.4}
    unsafe_step: true
    sweep:
      learning_rate: [0.05, 0.2]
      regularizer.l1: [1.0e-3, 1.0e-1]
      seed: [1, 2, 3]
    """

  private func store(_ specs: String...) throws -> (store: RunStore, results: [RunResult]) {
    let path = folder.file("s.sqlite")
    let reference = ReferenceTrainingBackend()
    let found = Mutex<[RunResult]>([])
    var events = SweepRunner.Events()
    events.results = { results in found.withLock { $0 += results } }
    for spec in specs {
      try SweepRunner(backends: [reference], reference: reference)
        .run(SweepPlan(try SweepSpec(yaml: spec, file: "test")), events: events)
    }
    let store = try RunStore(writing: path)
    let sweep = try store.addSweep(name: "test", spec: "", version: "1")
    let results = found.withLock { $0 }
    try store.add(results, sweep: sweep, version: "1")
    try store.close()
    return (try RunStore(reading: path), results)
  }

  /// The rows of the table below its header, and the header.
  private func table(
    _ plot: StorePlot, _ name: String = "p.svg", gnuplot: Gnuplot? = nil
  ) throws -> (header: [String], rows: [[String]], script: String) {
    let file = try #require(StorePlotFile(folder.file(name)))
    let files = try file.write(plot, with: gnuplot)
    #expect(files.count == (gnuplot == nil ? 2 : 3))
    for path in files { #expect(FileManager.default.fileExists(atPath: path), "\(path)") }
    let base = folder.file(String(name.prefix { $0 != "." }))
    let text = try String(contentsOfFile: base + ".csv", encoding: .utf8)
    let rows = text.split(separator: "\n").map {
      $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
    return (
      rows[0], Array(rows.dropFirst()), try String(contentsOfFile: base + ".gp", encoding: .utf8)
    )
  }

  private func number(_ run: RunResult, _ key: String) throws -> Double {
    try run.run.parameters.number(key)
  }

  /// The middle of three.
  private func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

  // MARK: - Points

  @Test func pointsAreMediansOverSeeds() throws {
    let (store, results) = try store(Self.sweep)
    let query = PlotQuery(
      x: "lr", y: ["test_error", "l1_norm"], group: ["regularizer.l1"], logarithmic: [.x, .y])
    let plot = try StorePlot(store, query)
    #expect(plot.remarks == [])
    let (header, rows, script) = try table(plot)
    #expect(
      header == [
        "series", "regularizer.l1", "quantity", "lr", "median", "q25", "q75", "runs",
      ])
    #expect(rows.count == 8 && Set(rows.map { $0[0] }) == ["0", "1", "2", "3"])
    for row in rows {
      let values = try results.filter {
        try number($0, "regularizer.l1") == Double(row[1])
          && number($0, "learning_rate") == Double(row[3])
      }.compactMap { $0.curves[row[2]]?.last }
      #expect(values.count == 3 && row[7] == "3")
      #expect(Double(row[4]) == median(values))
      let sorted = values.sorted()
      let quarter = try #require(Double(row[5]))
      #expect(abs(quarter - (sorted[0] + sorted[1]) / 2) < 1e-12)
      let threeQuarters = try #require(Double(row[6]))
      #expect(abs(threeQuarters - (sorted[1] + sorted[2]) / 2) < 1e-12)
    }
    #expect(script.contains("set logscale x") && script.contains("set logscale y"))
    #expect(script.contains("'p.csv'") && script.contains("set output 'p.svg'"))
    #expect(script.contains("title 'test error, regularizer.l1 = 0.001'"))
  }

  @Test func delaysAreDifferencesOfSteps() throws {
    let (store, results) = try store(Self.sweep)
    let reached = results.filter { $0.t1 != nil && $0.t2 != nil }
    try #require(reached.count >= 6 && reached.count < 12)
    let plot = try StorePlot(store, PlotQuery(x: "seed", y: ["t2-t1"], over: []))
    for row in try table(plot).rows {
      let delays = try reached.filter { try number($0, "seed") == Double(row[2]) }
        .compactMap { run in run.t1.flatMap { t1 in run.t2.map { Double($0 - t1) } } }.sorted()
      #expect(row[6] == "\(delays.count)")
      #expect(Double(row[3]) == Statistic.median(delays))
    }
    let missing = results.count - reached.count
    #expect(
      plot.remarks == ["t2-t1: \(missing) of 12 finished runs have no value and are left out"])
  }

  @Test func whatIsMixedAndLeftOutIsSaid() throws {
    let diverging = """
      experiment: sparse-recovery
      problem: {n: 12, s: 1, N: 10}
      learning_rate: 50
      steps: 300
      evaluate: {first: 20, every: 10}
      thresholds: {train: 0.2, test: 0.4}
      unsafe_step: true
      """
    let (store, results) = try store(Self.sweep, diverging)
    try #require(results.count { $0.status == .diverged } == 1)
    let plot = try StorePlot(store, PlotQuery(x: "lr", y: ["test_error"]))
    #expect(plot.remarks.count == 2)
    #expect(plot.remarks[0] == "1 of 13 runs diverged or were stopped and are left out")
    #expect(plot.remarks[1].hasPrefix("runs of a point differ in regularizer.l1 as well"))
    let rows = try table(plot).rows
    #expect(rows.map { $0[2] } == ["0.05", "0.2"] && rows.allSatisfy { $0[6] == "6" })
    let query = PlotQuery(
      x: "lr", y: ["test_error"], conditions: [try RunCondition("lr < 1")], logarithmic: [.y])
    #expect(try StorePlot(store, query).remarks.count == 1)
  }

  @Test func wordsHavePlacesOnAnAxis() throws {
    let methods = """
      experiment: sparse-recovery
      problem: {n: 12, s: 1, N: 10}
      steps: 50
      evaluate: {every: 10}
      sweep: {method: [subgradient, proximal], seed: [1, 2]}
      """
    let plot = try StorePlot(try store(methods).store, PlotQuery(x: "method", y: ["test_error"]))
    let (_, rows, script) = try table(plot)
    #expect(rows.map { $0[2] } == ["\"proximal\"", "\"subgradient\""])
    #expect(script.contains("set xtics ('proximal' 0, 'subgradient' 1)"))
    #expect(script.contains("yerrorbars") && !script.contains("filledcurves"))
  }

  // MARK: - Curves

  @Test func curvesAreMediansAtEveryStep() throws {
    let (store, results) = try store(Self.sweep)
    let query = PlotQuery(
      x: "step", y: ["train_error", "test_error"], group: ["lr"],
      conditions: [try RunCondition("regularizer.l1 = 1e-3")], logarithmic: [.x],
      marksSteps: true)
    let (header, rows, script) = try table(try StorePlot(store, query))
    #expect(
      header == ["series", "learning_rate", "quantity", "step", "median", "q25", "q75", "runs"])
    let steps = results[0].curves.steps
    #expect(rows.count == 4 * steps.count)
    for row in rows {
      let runs = try results.filter {
        try number($0, "learning_rate") == Double(row[1]) && number($0, "regularizer.l1") == 1e-3
      }
      let values = runs.compactMap { run in
        run.curves.steps.firstIndex { "\($0)" == row[3] }.flatMap { run.curves[row[2]]?[$0] }
      }
      #expect(values.count == 3 && Double(row[4]) == median(values))
    }
    // Steps are counted from 1 on a logarithmic axis, those of the marks too.
    #expect(script.contains("set xlabel 'step + 1'") && script.contains("$4+1"))
    let fast = try results.filter {
      try number($0, "learning_rate") == 0.2 && number($0, "regularizer.l1") == 1e-3
    }.compactMap(\.t1).sorted()
    #expect(fast.count == 3 && script.contains("set arrow from \(fast[1] + 1).0, graph 0"))
  }

  @Test func curvesOfOtherStepsAreCutToThoseOfAll() throws {
    let short = Self.sweep.replacing("steps: 300", with: "steps: 100")
    let plot = try StorePlot(
      try store(Self.sweep, short).store,
      PlotQuery(x: "step", y: ["test_error"], group: ["lr"], over: ["seed", "regularizer.l1"]))
    let rows = try table(plot).rows
    #expect(rows.compactMap { Int($0[3]) }.max() == 100)
    #expect(rows.allSatisfy { $0[7] == "12" })
    #expect(plot.remarks.contains { $0.contains("2 of 2 groups are drawn at those") })
    #expect(plot.remarks.contains { $0.contains("differ in steps as well") })
  }

  // MARK: - Heat maps

  @Test func heatMapsHaveACellForEveryPair() throws {
    let (store, results) = try store(Self.sweep)
    let query = PlotQuery(
      x: "lr", y: ["regularizer.l1"], colour: "test_error", logarithmic: [.colour])
    let (header, rows, script) = try table(try StorePlot(store, query))
    #expect(header == ["column", "row", "learning_rate", "regularizer.l1", "test_error", "runs"])
    #expect(
      rows.map { $0.prefix(4) } == [
        ["0", "0", "0.05", "0.001"], ["0", "1", "0.05", "0.1"], ["1", "0", "0.2", "0.001"],
        ["1", "1", "0.2", "0.1"],
      ])
    for row in rows {
      let values = try results.filter {
        try number($0, "learning_rate") == Double(row[2])
          && number($0, "regularizer.l1") == Double(row[3])
      }.compactMap { $0.curves["test_error"]?.last }
      #expect(Double(row[4]) == median(values) && row[5] == "3")
    }
    #expect(script.contains("set logscale cb") && script.contains("boxxyerror"))
  }

  // MARK: - Pictures

  @Test(
    .enabled(if: Gnuplot() != nil, "gnuplot is not on the path"),
    arguments: [
      ("a.svg", PlotQuery(x: "lr", y: ["t1", "t2"], group: ["regularizer.l1"])),
      ("b.png", PlotQuery(x: "lr", y: ["t2"], group: ["seed"], logarithmic: [.x, .y])),
      ("it's.pdf", PlotQuery(x: "step", y: ["test_error"], group: ["lr"], marksSteps: true)),
      ("d.svg", PlotQuery(x: "lr", y: ["regularizer.l1"], colour: "t2", logarithmic: [.colour])),
      ("e.svg", PlotQuery(x: "method", y: ["t2"])),
      ("f.svg", PlotQuery(x: "steps", y: ["method"], colour: "t2")),
    ])
  func picturesAreDrawn(name: String, query: PlotQuery) throws {
    let plot = try StorePlot(try store(Self.sweep).store, query)
    _ = try table(plot, name, gnuplot: Gnuplot())
    let bytes = try Data(contentsOf: URL(fileURLWithPath: folder.file(name)))
    #expect(bytes.count > 3000)
    if name.hasSuffix("svg") {
      let text = String(decoding: bytes, as: UTF8.self)
      #expect(text.contains("</svg>") && text.contains("gnuplot_plot_1"))
    }
  }

  @Test func onlyThreeFormsAreKnown() {
    #expect(StorePlotFile.suffixes == [".svg", ".png", ".pdf"])
    #expect(StorePlotFile("a.jpg") == nil && StorePlotFile("svg") == nil)
    #expect(StorePlotFile("a/b.SVG") != nil)
  }

  // MARK: - Errors

  @Test func whatCannotBeDrawnIsNamed() throws {
    let store = try store(Self.sweep).store
    func message(_ query: PlotQuery) -> String {
      do {
        _ = try StorePlot(store, query)
        return ""
      } catch {
        return "\(error)"
      }
    }
    let key = message(PlotQuery(x: "learning_rte", y: ["t2"]))
    #expect(key.contains("no run has the key learning_rte; did you mean learning_rate?"))
    #expect(key.contains("there are run, ") && key.contains("regularizer.l1, "))
    #expect(message(PlotQuery(x: "lr", y: ["t3"])).contains("did you mean t1?"))
    #expect(message(PlotQuery(x: "lr", y: ["t2"], group: ["sed"])).contains("did you mean seed?"))
    let metric = message(PlotQuery(x: "step", y: ["test_eror"]))
    #expect(metric.contains("did you mean test_error?") && metric.contains("are train_error, "))
    #expect(message(PlotQuery(x: "lr", y: ["device"])).contains("has a number for device"))
    let none = PlotQuery(x: "lr", y: ["t2"], conditions: [try RunCondition.never])
    #expect(message(none).contains("none of the 12 runs meets the conditions"))
    #expect(
      message(PlotQuery(x: "lr", y: ["seed", "t1"], colour: "t2")).contains("one key on each axis"))
    #expect(
      message(PlotQuery(x: "lr", y: ["problem.tau"], logarithmic: [.y])).contains("above 0"))
  }
}

extension RunCondition {
  /// A condition that no run meets.
  fileprivate static var never: RunCondition {
    get throws { try RunCondition("seed = 99") }
  }
}
