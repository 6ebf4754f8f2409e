import Sweeps

/// Curves as the rows of a table: step and metrics, thinned on a logarithmic axis.
enum CurveTable {
  static func rows(_ curves: RunCurves, _ metrics: [String]) throws -> [[String]] {
    let columns = metrics.compactMap { curves[$0] }
    return [["step"] + metrics]
      + Thinning.indices(curves.steps).map { index in
        [String(curves.steps[index])] + columns.map { "\($0[index])" }
      }
  }
}
