// This file tests that the documentation is true: every spec that it shows trains, every key that it
// lists is a key.

import Experiments
import Foundation
import ReferenceBackend
import Sweeps
import Testing

@Suite struct DocumentationTests {
  private static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
  private static let catalogue = root.appendingPathComponent("Sources/GrokCL.docc")

  private static func files(_ suffix: String) -> [URL] {
    let all = FileManager.default.enumerator(at: catalogue, includingPropertiesForKeys: nil)
    return (all?.compactMap { $0 as? URL } ?? []).filter { $0.pathExtension == suffix }
      .sorted { $0.path < $1.path }
  }

  /// Name and text of the example files, and of each fenced spec on a page.
  private static let specs: [(name: String, text: String)] = {
    let pages = files("md") + [root.appendingPathComponent("README.md")]
    let fenced = pages.flatMap { page in
      let text = (try? String(contentsOf: page, encoding: .utf8)) ?? ""
      return text.components(separatedBy: "```yaml\n").dropFirst().enumerated().map {
        ("\(page.lastPathComponent) \($0)", $1.components(separatedBy: "```")[0])
      }
    }
    let examples = files("yaml").map {
      ($0.lastPathComponent, (try? String(contentsOf: $0, encoding: .utf8)) ?? "")
    }
    return fenced + examples
  }()

  @Test func thereAreExamplesOfEveryFamily() {
    for experiment in ExperimentCatalog.all {
      #expect(Self.specs.contains { $0.text.contains("experiment: \(experiment.name)\n") })
    }
    #expect(Self.files("yaml").count >= 10)
  }

  /// Both ends of every grid, for three steps.
  @Test(arguments: specs.map(\.name)) func theSpecTrains(name: String) throws {
    let text = try #require(Self.specs.first { $0.name == name }).text
    let whole = try SweepSpec(yaml: text, file: name)
    var overrides = ["steps=3"]
    if whole.experiment.parameters.contains(where: { $0.key == "budget.delays" }) {
      overrides.append("budget.delays=null")
    }
    let spec = try SweepSpec(yaml: text, file: name, overrides: overrides)
    for index in Set([0, spec.count - 1]) {
      // As it stands, and cut short.
      _ = try whole.experiment.prepare(whole.point(index), instance: nil)
      let run = try spec.experiment.prepare(spec.point(index), instance: nil)
      let plan = try SweepPlan(
        SweepSpec(
          yaml: text, file: name,
          overrides: overrides
            + spec.axes.map { axis in
              "\(axis.key)=\(run.parameters[axis.key])"
            }))
      let found = try Harness.run(plan)
      #expect(found.results.count == 1)
      #expect(found.results.allSatisfy { $0.status == .finished && $0.steps == 3 })
    }
  }

  /// `tools/docs` writes the pages again.
  @Test(arguments: ExperimentCatalog.all.map(\.name))
  func theReferenceIsUpToDate(name: String) throws {
    let reference = SpecReference(try ExperimentCatalog.named(name))
    let page = Self.catalogue.appendingPathComponent("Reference/\(reference.pageName).md")
    #expect(try String(contentsOf: page, encoding: .utf8) == reference.markdown + "\n")
    for key in try ExperimentCatalog.named(name).parameters {
      #expect(reference.markdown.contains("| `\(key.key)` |"))
    }
  }
}
