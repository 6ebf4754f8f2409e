/// A sweep that cannot be submitted.
enum SubmitError: Error, CustomStringConvertible {
  /// The scheduler's program is not there.
  case noScheduler(program: String)
  /// The scheduler said no.
  case refused(command: String, reason: String)
  /// The folder holds something that does not go with what is asked.
  case otherSweep(path: String, reason: String)
  /// The folder lacks what a retry needs.
  case notSubmitted(path: String, reason: String)

  var description: String {
    switch self {
    case .noScheduler(let program):
      "\(program) is not on the path: submit where Slurm is, or write the scripts only (--dry-run)"
    case .refused(let command, let reason): "\(command): \(reason)"
    case .otherSweep(let path, let reason): "\(path): \(reason)"
    case .notSubmitted(let path, let reason): "\(path): \(reason)"
    }
  }

  var exitCode: Int32 {
    switch self {
    case .noScheduler, .refused: 69
    case .otherSweep, .notSubmitted: 65
    }
  }
}
