/// The notes on Lyu, Jin, Li, Du, Lee, Hu, ICLR 2024 (arXiv 2311.18817) and their code.
extension FigureNotes {
  static let lyu: [FigureNote] = [
    // Paper and code
    FigureNote(
      "classification loss", ["lyu/fig1a", "lyu/fig1b"],
      .difference(
        paper: "exponential, in the theory",
        code: "logistic",
        here: "logistic, as what the figure shows comes from the code (key loss)")),
    FigureNote(
      "start of the diagonal net", ["lyu/fig1a", "lyu/fig1b"],
      .difference(
        paper: "u = v = alpha, in the theory; a norm of 128 in the figure",
        code: "alpha/sqrt(2d) in every component, so that alpha is the norm",
        here: "the code's (key init.kind: norm, constant)")),
    FigureNote(
      "test samples", ["lyu/fig1a", "lyu/fig1b"],
      .difference(
        paper: "not stated",
        code: "10,000",
        here: "none: the accuracy of the whole distribution (key problem.n_test)")),
    FigureNote(
      "accuracy of outputs of zero", ["lyu/fig1a", "lyu/fig1b"],
      .difference(
        paper: "not stated",
        code: "1/2 for diagonal nets",
        here: "1/2")),
    FigureNote(
      "learning rate and weight decay", ["lyu/fig2a", "lyu/fig2b", "lyu/fig2c"],
      .difference(
        paper: "0.002 and 1e-4",
        code: "0.1 and 1e-3 by default, to be overridden",
        here: "the paper's at its scale")),
    FigureNote(
      "He start", ["lyu/fig2a", "lyu/fig2b", "lyu/fig2c", "lyu/fig4"],
      .difference(
        paper: "the standard one",
        code: "gain sqrt(2) in layer 1, gain 1 in layer 2",
        here: "the code's")),
    FigureNote(
      "start of the output layer", ["lyu/fig2b"],
      .difference(
        paper: "zero",
        code: "zero if asked for; the scale multiplies both layers before",
        here: "zero, the scale on layer 1")),
    FigureNote(
      "weight decay", ["lyu/fig3"],
      .difference(
        paper: "1e-4",
        code: "1e-3 by default",
        choice: SpecChoice(
          paper: ["weight_decay=1.0e-4"], code: ["weight_decay=1.0e-3"],
          besides: ["steps=3000000"]))),
    FigureNote(
      "effective learning rate without decay", ["lyu/fig4"],
      .difference(
        paper: "lr/L throughout",
        code: "10 lr until L = e^-5, then lr/L",
        here: "the code's (key warm_factor is the 10)")),
    FigureNote(
      "continuous time", ["lyu/fig4"],
      .difference(
        paper: "the sum of the learning rates",
        code: "one more: its clock starts at t = 1",
        here: "from t = 1")),
    // What the sources leave open
    FigureNote(
      "learning rate and steps", ["lyu/fig1a", "lyu/fig1b"],
      .unspecified(
        "The paper does not state them.",
        here: "the code's defaults, 0.01 and 1e6 steps and fewer")),
    FigureNote(
      "width, scale and weight decay", ["lyu/fig1b"],
      .unspecified(
        """
        The paper does not state d, alpha and lambda; the code's default of alpha is 1, with \
        which there is no plateau to leave.
        """,
        here: "d = 100,000 and lambda = 1e-3 of the code, alpha = 128 of the left panel")),
    FigureNote(
      "scales of the start", ["lyu/fig2b"],
      .unspecified(
        "Only the ends 1 and 100 of the range are in the text.",
        here: "3, 6, 12 at the small scale and values up to 100 at the paper's")),
    FigureNote(
      "weight decays, and whether W2 starts at zero", ["lyu/fig2c"],
      .unspecified(
        "Neither is in the text.",
        here: "a range that shows both ends; He's start")),
    FigureNote(
      "number of observed entries", ["lyu/fig3"],
      .unspecified(
        "5 % of 9,409 entries are 470.45.",
        here: "470")),
    FigureNote(
      "base learning rate", ["lyu/fig4"],
      .unspecified(
        "eta is not given; the code's default is 0.01.",
        here: "the code's at the paper's scale")),
    FigureNote(
      "the whole experiment", ["lyu/appB2-label-noise"],
      .unspecified(
        "The appendix has a theorem and constants that are not given, no experiment.",
        here: "sizes of our own")),
    // What does not hold as printed
    FigureNote(
      "normaliser of Theorem 3.4", ["lyu/fig1a", "lyu/fig1b"],
      .erratum(
        "ln(alpha^c/lambda) is printed; the proof gives ln(alpha^{2(L-1)c}/lambda).",
        here: "directions and normalised margins, which do not depend on it")),
    FigureNote(
      "sphere of Corollary 3.7", ["lyu/fig1a"],
      .erratum(
        "The largest L1 margin is written over the L2 sphere.",
        here: "margins over |w|_1")),
    FigureNote(
      "end of the kernel phase at ln(alpha)/lambda", ["lyu/fig1a"],
      .erratum(
        """
        The constant that the theorems leave open is large here: the rise comes at about half of \
        ln(128)/lambda.
        """,
        here: "measured times of another implementation")),
    FigureNote(
      "test accuracy falls to nearly 50 %", ["lyu/fig1b"],
      .erratum(
        "It is about 0.6 after 1e6 steps, with the sizes assumed.",
        here: "measured values of another implementation")),
    FigureNote(
      "definitions of the regularised loss",
      ["lyu/fig1a", "lyu/fig1b", "lyu/fig2a", "lyu/fig2b", "lyu/fig2c", "lyu/fig3"],
      .erratum(
        "Eq. 5 is the regularised loss; appendix C has |theta|^2 without lambda/2.",
        here: "L + lambda/2 |theta|^2")),
    FigureNote(
      "samples that completion needs", ["lyu/fig3"],
      .erratum(
        """
        The condition of Theorem 3.12 asks for more than 2,000 entries; recovery works with 470.
        """,
        here: "the end point itself, against the convex problem")),
    FigureNote(
      "log loss of the test set in the code", ["lyu/fig4"],
      .erratum(
        """
        The exponential of a difference of logits overflows from 709 on, within the plotted \
        range.
        """,
        here: "a form without overflow")),
    // What the small scale cannot tell
    FigureNote(
      "train accuracy is full by 1e6 steps and test accuracy by 1e7", ["lyu/fig2a"],
      .beyond(
        .small,
        """
        steps of p = 97 and 1024 units; this scale has p = 23, 256 units and steps a thousand \
        times as large, and judges lambda t
        """)),
    FigureNote(
      "the transition is delayed up to alpha = 100", ["lyu/fig2b"],
      .beyond(
        .small,
        "descent at this scale needs lr < 26/alpha^2: alpha goes to 12")),
    FigureNote(
      "test accuracy rises as ln t goes from 230 to 23,000", ["lyu/fig4"],
      .beyond(
        .small,
        "numbers of p = 97; a smaller p rises sooner")),
    FigureNote(
      "the drop comes after 1e6 steps, at lambda = 1e-4", ["lyu/fig3"],
      .beyond(
        .small,
        "this scale has larger lambda and fewer steps, with the same curves in slow time")),
    FigureNote(
      "gradient descent at d = 100,000", ["lyu/fig1a", "lyu/fig1b"],
      .beyond(
        .small,
        """
        a run of it takes 1e14 operations; this scale trains d = 2,048 beside flow, and flow in \
        full
        """)),
  ]
}
