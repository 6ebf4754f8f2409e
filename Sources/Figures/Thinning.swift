import Foundation

/// Fewer points of a long curve, evenly spread on a logarithmic axis; the store keeps them all.
package enum Thinning {
  /// Indices of at most about `limit` of the steps; the first and the last are among them.
  package static func indices(_ steps: [Int], limit: Int = 1500) -> [Int] {
    guard steps.count > limit, let last = steps.last else { return Array(steps.indices) }
    let width = log(Double(last) + 2) / Double(limit)
    var kept: [Int] = []
    var next = 0.0
    for (index, step) in steps.enumerated() {
      let position = log(Double(step) + 1)
      if position >= next || index == steps.count - 1 {
        kept.append(index)
        next = position + width
      }
    }
    return kept
  }
}
