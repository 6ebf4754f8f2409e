import ArgumentParser
import BatchNumerics
import Experiments
import Figures
import Foundation
import OpenCLHost
import Sweeps

/// How the program ends when something is wrong: one line on standard error and an exit code.
///
/// 1 a figure's claim failed; 64 usage; 65 bad data or spec; 69 device unavailable; 70 internal;
/// 74 input/output; 130 interrupted, what had finished is saved.
enum Failure {
  /// A sweep that was asked to stop.
  struct Interrupted: Error {}

  static func exit(_ error: any Error) -> Never {
    switch error {
    case is Interrupted:
      Foundation.exit(130)
    case let code as ExitCode:
      Foundation.exit(code.rawValue)
    case let error where Grokcl.exitCode(for: error) == .validationFailure:
      warn(Grokcl.message(for: error) + " (see grokcl --help)")
      Foundation.exit(64)
    case let error where Grokcl.exitCode(for: error) == .success:
      Grokcl.exit(withError: error)
    default:
      warn("\(text(of: error))")
      Foundation.exit(code(of: error))
    }
  }

  /// A line on standard error.
  static func warn(_ text: String) {
    let line = text.split(whereSeparator: \.isNewline).joined(separator: " ")
    try? FileHandle.standardError.write(contentsOf: Data("grokcl: \(line)\n".utf8))
  }

  private static func text(of error: any Error) -> String {
    if let error = error as? OpenCLError, let build = error.build {
      return "\(error.call) on \(build.device): \(build.log)"
    }
    return "\(error)"
  }

  private static func code(of error: any Error) -> Int32 {
    switch error {
    case is SpecError: 65
    case FigureError.nothing: 65
    case let error as SubmitError: error.exitCode
    case let error as StoreError:
      switch error {
      case .notAStore, .noSuchRun, .unknownKey, .conflict: 65
      case .inputOutput, .inUse: 74
      }
    case let error as DeviceSelectionError:
      if case .unknown = error { 64 } else { 69 }
    case is MappingError, is RunQueryError: 64
    case is OpenCLError: 69
    case let error as CocoaError where error.isFileError: 74
    default: 70
    }
  }
}
