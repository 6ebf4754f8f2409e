import ArgumentParser
import Foundation

/// The version that results are recorded with.
let programVersion = "0.1.0"

@main
struct Grokcl: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "grokcl",
    abstract: "Train whole sweeps of grokking experiments at once on OpenCL devices.",
    discussion: """
      A spec is a YAML file (or the name of a built-in figure); `grokcl experiments` lists its keys.
      Results go to standard output and, with --store, to an SQLite file; progress to standard error.
      """,
    version: programVersion,
    subcommands: [
      DevicesCommand.self, ExperimentsCommand.self, RunCommand.self, RunsCommand.self,
      MergeCommand.self, ExportCommand.self, InstanceCommand.self, PlanCommand.self,
      TheoryCommand.self, FigureCommand.self, PlotCommand.self, SubmitCommand.self,
      CompletionsCommand.self,
    ])

  static func main() {
    // The next file that is opened, the store, must not become a standard stream that is closed.
    for descriptor in Int32(0)...2 where fcntl(descriptor, F_GETFD) == -1 {
      _ = open("/dev/null", descriptor == 0 ? O_WRONLY : O_RDONLY)
    }
    // A file that may grow no further is an error to report, not an end without a word.
    signal(SIGXFSZ, SIG_IGN)
    do {
      var command = try parseAsRoot()
      try command.run()
    } catch {
      Failure.exit(error)
    }
  }
}

struct CompletionsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "completions", abstract: "Print a completion script for a shell.")

  @Argument(help: "bash, zsh or fish.")
  var shell: String

  func run() throws {
    guard let kind = CompletionShell(rawValue: shell) else {
      throw ValidationError(
        "shell '\(shell)': must be one of "
          + CompletionShell.allCases.map(\.rawValue).joined(separator: ", "))
    }
    try Output.line(Grokcl.completionScript(for: kind))
  }
}
