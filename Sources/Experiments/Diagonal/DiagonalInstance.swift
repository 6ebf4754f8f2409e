import BatchNumerics

/// Linear predictors from and to tensor files: `X` [n, d], `y` [n], `init` [2, d] (u then v) or [d],
/// and a test set `X_test`, `y_test` if there is one.
enum DiagonalInstance {
  /// - Throws: `SpecError` naming file and tensor.
  static func problem(_ file: TensorFile) throws -> DiagonalProblem {
    let reader = InstanceReader(file: file)
    let x = try reader.tensor("X", "[n, d]") { $0.count == 2 && !$0.contains(0) }
    let (samples, features) = (x.shape[0], x.shape[1])
    var test: (FeatureMatrix, [Double])?
    if file["X_test"] != nil || file["y_test"] != nil {
      let x = try reader.tensor("X_test", "[n_test, \(features)]") {
        $0.count == 2 && $0[0] > 0 && $0[1] == features
      }
      test = (
        matrix(x.shape[0], features, x.values), try reader.vector("y_test", count: x.shape[0])
      )
    }
    return DiagonalProblem(
      features: matrix(samples, features, x.values),
      targets: try reader.vector("y", count: samples), test: test)
  }

  /// Entries that are all +-1 become bits.
  private static func matrix(_ rows: Int, _ columns: Int, _ values: [Double]) -> FeatureMatrix {
    let dense = DenseMatrix(rows: rows, columns: columns, values: values)
    return SignMatrix(dense).map { .signs($0) } ?? .dense(dense)
  }

  /// The parameters at the start; nil if the file has none.
  static func initial(
    _ file: TensorFile, _ parameterization: DiagonalParameterization, features: Int
  ) throws -> [Double]? {
    guard file["init"] != nil else { return nil }
    let reader = InstanceReader(file: file)
    return parameterization == .linear
      ? try reader.vector("init", count: features)
      : try reader.matrix("init", rows: 2, columns: features).values
  }

  static func tensors(_ run: DiagonalResolved) -> [NamedTensor] {
    let (x, isLinear) = (run.problem.features, run.parameterization == .linear)
    var tensors = [
      NamedTensor(name: "X", shape: [x.rows, x.columns], values: x.dense.values)
    ]
    if let test = run.problem.test {
      tensors.append(
        NamedTensor(
          name: "X_test", shape: [test.features.rows, x.columns],
          values: test.features.dense.values))
    }
    tensors.append(
      NamedTensor(
        name: "init", shape: isLinear ? [x.columns] : [2, x.columns], values: run.initial))
    tensors.append(NamedTensor(name: "y", shape: [x.rows], values: run.problem.targets))
    if let test = run.problem.test {
      tensors.append(
        NamedTensor(name: "y_test", shape: [test.targets.count], values: test.targets))
    }
    return tensors
  }
}
