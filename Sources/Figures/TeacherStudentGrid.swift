import BatchNumerics
import Experiments
import Sweeps

/// What Figs. 10, 11 and 31 to 34 of Notsawo et al. have in common: a student network with a penalty
/// over learning rates and strengths, judged against predictors that need no network.
///
/// t2 is where the test loss has fallen to a tenth of that at the start. That the loss falls is no
/// generalisation yet: a large start makes the student's output large, and any decay of it lowers the
/// loss to about that of a constant. So all curves are drawn with the losses of constants and of the
/// best affine map, and a run has truly generalised only if it gets below the latter.
struct TeacherStudentGrid {
  let id: String
  let penalty: NetworkPenalty
  let grid: GrokkingGrid
  let baselines: NetworkBaselines

  /// Penalties below this are not judged for memorisation: they outweigh the loss itself.
  static let largestMemorizing = 1e-3
  /// The learning rate that other measurements are of.
  static let middleRate = 1e-3
  /// The share of the first test loss that counts as the drop.
  static let drop = 0.1

  init(_ input: FigureInput, id: String, penalty: NetworkPenalty) throws {
    self.id = id
    self.penalty = penalty
    grid = try GrokkingGrid(input, id: id, penalty: penalty) { run in
      let losses = try run.curve("test_loss")
      guard let first = losses.first else { return nil }
      return zip(run.curves.steps, losses).first { $0.1 <= Self.drop * first }?.0
    }
    baselines = try NetworkBaselines(try Network.problem(of: input.runs[0].prepared))
  }

  /// Data and model of the authors: d = 100, r = 500, two outputs, 100 training and 1000 test samples;
  /// the small scale keeps the ratios.
  ///
  /// The authors draw teacher and samples without a seed. Their penalties are those of the code, sums
  /// of unsquared norms (`l2_form`, `sobolev_form`); the paper writes squares. beta = 0 is not among
  /// theirs: it shows that the penalty makes the drop.
  static func spec(
    _ scale: FigureScale, _ penalty: NetworkPenalty, rates: String, paperSteps: Int
  ) -> String {
    let isPaper = scale == .paper
    let strengths =
      isPaper
      ? "0, 1.0e-7, 1.0e-6, 1.0e-5, 1.0e-4, 1.0e-3, 1.0e-2, 1.0e-1"
      : "0, 1.0e-5, 1.0e-4, 1.0e-3, 1.0e-2, 1.0e-1"
    let form =
      switch penalty {
      case .l2: "\nregularizer: {l2_form: norm}"
      case .sobolev: "\nregularizer: {sobolev_form: norm}"
      default: ""
      }
    return """
      experiment: network
      task: teacher-student
      optimizer: adam
      problem: \(isPaper ? "{d: 100, r: 500, c: 2, N: 100, test: 1000}" : "{d: 20, r: 100, c: 2, N: 20, test: 500}")
      model: {width: \(isPaper ? 500 : 100), bias: none}
      init: {kind: fan-out}\(form)
      steps: \(isPaper ? paperSteps : 8000)
      evaluate: {per_decade: 40}
      thresholds: {train: 1.0e-3}
      record: {nuclear_norm: false}
      precision: f32
      seed: 1
      sweep:
        learning_rate: [\(rates)]
        \(penalty.key): [\(strengths)]
      """
  }

  /// The authors' learning rates, and those of the figures in the main text.
  static let allRates = "1.0e-4, 5.5e-4, 1.0e-3, 5.5e-3, 1.0e-2, 5.5e-2"
  static let mainRates = "1.0e-4, 1.0e-3, 5.5e-3"

  // MARK: - Claims

  /// The runs whose test loss is below that of the best affine map at some step.
  func generalized(among cells: [GrokkingCell]) throws -> [GrokkingCell] {
    try cells.filter { try leastLoss($0) < baselines.linear }
  }

  /// The least test loss of a run; infinite where it has diverged.
  private func leastLoss(_ cell: GrokkingCell) throws -> Double {
    try cell.run.curve("test_loss").extremes.least.flatMap { $0.isNaN ? nil : $0 } ?? .infinity
  }

  func commonClaims() throws -> [Claim] {
    let gentle = grid.cells.filter { $0.strength > 0 && $0.strength <= Self.largestMemorizing }
    let free = grid.cells.filter { $0.strength == 0 && $0.rate <= 1e-3 }
    let middle = grid.with(rate: Self.middleRate)
    return try GrokkingGrid(gentle).delayClaims(
      "beta <= \(Self.largestMemorizing)", factor: 2, "the test loss falls after memorisation")
      + [
        Claim(
          "test loss at t1 over that at the start, beta <= \(Self.largestMemorizing)",
          each: gentle.map { cell in
            try cell.t1.flatMap { try cell.run.value("test_loss", at: $0) }
              .flatMap { value in try cell.run.curve("test_loss").first.map { value / $0 } }
          }, in: 0.2...1.2, "it has hardly fallen: 14 of 24 in another measurement"),
        grid.orderClaim(
          "a larger beta: an earlier drop (alpha fixed)", over: \.strength, atMost: -0.95,
          "of almost every pair"),
        grid.orderClaim(
          "a larger alpha: an earlier drop (beta fixed)", over: \.rate, atMost: -0.7,
          "of most pairs; the largest rates are no faster, as Adam then oscillates"),
        Claim(
          "test loss at the end over that at t1, without a penalty and alpha <= 1e-3",
          each: try free.map { try $0.change("test_loss") }, in: 0.5...2,
          "no drop (12.0 of 14.4 after 20,000 steps in another measurement); steps of Adam at larger "
            + "rates wear the start down by themselves"),
        Claim(
          "slope of log t2 against log beta, alpha = \(Self.middleRate)", middle.slope,
          in: -0.65 ... -0.35, "-1/2 in another measurement: no 1/(alpha beta) law under Adam"),
      ] + grid.referenceClaims(NetworkReference.students)
  }

  /// How the runs of a claim compare with the predictors.
  func comparison(_ cells: [GrokkingCell]) throws -> String {
    let least = try cells.map(leastLoss).min() ?? .nan
    return "least test loss \(Number.short(least)); affine map \(Number.short(baselines.linear)), "
      + "mean of the training set \(Number.short(baselines.trainMean)), "
      + "zero \(Number.short(baselines.zero))"
  }

  /// Where the drop ends: at the constant predictors, which is to forget, not to generalise.
  func forgettingClaims() throws -> [Claim] {
    let dropped = grid.generalized
    let below = try generalized(among: grid.cells)
    let middle = grid.with(rate: Self.middleRate).cells.filter {
      $0.strength <= Self.largestMemorizing
    }
    return [
      Claim(
        "t1, memorisation (train loss 1e-3), alpha = \(Self.middleRate), "
          + "beta <= \(Self.largestMemorizing)",
        each: middle.map { $0.t1.map(Double.init) }, in: 30...300,
        "about 100 in another measurement, within a factor of 3"),
      Claim(
        "true generalisation: runs whose least test loss is below the best affine map",
        measured: "\(below.count) of \(grid.cells.count) (\(try comparison(grid.cells)))",
        tolerance: "none: this penalty makes the student forget its large start; "
          + "0.057 to 0.08 against 0.017 for the map in another measurement",
        held: !grid.cells.isEmpty && below.isEmpty),
      Claim(
        "least test loss of the runs that drop over that of the training set's mean, smallest",
        try dropped.map(leastLoss).min().map { $0 / baselines.trainMean }, in: 0.4...1.5,
        "what looks like grokking ends near a constant predictor"),
    ]
  }

  // MARK: - Output

  func output(_ claims: [Claim]) throws -> FigureOutput {
    var output = FigureOutput()
    output.tables = try grid.tables(["train_loss", "test_loss"])
    output.tables.append(
      (
        "baselines",
        [
          ["predictor", "test_loss"], ["zero", "\(baselines.zero)"],
          ["train-mean", "\(baselines.trainMean)"], ["best-affine", "\(baselines.linear)"],
        ]
      ))
    output.claims = claims
    output.plot = plot()
    return output
  }

  private func plot() -> String {
    let lines = [
      ("zero", baselines.zero, 3), ("training mean", baselines.trainMean, 4),
      ("best affine map", baselines.linear, 5),
    ].map { "\($1) with lines lw 1 dt \($2) lc rgb '#444444' title '\($0)'" }
    let panels = grid.rates.map { rate in
      grid.with(rate: rate).panel("{/Symbol a} = \(rate)", isLogarithmic: true, baselines: lines)
    }
    return """
      set multiplot layout \(panels.count > 3 ? 2 : 1), 3
      set logscale xy
      set format x '10^{%L}'
      set format y '10^{%L}'
      set xlabel 'step + 1'
      set ylabel 'loss, train solid, test dashed'
      set yrange [1e-3:*]
      set key bottom left opaque font ',7'
      \(panels.joined(separator: "\n"))
      unset multiplot
      """
  }
}
