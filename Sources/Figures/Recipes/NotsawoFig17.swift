import Experiments
import Sweeps

extension FigureRecipe {
  /// Error curves of one to four factors, a panel for each N.
  static let notsawoFig17 = FigureRecipe(
    id: "notsawo/fig17",
    title: "Error curves over depth and number of measurements, without regularisation",
    citation: "Notsawo, Dumas, Rabusseau, ICML 2025 (arXiv 2506.05718), Fig. 17; appendix F.1",
    spec: { documents(notsawoDepth($0, [2, 3, 4])) },
    analyze: { input in
      let runs = try DepthRuns(input, id: "notsawo/fig17")
      var output = FigureOutput()
      output.tables = try runs.alike.map { cell in
        ("N\(cell.N)-L\(cell.depth)", try CurveTable.rows(cell.run.curves, fig17Metrics))
      }
      output.claims = try fig17Claims(runs)
      output.plot = fig17Plot(runs)
      return output
    })

  private static let fig17Metrics = ["train_error", "test_error"]

  private static func fig17Claims(_ runs: DepthRuns) throws -> [Claim] {
    func cells(_ depth: Int) -> [DepthCell] { runs.alike.filter { $0.depth == depth } }
    /// Steps of the first visible progress less those predicted.
    func lateness(_ depth: Int) throws -> [Double?] {
      try cells(depth).map { cell in
        try cell.run.firstStep("train_error", below: 0.9).flatMap { step in
          try cell.escape().map { Double(step) - $0 }
        }
      }
    }
    let smooth = try (cells(1) + cells(2)).map { Double(try $0.drops()) }
    let stairs = try cells(3).map { Double(try $0.drops()) }
    let long = try cells(4).map { try $0.drops() }
    let starts = try cells(4).map {
      try $0.run.firstStep("train_error", below: 0.9).map(Double.init)
    }
    let behind = cells(4).filter { $0.N >= 20 }.map { cell in
      cell.leastTest / (runs.cell(cell.N, 3)?.leastTest ?? .nan)
    }
    return [
      Claim(
        "one and two factors learn at once: times that the training error falls", each: smooth,
        in: 1...1, "once, without a pause"),
      Claim(
        "three factors learn in stairs: times that the training error falls, with pauses between",
        each: stairs, in: 2...5, "at least twice, at most once for each entry of the support"),
      Claim(
        "and so do four",
        measured: "\(long.count { $0 >= 2 }) of \(long.count) runs fall at least twice",
        tolerance: "all but one: 1e6 steps may end before the second stair",
        held: long.count > 1 && long.count { $0 >= 2 } >= long.count - 1),
      Claim(
        "three factors leave 0 when the largest entry of X^T y makes one component blow up: step of "
          + "train error 0.9 less zeta^{-1} / (alpha g)", each: try lateness(3),
        in: -500...1500, "steps are evaluated every 1000"),
      Claim(
        "and four: less zeta^{-2} / (2 alpha g)", each: try lateness(4),
        in: -500...1500, "steps are evaluated every 1000"),
      Claim(
        "so that four need longer training: step of train error 0.9", each: starts,
        in: 4e5...1e6, "half of the steps given"),
      Claim(
        "and have not caught up: least test error over that of three factors, N >= 20",
        each: behind, in: 1...100, "more in another measurement"),
    ]
  }

  private static func fig17Plot(_ runs: DepthRuns) -> String {
    let sizes = runs.sizes
    let last = runs.alike.compactMap { $0.run.curves.steps.last }.max() ?? 0
    let panels = sizes.map { N in
      let lines = runs.alike.filter { $0.N == N }.sorted { $0.depth < $1.depth }.map { cell in
        "'N\(N)-L\(cell.depth).csv' using ($1+1):3 with lines lw 2 lc \(cell.depth) "
          + "title 'L = \(cell.depth)', '' using ($1+1):2 with lines lw 1.5 dt 2 lc \(cell.depth) "
          + "notitle"
      }
      let key = N == sizes.first ? "set key bottom left opaque" : "unset key"
      return "\(key)\nset title 'N = \(N)'\nplot \(lines.joined(separator: ", "))"
    }
    return """
      set multiplot layout 2, \((sizes.count + 1) / 2)
      set logscale x
      set format x '10^{%L}'
      set xrange [1:\(last + 1)]
      set yrange [0:1.05]
      set xlabel 'step + 1'
      set ylabel 'error, test solid, train dashed'
      \(panels.joined(separator: "\n"))
      unset multiplot
      """
  }
}
