import BatchNumerics

extension Network {
  func optimizer(_ parameters: ResolvedParameters) throws -> NetworkOptimizer {
    try parameters.choice("optimizer")
  }

  func penalties(_ parameters: ResolvedParameters) throws -> NetworkPenalties {
    NetworkPenalties(
      spareBiases: try parameters.text("regularizer.parameters") == "weights",
      l2Form: try parameters.choice("regularizer.l2_form"),
      sobolevForm: try parameters.choice("regularizer.sobolev_form"),
      signOfZero: try parameters.number("regularizer.sign_of_zero"))
  }

  /// Whether loops for networks of one variable may train the run: no nuclear norm, no norm of all
  /// parameters. Runs that differ in it do not share a batch, so that a part of one has the mapping of
  /// the whole.
  func isPlain(_ parameters: ResolvedParameters) throws -> Bool {
    let isSquared = try penalties(parameters).l2Form == .squared
    return try parameters.number("regularizer.nuclear") == 0
      && (isSquared || parameters.number("regularizer.l2") == 0)
  }

  func records(_ parameters: ResolvedParameters) throws -> NetworkRecords {
    NetworkRecords(
      nuclearNorm: try parameters.boolean("record.nuclear_norm"),
      tensorNorms: try parameters.boolean("record.tensor_norms"),
      predictions: try parameters.boolean("record.predictions"))
  }

  /// Accuracies for classes, losses for values; fills in the defaults.
  func thresholds(
    _ parameters: inout ResolvedParameters, _ model: NetworkModel
  ) throws -> Thresholds {
    let isClassification = model.loss.isClassification
    for (key, value) in [
      ("thresholds.train", isClassification ? 0.999 : 1e-3),
      ("thresholds.test", isClassification ? 0.99 : 1e-2),
    ] where parameters[key] == .null { parameters[key] = .number(value) }
    return Thresholds(
      train: try parameters.number("thresholds.train"),
      test: try parameters.number("thresholds.test"),
      metrics: isClassification
        ? ("train_accuracy", "test_accuracy") : ("train_loss", "test_loss"),
      largerIsBetter: isClassification)
  }

  /// Refuses what does not go together.
  func check(_ parameters: ResolvedParameters, _ network: Resolved) throws {
    let optimizer = try optimizer(parameters)
    let loss = network.model.loss
    guard loss.isClassification == network.task.isClassification else {
      throw SpecError(
        key: "loss", value: loss.rawValue,
        "task \(network.task.rawValue) has "
          + (network.task.isClassification
            ? "classes: cross-entropy or log-cross-entropy" : "values: squared"))
    }
    let hasBatches = parameters["batch_size"] != .null
    if hasBatches, optimizer == .gd {
      throw SpecError(key: "batch_size", "optimizer gd takes all samples; use sgd")
    }
    if try parameters.number("regularizer.sobolev") > 0 {
      guard network.task == .teacherStudent, !hasBatches else {
        throw SpecError(
          key: "regularizer.sobolev", "needs task teacher-student on all samples (no batch_size)")
      }
      guard !network.model.hasHiddenBias, !network.model.hasOutputBias else {
        throw SpecError(key: "model.bias", "must be none for regularizer.sobolev")
      }
    }
    guard loss == .logCrossEntropy else {
      guard parameters["warm_factor"] == .null else {
        throw SpecError(key: "warm_factor", "is a key of loss log-cross-entropy")
      }
      return
    }
    guard optimizer == .gd else {
      throw SpecError(
        key: "optimizer", value: optimizer.rawValue, "loss log-cross-entropy needs gd")
    }
    for key in ["weight_decay", "regularizer.l1", "regularizer.l2", "regularizer.nuclear"] {
      guard try parameters.number(key) == 0 else {
        throw SpecError(key: key, "must be 0 for loss log-cross-entropy: its step is lr/L")
      }
    }
  }
}

extension Network.Resolved {
  /// Roughly what the run needs on a device: parameters with gradients, moments and the partial
  /// gradients of fused passes, activations, and data.
  func bytes(_ precision: Precision, isAdam: Bool) -> Int {
    let copies = 2 + (isAdam ? 2 : 0) + (precision == .f32 ? 1 : 0) + 8
    let rows = max(data.problem.train.count, min(4096, data.problem.test.count))
    let activations = rows * (2 * model.features + 2 * model.hidden + model.outputs + 8)
    let jacobians =
      data.problem.jacobians.isEmpty
      ? 0 : data.problem.train.count * (2 * model.hidden + 2 * model.features * model.outputs)
    return (copies * model.parameterCount + activations + jacobians + data.size)
      * precision.byteCount
  }
}
