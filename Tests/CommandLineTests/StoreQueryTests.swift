// This file tests listings of a store by condition, order and group.

import Foundation
import Testing

@Suite struct StoreQueryTests {
  /// A store with two learning rates times two seeds.
  private func filled() async throws -> Workplace {
    let place = try Workplace(spec: Workplace.sweep)
    try await place.succeed("run spec.yaml --device cpu --store s.sqlite")
    return place
  }

  private func runs(_ place: Workplace, _ options: [String]) async throws -> [[String: Any]] {
    let finished = try await place.run(["runs", "s.sqlite", "--json"] + options)
    #expect(finished.status == 0, "\(finished.errors)")
    return try finished.objects()
  }

  private func parameter(_ runs: [[String: Any]], _ key: String) -> [Double] {
    runs.compactMap { ($0["parameters"] as? [String: Any])?[key] as? Double }
  }

  // MARK: - Runs

  @Test func conditionsAndOrder() async throws {
    let place = try await filled()
    let some = try await runs(place, ["--where", "lr = 0.02", "--where", "seed>=1"])
    #expect(parameter(some, "learning_rate") == [0.02] && parameter(some, "seed") == [1])
    let sorted = try await runs(place, ["--sort=-learning_rate"])
    #expect(parameter(sorted, "learning_rate") == [0.05, 0.05, 0.02, 0.02])
    #expect(parameter(sorted, "seed") == [0, 1, 0, 1])
    #expect(
      try await runs(place, ["--sort", "learning_rate", "--descending"]) as NSArray
        == sorted as NSArray)
    #expect(try await runs(place, ["--where", "t2 != null", "--where", "t2 = null"]).isEmpty)
  }

  /// What is asked about is a column; what is left out is said.
  @Test func tablesShowWhatIsAskedAbout() async throws {
    let place = try await filled()
    let listed = try await place.run(
      ["runs", "s.sqlite", "--where", "test_error < 100", "--sort=-seed", "--limit", "3"])
    #expect(listed.status == 0 && listed.lines.count == 4)
    #expect(listed.lines[0].hasSuffix("device  test_error  seed"))
    #expect(listed.lines.dropFirst().map { $0.last } == ["1", "1", "0"])
    #expect(listed.errorLines == ["grokcl: 3 of 4 runs are shown (--limit)"])
    let none = try await place.run(["runs", "s.sqlite", "--where", "seed = 7"])
    #expect(none.status == 0 && none.lines.count == 1)
    #expect(none.errorLines == ["grokcl: none of the 4 runs meets the conditions"])
    #expect(try await place.succeed("runs s.sqlite").errors == "")
  }

  // MARK: - Groups

  @Test func groupsOverSeeds() async throws {
    let place = try await filled()
    let all = try await runs(place, [])
    let groups = try await runs(place, ["--group", "lr", "--over", "seed", "--stat", "count,mean"])
    #expect(groups.count == 2)
    for (group, rate) in zip(groups, [0.02, 0.05]) {
      let key = try #require(group["group"] as? [String: Double])
      #expect(key == ["lr": rate])
      #expect(group["n"] as? Int == 2 && group["unfinished"] as? Int == 0)
      let errors = all.filter {
        ($0["parameters"] as? [String: Any])?["learning_rate"] as? Double == rate
      }.compactMap { ($0["final"] as? [String: Double])?["test_error"] }
      let summary = try #require(group["test_error"] as? [String: Double])
      #expect(summary["count"] == 2 && summary["null"] == 0)
      #expect(abs((summary["mean"] ?? 0) - (errors[0] + errors[1]) / 2) < 1e-15)
      // 400 steps are too few for t2.
      let t2 = try #require(group["t2"] as? [String: Any])
      #expect(t2["null"] as? Int == 2 && t2["mean"] is NSNull)
    }
  }

  @Test func groupsAsATable() async throws {
    let place = try await filled()
    let table = try await place.run(
      ["runs", "s.sqlite", "--group", "lr", "--over", "seed", "--metric", "test_error,t2"]
        + ["--stat", "median,iqr", "--sort=-lr", "--limit", "1"])
    #expect(table.status == 0)
    #expect(
      table.lines[0].split(separator: " ") == [
        "lr", "n", "unfinished", "test_error:null", "test_error:median", "test_error:iqr",
        "t2:null", "t2:median", "t2:iqr",
      ])
    let cells = table.lines[1].split(separator: " ")
    #expect(table.lines.count == 2 && cells.prefix(4) == ["0.05", "2", "0", "0"])
    #expect(cells.suffix(3) == ["2", "-", "-"])
    #expect(table.errorLines == ["grokcl: 1 of 2 groups are shown (--limit)"])
  }

  @Test func groupsThatMixSaySo() async throws {
    let place = try await filled()
    let mixed = try await place.run(["runs", "s.sqlite", "--group", "seed", "--over", "steps"])
    #expect(mixed.status == 0 && mixed.lines.count == 3)
    #expect(mixed.errors.contains("differ in learning_rate as well"))
  }

  // MARK: - Errors

  @Test(arguments: [
    (["--where", "learning_rte = 1"], 65, "did you mean learning_rate?"),
    (["--sort", "test_eror"], 65, "did you mean test_error?"),
    (["--group", "sed"], 65, "did you mean seed?"),
    (["--group", "lr", "--over", "sede"], 65, "did you mean seed?"),
    (["--group", "lr", "--metric", "test_errors"], 65, "did you mean test_error?"),
    (["--group", "lr", "--sort", "t2:medan"], 65, "did you mean t2:median?"),
    (["--where", "lr"], 64, "must be KEY OP VALUE"),
    (["--where", "lr < high"], 64, "needs a number"),
    (["--limit", "-1"], 64, "--limit"), (["--limit", "x"], 64, "--limit"),
    (["--over", "seed"], 64, "--over needs --group"),
    (["--stat", "mean"], 64, "--stat needs --group"),
    (["--metric", "t2"], 64, "--metric needs --group"),
    (["--group", ","], 64, "--group"), (["--descending"], 64, "--descending needs --sort"),
    (["--group", "lr", "--stat", "medain"], 64, "did you mean"),
  ]) func questionsThatCannotBeAsked(options: [String], status: Int32, text: String) async throws {
    try await expectRefusal(
      try await filled(), ["runs", "s.sqlite"] + options, status: status, [text])
  }
}
