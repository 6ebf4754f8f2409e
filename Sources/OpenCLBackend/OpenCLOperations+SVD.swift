import BatchNumerics
import OpenCLHost

extension OpenCLOperations {
  public func svd(
    _ x: Tensor, basis: Tensor, left: Tensor, values: Tensor, right: Tensor
  ) throws {
    try ShapeRule.svd(x, basis: basis, left: left, values: values, right: right)
    try decompositions.run(
      .svd,
      SVDKernels.Arguments(
        matrices: x, basis: basis, gamma: nil, left: left, values: values, right: right))
  }

  public func polarFactor(_ x: Tensor, basis: Tensor, into y: Tensor) throws {
    try ShapeRule.basis("polarFactor", x, basis)
    guard x.shape == y.shape else { throw ShapeError("polarFactor", [x.shape, y.shape]) }
    try decompositions.run(
      .polarFactor,
      SVDKernels.Arguments(
        matrices: x, basis: basis, gamma: nil, left: y, values: nil, right: nil))
  }

  public func singularValueThreshold(_ gamma: Tensor, _ x: Tensor, basis: Tensor) throws {
    try ShapeRule.basis("singularValueThreshold", x, basis)
    try ShapeRule.runScalar("singularValueThreshold", gamma, x)
    try decompositions.run(
      .threshold,
      SVDKernels.Arguments(
        matrices: x, basis: basis, gamma: gamma, left: x, values: nil, right: nil))
  }
}
