import Foundation
import Sweeps

extension FigureRecipe {
  /// The specs of the figure, one per sweep: the documents of its YAML. Their runs follow one
  /// another in the order of the documents.
  ///
  /// A figure of several penalties with a list of strengths each is no single grid.
  public func specs(_ scale: FigureScale) -> [String] {
    SweepSpec.documents(of: spec(scale))
  }

  /// Several specs as one text.
  static func documents(_ specs: [String]) -> String { specs.joined(separator: "\n---\n") }
}

extension FigureRecipe {
  /// What has to be done before the figure can be made: its data are not part of the program.
  ///
  /// - Returns: nil if nothing is missing.
  public var missingData: String? {
    guard let folder = dataFolder, !FileManager.default.fileExists(atPath: folder) else {
      return nil
    }
    return "there is no folder '\(folder)' of digits here; `tools/make-mnist \(folder)` makes one"
  }
}
