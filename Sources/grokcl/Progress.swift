import Foundation
import Sweeps
import Synchronization

/// Runs done, run-steps per second and time left, on standard error: a bar on a terminal, a line
/// every 30 seconds otherwise.
final class Progress: Sendable {
  private struct State {
    var doneSteps = 0
    var doneRuns = 0
    var diverged = 0
    var lastShown: ContinuousClock.Instant
    var isShown = false
  }

  private let runs: Int
  private let runSteps: Int
  private let start = ContinuousClock.now
  private let isTerminal = isatty(STDERR_FILENO) == 1
  private let state: Mutex<State>

  init(runs: Int, runSteps: Int) {
    self.runs = runs
    self.runSteps = runSteps
    state = Mutex(State(lastShown: .now))
  }

  func advance(_ runSteps: Int) {
    state.withLock { state in
      state.doneSteps += runSteps
      showIfDue(&state)
    }
  }

  func finishRun(_ status: RunStatus) {
    state.withLock { state in
      state.doneRuns += 1
      if status == .diverged { state.diverged += 1 }
      showIfDue(&state)
    }
  }

  /// Makes room for a line on the terminal.
  func clear() {
    state.withLock { state in
      if state.isShown { write("\r\u{1B}[K") }
      state.isShown = false
    }
  }

  func end() {
    clear()
    guard isTerminal else { return }
    state.withLock { write(line($0) + "\n") }
  }

  private func showIfDue(_ state: inout State) {
    let pause: Duration = isTerminal ? .milliseconds(200) : .seconds(30)
    guard ContinuousClock.now - state.lastShown >= pause else { return }
    state.lastShown = .now
    if isTerminal {
      write("\r\u{1B}[K" + line(state))
      state.isShown = true
    } else {
      write(line(state) + "\n")
    }
  }

  private func line(_ state: State) -> String {
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    let rate = Double(state.doneSteps) / max(seconds, 1e-9)
    let share = Double(state.doneSteps) / Double(max(runSteps, 1))
    let filled = min(20, Int(share * 20))
    let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: 20 - filled)
    var text = "[\(bar)] \(state.doneRuns)/\(runs) runs, " + Self.scaled(rate) + " run-steps/s"
    if state.diverged > 0 { text += ", \(state.diverged) diverged" }
    let left = max(0, Double(runSteps - state.doneSteps)) / max(rate, 1e-9)
    text += state.doneSteps < runSteps ? ", ETA \(Self.clock(left))" : ", \(Self.clock(seconds))"
    return text
  }

  private static func scaled(_ rate: Double) -> String {
    for (unit, size) in [("G", 1e9), ("M", 1e6), ("k", 1e3)] where rate >= size {
      return String(format: "%.1f %@", rate / size, unit)
    }
    return String(format: "%.0f", rate)
  }

  private static func clock(_ seconds: Double) -> String {
    let whole = Int(min(seconds.rounded(), 1e9))
    return String(format: "%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60)
  }

  private func write(_ text: String) {
    try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
  }
}
