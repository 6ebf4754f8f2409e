// This file implements what the tests of claims share.

import Figures
import Testing
import _TestSupport

/// The statements of the claims of a figure that fail.
func failures(_ id: String, _ input: FigureInput) throws -> [String] {
  let folder = try TemporaryFolder()
  let claims = try FigureWriter(folder: folder.path, gnuplot: nil)
    .write(RecipeCatalog.named(id), input)
  #expect(!claims.isEmpty)
  return claims.filter { $0.verdict == .failed }.map(\.statement)
}

/// Exactly the claims with these words fail.
func expect(_ failed: [String], _ words: [String]) {
  #expect(failed.count == words.count, "\(failed)")
  for word in words { #expect(failed.contains { $0.contains(word) }, "\(word): \(failed)") }
}
