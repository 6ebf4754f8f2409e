/// Turns a run's state into metrics, in double, for every backend alike.
///
/// `train_loss`, `test_loss` as the run's objective weighs them (test: a mean where training has one);
/// accuracies count ties as a half. Margins are min_i y_i q_i over |w|_2 and |w|_1, 0 where w is 0.
public struct DiagonalMetrics: Sendable {
  public let names: [String]
  private let batch: DiagonalNetworkBatch
  private let owners: [Int]

  public init(_ batch: DiagonalNetworkBatch) {
    self.batch = batch
    owners = batch.runs.map(\.problem)
    let (problem, classifies) = (batch.problems.first, batch.loss.isClassification)
    var names = ["train_loss"]
    if classifies { names.append("train_accuracy") } else { names.append("train_error") }
    if problem?.test != nil { names += ["test_loss", classifies ? "test_accuracy" : "test_error"] }
    if problem?.population != nil {
      names.append(classifies ? "population_accuracy" : "population_loss")
    }
    names += ["norm", "l1_norm", "l2_norm"]
    if classifies { names += ["l2_margin", "l1_margin"] }
    if batch.records.predictor { names += (0..<batch.features).map { "w_\($0)" } }
    if batch.records.predictions, let test = problem?.test {
      names += (0..<test.targets.count).map { "prediction_\($0)" }
    }
    self.names = names
  }

  /// The metrics of a run's state in the order of `names`.
  public func evaluate(run: Int, _ state: [Double]) -> [Double] {
    let problem = batch.problems[owners[run]]
    let w = batch.parameterization.predictor(state)
    let train = problem.features.product(w)
    let trainWeight =
      batch.method == .labelNoise ? batch.weight / Double(batch.samples) : batch.weight
    var row = score(train, problem.targets, trainWeight)
    var predictions: [Double] = []
    if let test = problem.test {
      predictions = test.features.product(w)
      row += score(
        predictions, test.targets,
        trainWeight * Double(batch.samples) / Double(test.targets.count))
    }
    if let population = problem.population {
      row.append(population.accuracy(w) ?? population.squaredError(w) ?? .nan)
    }
    let (l1, l2) = (w.reduce(0) { $0 + abs($1) }, euclideanNorm(w))
    row += [euclideanNorm(state), l1, l2]
    if batch.loss.isClassification {
      var least = Double.infinity
      for (q, y) in zip(train, problem.targets) {
        let margin = y * q
        least = margin < least || margin.isNaN ? margin : least
      }
      row += l2 == 0 ? [0, 0] : [least / l2, least / l1]
    }
    if batch.records.predictor { row += w }
    if batch.records.predictions { row += predictions }
    return row
  }

  /// Weighted loss, and accuracy or relative error |q - y| / |y|.
  private func score(_ outputs: [Double], _ targets: [Double], _ weight: Double) -> [Double] {
    var (loss, right, error, size) = (0.0, 0.0, 0.0, 0.0)
    for (q, y) in zip(outputs, targets) {
      loss += batch.loss.value(q, y)
      right += y * q > 0 ? 1 : q == 0 ? 0.5 : 0
      error += (q - y) * (q - y)
      size += y * y
    }
    return [
      weight * loss,
      batch.loss.isClassification
        ? right / Double(targets.count) : (error / size).squareRoot(),
    ]
  }
}
