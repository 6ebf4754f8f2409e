/// What a reader of a figure has to know about its source: where paper and code differ, what they
/// leave open, what is wrong in them, and what a scale is too small for.
public struct FigureNote: Sendable {
  public enum Content: Sendable {
    /// Paper and published code do not agree.
    ///
    /// - Parameters:
    ///   - choice: the keys that choose between them, if any do.
    ///   - here: what the figure does, where no key tells.
    case difference(paper: String, code: String, choice: SpecChoice? = nil, here: String? = nil)
    /// The sources do not determine it; what is done instead.
    case unspecified(String, here: String)
    /// A statement that does not hold as printed; what is judged instead.
    case erratum(String, here: String)
    /// A claim that needs another scale.
    case beyond(FigureScale, String)
  }

  /// What it is about.
  public let item: String
  public let figures: [String]
  public let content: Content

  init(_ item: String, _ figures: [String], _ content: Content) {
    self.item = item
    self.figures = figures
    self.content = content
  }
}

/// How a spec says that something is done as in the paper, or as in the code.
public struct SpecChoice: Sendable {
  /// `path=value` texts.
  let paper: [String]
  let code: [String]
  /// What either needs besides; does not tell them apart.
  var besides: [String] = []
  /// A penalty without which the choice makes no difference.
  var penalty: String?

  func settings(_ variant: FigureVariant) -> [String] { variant == .paper ? paper : code }
}

/// All notes, in the order in which a report shows them.
public enum FigureNotes {
  public static let all = notsawoDifferences + notsawoErrata + lyu + boursier

  /// The notes on a figure.
  public static func of(_ figure: String) -> [FigureNote] {
    all.filter { $0.figures.contains(figure) }
  }

  /// The claims on a figure that a scale is too small for.
  static func claims(on figure: String, beyond scale: FigureScale) -> [Claim] {
    of(figure).compactMap { note in
      guard case .beyond(scale, let reason) = note.content else { return nil }
      return Claim(note.item, notTestable: reason)
    }
  }
}
