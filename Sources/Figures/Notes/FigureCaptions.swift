/// What a figure's panels show, for its caption.
package enum FigureCaptions {
  /// Empty where nobody wrote one.
  static func of(_ figure: String) -> String { all[figure] ?? "" }

  package static let all: [String: String] = [
    "notsawo/fig01":
      """
    Top: train (solid) and test accuracy (dashed) over steps of Adam, a colour per strength of \
    the penalty, one panel per penalty; dotted lines mark generalisation. Bottom: the l1, l2 \
    and nuclear norm of all parameters of the runs with l1, over 1000.
    """,
    "notsawo/fig02":
      """
    Train (solid) and test accuracy (dashed) with a nuclear-norm penalty, a panel per learning \
    rate, a colour per strength; dotted lines mark generalisation.
    """,
    "notsawo/fig03":
      """
    Left: train and test error and the ratio of data gradient and regulariser. Middle: test \
    error and the l1 norm, which rises to that of the least-squares solution and falls to that \
    of the target. Right: all components. Dashed lines are the measured t1 and t2, dotted ones \
    what theory predicts.
    """,
    "notsawo/fig04":
      """
    Left: the step at which the error settles against alpha beta, with the predicted delay \
    (dashed). Right: the error at the end. A colour per learning rate.
    """,
    "notsawo/fig05":
      """
    Left: train and test error and the ratio of data gradient and regulariser. Middle: test \
    error and nuclear norm. Right: all singular values; those beyond the rank vanish one after \
    the other. Dashed lines are measured, dotted ones predicted steps.
    """,
    "notsawo/fig06":
      """
    Left: the step at which the error of matrix completion settles against alpha beta, with \
    the predicted delay (dashed); runs that converged. Right: the error at the end. A colour \
    per learning rate.
    """,
    "notsawo/fig07":
      """
    Left: errors and the l2 norm from a large start with ridge regularisation alone: the test \
    error drops late, but only to that of the ridge solution (dashed). Right: all components.
    """,
    "notsawo/fig08":
      """
    Train error, test error and recovery of targets as more of the observed entries (tau) are \
    those of the largest local coherence; steps on a linear axis.
    """,
    "notsawo/fig09":
      """
    The least recovery error of one, two and three factors over the number of measurements N, \
    without regularisation: left from the authors' start, right with a start from which every \
    sign is in reach (dashed). Circles are the least-squares solution, the dotted line what it \
    is on average.
    """,
    "notsawo/fig10":
      """
    Train (solid) and test loss (dashed) of a student with an l1 penalty, three learning \
    rates; grey lines are the losses of constant outputs and of the best affine map.
    """,
    "notsawo/fig11":
      """
    Train (solid) and test loss (dashed) of a student that is trained on its teacher's \
    Jacobians too, three learning rates; grey lines are the losses of constant outputs and of \
    the best affine map.
    """,
    "notsawo/fig12":
      """
    Train (solid) and recovery error (dashed) of projected subgradient descent, a panel per \
    sparsity s, a colour per number of measurements N.
    """,
    "notsawo/fig13":
      """
    Train (solid) and recovery error (dashed) of proximal gradient descent (ISTA), a panel per \
    sparsity s, a colour per number of measurements N.
    """,
    "notsawo/fig14":
      """
    Matrix sensing by projected subgradient descent. Left: errors and the ratio of data \
    gradient and regulariser. Middle: test error and nuclear norm. Right: singular values.
    """,
    "notsawo/fig15":
      """
    Matrix sensing by proximal gradient descent. Left: errors and the ratio of data gradient \
    and regulariser. Middle: test error and nuclear norm. Right: singular values.
    """,
    "notsawo/fig16":
      """
    The run of Fig. 7 with a linear (left) and a logarithmic axis of errors (right): what \
    looks like a late transition on the left is no recovery. The l1 norm is on the right axes.
    """,
    "notsawo/fig17":
      """
    Test (solid) and train error (dashed) without regularisation, a panel per number of \
    measurements N, a colour per number of factors L.
    """,
    "notsawo/fig18":
      """
    Least errors and the steps at which errors settle over the number of measurements N, a \
    colour per number of factors L; dashed from a start from which every sign is in reach.
    """,
    "notsawo/fig19":
      """
    Left: coherence of the measurements with the basis against the share tau of measurements \
    that are columns of it, a colour per number of measurements. Right: the least number of \
    measurements from which basis pursuit recovers, against sparsity, for each tau.
    """,
    "notsawo/fig20":
      """
    Mean relative error of basis pursuit over number of measurements N and sparsity s, a map \
    per tau; right, the least N that recovers.
    """,
    "notsawo/fig21":
      """
    Train (solid) and recovery error (dashed), a panel per number of measurements N, a colour \
    per share tau of measurements that are columns of the basis.
    """,
    "notsawo/fig22":
      """
    Least errors and the steps at which errors settle over the number of measurements N, a \
    colour per tau. Crosses are the errors of basis pursuit; open points are runs that do not \
    recover.
    """,
    "notsawo/fig23":
      """
    Train error, test error and recovery of targets as more of the observed entries (tau) are \
    those of the largest local coherence; steps on a logarithmic axis.
    """,
    "notsawo/fig24":
      """
    Runs in the plane of the norms of a on and off the support of the target, coloured by \
    step: they pass the least-squares solution (cross) before they turn to the target (dot). \
    Squares and triangles are where runs without l1 end. Last panel: t1 and t2 over N, with \
    theory dotted.
    """,
    "notsawo/fig25":
      """
    All components of the run of Fig. 3 over time, below those of the target; entries below \
    1e-4 count as 0. Dashed lines are t1 and t2.
    """,
    "notsawo/fig26":
      """
    Test error of sparse recovery over steps, a panel per learning rate, a colour per l1 \
    strength; dotted lines mark where it settles.
    """,
    "notsawo/fig27":
      """
    Train (solid) and recovery error (dashed) of the subgradient method, a panel per sparsity \
    s, a colour per number of measurements N.
    """,
    "notsawo/fig28":
      """
    Least errors, t1 and t2 over the number of measurements N, a colour per sparsity s, with \
    what theory predicts (dotted). Crosses are the errors of basis pursuit; open points are \
    runs that do not recover.
    """,
    "notsawo/fig29":
      """
    Test error of matrix completion over steps, a panel per learning rate, a colour per \
    strength of the nuclear norm; dotted lines mark where it settles.
    """,
    "notsawo/fig30":
      """
    Train (solid) and test accuracy (dashed) with l1 (top) and l2 (bottom), a panel per \
    learning rate, a colour per strength; dotted lines mark generalisation.
    """,
    "notsawo/fig31":
      """
    Train (solid) and test loss (dashed) of a student with an l1 penalty, a panel per learning \
    rate, a colour per strength; grey lines are the losses of constant outputs and of the best \
    affine map.
    """,
    "notsawo/fig32":
      """
    Train (solid) and test loss (dashed) of a student with an l2 penalty, a panel per learning \
    rate, a colour per strength; grey lines are the losses of constant outputs and of the best \
    affine map.
    """,
    "notsawo/fig33":
      """
    Train (solid) and test loss (dashed) of a student with a nuclear-norm penalty, a panel per \
    learning rate, a colour per strength; grey lines are the losses of constant outputs and of \
    the best affine map.
    """,
    "notsawo/fig34":
      """
    Train (solid) and test loss (dashed) of a student that is trained on its teacher's \
    Jacobians too, a panel per learning rate, a colour per strength; grey lines are the losses \
    of constant outputs and of the best affine map.
    """,
    "notsawo/fig35":
      """
    Train (solid) and test accuracy (dashed) on digits with an l1 penalty, a panel per \
    learning rate, a colour per strength; dotted lines mark where the test accuracy has risen \
    half of the way.
    """,
    "notsawo/appG2-convex":
      """
    Completion by the convex problem with the nuclear norm: errors over rank and number of \
    entries for shares tau of entries that are chosen by coherence, and the number from which \
    it recovers.
    """,
    "notsawo/blog-l2":
      """
    Left: train (solid) and test accuracy (dashed) of the net nearest to the post, several \
    seeds; dashed lines mark t1 and t2 of the first. Middle: the net of the authors' code. \
    Right: the l2 norm of the former.
    """,
    "notsawo/text-claims":
      """
    Train and test error of runs that the text describes without a figure: completion with l1 \
    and with the nuclear norm, ridge alone, and a strong ridge beside l1.
    """,
    "lyu/fig1a":
      """
    Train (dashed) and test accuracy of gradient flow at full size, and of flow and descent \
    with fewer features. The dotted line is the accuracy of the direction of the largest L2 \
    margin, which the kernel phase approaches.
    """,
    "lyu/fig1b":
      """
    Train (dashed) and test accuracy where the kernel phase generalises and the rich phase \
    does not: gradient flow at full size, flow and descent with fewer features. The dotted \
    line is the accuracy of the direction of the largest L2 margin.
    """,
    "lyu/fig2a":
      """
    Left: train (dashed) and test accuracy. Middle: the margin of the normalised net. Right: \
    the norm of the parameters. A colour per seed.
    """,
    "lyu/fig2b":
      """
    Train and test accuracy for starts of different size, and the latter over slow time less \
    the logarithm of the size, in which the curves are to coincide.
    """,
    "lyu/fig2c":
      """
    Train and test accuracy for different weight decays, and the latter over slow time, in \
    which the curves are to coincide.
    """,
    "lyu/fig3":
      """
    Left: train (dashed) and test loss. Middle: the squared norm of the parameters and the \
    nuclear norm of the matrix. Right: test losses of starts of different size over shifted \
    slow time, in which they coincide.
    """,
    "lyu/fig4":
      """
    Train (dashed) and test accuracy over the logarithm of time on a linear (a) and on a \
    logarithmic axis (b); right, test accuracy over the train margin. A colour per seed.
    """,
    "lyu/appB2-label-noise":
      """
    Squared norm (left) and population loss (right) over slow time eta^2 k, for several eta, \
    with the prediction of the limit (dashed).
    """,
    "boursier/fig2":
      """
    Left: train loss and distance from the matrix. Middle: squared norm of the factors, with \
    that of the balanced factors of the matrix (dashed). Right: all singular values, with \
    those of the matrix (dashed).
    """,
    "boursier/fig3":
      """
    Left: train and test loss. Middle: norm of the parameters. Right: the function at the \
    paper's three times, its teacher (dashed) and the samples.
    """,
    "boursier/fig4":
      """
    Left: train and test loss. Middle: squared norm and twice the l1 norm of the product, \
    which meet. Right: the function at the paper's three times and its teacher (dashed).
    """,
    "boursier/linreg":
      """
    Train (solid) and test loss (dashed) of gradient descent at two step sizes, of its exact \
    iterates and of gradient flow.
    """,
  ]
}
