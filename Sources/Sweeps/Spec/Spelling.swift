/// Guesses what a mistyped name was meant to be.
public enum Spelling {
  /// `; did you mean NAME?` for the closest of `names`, or nothing if none is close.
  public static func suggestion(_ word: String, _ names: [String]) -> String {
    let ranked = names.sorted().map { (name: $0, distance: distance(word, $0)) }
    guard let best = ranked.min(by: { $0.distance < $1.distance }),
      best.distance <= max(2, word.count / 3)
    else { return "" }
    return "; did you mean \(best.name)?"
  }

  /// The Levenshtein distance.
  static func distance(_ a: String, _ b: String) -> Int {
    let (a, b) = (Array(a), Array(b))
    var row = Array(0...b.count)
    for i in a.indices {
      var diagonal = row[0]
      row[0] = i + 1
      for j in b.indices {
        let substitution = diagonal + (a[i] == b[j] ? 0 : 1)
        diagonal = row[j + 1]
        row[j + 1] = min(substitution, row[j] + 1, row[j + 1] + 1)
      }
    }
    return row[b.count]
  }
}
