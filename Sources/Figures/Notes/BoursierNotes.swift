/// The notes on Boursier, Pesme, Dragomir, 2025 (arXiv 2505.20172); its code is not public.
extension FigureNotes {
  static let boursier: [FigureNote] = [
    // What the source leaves open; no code is public
    FigureNote(
      "law of the matrix M*", ["boursier/fig2"],
      .unspecified(
        "\"Random\" of rank 3; neither law nor singular values are given.",
        here: "A B^T of Gaussian 20 x 3 factors; nine seeds")),
    FigureNote(
      "width of the factors", ["boursier/fig2"],
      .unspecified(
        "The text says 10 columns, the theory takes 40.",
        here: "10")),
    FigureNote(
      "teacher, step and test set", ["boursier/fig3"],
      .unspecified(
        """
        The three ReLUs of the teacher, the \"small\" step and the size of the test set are not \
        given.
        """,
        here: "a fixed teacher (key problem.teacher), gamma = 0.002, a grid of 401 points")),
    FigureNote(
      "step, iterations, seed and test set", ["boursier/fig4"],
      .unspecified(
        "They are not given.",
        here: "gamma = 0.1 and 1e7 steps, several seeds, a grid of 401 points")),
    FigureNote(
      "an experiment", ["boursier/linreg"],
      .unspecified(
        "Appendix C has formulas and no figure.",
        here: "sizes of our own")),
    // What does not hold as printed
    FigureNote(
      "the solution coincides with M* in the end", ["boursier/fig2"],
      .erratum(
        """
        With half of the entries of such a matrix, the interpolating matrix of least nuclear \
        norm is another one.
        """,
        here: "the end point against the convex problem; what remains of the distance is reported")),
    FigureNote(
      "t = 1e5 in 1e6 iterations", ["boursier/fig3"],
      .erratum(
        "That is a step of 0.1, which diverges: the limit at this start is 0.002 to 0.007.",
        here: "gamma = 0.002 and the steps it needs")),
    FigureNote(
      "Eqs. 23-24", ["boursier/linreg"],
      .erratum(
        "They hold for |Xw - y|^2 / 2, not for the stated |Xw - y|^2.",
        here: "2 s_i^2 in the place of s_i^2; the claims show that the printed form fails")),
    // What the small scale cannot tell
    FigureNote(
      "the curves up to t = 1e5", ["boursier/fig3"],
      .beyond(
        .small,
        "this scale ends at t = 1e4, when the net has settled")),
    FigureNote(
      "the curves up to t = 1e5, 1e7 iterations", ["boursier/fig2"],
      .beyond(
        .small,
        "this scale ends at t = 3e4")),
  ]
}
