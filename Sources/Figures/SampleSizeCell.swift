import BatchNumerics
import Experiments
import Sweeps

/// A run of sparse recovery in a sweep over sample sizes N, sparsities s and coherences tau.
struct SampleSizeCell {
  let run: FigureInput.Run
  let s: Int
  let N: Int
  let tau: Double
  let method: RecoveryMethod
  /// The least errors of the run, which the authors draw against N.
  let least: (train: Double, test: Double)
  /// Where the errors settle by the authors' rule; the last step if they never do, and nil for errors
  /// that are no numbers.
  let settled: (train: Int?, test: Int?)
  /// The mean of the last three test errors.
  let floor: Double

  init(_ run: FigureInput.Run) throws {
    self.run = run
    s = try run.prepared.parameters.integer("problem.s")
    N = try run.prepared.parameters.integer("problem.N")
    tau = try run.number("problem.tau")
    method = try run.prepared.parameters.choice("method")
    let (train, test) = (try run.curve("train_error"), try run.curve("test_error"))
    least = (train.extremes.least ?? .nan, test.extremes.least ?? .nan)
    let steps = run.curves.steps
    func settling(_ errors: [Double]) -> Int? {
      StableStep.find(steps: steps, values: errors)
        ?? (errors.last.map(\.isFinite) == true ? steps.last : nil)
    }
    settled = (settling(train), settling(test))
    floor = StableStep.plateau(test)
  }

  /// The name of its table.
  var name: String { "s\(s)-N\(N)-tau\(tau)" }

  /// Its curves as a table.
  func table() throws -> (name: String, rows: [[String]]) {
    (name, try CurveTable.rows(run.curves, ["train_error", "test_error"]))
  }

  /// Commands that draw both curves, train solid and test dashed, in the colour of a value.
  func curves(colour: Double) -> String {
    "'\(name).csv' using ($1+1):2 with lines lw 1.5 lc palette cb \(colour) notitle, "
      + "'' using ($1+1):3 with lines lw 1.5 dt (6,3) lc palette cb \(colour) notitle"
  }
}

/// How a figure reads a run: when it generalises, and how large its error is.
struct SampleSizeReading: Sendable {
  /// Of the error, in claims.
  let name: String
  let step: @Sendable (SampleSizeCell) -> Int?
  let error: @Sendable (SampleSizeCell) -> Double

  /// As curves show it: t2 by the threshold, the error at the end.
  static let curves = SampleSizeReading(
    name: "test error at the end", step: { $0.run.t2 }, error: { $0.floor })

  /// As the authors sum it up against N: t2 where the error settles, the least error of the run.
  static let summary = SampleSizeReading(
    name: "least test error", step: { $0.settled.test }, error: { $0.least.test })

  func recovers(_ cell: SampleSizeCell) -> Bool {
    error(cell) <= cell.run.prepared.thresholds.test
  }
}
