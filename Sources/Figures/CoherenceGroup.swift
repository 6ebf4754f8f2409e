import Experiments
import Sweeps

/// The runs of Figs. 8 and 23 of Notsawo et al. with one number N of entries, a share tau of which is
/// chosen by coherence.
struct CoherenceGroup {
  let measurements: Int
  let tau: Double
  let runs: [FigureInput.Run]

  /// By N, then by tau.
  static func all(_ runs: [FigureInput.Run]) throws -> [CoherenceGroup] {
    let places = try runs.map {
      (
        measurements: try $0.prepared.parameters.integer("problem.N"),
        tau: try $0.number("problem.tau")
      )
    }
    return Set(places.map(\.measurements)).sorted().flatMap { measurements in
      Set(places.filter { $0.measurements == measurements }.map(\.tau)).sorted().map { tau in
        CoherenceGroup(
          measurements: measurements, tau: tau,
          runs: zip(places, runs).filter { $0.0 == (measurements, tau) }.map(\.1))
      }
    }
  }

  var recovered: Int { runs.count { $0.t2 != nil } }
  var rate: Double { Double(recovered) / Double(max(1, runs.count)) }
  private var count: Double { Double(measurements) }

  /// The median t2 of all runs; nil if fewer than half recover.
  var median: Double? {
    let steps = runs.map { $0.t2.map(Double.init) ?? .infinity }.sorted()
    let (low, high) = (steps[(steps.count - 1) / 2], steps[steps.count / 2])
    return high.isFinite ? (low + high) / 2 : nil
  }

  /// The median t2 times alpha beta.
  var scaledMedian: Double? {
    guard let median, let run = runs.first else { return nil }
    let parameters = run.prepared.parameters
    guard let rate = try? parameters.number("learning_rate"),
      let nuclear = try? parameters.number("regularizer.nuclear")
    else { return nil }
    return median * rate * nuclear
  }

  /// Recovery against N.
  static func sizeClaims(_ groups: [CoherenceGroup]) -> [Claim] {
    let few = groups.first { $0.measurements == 50 && $0.tau == 0 }
    let shared = groups.filter { group in
      groups.contains { $0.measurements != group.measurements && $0.tau == group.tau }
    }
    let rates = shared.map { "\($0.measurements), \($0.tau): \(Number.short($0.rate))" }
    return [
      NeighbourOrder(shared, over: \.count, at: \.tau) { $1.rate >= $0.rate }.claim(
        "more entries, more recovery: its rate does not fall from one N to the next (tau fixed)",
        "every pair", detail: "N, tau: rate are " + rates.joined(separator: "; ")),
      Claim(
        "rate of recovery at N = 50, tau = 0", few?.rate, in: 0...0.2,
        "none of 6 targets in another measurement; N = 36 numbers are free"),
    ]
  }
}
