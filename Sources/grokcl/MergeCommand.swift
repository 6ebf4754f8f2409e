import ArgumentParser
import Experiments
import Foundation
import Sweeps

struct MergeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "merge",
    abstract: "Bring the runs of several stores into one.",
    discussion: """
      All of them or none: two stores with different curves of the same complete run are an error
      (65), and nothing is changed. A complete run takes the place of a stopped one. Merging again
      changes nothing. The sources are only read; stores of older versions will do.
      """)

  @Argument(help: "SQLite files of `run --store`.")
  var stores: [String]

  @Option(help: "The store that takes the runs; made where there is none.")
  var into: String

  @Flag(help: "One JSON object with the numbers of runs.")
  var json = false

  func run() throws {
    // A pattern may name the destination among the sources.
    let sources = try stores.filter { !Self.isSame($0, into) }.map { try RunStore(reading: $0) }
    let isNew = !FileManager.default.fileExists(atPath: into)
    let report: MergeReport
    do {
      let store = try RunStore(writing: into)
      report = try store.merge(sources)
      try store.close()
    } catch {
      // Nothing was committed to it.
      if isNew { unlink(into) }
      throw error
    }
    try Output.line(json ? Self.json(report) : text(report))
  }

  private func text(_ report: MergeReport) -> String {
    "\(into): \(report.added) runs added, \(report.replaced) replaced, \(report.equal) equal, "
      + "\(report.behind) stopped ones left out"
  }

  private static func json(_ report: MergeReport) -> String {
    JSONText.object([
      ("added", String(report.added)), ("replaced", String(report.replaced)),
      ("equal", String(report.equal)), ("behind", String(report.behind)),
    ])
  }

  private static func isSame(_ a: String, _ b: String) -> Bool {
    var (first, second) = (stat(), stat())
    return stat(a, &first) == 0 && stat(b, &second) == 0
      && first.st_dev == second.st_dev && first.st_ino == second.st_ino
  }
}
