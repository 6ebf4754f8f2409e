import BatchNumerics
import Experiments

extension TheoryCatalog {
  /// One-hot nets whose output layer starts at 0.
  static func network(_ run: PreparedRun, _ instance: TensorFile?) throws -> [Prediction] {
    // Other networks' data are not worth the drawing.
    guard run.parameters["init.zero_output"] == .boolean(true) else { return [] }
    let batch = try Network().batch(of: [run], instance: instance)
    let own = batch.runs[0]
    guard
      let sharpness = OutputSharpness.atZeroOutput(
        batch.model, batch.problems[0].train, own.initial)
    else { return [] }
    return [
      Prediction(
        largestRateName, 2 / (sharpness + own.weightDecay), .estimate,
        "2 / (lambda_max(H^T H / n) / p + lambda), the Hessian of the output layer",
        conditions: [
          .init("gradient descent", batch.optimizer == .gd),
          .init("cross-entropy", batch.model.loss == .crossEntropy),
        ])
    ]
  }
}
