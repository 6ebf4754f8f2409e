import Experiments
import Sweeps

/// Curves as the rows of a table: step and metrics, thinned on a logarithmic axis.
enum CurveTable {
  static func rows(_ curves: RunCurves, _ metrics: [String]) throws -> [[String]] {
    let columns = try metrics.map { metric in
      guard let values = curves[metric] else {
        throw SpecError(key: metric, "the run has no such metric")
      }
      return values
    }
    return [["step"] + metrics]
      + Thinning.indices(curves.steps).map { index in
        [String(curves.steps[index])] + columns.map { "\($0[index])" }
      }
  }
}
