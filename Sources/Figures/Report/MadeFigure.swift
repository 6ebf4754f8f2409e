import Foundation
import Sweeps

/// A figure as it lies in its folder.
struct MadeFigure {
  let record: FigureRecord
  let claims: [ClaimsRecord.Entry]
  /// The pictures for wide and for narrow screens, where they were drawn.
  let wide: String?
  let narrow: String?
  /// Relative to the output folder.
  let folder: String

  /// `fig03`
  var name: String { FigureRecipe.name(of: record.figure) }

  /// `notsawo/fig03`, `notsawo/fig03-paper`
  var label: String { FigureRecipe.label(record.figure, record.variant) }

  /// For links within a page.
  var anchor: String { label.replacing("/", with: "-") }

  /// All figures below a folder, whichever command made them, in the order of `FigureOrder`.
  ///
  /// - Throws: `StoreError.inputOutput` if a file cannot be read.
  static func all(in output: String) throws -> [MadeFigure] {
    let files = FileManager.default
    let papers = try? files.contentsOfDirectory(atPath: output)
    let folders = (papers ?? []).flatMap { paper in
      ((try? files.contentsOfDirectory(atPath: "\(output)/\(paper)")) ?? []).map {
        "\(paper)/\($0)"
      }
    }
    return
      try folders
      .filter { files.fileExists(atPath: "\(output)/\($0)/\(FigureRecord.file)") }
      .map { try MadeFigure(output, folder: $0) }
      .sorted { FigureOrder($0.label) < FigureOrder($1.label) }
  }

  private init(_ output: String, folder: String) throws {
    self.folder = folder
    let place = "\(output)/\(folder)"
    record = try Self.read(FigureRecord.self, "\(place)/\(FigureRecord.file)")
    claims = try Self.read(ClaimsRecord.self, "\(place)/\(ClaimsRecord.file)").claims
    let name = FigureRecipe.name(of: record.figure)
    wide = try? String(contentsOfFile: "\(place)/\(name).svg", encoding: .utf8)
    narrow = try? String(contentsOfFile: "\(place)/\(name)-narrow.svg", encoding: .utf8)
  }

  private static func read<Value: Decodable>(_ type: Value.Type, _ path: String) throws -> Value {
    do {
      return try JSONDecoder().decode(type, from: Data(contentsOf: URL(fileURLWithPath: path)))
    } catch {
      throw StoreError.inputOutput(path: path, reason: "cannot be read: make the figure again")
    }
  }
}
