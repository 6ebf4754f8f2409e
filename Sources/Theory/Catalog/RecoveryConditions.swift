import BatchNumerics

/// What the theorems on sparse and on matrix recovery suppose alike.
struct RecoveryConditions {
  let isStable: Prediction.Condition
  /// 0 < beta < sigma_max / c
  let isSmall: Prediction.Condition
  /// For statements on least squares rather than ridge regression.
  let isPlain: Prediction.Condition
  let isDescent: Prediction.Condition

  init(
    _ phase: MemorizationPhase?, method: RecoveryMethod, regularizer: String, limit: String,
    isSmall: Bool, isStable: Bool? = nil
  ) {
    self.isStable = .init(
      "learning rate below 2/(sigma_max(X^T X) + l2)", isStable ?? phase?.isStable ?? false)
    self.isSmall = .init("0 < \(regularizer) < sigma_max / \(limit)", isSmall)
    isPlain = .init("l2 is 0", phase?.l2 == 0)
    isDescent = .init("not projected, l2 is 0", method != .projected && phase?.l2 == 0)
  }
}
