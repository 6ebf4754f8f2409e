import ArgumentParser
import Sweeps

struct RunsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "runs", abstract: "List what is in a store.")

  @Argument(help: "The SQLite file of `run --store`.")
  var store: String

  @Flag(help: "One JSON object per run.")
  var json = false

  func run() throws {
    let store = try RunStore(reading: self.store)
    let runs = try store.runs()
    if json {
      for run in runs { try Output.line(run.json(with: store.predictions(of: run.id))) }
      return
    }
    try Output.line(
      "run               experiment       status    steps       t1        t2        device")
    for run in runs {
      let cells = [
        (run.id, 16), (run.experiment, 15), (run.status, 8), (String(run.steps), 10),
        (run.t1.map(String.init) ?? "-", 8), (run.t2.map(String.init) ?? "-", 8), (run.device, 0),
      ]
      try Output.line(
        cells.map { $0 + String(repeating: " ", count: max(0, $1 - $0.count)) }
          .joined(separator: "  "))
    }
  }
}
