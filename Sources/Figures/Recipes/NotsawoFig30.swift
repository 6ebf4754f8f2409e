import Experiments
import Sweeps

extension FigureRecipe {
  /// The l1 and l2 penalties over learning rates and strengths.
  static let notsawoFig30 = FigureRecipe(
    id: "notsawo/fig30",
    title: "Modular addition over learning rate and l1 or l2 strength",
    citation: "Notsawo, Dumas, Rabusseau, ICML 2025 (arXiv 2506.05718), Fig. 30; appendix H",
    spec: { scale in documents([NetworkPenalty.l1, .l2].map { notsawoModularGrid(scale, $0) }) },
    analyze: { try modularGridFigure($0, id: "notsawo/fig30") })

  /// The nuclear norm over the same.
  static let notsawoFig02 = FigureRecipe(
    id: "notsawo/fig02",
    title: "Modular addition over learning rate and nuclear-norm strength",
    citation: "Notsawo, Dumas, Rabusseau, ICML 2025 (arXiv 2506.05718), Fig. 2; section 4",
    spec: { notsawoModularGrid($0, .nuclear) },
    analyze: { try modularGridFigure($0, id: "notsawo/fig02") })

  /// The authors' rates span two decades and all cells have 20,002 steps. The small scale spans one,
  /// so that fewer steps suffice for the smallest.
  private static func notsawoModularGrid(
    _ scale: FigureScale, _ penalty: NetworkPenalty
  ) -> String {
    notsawoModular(
      scale, penalty, rates: scale == .paper ? "0.001, 0.01, 0.1" : "0.003, 0.01, 0.03",
      strengths: notsawoStrengths(scale, penalty),
      steps: notsawoSteps(scale, penalty))
  }

  private static func modularGridFigure(_ input: FigureInput, id: String) throws -> FigureOutput {
    let grid = try GrokkingGrid(input, id: id)
    var output = FigureOutput()
    output.tables = try grid.tables(["train_accuracy", "test_accuracy"])
    output.claims = try grid.penalties.flatMap { penalty in
      let own = grid.with(penalty)
      return try modularGridClaims(own, penalty) + (penalty == .l1 ? [normClaim(own)] : [])
    }
    let panels = grid.penalties.flatMap { penalty in
      grid.rates.map { rate in
        grid.with(penalty).with(rate: rate)
          .panel("\(penalty.symbol), {/Symbol a} = \(rate)", isLogarithmic: true)
      }
    }
    output.plot = """
      set multiplot layout \(grid.penalties.count), \(grid.rates.count)
      set logscale x
      set format x '10^{%L}'
      set xlabel 'step + 1'
      set ylabel 'accuracy, train solid, test dashed'
      set yrange [0:1.05]
      set key top left font ',8'
      \(panels.joined(separator: "\n"))
      unset multiplot
      """
    return output
  }

  private static func modularGridClaims(
    _ grid: GrokkingGrid, _ penalty: NetworkPenalty
  ) throws -> [Claim] {
    let byRate = grid.rates.map(grid.with(rate:))
    let slopes = byRate.compactMap(\.slope)
    let late = grid.cells.count - grid.generalized.count
    let name = penalty.rawValue
    return grid.delayClaims(
      name, factor: 1.5,
      "generalisation is delayed: 630 and 1,170 steps at the largest alpha and beta measured elsewhere"
    ) + [
      grid.orderClaim(
        "\(name): a larger beta generalises earlier (alpha fixed)", over: \.strength, of: \.lag,
        atMost: -0.8, "falling; single pairs may be reversed by chance"),
      grid.orderClaim(
        "\(name): a larger alpha generalises earlier (beta fixed)", over: \.rate, of: \.lag,
        atMost: -0.8, "falling; single pairs may be reversed by chance"),
      Claim(
        "\(name): slope of log t2 against log beta, for each alpha at which three cells generalise "
          + "(\(slopes.count) of \(byRate.count))",
        each: slopes, in: -0.9 ... -0.1,
        "no 1/(alpha beta) law as for plain gradient descent: Adam rescales; -1/2 measured elsewhere"
      ),
      Claim(
        "\(name): cells that do not generalise within the budget",
        measured: "\(late) of \(grid.cells.count)",
        tolerance: "some, those of the smallest alpha and beta; fewer than four in five",
        held: late * 5 < 4 * grid.cells.count),
    ] + (try grid.referenceClaims(NetworkReference.addition))
  }

  /// Generalisation under l1 does not need a small |theta|_2.
  private static func normClaim(_ grid: GrokkingGrid) throws -> Claim {
    let fastest = grid.rates.last.map(grid.with(rate:))?.generalized ?? []
    return Claim(
      "l1, the largest alpha: |theta|_2 at the end over that at t2",
      each: try fastest.map { try $0.change("l2_norm", since: \.t2) }, in: 1...100,
      "it grows while the run generalises and after: 406 to 960 in another measurement")
  }
}
