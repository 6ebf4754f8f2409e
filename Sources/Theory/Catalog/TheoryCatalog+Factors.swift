import BatchNumerics
import Experiments
import Foundation

extension TheoryCatalog {
  public static let largestRateName = "largest learning rate at the start, about"

  /// Runs on U U^T - V V^T and on U V^T.
  static func factors(_ batch: MatrixRecoveryBatch) throws -> [Prediction] {
    let (problem, own) = (batch.problems[0], batch.runs[0])
    return try sharpness(batch, problem, own) + kernelPhase(batch, problem, own)
      + end(batch, problem, own)
  }

  private static func sharpness(
    _ batch: MatrixRecoveryBatch, _ problem: MatrixRecoveryProblem, _ own: MatrixRecoveryRun
  ) throws -> [Prediction] {
    guard case .entries(let entries) = problem.measurements, entries.count <= 500 else { return [] }
    let gram: DenseMatrix
    switch batch.parameterization {
    case .product: return []
    case .factors:
      gram = try AsymmetricFactorResidual(
        rows: batch.rows, columns: batch.columns, width: batch.width, entries: entries
      ).gram(at: own.initial)
    case .difference:
      guard let map = symmetricMap(batch, entries) else { return [] }
      gram = map.gram(at: own.initial)
    }
    return [
      Prediction(
        largestRateName,
        2 / (batch.dataWeight * gram.largestEigenvalue + own.l2), .estimate,
        "2 / (2 weight lambda_max(J J^T) + lambda), without the residual's part of the Hessian",
        conditions: [.init("l1 is 0", own.l1 == 0)])
    ]
  }

  /// Nil where entries and their mirror images are unlike.
  private static func symmetricMap(
    _ batch: MatrixRecoveryBatch, _ entries: [ObservedEntry]
  ) -> SymmetricFactorResidual? {
    try? SymmetricFactorResidual(size: batch.rows, width: batch.width, entries: entries)
  }

  private static func kernelPhase(
    _ batch: MatrixRecoveryBatch, _ problem: MatrixRecoveryProblem, _ own: MatrixRecoveryRun
  ) throws -> [Prediction] {
    guard batch.parameterization == .difference, case .entries(let entries) = problem.measurements
    else { return [] }
    let parts = batch.factors(own.initial)
    let scale = parts[0][0, 0]
    var identity = DenseMatrix(rows: batch.rows, columns: batch.width)
    for i in 0..<min(batch.rows, batch.width) { identity[i, i] = scale }
    let isIdentity = parts[0] == identity && parts[1] == identity && batch.width >= batch.rows
    let starts = Prediction.Condition("start at U = V = alpha I", isIdentity && scale > 0)
    let decays = Prediction.Condition("weight decay above 0", own.l2 > 0)
    let predicted = KernelCompletion.fromIdentity(entries, size: batch.rows)
    let hidden = zip(problem.isObserved, zip(predicted.values, problem.target.values))
      .filter { !$0.0 }.map { ($0.1.0 - $0.1.1) * ($0.1.0 - $0.1.1) }
    let plateau = try symmetricMap(batch, entries).flatMap { map in
      entries.count > 500
        ? nil
        : try KernelCompletion.plateauLoss(
          map, start: own.initial, weight: batch.dataWeight / 2, weightDecay: own.l2, time: 0)
    }
    return [
      Prediction(
        "slow time in which the start decays to 1, ln alpha", scale > 0 ? log(scale) : nil,
        unit: "lambda t", .estimate, "Lyu et al. 2023, Theorem 3.9", conditions: [starts, decays]),
      Prediction(
        "test loss before the transition",
        hidden.isEmpty ? nil : hidden.reduce(0, +) / Double(hidden.count), .estimate,
        "Lyu et al. 2023, Corollary 3.11: unobserved entries are 0 but for mirror images",
        conditions: [starts]),
      Prediction(
        "train loss of the plateau at its start", plateau, .estimate,
        "Lyu et al. 2023, appendix D: decay against the kernel", conditions: [starts, decays]),
    ]
  }

  /// Where solving takes seconds.
  private static func end(
    _ batch: MatrixRecoveryBatch, _ problem: MatrixRecoveryProblem, _ own: MatrixRecoveryRun
  ) throws -> [Prediction] {
    guard own.l2 > 0, own.l1 == 0, batch.rows * batch.columns <= 1024,
      let found = try FactoredEnd.solve(problem, batch.parameterization, weightDecay: own.l2)
    else { return [] }
    let isKnown = [
      Prediction.Condition("certified", found.isCertified),
      Prediction.Condition(
        "width at least n1 and n2", batch.width >= max(batch.rows, batch.columns)),
    ]
    let source =
      batch.parameterization == .factors
      ? "Boursier et al. 2025, section 5" : "Lyu et al. 2023, Theorem 3.12"
    let off = zip(found.matrix.values, problem.target.values).map { $0 - $1 }
    return [
      Prediction(
        "nuclear norm of the global minimiser", found.nuclearNorm, .exact, source,
        conditions: isKnown),
      Prediction(
        "distance of the global minimiser from the target", euclideanNorm(off), .exact, source,
        conditions: isKnown),
    ]
  }
}
