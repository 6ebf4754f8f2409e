/// The subgradient method on the norm alone, a <- a - gamma sign(a), which is what is left of training
/// where the regulariser outweighs the data; of matrices the singular values, s <- |s - gamma|.
///
/// Source: Notsawo et al. 2025 (arXiv 2506.05718), Lemmas C.31 and C.42.
public enum SignFlow {
  /// floor(|a_0|_inf / gamma): after so many steps |a|_inf <= gamma, and a comes back every second step.
  public static func settlingSteps(largest: Double, threshold: Double) -> Double {
    (largest / threshold).rounded(.down)
  }

  /// A singular value, or the size of an entry, after so many steps, exactly.
  public static func value(_ start: Double, threshold: Double, afterSteps steps: Int) -> Double {
    guard start > 0 else { return 0 }
    let whole = settlingSteps(largest: start, threshold: threshold)
    guard Double(steps) > whole else { return start - Double(steps) * threshold }
    let rest = start - whole * threshold
    guard rest > 0 else { return 0 }
    return (steps - Int(whole)) % 2 == 0 ? rest : threshold - rest
  }
}
