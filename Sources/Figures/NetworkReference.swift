import Experiments
import Sweeps

/// A number that an independent implementation of the authors' networks measured at the paper's sizes.
///
/// It drew data and starts of its own, one of each, so runs are held to it within a factor of two:
/// seeds of one network differ by less.
struct NetworkReference {
  enum Quantity {
    case t1, t2
    /// t2 is not before the step.
    case t2After
    /// The value of a metric where the run was evaluated next to a step.
    case metric(String, step: Int)
  }

  let penalty: NetworkPenalty
  /// alpha
  let rate: Double
  /// beta
  let strength: Double
  let quantity: Quantity
  let value: Double

  init(
    _ penalty: NetworkPenalty, _ rate: Double, _ strength: Double, _ quantity: Quantity,
    _ value: Double
  ) {
    self.penalty = penalty
    self.rate = rate
    self.strength = strength
    self.quantity = quantity
    self.value = value
  }

  func matches(_ cell: GrokkingCell) -> Bool {
    cell.penalty == penalty && abs(cell.rate / rate - 1) < 1e-9
      && (cell.strength == strength || abs(cell.strength / strength - 1) < 1e-9)
  }

  /// Modular addition, p = 97 (Figs. 1, 2, 30): train accuracy of 99.9 %, test accuracy of 99 %. The l2
  /// penalty is the squared one.
  static let addition = [
    NetworkReference(.l1, 0.01, 1e-5, .t1, 100), NetworkReference(.l1, 0.01, 1e-5, .t2, 4540),
    NetworkReference(.l1, 0.01, 5e-6, .t1, 100), NetworkReference(.l1, 0.01, 5e-6, .t2, 6820),
    NetworkReference(.l1, 0.01, 1e-6, .t2After, 5000),
    NetworkReference(.l1, 0.1, 1e-5, .t1, 630), NetworkReference(.l1, 0.1, 1e-5, .t2, 1170),
    NetworkReference(.l2, 0.01, 5e-5, .t2, 1380), NetworkReference(.l2, 0.01, 1e-5, .t2, 4310),
    NetworkReference(.l2, 0.01, 1e-6, .t2, 8800),
    NetworkReference(.nuclear, 0.01, 1e-4, .t1, 110),
    NetworkReference(.nuclear, 0.01, 1e-4, .t2, 2060),
    NetworkReference(.nuclear, 0.01, 1e-5, .t2After, 5000),
  ]

  /// Norms of one run of Fig. 1, all weights together.
  static let additionNorms =
    [(0, 13.06), (500, 79), (5000, 54), (9000, 68)].map {
      NetworkReference(.l1, 0.01, 1e-5, .metric("l2_norm", step: $0), $1)
    }
    + [(500, 9527), (9000, 1505)].map {
      NetworkReference(.l1, 0.01, 1e-5, .metric("l1_norm", step: $0), $1)
    }

  /// Teacher and student, d = 100, alpha = 1e-3 (Figs. 10, 11, 31 to 34): the test loss.
  static let students: [NetworkReference] = [
    (NetworkPenalty.l1, 1e-2, [(300, 1.7), (1000, 0.057)]),
    (.l1, 1e-3, [(1000, 2.9), (3000, 0.058)]),
    (.l1, 1e-4, [(3000, 4.4), (6000, 0.52), (12_000, 0.058)]),
    (.l1, 0, [(1000, 14.4), (20_000, 12.0)]),
    (.l2, 1e-2, [(3000, 5.2), (6000, 0.062)]),
    (.sobolev, 1e-2, [(300, 5.3), (1000, 1.7), (3000, 0.25), (6000, 0.0166), (15_000, 0.0127)]),
    (.sobolev, 1e-4, [(1000, 10.2), (15_000, 2.4)]),
  ].flatMap { penalty, strength, losses in
    losses.map {
      NetworkReference(penalty, 1e-3, strength, .metric("test_loss", step: $0), $1)
    }
  }
}

extension GrokkingGrid {
  /// The cells of the grid that were measured elsewhere, number by number, where its runs have the
  /// paper's sizes; none at the small scale.
  func referenceClaims(_ references: [NetworkReference]) throws -> [Claim] {
    guard let first = cells.first, try first.run.hasPaperSize else { return [] }
    return try references.flatMap { reference in
      try drawn.filter(reference.matches).map { try $0.claim(reference) }
    }
  }
}

extension GrokkingCell {
  /// What the run has of a reference.
  fileprivate func claim(_ reference: NetworkReference) throws -> Claim {
    let place = "\(penalty.rawValue), alpha = \(rate), beta = \(strength), full size"
    let text = Number.short(reference.value)
    switch reference.quantity {
    case .t1, .t2:
      var (name, step) = ("t2", t2)
      if case .t1 = reference.quantity { (name, step) = ("t1", t1) }
      return Claim(
        "\(place): \(name)", step.map(Double.init), in: reference.range,
        "\(text) in another measurement, within a factor of 2")
    case .t2After:
      return Claim(
        "\(place): t2", measured: t2.map(String.init) ?? "not within \(run.prepared.steps)",
        tolerance: "not by \(text) in another measurement, within a factor of 2",
        held: t2.map { Double($0) > reference.range.lowerBound } ?? true)
    case .metric(let metric, let step):
      return Claim(
        "\(place): \(metric) after \(step) steps", try run.value(metric, near: step),
        in: reference.range, "\(text) in another measurement, within a factor of 2")
    }
  }
}

extension NetworkReference {
  fileprivate var range: ClosedRange<Double> { value / 2...value * 2 }
}

extension FigureInput.Run {
  /// Whether the run has the paper's size: p = 97, or d = 100.
  fileprivate var hasPaperSize: Bool {
    get throws {
      try prepared.parameters["problem.p"] == .null
        ? prepared.parameters.integer("problem.d") == 100
        : prepared.parameters.integer("problem.p") == 97
    }
  }
}
