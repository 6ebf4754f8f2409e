import BatchNumerics

/// The first-order Sobolev term: how far the Jacobians J_i = W2 diag(m_i) W1 of the network at the
/// training samples, m_i = [W1 x_i > 0], are from the teacher's J*_i.
///
/// beta/N sum_i |J_i - J*_i|_F^2 (Notsawo et al. 2025, arXiv 2506.05718, appendix H.3.2), or beta times
/// the root of that sum as in their code. Activation patterns are constants for the gradient:
/// dW1 = 2 beta/N sum_i diag(m_i) W2^T D_i, dW2 = 2 beta/N sum_i D_i W1^T diag(m_i), D_i = J_i - J*_i.
final class SobolevTerm<B: Backend> {
  private let operations: B
  private let form: NetworkPenalties.SobolevForm
  private let betas: [Double]
  private let samples: Int
  private let jacobians: [B.Tensor]  // [run or shared][N, d] for each output
  private let differences: [B.Tensor]  // [run][N, d] for each output
  private let gated: B.Tensor  // [run][N, h]: rows of W2 where units are active
  private let products: B.Tensor  // [run][N, h]
  private let firstPart: B.Tensor  // [run][h, d]
  private let factor: B.Tensor  // [run][1, 1]
  private let minusOne: B.Tensor

  init(_ batch: NetworkBatch, _ store: TensorStore<B>) throws {
    operations = store.operations
    form = batch.penalties.sobolevForm
    betas = batch.runs.map(\.sobolev)
    let (runs, model, owners) = (batch.runs.count, batch.model, batch.owners)
    samples = batch.problems[0].train.count
    let count = samples
    jacobians = try (0..<model.outputs).map { output in
      try store.tensor(
        owners.count, count, model.features, owners.flatMap { $0.jacobians[output].values })
    }
    differences = try (0..<model.outputs).map { _ in
      try store.tensor(runs, count, model.features)
    }
    gated = try store.tensor(runs, count, model.hidden)
    products = try store.tensor(runs, count, model.hidden)
    firstPart = try store.tensor(runs, model.hidden, model.features)
    factor = try store.tensor(runs, 1, 1)
    minusOne = try store.tensor(1, 1, 1, [-1])
  }

  /// Adds the term's gradients.
  ///
  /// - Parameter hidden: activations of all training samples.
  func addGradients(
    _ parameters: NetworkTensors<B.Tensor>, _ hidden: B.Tensor,
    to gradients: NetworkTensors<B.Tensor>
  ) throws {
    guard let weights = parameters.firstWeights, let gradient = gradients.firstWeights else {
      return
    }
    for (output, difference) in differences.enumerated() {
      try operations.gateRow(hidden, parameters.secondWeights, row: output, into: gated)
      try operations.matmul(MatrixOperand(gated), MatrixOperand(weights), into: difference)
      try operations.axpy(minusOne, jacobians[output], into: difference)
    }
    try operations.write(try factors(), into: factor)
    for (output, difference) in differences.enumerated() {
      try operations.gateRow(hidden, parameters.secondWeights, row: output, into: gated)
      try operations.matmul(
        MatrixOperand(gated, transposed: true), MatrixOperand(difference), into: firstPart)
      try operations.axpy(factor, firstPart, into: gradient)
      try operations.matmul(
        MatrixOperand(difference), MatrixOperand(weights, transposed: true), into: products)
      try operations.addGatedSums(
        factor, hidden, products, into: gradients.secondWeights, row: output)
    }
  }

  /// What multiplies the differences in the gradients, per run.
  private func factors() throws -> [Double] {
    switch form {
    case .meanSquared: return betas.map { 2 * $0 / Double(samples) }
    case .norm:
      let squares = try differences.map { try operations.dot($0, $0) }
      return betas.indices.map { run in
        let norm = squares.reduce(0) { $0 + $1[run] }.squareRoot()
        return norm > 0 ? betas[run] / norm : 0
      }
    }
  }
}
