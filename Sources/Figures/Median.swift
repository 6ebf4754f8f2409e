/// Medians over runs.
enum Median {
  /// Nil if there is no value, if one is missing or if one is not a number.
  static func of(_ values: [Double?]) -> Double? {
    let known = values.compactMap { $0 }.filter { !$0.isNaN }.sorted()
    guard !known.isEmpty, known.count == values.count else { return nil }
    return (known[(known.count - 1) / 2] + known[known.count / 2]) / 2
  }
}
