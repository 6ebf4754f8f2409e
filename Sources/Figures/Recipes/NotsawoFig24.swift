import BatchNumerics
import Experiments
import Foundation
import Sweeps
import Theory

extension FigureRecipe {
  /// Runs in the plane of u = |a_S| and v = |a_{S^c}|, the norms on and off the support of the target,
  /// over the number of measurements.
  ///
  /// Signal, measurements (a seed for each N) and noise are the authors'. Beside each run stand two
  /// without l1, one of them with l2, computed in closed form.
  static let notsawoFig24 = FigureRecipe(
    id: "notsawo/fig24",
    title: "Norms on and off the support: to least squares first, then to the target",
    citation: "Notsawo, Dumas, Rabusseau, ICML 2025 (arXiv 2506.05718), Fig. 24; Theorem 3.1",
    spec: { _ in
      documents(
        (1...10).flatMap { index in
          [
            landscapeSpec(index, "regularizer: {l1: 1.0e-5}"),
            landscapeSpec(
              index,
              """
              regularizer: {l1: 0}
              solver: closed-form
              sweep:
                regularizer.l2: [0, 1.0e-5]
              """),
          ]
        })
    },
    analyze: { input in
      let paths = try input.runs.map(SupportPath.init).sorted { $0.N < $1.N }
      guard !paths.isEmpty else { throw FigureError.noRuns("notsawo/fig24") }
      var output = FigureOutput()
      output.tables = try paths.map { path in
        (path.table, try CurveTable.rows(path.run.curves, ["support_norm", "off_support_norm"]))
      }
      let sparse = paths.filter(\.isSparse)
      output.tables += [
        ("steps", SupportPath.steps(sparse)), ("marks", try SupportPath.marks(sparse)),
        ("ends", SupportPath.ends(paths)),
      ]
      output.claims = fig24Claims(sparse, paths.filter { !$0.isSparse })
      output.plot = fig24Plot(sparse)
      return output
    })

  private static func landscapeSpec(_ index: Int, _ more: String) -> String {
    """
    experiment: sparse-recovery
    method: subgradient
    problem:
      {n: 100, s: 5, N: \(10 * index), snr: 1.0e8, row_variance: 1/N, generator: mt19937,
       signal_seed: 1, measurement_seed: \(index)}
    learning_rate: 0.1
    init: {kind: ones, scale: 1.0e-6}
    steps: 1000000
    evaluate: {first: 1000, every: 1000}
    thresholds: {train: 1.0e-3, test: 1.0e-3}
    record: {support_norms: true}
    precision: f64
    seed: 1
    \(more)
    """
  }

  // MARK: - Claims

  /// Steps at which the test error settles, measured by an independent implementation.
  private static let settling = [
    20: 92_000, 30: 89_000, 40: 57_000, 50: 31_000, 70: 18_000, 90: 12_000,
  ]

  private static func fig24Claims(_ sparse: [SupportPath], _ plain: [SupportPath]) -> [Claim] {
    let delayed = sparse.filter { $0.N >= 20 && $0.isUnderdetermined }
    let recovering = sparse.filter { $0.N >= 30 }
    func ends(_ N: Int) -> Double? { sparse.first { $0.N == N }?.finalError }
    let shifts = settling.sorted { $0.key < $1.key }.map { N, step in
      sparse.first { $0.N == N }?.settled.map { Double($0 - step) }
    }
    let stuck = [false, true].map { isRidge in
      plain.filter { $0.isRidge == isRidge && $0.isUnderdetermined }
    }
    return [
      Claim(
        "each run passes least squares: least distance of (u, v) from that of a_LS over |a_LS|",
        each: sparse.map(\.closest.distance), in: 0...0.03, "0.02 % to 2 % in another measurement"),
      Claim(
        "before it turns to the target: step of the least distance over t2, 20 <= N < n",
        each: delayed.map { path in path.settled.map { Double(path.closest.step) / Double($0) } },
        in: 0...0.1, "the fit is fast, what follows is slow"),
      Claim(
        "v at the end over |a*|, N >= 30", each: recovering.map(\.finalOff), in: 0...1e-3,
        "nothing is left off the support"),
      Claim(
        "|u - |a*|| at the end over |a*|, N >= 30", each: recovering.map(\.finalOn), in: 0...1e-3,
        "the target's norm"),
      Claim(
        "N = 10 ends elsewhere: test error", ends(10), in: 0.8...0.88,
        "0.84: too few measurements"),
      Claim(
        "N = 20 recovers, with these measurements: test error", ends(20), in: 2.0e-4...2.8e-4,
        "2.4e-4"),
      Claim(
        "t2 by the authors' rule less that of another implementation, N of 20 to 90", each: shifts,
        in: -1000...1000, "steps are evaluated every 1000"),
      Claim(
        "without l1 a run stays at least squares: distance of (u, v) from that of a_LS at the end, "
          + "over |a_LS|, N < n", each: stuck[0].map(\.finalDistance), in: 0...1e-3,
        "but for the start of 1e-6"),
      Claim(
        "also with l2", each: stuck[1].map(\.finalDistance), in: 0...1e-3,
        "l2 = 1e-5 moves a_LS by about as much"),
    ]
  }

  // MARK: - Plot

  /// As many N as make a row of four and one of three.
  private static let drawnSizes = [10, 20, 30, 40, 50, 70, 90]

  private static func fig24Plot(_ sparse: [SupportPath]) -> String {
    let panels = sparse.map(\.N).filter(drawnSizes.contains).map { N in
      func points(_ file: String, _ x: Int, _ y: String, _ style: String, _ title: String) -> String
      {
        "'\(file).csv' using ($1==\(N) ? $\(x) : NaN):\(y) with points \(style) \(title)"
      }
      let layers = [
        "'\(SupportPath.table(N)).csv' using 2:3:(log10($1+1)) with lines lw 3 lc palette notitle",
        points("ends", 5, "6", "pt 4 ps 2.2 lc rgb '#1f78b4'", "title 'end without l1'"),
        points("ends", 7, "8", "pt 8 ps 2.2 lc rgb '#1f78b4'", "title 'with l2 alone'"),
        points("marks", 3, "4", "pt 6 ps 1.2 lc rgb 'black'", "notitle"),
        points("ends", 2, "3", "pt 2 ps 1.6 lw 3 lc rgb '#cc3311'", "title 'a_{LS}'"),
        points("ends", 4, "(0)", "pt 7 ps 1.6 lc rgb '#cc3311'", "title 'a*'"),
      ]
      return """
        set title 'N = \(N)'
        plot \(layers.joined(separator: ", "))
        unset key
        unset colorbox
        """
    }
    return """
      set multiplot layout 2, 4
      set palette defined (0 '#440154', 1 '#3b528b', 2 '#21918c', 3 '#5ec962', 4 '#fde725')
      set cbrange [0:6]
      set cbtics ('1' 0, '10^3' 3, '10^6' 6) offset 0, 0.4
      set cblabel 'step + 1' offset 0, 1
      set colorbox horizontal user origin 0.14, 0.7 size 0.085, 0.02
      set xlabel 'u = |a_S|'
      set ylabel 'v = |a_{S^c}|'
      set xrange [0:*]
      set yrange [0:*]
      set xtics 0.05
      set ytics 0.02
      set offsets 0.01, 0.01, 0.01, 0
      set key top right
      \(panels.joined(separator: "\n"))
      set title 'steps over N'
      unset offsets
      set xtics autofreq
      set ytics autofreq
      set xrange [0:105]
      set yrange [*:*]
      set logscale y
      set format y '10^{%L}'
      set xlabel 'N'
      set ylabel 'step'
      set key bottom right
      plot 'steps.csv' using 1:2 with linespoints pt 7 lc 1 title 't_1', \
        '' using 1:3 with linespoints pt 7 lc 2 title 't_2', \
        '' using 1:4 with lines dt 3 lw 2 lc 1 title 't_1, theory', \
        '' using 1:5 with lines dt 3 lw 2 lc 2 title 't_1 + {/Symbol D}t, theory'
      unset multiplot
      """
  }
}

/// A run in the plane of the norms on and off the support.
private struct SupportPath {
  let run: FigureInput.Run
  let N: Int
  let isUnderdetermined: Bool
  let isSparse: Bool
  let isRidge: Bool
  let targetNorm: Double
  /// (u, v) of a_LS.
  let leastSquares: (on: Double, off: Double)
  /// The step of the least distance from a_LS in this plane, and that distance over |a_LS|.
  let closest: (step: Int, distance: Double)
  /// (u, v) at the end, and its distance from that of a_LS over |a_LS|.
  let end: (on: Double, off: Double)
  let finalDistance: Double
  /// v / |a*| and |u - |a*|| / |a*| at the end.
  let finalOff: Double
  let finalOn: Double
  let finalError: Double
  /// t2 by the authors' rule.
  let settled: Int?
  /// The authors' predictions of t1 and t2.
  private let predicted: (t1: Double, t2: Double)

  init(_ run: FigureInput.Run) throws {
    self.run = run
    let parameters = run.prepared.parameters
    N = try parameters.integer("problem.N")
    isUnderdetermined = N < (try parameters.integer("problem.n"))
    isSparse = try run.number("regularizer.l1") > 0
    isRidge = try run.number("regularizer.l2") > 0
    let batch = try SparseRecovery().batch(of: [run.prepared], instance: nil)
    let target = batch.problems[0].target
    let theory = SparseRecoveryTheory(batch.problems[0], batch.runs[0])
    let a = theory.leastSquares
    let size = euclideanNorm(a)
    targetNorm = euclideanNorm(target)
    func part(_ isOn: Bool) -> Double {
      euclideanNorm(zip(a, target).filter { ($0.1 != 0) == isOn }.map(\.0))
    }
    let start = (on: part(true), off: part(false))
    leastSquares = start
    let (on, off) = (try run.curve("support_norm"), try run.curve("off_support_norm"))
    let distances = zip(on, off).map { hypot($0 - start.on, $1 - start.off) / size }
    let least = distances.indices.min { distances[$0] < distances[$1] }
    closest =
      least.map { (run.curves.steps[$0], distances.extremes.least ?? .nan) } ?? (0, .nan)
    finalDistance = distances.last ?? .nan
    end = (on.last ?? .nan, off.last ?? .nan)
    finalOff = end.off / targetNorm
    finalOn = abs(end.on / targetNorm - 1)
    let errors = try run.curve("test_error")
    finalError = errors.last ?? .nan
    settled = StableStep.find(steps: run.curves.steps, values: errors)
    let t1 = theory.memorizationStep(asCoded: true) ?? .nan
    predicted = (t1, t1 + (theory.delay ?? .nan))
  }

  static func table(_ N: Int) -> String { "N\(N)" }
  var table: String { Self.table(N) + (isSparse ? "" : isRidge ? "-l2" : "-plain") }

  /// t1, t2 and their predictions over N.
  static func steps(_ paths: [SupportPath]) -> [[String]] {
    [["N", "t1", "t2", "t1_theory", "t2_theory"]]
      + paths.map { path in
        [
          "\(path.N)", path.run.t1.map(String.init) ?? "nan",
          path.settled.map(String.init) ?? "nan", "\(path.predicted.t1)", "\(path.predicted.t2)",
        ]
      }
  }

  /// (u, v) of a_LS, |a*|, and (u, v) where the runs without l1 end: without and with l2.
  static func ends(_ paths: [SupportPath]) -> [[String]] {
    [["N", "u_ls", "v_ls", "target", "u_plain", "v_plain", "u_l2", "v_l2"]]
      + paths.filter(\.isSparse).map { path in
        let others = [false, true].flatMap { isRidge in
          let end = paths.first { $0.N == path.N && !$0.isSparse && $0.isRidge == isRidge }?.end
          return [end?.on ?? .nan, end?.off ?? .nan]
        }
        let numbers = [path.leastSquares.on, path.leastSquares.off, path.targetNorm] + others
        return ["\(path.N)"] + numbers.map { "\($0)" }
      }
  }

  /// Five records of each run, evenly spread on a logarithmic axis.
  static func marks(_ paths: [SupportPath]) throws -> [[String]] {
    try [["N", "step", "u", "v"]]
      + paths.flatMap { path in
        let steps = path.run.curves.steps
        let (on, off) = (
          try path.run.curve("support_norm"), try path.run.curve("off_support_norm")
        )
        let indices = (1...5).map { share in
          min(steps.count, Int(pow(Double(steps.count), Double(share) / 5).rounded())) - 1
        }
        return indices.map { ["\(path.N)", "\(steps[$0])", "\(on[$0])", "\(off[$0])"] }
      }
  }
}
