import ArgumentParser
import Foundation
import Sweeps

struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Write a store's curves (csv, jsonl) or final parameters (safetensors).")

  @Argument(help: "The SQLite file of `run --store`.")
  var store: String

  @Option(name: .customLong("run"), help: "Only this run.")
  var runID: String?

  @Option(help: "csv, jsonl or safetensors.")
  var format: String

  @Option(help: "File to write instead of standard output.")
  var output: String?

  func run() throws {
    guard let format = RunExport.Format(rawValue: format) else {
      throw ValidationError(
        "--format '\(format)': must be one of "
          + RunExport.Format.allCases.map(\.rawValue).joined(separator: ", "))
    }
    let store = try RunStore(reading: store)
    let runs = try store.runs(runID)
    if format == .safetensors {
      let bytes = try RunExport.safetensors(store, runs)
      if let output {
        try AtomicFile.write(bytes, to: output)
      } else {
        try Output.write(bytes)
      }
      return
    }
    var text = ""
    let write: (String) throws -> Void =
      output == nil ? { try Output.write($0.utf8) } : { text += $0 }
    switch format {
    case .jsonl: try RunExport.jsonl(store, runs, to: write)
    default: try RunExport.csv(store, runs, to: write)
    }
    if let output { try AtomicFile.write(text.utf8, to: output) }
  }
}
