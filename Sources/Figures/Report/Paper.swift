import Foundation

/// A paper whose figures can be made.
struct Paper {
  /// The first part of its figures' names.
  let key: String
  let authors: String
  let title: String
  let venue: String
  let address: String

  static let all = [
    Paper(
      key: "notsawo", authors: "Tikeng Notsawo, Dumas, Rabusseau",
      title: "Grokking Beyond the Euclidean Norm of Model Parameters", venue: "ICML 2025",
      address: "https://arxiv.org/abs/2506.05718"),
    Paper(
      key: "lyu", authors: "Lyu, Jin, Li, Du, Lee, Hu",
      title: "Dichotomy of Early and Late Phase Implicit Biases Can Provably Induce Grokking",
      venue: "ICLR 2024", address: "https://arxiv.org/abs/2311.18817"),
    Paper(
      key: "boursier", authors: "Boursier, Pesme, Dragomir",
      title: "A Theoretical Framework for Grokking", venue: "2025",
      address: "https://arxiv.org/abs/2505.20172"),
  ]
}

/// Papers in the order of `Paper.all`, numbered figures before others, numbers as numbers.
struct FigureOrder: Comparable {
  private let place: (paper: Int, kind: Int)
  private let label: String

  init(_ label: String) {
    let paper = Paper.all.firstIndex { label.hasPrefix($0.key + "/") }
    place = (paper ?? Paper.all.count, label.contains("/fig") ? 0 : 1)
    self.label = label
  }

  static func == (a: FigureOrder, b: FigureOrder) -> Bool { a.label == b.label }

  static func < (a: FigureOrder, b: FigureOrder) -> Bool {
    a.place == b.place
      ? a.label.compare(b.label, options: .numeric) == .orderedAscending : a.place < b.place
  }
}
