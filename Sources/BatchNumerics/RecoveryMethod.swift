/// How a recovery run treats its regulariser.
///
/// Vectors (`SparseRecoveryBatch`), with beta = l1 and H = sign(a):
/// Source: Notsawo et al. 2025 (arXiv 2506.05718), section 3 and appendix D. Matrices
/// (`MatrixRecoveryBatch`) in the same way, with beta = nuclear and H = U V^T.
public enum RecoveryMethod: String, Sendable, CaseIterable {
  /// a <- a - lr (X^T (X a - y) + l2 a + l1 sign a);
  /// A <- A - lr (G + l2 A + l1 sign A + nuclear U V^T)
  case subgradient
  /// a <- Pi(a - lr (l2 a + l1 sign a)), Pi(a) = a - X^+ (X a - y).
  ///
  /// The data gradient lies in the row space of X, so the projection removes it whether or not it
  /// was added first: the authors' code adds it, the paper and we do not.
  case projected
  /// ISTA: a <- S_{lr l1}(a - lr (X^T (X a - y) + l2 a));
  /// A <- U max(diag(s) - lr nuclear, 0) V^T of A - lr (G + l2 A + l1 sign A)
  case proximal
}
