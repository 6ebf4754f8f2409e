import BatchNumerics
import Experiments
import Sweeps
import Theory

/// How much of a figure to compute.
public enum FigureScale: String, Sendable, CaseIterable {
  /// Minutes on two cores; the claims are the same.
  case small
  /// The paper's sizes.
  case paper
}

/// A paper's figure as data: what to run, what to draw, what to judge.
public struct FigureRecipe: Sendable {
  /// Such as `notsawo/fig04`.
  public let id: String
  public let title: String
  /// Paper, figure, equations.
  public let citation: String
  /// A folder of data that the figure needs, relative to the working directory.
  public let dataFolder: String?
  /// The spec, as YAML, at a scale.
  public let spec: @Sendable (FigureScale) -> String
  /// Tables, plot and claims from the finished runs.
  let analyze: @Sendable (FigureInput) throws -> FigureOutput

  public init(
    id: String, title: String, citation: String, dataFolder: String? = nil,
    spec: @escaping @Sendable (FigureScale) -> String,
    analyze: @escaping @Sendable (FigureInput) throws -> FigureOutput
  ) {
    self.id = id
    self.title = title
    self.citation = citation
    self.dataFolder = dataFolder
    self.spec = spec
    self.analyze = analyze
  }
}

/// What a recipe is judged on: its runs and their curves, in the order of the sweep.
public struct FigureInput: Sendable {
  public struct Run: Sendable {
    public let prepared: PreparedRun
    public let curves: RunCurves
    public let t1: Int?
    public let t2: Int?
    /// The largest deviation from the reference, where the run was verified.
    public let maxDeviation: Double?

    public init(
      prepared: PreparedRun, curves: RunCurves, t1: Int?, t2: Int?, maxDeviation: Double? = nil
    ) {
      self.prepared = prepared
      self.curves = curves
      self.t1 = t1
      self.t2 = t2
      self.maxDeviation = maxDeviation
    }

    func number(_ key: String) throws -> Double { try prepared.parameters.number(key) }

    func curve(_ metric: String) throws -> [Double] {
      guard let values = curves[metric] else {
        throw SpecError(key: metric, "run \(prepared.id) has no such metric")
      }
      return values
    }

    /// The value of a metric at a step that was evaluated.
    func value(_ metric: String, at step: Int) throws -> Double? {
      try curves.steps.firstIndex(of: step).map { try curve(metric)[$0] }
    }
  }

  public let runs: [Run]
  /// What the papers prove or predict for each run; empty where theory was left out.
  public let predictions: [[Prediction]]

  public init(runs: [Run], predictions: [[Prediction]] = []) {
    self.runs = runs
    self.predictions = predictions
  }
}

/// What a recipe makes of its runs.
public struct FigureOutput: Sendable {
  /// File name and rows of each CSV table; the first row is the header.
  public var tables: [(name: String, rows: [[String]])] = []
  /// Gnuplot commands after the terminal is set; they read the tables by name.
  public var plot = ""
  public var claims: [Claim] = []

  public init() {}
}

extension [Double] {
  /// The least and the largest value; NaN if any value is, for then no claim may hold.
  var extremes: (least: Double?, largest: Double?) {
    contains(where: \.isNaN) ? (.nan, .nan) : (self.min(), self.max())
  }
}

/// Numbers as text for people.
package enum Number {
  /// Four significant digits.
  package static func short(_ value: Double) -> String {
    guard value.isFinite, value != 0 else { return "\(value)" }
    let digits = 3 - Int(floorLog10(abs(value)))
    if (-3...9).contains(digits) {
      var scale = 1.0
      for _ in 0..<abs(digits) { scale *= 10 }
      let rounded =
        digits >= 0 ? (value * scale).rounded() / scale : (value / scale).rounded() * scale
      return rounded == rounded.rounded() && abs(rounded) < 1e15 ? "\(Int(rounded))" : "\(rounded)"
    }
    let exponent = Int(floorLog10(abs(value)))
    var mantissa = value
    for _ in 0..<abs(exponent) { mantissa = exponent > 0 ? mantissa / 10 : mantissa * 10 }
    let rounded = (mantissa * 1000).rounded() / 1000
    return abs(rounded) < 10 ? "\(rounded)e\(exponent)" : "\(rounded / 10)e\(exponent + 1)"
  }

  private static func floorLog10(_ value: Double) -> Double {
    var exponent = 0.0
    var rest = value
    while rest >= 10 {
      rest /= 10
      exponent += 1
    }
    while rest < 1 {
      rest *= 10
      exponent -= 1
    }
    return exponent
  }
}
