/// Where Notsawo, Dumas, Rabusseau, ICML 2025 (arXiv 2506.05718) and their notebooks differ.
extension FigureNotes {
  static let sparse = [
    "notsawo/fig03", "notsawo/fig04", "notsawo/fig07", "notsawo/fig09", "notsawo/fig12",
    "notsawo/fig13", "notsawo/fig16", "notsawo/fig17", "notsawo/fig18", "notsawo/fig21",
    "notsawo/fig22", "notsawo/fig24", "notsawo/fig25", "notsawo/fig26", "notsawo/fig27",
    "notsawo/fig28",
  ]
  static let completion = [
    "notsawo/fig05", "notsawo/fig06", "notsawo/fig08", "notsawo/fig14", "notsawo/fig15",
    "notsawo/fig23", "notsawo/fig29",
  ]
  static let modular = [
    "notsawo/fig01", "notsawo/fig02", "notsawo/fig30",
  ]
  static let teachers = [
    "notsawo/fig10", "notsawo/fig11", "notsawo/fig31", "notsawo/fig32", "notsawo/fig33",
    "notsawo/fig34",
  ]

  static let notsawoDifferences: [FigureNote] = [
    // Sparse recovery: paper and code
    FigureNote(
      "variance of the entries of the measurements X", sparse,
      .difference(
        paper: "1/n",
        code: "1/N, so that columns have norm 1",
        choice: SpecChoice(paper: ["problem.row_variance=1/n"], code: ["problem.row_variance=1/N"]))
    ),
    FigureNote(
      "start of a",
      [
        "notsawo/fig03", "notsawo/fig04", "notsawo/fig07", "notsawo/fig12", "notsawo/fig13",
        "notsawo/fig16", "notsawo/fig21", "notsawo/fig22", "notsawo/fig24", "notsawo/fig25",
        "notsawo/fig26", "notsawo/fig27", "notsawo/fig28",
      ],
      .difference(
        paper: "zeta N(0, 1/n)",
        code: "zeta in every component; with zeta = 1e-6 the two take the same steps",
        choice: SpecChoice(paper: ["init.kind=normal"], code: ["init.kind=ones"]))),
    FigureNote(
      "start of the factors", ["notsawo/fig09", "notsawo/fig17", "notsawo/fig18"],
      .difference(
        paper: "independent, zeta N(0, 1/n)",
        code: """
          zeta in every component of all factors, which so stay equal and positive: negative \
          entries of the target are out of reach
          """,
        here: """
          the code's; Figs. 9 and 18 have a start beside it from which every sign is in reach \
          (init.kind: sign-neutral), and normal is an option
          """)),
    FigureNote(
      "norm of the large start", ["notsawo/fig07", "notsawo/fig16"],
      .difference(
        paper: "10",
        code: "100: 10 in each of 100 components",
        here: "both: the code's ones times 10, and a Gaussian start of norm about 10")),
    FigureNote(
      "noise",
      [
        "notsawo/fig04", "notsawo/fig09", "notsawo/fig12", "notsawo/fig13", "notsawo/fig17",
        "notsawo/fig18", "notsawo/fig21", "notsawo/fig22", "notsawo/fig26", "notsawo/fig27",
        "notsawo/fig28",
      ],
      .difference(
        paper: "signal-to-noise ratio 1e8",
        code: "none in these figures",
        choice: SpecChoice(paper: ["problem.snr=1.0e8"], code: ["problem.snr=.inf"]))),
    FigureNote(
      "coherent measurements (tau > 0)",
      ["notsawo/fig19", "notsawo/fig20", "notsawo/fig21", "notsawo/fig22"],
      .difference(
        paper: "the first columns of the basis",
        code: "random columns of the basis",
        choice: SpecChoice(
          paper: ["problem.coherent_rows=first"], code: ["problem.coherent_rows=random"]))),
    FigureNote(
      "t1 and t2 of single runs",
      ["notsawo/fig03", "notsawo/fig07", "notsawo/fig16", "notsawo/fig24", "notsawo/fig25"],
      .difference(
        paper: "first step with an error of at most 1e-4",
        code: "first step with an error of at most 1e-3",
        here: """
          1e-3 as in the code: errors of this size of beta end at 2e-4 and never meet 1e-4 (keys \
          thresholds.train, thresholds.test)
          """)),
    FigureNote(
      "t2 on the grids",
      [
        "notsawo/fig04", "notsawo/fig06", "notsawo/fig18", "notsawo/fig22", "notsawo/fig24",
        "notsawo/fig26", "notsawo/fig28", "notsawo/fig29",
      ],
      .difference(
        paper: "first step with an error of at most 1e-4",
        code: "first step from which the error stays within 5 % of where it ends",
        here: """
          as in the code, where a figure draws t2; an error in proportion to beta meets no fixed \
          threshold at large beta
          """)),
    FigureNote(
      "thresholds of t1 over N", ["notsawo/fig28"],
      .difference(
        paper: "1e-4",
        code: "1e-2 for s = 1, otherwise 1e-3",
        here: "the code's (keys thresholds.train, thresholds.test)")),
    FigureNote(
      "errors over N", ["notsawo/fig09", "notsawo/fig18", "notsawo/fig22", "notsawo/fig28"],
      .difference(
        paper: "at t1 and t2",
        code: "the least of the whole trajectory",
        here: "the least, as in the code")),
    FigureNote(
      "predicted t1", ["notsawo/fig03"],
      .difference(
        paper: "with alpha beta sqrt(n) in the denominator (Eq. 78), rounded up",
        code: "without sqrt(n), not rounded",
        here: "the code's is drawn; theory.csv has both")),
    FigureNote(
      "error that is drawn", ["notsawo/fig04"],
      .difference(
        paper: "|a - a*|_1",
        code: "|a - a*|_1 / n",
        here: "|a - a*|_2 / |a*|_2 at the end, as Fig. 26 shows it")),
    FigureNote(
      "error that is drawn", ["notsawo/fig06"],
      .difference(
        paper: "|A - A*|_2 and |A - A*|_F",
        code: "|A - A*|_* / sqrt(n)",
        here: "|A - A*|_F / |A*|_F at the end, as Fig. 29 shows it")),
    FigureNote(
      "gradient ratio", ["notsawo/fig03", "notsawo/fig05"],
      .difference(
        paper: "regulariser over data",
        code: "regulariser over data; entries of a below 1e-3 do not count (sparse recovery)",
        here: "its inverse, data over regulariser, of all entries")),
    FigureNote(
      "grid of the convex problems", ["notsawo/fig19", "notsawo/fig20"],
      .difference(
        paper: "tau from 0 to 1",
        code: "tau = 0, 0.5, 1, four trials; the finer grid is commented out",
        here: "the code's at the small scale, tau in steps of 0.1 and ten trials at the paper's")),
    FigureNote(
      "tolerance and targets of the convex problems", ["notsawo/fig20"],
      .difference(
        paper: "|X a - y| <= 1e-8",
        code: "the same, by a general solver; one target for each s and tau",
        here: "X a = y exactly, with a duality gap; a target of its own for every trial")),
    FigureNote(
      "sample sizes N", ["notsawo/fig24"],
      .difference(
        paper: "20 to 70",
        code: "10 to 100",
        here: "the code's range includes the paper's")),
    FigureNote(
      "projected step", ["notsawo/fig12", "notsawo/fig14"],
      .difference(
        paper: "projects after a step of the regulariser alone, with a pseudo-inverse",
        code: "projects after a step of data and regulariser, with an inverse",
        here: """
          the paper's; the two agree where X has full row rank, as the projection removes the data \
          gradient
          """)),
    // Matrix recovery: paper and code
    FigureNote(
      "number of measurements N",
      ["notsawo/fig05", "notsawo/fig06", "notsawo/fig14", "notsawo/fig15", "notsawo/fig29"],
      .difference(
        paper: "70",
        code: "80",
        choice: SpecChoice(paper: ["problem.N=70"], code: ["problem.N=80"]))),
    FigureNote(
      "scale of the target A*", completion,
      .difference(
        paper: "non-zero singular values 1/sqrt(r), |A*|_F = 1",
        code: "|A*|_F = sqrt(n1 n2) = 10",
        choice: SpecChoice(
          paper: ["problem.target_scale=unit-spectrum"], code: ["problem.target_scale=sqrt-size"]))),
    FigureNote(
      "learning rate and N", ["notsawo/fig08", "notsawo/fig23"],
      .difference(
        paper: "alpha = 0.1, several N",
        code: "alpha = 1, N = 70",
        here: """
          the code's; dynamics depend on alpha beta alone, so that alpha = 0.1 takes ten times the \
          steps (key learning_rate)
          """)),
    FigureNote(
      "scale of the sensing factors", ["notsawo/fig14", "notsawo/fig15"],
      .difference(
        paper: "standard deviation 1/n_k",
        code: "variance 1/N, or 1/n_k if none is passed",
        choice: SpecChoice(
          paper: ["problem.row_variance=0.01"], code: ["problem.row_variance=1/N"]),
        here: "variance 1/n_k; with 1/N or 1/n_k^2 memorisation takes 1e5 steps and more")),
    FigureNote(
      "sensing factors X1 and X2", ["notsawo/fig14"],
      .difference(
        paper: "independent",
        code: "equal, as both are drawn from one seed",
        here: """
          independent: with equal factors X X^T is singular and the projection does not exist (key \
          problem.sensing_factors)
          """)),
    FigureNote(
      "sensing factors X1 and X2", ["notsawo/fig15"],
      .difference(
        paper: "independent",
        code: "equal, as both are drawn from one seed",
        choice: SpecChoice(
          paper: ["problem.sensing_factors=independent"], code: ["problem.sensing_factors=shared"]))
    ),
    FigureNote(
      "subgradient of the nuclear norm", completion,
      .difference(
        paper: "U V^T of the compact decomposition",
        code: """
          U V^T of the thin one, where a library picks directions for singular values of zero
          """,
        here: "thin, but a singular value of exactly zero contributes nothing")),
    FigureNote(
      "denominators of relative errors", completion,
      .difference(
        paper: "the norm",
        code: "the norm plus 1e-6",
        here: "the norm")),
    // Networks: paper and code
    FigureNote(
      "embeddings", modular,
      .difference(
        paper: "one table for both tokens",
        code: "a table for each",
        choice: SpecChoice(paper: ["model.encoders=shared"], code: ["model.encoders=separate"]))),
    FigureNote(
      "biases", modular,
      .difference(
        paper: "in both layers",
        code: "none",
        choice: SpecChoice(paper: ["model.bias=both"], code: ["model.bias=none"]))),
    FigureNote(
      "start of the embeddings", modular,
      .difference(
        paper: "N(0, 1/p)",
        code: "uniform within 1/sqrt(p): the routine of the start leaves them out",
        choice: SpecChoice(paper: ["init.encoders=normal"], code: ["init.encoders=uniform"]))),
    FigureNote(
      "batches", modular,
      .difference(
        paper: "all samples",
        code: "2048 of 3763 samples, two steps per epoch",
        choice: SpecChoice(paper: ["batch_size=null"], code: []))),
    FigureNote(
      "join of the two embeddings", modular,
      .difference(
        paper: "an operation that is not named",
        code: "product of two 8 x 8 matrices",
        here: "the code's (key aggregation: sum, hadamard, concat, matrix-product)")),
    FigureNote(
      "net and penalty", ["notsawo/blog-l2"],
      .difference(
        paper: "squared l2 norm; net as in the paper's text",
        code: "two uniform tables, matrix product, sum of unsquared norms",
        here: "both are trained; the post's numbers are compared with the former")),
    FigureNote(
      "l2 penalty", ["notsawo/fig01", "notsawo/fig30", "notsawo/fig32"],
      .difference(
        paper: "beta |theta|_2^2",
        code: "beta times the sum of the unsquared norms of the weight matrices",
        choice: SpecChoice(
          paper: ["regularizer.l2_form=squared"], code: ["regularizer.l2_form=norm"],
          penalty: "regularizer.l2"))),
    FigureNote(
      "penalised parameters",
      ["notsawo/fig01", "notsawo/fig02", "notsawo/fig30", "notsawo/blog-l2"],
      .difference(
        paper: "all",
        code: "weights alone; there are no biases",
        here: "all; the same where there are no biases (key regularizer.parameters)")),
    FigureNote(
      "Sobolev penalty", ["notsawo/fig11", "notsawo/fig34"],
      .difference(
        paper: "beta/N times the sum of squared Frobenius norms",
        code: "beta times one unsquared norm over all samples",
        choice: SpecChoice(
          paper: ["regularizer.sobolev_form=mean-squared"], code: ["regularizer.sobolev_form=norm"],
          penalty: "regularizer.sobolev"))),
    FigureNote(
      "data loss", ["notsawo/fig11", "notsawo/fig34"],
      .difference(
        paper: "1/N (Eq. 125) and 1/(2N) (appendix H.3.2)",
        code: "mean over entries, equal to 1/(2N) for two outputs",
        here: "1/(2N)")),
    FigureNote(
      "t1 and t2 of networks",
      ["notsawo/fig01", "notsawo/fig02", "notsawo/fig30", "notsawo/blog-l2"],
      .difference(
        paper: "not defined for accuracies",
        code: "first record of the least train and test error",
        here: "train accuracy of 99.9 %, test accuracy of 99 %")),
    FigureNote(
      "t2 of teacher and student", teachers,
      .difference(
        paper: "not defined",
        code: "first record of the least test loss",
        here: "test loss below a tenth of that at the start")),
  ]
}
