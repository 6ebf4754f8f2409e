import Foundation
import Sweeps

/// What a figure's folder says of it, in `figure.json`; `claims.json` beside it has the verdicts.
struct FigureRecord: Codable, Equatable {
  let figure: String
  let title: String
  let citation: String
  let scale: String
  /// Whom the figure follows where paper and code differ; nil for the recipe as it is.
  let variant: FigureVariant?
  /// What the variant changes, `path=value`.
  let overrides: [String]
  /// What was run, every key with its value; `grokcl run` takes each.
  let specs: [String]
  let training: FigureTraining?
  /// The tables beside it, without their suffix.
  let tables: [String]
  let version: String

  static let file = "figure.json"
}

/// `claims.json`.
struct ClaimsRecord: Codable, Equatable {
  struct Entry: Codable, Equatable {
    let claim: String
    let measured: String
    let tolerance: String
    let held: Bool
    /// held, failed or not testable.
    let verdict: String
    /// Why a claim is not testable.
    let reason: String?

    init(_ claim: Claim) {
      self.claim = claim.statement
      measured = claim.measured
      tolerance = claim.tolerance
      held = claim.held
      verdict = claim.verdict.name
      if case .notTestable(let reason) = claim.verdict {
        self.reason = reason
      } else {
        reason = nil
      }
    }
  }

  let figure: String
  let title: String
  let citation: String
  let claims: [Entry]

  static let file = "claims.json"
}

extension AtomicFile {
  /// Writes a value as JSON for people and programs.
  static func write(json value: some Encodable, to path: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try write(try encoder.encode(value) + [UInt8(ascii: "\n")], to: path)
  }
}
