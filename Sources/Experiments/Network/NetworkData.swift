import BatchNumerics

/// The data of a run with what else its tensor file holds.
struct NetworkData: Sendable {
  let problem: NetworkProblem
  let sizes: NetworkSizes
  /// Teacher matrices, for files and Jacobians.
  var teacher: [NamedTensor] = []

  /// Roughly the numbers that it holds.
  var size: Int {
    let counts = [problem.train, problem.test].map { samples -> Int in
      samples.count * (sizes.vocabulary == nil ? sizes.features + sizes.outputs : 3)
    }
    return counts.reduce(0, +) + problem.jacobians.reduce(0) { $0 + $1.values.count }
  }

  /// The data as a tensor file holds them.
  var named: [NamedTensor] {
    func tensors(_ samples: NetworkSamples, _ set: String) -> [NamedTensor] {
      let count = samples.count
      let inputs: NamedTensor
      switch samples.inputs {
      case .dense(let matrix):
        inputs = NamedTensor(
          name: "\(set)_x", shape: [matrix.rows, matrix.columns], values: matrix.values)
      case .tokens(let pairs):
        inputs = NamedTensor(
          name: "\(set)_x", shape: [count, 2], values: pairs.map(Double.init), isIndex: true)
      }
      switch samples.targets {
      case .values(let matrix):
        return [
          inputs,
          NamedTensor(
            name: "\(set)_y", shape: [matrix.rows, matrix.columns], values: matrix.values),
        ]
      case .labels(let labels):
        return [
          inputs,
          NamedTensor(
            name: "\(set)_y", shape: [count], values: labels.map(Double.init), isIndex: true),
        ]
      }
    }
    return tensors(problem.train, "train") + tensors(problem.test, "test") + teacher
  }

  /// The same samples for a one-hot net: the second token is told apart from the first.
  func shifted(by vocabulary: Int) -> NetworkProblem {
    func shift(_ samples: NetworkSamples) -> NetworkSamples {
      guard case .tokens(let pairs) = samples.inputs else { return samples }
      let shifted = pairs.enumerated().map { $0 % 2 == 0 ? $1 : $1 + Int32(vocabulary) }
      return NetworkSamples(inputs: .tokens(shifted), targets: samples.targets)
    }
    return NetworkProblem(
      train: shift(problem.train), test: shift(problem.test), jacobians: problem.jacobians)
  }
}

/// A two-layer ReLU teacher y = B relu(A x).
struct ReLUTeacher: Sendable {
  let first: DenseMatrix
  let second: DenseMatrix

  /// The outputs at the rows of x.
  func outputs(_ x: DenseMatrix) -> DenseMatrix {
    var hidden = x.multiplied(by: first.transposed)
    for i in hidden.values.indices { hidden.values[i] = max(hidden.values[i], 0) }
    return hidden.multiplied(by: second.transposed)
  }

  /// J_i = B diag(A x_i > 0) A at the rows of x: for each output a matrix with a row per sample.
  func jacobians(_ x: DenseMatrix) -> [DenseMatrix] {
    let hidden = x.multiplied(by: first.transposed)
    return (0..<second.rows).map { output in
      var gated = hidden
      for i in 0..<gated.rows {
        for j in 0..<gated.columns { gated[i, j] = hidden[i, j] > 0 ? second[output, j] : 0 }
      }
      return gated.multiplied(by: first)
    }
  }

  var named: [NamedTensor] {
    [("teacher_A", first), ("teacher_B", second)].map { name, matrix in
      NamedTensor(name: name, shape: [matrix.rows, matrix.columns], values: matrix.values)
    }
  }
}
