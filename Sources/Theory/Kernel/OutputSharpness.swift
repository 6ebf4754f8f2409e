import BatchNumerics

/// The sharpness of the output layer of a one-hot net whose outputs start at 0: the largest eigenvalue of
/// the Hessian of the mean cross-entropy in W2.
///
/// Where all p outputs are equal it is lambda_max(H^T H / n) / p, with the hidden activations H [n, h]: that
/// of the softmax is I/p - 1 1^T/p^2. It grows as the square of the start's scale, the other blocks of the
/// Hessian do not, as W2 = 0 (Lyu et al. 2023, arXiv 2311.18817, Fig. 2 and Assumption 3.2).
public enum OutputSharpness {
  /// - Returns: nil for other models than one-hot nets and for starts with outputs.
  public static func atZeroOutput(
    _ model: NetworkModel, _ samples: NetworkSamples, _ initial: [Double]
  ) -> Double? {
    guard model.isDirect, model.loss.isClassification, case .tokens(let tokens) = samples.inputs
    else { return nil }
    let parts = zip(model.parameters, model.parts(initial))
    guard let table = parts.first(where: { $0.0.isTransposed })?.1,
      let output = parts.first(where: { $0.0.name == model.names.second })?.1,
      output.allSatisfy({ $0 == 0 })
    else { return nil }
    let bias = parts.first { $0.0.name == model.names.firstBias }?.1
    let h = model.hidden
    var hidden = DenseMatrix(rows: samples.count, columns: h)
    for i in 0..<samples.count {
      let (a, b) = (Int(tokens[2 * i]) * h, Int(tokens[2 * i + 1]) * h)
      for j in 0..<h { hidden[i, j] = max(0, table[a + j] + table[b + j] + (bias?[j] ?? 0)) }
    }
    let scale = 1 / (Double(samples.count) * Double(model.outputs))
    let transposed = hidden.transposed
    return PowerIteration.largestEigenvalue(size: h) { vector in
      transposed.multiplied(by: hidden.multiplied(by: vector)).map { scale * $0 }
    }
  }
}
