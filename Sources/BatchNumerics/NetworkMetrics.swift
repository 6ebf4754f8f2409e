/// Names of a network's metrics, and those of its parameters, which the host forms in double.
public struct NetworkMetrics: Sendable {
  public let names: [String]
  private let model: NetworkModel
  private let records: NetworkRecords

  /// Entries above this count as non-zero (Notsawo et al.'s code).
  private static let zero = 1e-4

  public init(_ batch: NetworkBatch) {
    model = batch.model
    records = batch.records
    var names = ["train_loss", "test_loss"]
    if model.loss.isClassification {
      names += ["train_accuracy", "test_accuracy", "train_margin", "test_margin"]
    }
    if model.loss == .logCrossEntropy { names += ["train_log_loss", "test_log_loss", "log_time"] }
    names += ["l0_norm", "l1_norm", "l2_norm"] + (records.nuclearNorm ? ["nuclear_norm"] : [])
    if records.tensorNorms {
      for tensor in model.tensors([Double](repeating: 0, count: model.parameterCount)) {
        names += ["l1_norm_\(tensor.name)", "l2_norm_\(tensor.name)"]
        if records.nuclearNorm, tensor.shape.count == 2 {
          names.append("nuclear_norm_\(tensor.name)")
        }
      }
    }
    if records.predictions {
      let outputs = batch.problems[0].test.count * model.outputs
      names += (0..<outputs).map { "f_\($0)" }
    }
    self.names = names
  }

  /// The norms of a run's parameters, in the order of `names`.
  public func norms(_ parameters: [Double]) -> [Double] {
    let parts = model.parts(parameters)
    let nuclear =
      records.nuclearNorm
      ? zip(model.parameters, parts).map { shape, values in
        shape.isWeight
          ? SingularValues.sum(
            DenseMatrix(rows: shape.rows, columns: shape.columns, values: values))
          : 0
      } : []
    var result = [
      Double(parameters.count { abs($0) > Self.zero }), parameters.reduce(0) { $0 + abs($1) },
      euclideanNorm(parameters),
    ]
    if records.nuclearNorm { result.append(nuclear.reduce(0, +)) }
    guard records.tensorNorms else { return result }
    for (k, values) in parts.enumerated() {
      result += [values.reduce(0) { $0 + abs($1) }, euclideanNorm(values)]
      if records.nuclearNorm, model.parameters[k].isWeight { result.append(nuclear[k]) }
    }
    return result
  }
}
