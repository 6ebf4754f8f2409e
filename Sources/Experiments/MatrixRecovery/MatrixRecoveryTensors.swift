import BatchNumerics

/// A problem's tensors as tensor files hold them.
struct MatrixRecoveryTensors: Sendable {
  enum Measurements: Sendable {
    /// Positions of single entries; they may repeat.
    case entries(rows: [Int], columns: [Int])
    /// y_i = X1_i^T A X2_i
    case rankOne(DenseMatrix, DenseMatrix)
    /// y_i = <X_i, A>, [N, n1 n2]
    case general(DenseMatrix)
  }

  let measurements: Measurements
  let observations: [Double]
  let target: DenseMatrix

  /// `rows`, `cols` or `X1`, `X2` or `X`, then `target` and `y`.
  var named: [NamedTensor] {
    let count = observations.count
    func matrix(_ name: String, _ matrix: DenseMatrix) -> NamedTensor {
      NamedTensor(name: name, shape: [matrix.rows, matrix.columns], values: matrix.values)
    }
    let tensors: [NamedTensor] =
      switch measurements {
      case .entries(let rows, let columns):
        [
          NamedTensor(
            name: "cols", shape: [count], values: columns.map { Double($0) }, isIndex: true),
          NamedTensor(name: "rows", shape: [count], values: rows.map { Double($0) }, isIndex: true),
        ]
      case .rankOne(let left, let right): [matrix("X1", left), matrix("X2", right)]
      case .general(let matrices):
        [
          NamedTensor(
            name: "X", shape: [count, target.rows, target.columns], values: matrices.values)
        ]
      }
    return tensors + [
      matrix("target", target), NamedTensor(name: "y", shape: [count], values: observations),
    ]
  }

  /// The problem in the form that training uses.
  var problem: MatrixRecoveryProblem {
    switch measurements {
    case .entries(let rows, let columns):
      return MatrixRecoveryProblem(
        rows: rows, columns: columns, observations: observations, target: target)
    case .general(let matrices):
      return MatrixRecoveryProblem(
        matrices: matrices, observations: observations, target: target)
    case .rankOne(let left, let right):
      var matrices = DenseMatrix(rows: left.rows, columns: left.columns * right.columns)
      for i in 0..<left.rows {
        for p in 0..<left.columns {
          for q in 0..<right.columns {
            matrices[i, p * right.columns + q] = left[i, p] * right[i, q]
          }
        }
      }
      return MatrixRecoveryProblem(
        matrices: matrices, observations: observations, target: target)
    }
  }
}

/// A problem with its analysis, as the cache keeps it.
struct MatrixRecoveryEntry: Sendable {
  let tensors: MatrixRecoveryTensors
  let problem: MatrixRecoveryProblem
  let analysis: MatrixRecoveryAnalysis

  init(_ tensors: MatrixRecoveryTensors) {
    self.tensors = tensors
    problem = tensors.problem
    analysis = MatrixRecoveryAnalysis(problem)
  }

  /// Roughly the numbers it holds.
  var size: Int {
    switch problem.measurements {
    case .entries(let entries): 4 * entries.count + 2 * problem.target.values.count
    case .dense(let matrices, _): 3 * matrices.values.count
    }
  }

  /// The problem, with the pseudo-inverse where the method needs it.
  func problem(projecting: Bool) -> MatrixRecoveryProblem {
    guard projecting, case .dense(let matrices, let observations) = problem.measurements else {
      return problem
    }
    return MatrixRecoveryProblem(
      matrices: matrices, observations: observations, target: problem.target,
      pseudoInverse: analysis.pseudoInverse)
  }
}
