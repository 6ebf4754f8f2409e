import Experiments
import Sweeps

extension FigureRecipe {
  /// The example of the authors' blog post: modular addition with a small l2 penalty, t1 about 540
  /// and t2 about 9,150.
  ///
  /// The checked-in code does not give these numbers; a net nearer to the paper's text does: one table
  /// for both tokens, joined entry by entry, and a squared penalty. Several seeds of it are judged.
  /// The code's net (two uniform tables, matrix product, unsquared norms) is trained beside it and
  /// reported, not judged by the blog's numbers.
  static let notsawoBlogL2 = FigureRecipe(
    id: "notsawo/blog-l2",
    title: "Modular addition with a small l2 penalty",
    citation: "Notsawo, Dumas, Rabusseau, ICML 2025 (arXiv 2506.05718): the authors' blog post, "
      + "Fig. 1; section 4, appendix H",
    spec: { scale in documents([blogSpec(scale, isCode: false), blogSpec(scale, isCode: true)]) },
    analyze: { input in
      guard let first = input.runs.first else { throw FigureError.noRuns("notsawo/blog-l2") }
      let isPaper = try first.prepared.parameters.integer("problem.p") == 97
      let cells = try input.runs.map { try GrokkingCell($0) }
      let (code, text) = try (
        cells.filter { try $0.run.isMatrixProduct }, cells.filter { try !$0.run.isMatrixProduct }
      )
      var output = FigureOutput()
      output.tables = try cells.map { cell in
        (
          try cell.blogTable,
          try CurveTable.rows(cell.run.curves, ["train_accuracy", "test_accuracy", "l2_norm"])
        )
      }
      output.claims = try blogClaims(text, code, isPaper: isPaper)
      output.plot = try blogPlot(text, code)
      return output
    })

  /// The paper's alpha = 1e-3 and beta = 1e-6 at its scale. The small one has p = 31, half of the
  /// pairs for training, and a beta that leaves t2 within the budget.
  private static func blogSpec(_ scale: FigureScale, isCode: Bool) -> String {
    let isPaper = scale == .paper
    let size = isPaper ? 64 : 36
    let net =
      isCode
      ? """
      aggregation: matrix-product
      model: {encoders: separate, embedding: \(size), width: \(size), bias: none}
      init: {encoders: uniform}
      regularizer: {l2: \(isPaper ? "1.0e-6" : "3.0e-5"), l2_form: norm}
      """
      : """
      aggregation: hadamard
      model: {encoders: shared, embedding: \(size), width: \(size), bias: none}
      init: {encoders: normal}
      regularizer: {l2: \(isPaper ? "1.0e-6" : "3.0e-5"), l2_form: squared}
      """
    return """
      experiment: network
      task: modular-arithmetic
      \(net)
      problem: {p: \(isPaper ? 97 : 31), train_fraction: \(isPaper ? 0.4 : 0.5)}
      optimizer: adam
      learning_rate: 1.0e-3
      batch_size: \(isPaper ? 2048 : 262)
      steps: \(isPaper ? 20_002 : 10_000)
      evaluate: {first: 101, every: \(isPaper ? 10 : 20)}
      record: {nuclear_norm: false}
      precision: f32
      sweep:
        seed: [\(isCode ? "1" : "1, 2, 3")]
      """
  }

  private static func blogClaims(
    _ text: [GrokkingCell], _ code: [GrokkingCell], isPaper: Bool
  ) throws -> [Claim] {
    let (t1, t2) = (text.map { $0.t1.map(Double.init) }, text.map { $0.t2.map(Double.init) })
    let sizes: [Claim] = [
      Claim(
        "t1, train accuracy 99.9 %", each: t1, in: isPaper ? 400...1000 : 100...1000,
        isPaper
          ? "540 in the post, 710 in another measurement" : "in the hundreds, as at full size"),
      Claim(
        "t2, test accuracy 99 %", each: t2, in: isPaper ? 6000...15_000 : 2000...10_000,
        isPaper
          ? "9,150 in the post, 10,520 in another measurement" : "in the thousands, as at full size"
      ),
    ]
    return try sizes + [
      Claim(
        "t2/t1", each: text.map(\.delay), in: 5...50,
        "17 in the post, 15 in another measurement"),
      Claim(
        "|theta|_2 at t2 over that at t1",
        each: text.map { cell in
          try cell.t2.flatMap { t2 in
            try cell.t1.flatMap { try cell.run.value("l2_norm", at: $0) }
              .flatMap { start in try cell.run.value("l2_norm", at: t2).map { $0 / start } }
          }
        }, in: 0.2...1, "the penalised norm falls between them"),
      Claim(
        "reported, not judged: the net of the authors' code",
        measured: code.map { cell in
          "t1 = \(cell.t1.map(String.init) ?? "not reached"), "
            + "t2 = \(cell.t2.map(String.init) ?? "not within \(cell.run.prepared.steps)")"
        }.joined(separator: "; "),
        tolerance: "any; 670 and none by 20,000 in another measurement", held: !code.isEmpty),
    ]
  }

  private static func blogPlot(_ text: [GrokkingCell], _ code: [GrokkingCell]) throws -> String {
    func lines(_ cells: [GrokkingCell], _ column: Int, _ style: String) throws -> String {
      try cells.enumerated().map { index, cell in
        "'\(try cell.blogTable).csv' using ($1+1):\(column) with lines lw 2 \(style) "
          + "lc \(index + 1) title 'seed \(Int(try cell.run.number("seed")))'"
      }.joined(separator: ", ")
    }
    let marks = [text.first?.t1, text.first?.t2].compactMap { $0 }.map {
      "set arrow from \($0 + 1), graph 0 to \($0 + 1), graph 1 nohead dt 2 lc rgb '#888888'"
    }.joined(separator: "\n")
    return """
      set multiplot layout 1, 3
      set logscale x
      set format x '10^{%L}'
      set xlabel 'step + 1'
      set key top left font ',8'
      set yrange [0:1.05]
      set ylabel 'accuracy, train solid, test dashed'
      \(marks)
      set title 'one table, entrywise product, squared l_2'
      plot \(try lines(text, 2, "")), \(try lines(text, 3, "dt 2"))
      unset arrow
      set title 'the code''s net, unsquared l_2'
      plot \(try lines(code, 2, "")), \(try lines(code, 3, "dt 2"))
      set yrange [0:*]
      set title 'one table, entrywise product, squared l_2'
      set ylabel '|{/Symbol q}|_2'
      plot \(try lines(text, 4, ""))
      unset multiplot
      """
  }
}

extension FigureInput.Run {
  fileprivate var isMatrixProduct: Bool {
    get throws { try prepared.parameters.text("aggregation") == "matrix-product" }
  }
}

extension GrokkingCell {
  fileprivate var blogTable: String {
    get throws {
      (try run.isMatrixProduct ? "code" : "text") + "-seed\(Int(try run.number("seed")))"
    }
  }
}
