import BatchNumerics

extension ReferenceOperations {
  public func svd(
    _ x: Tensor, basis: Tensor, left: Tensor, values: Tensor, right: Tensor
  ) throws {
    try ShapeRule.svd(x, basis: basis, left: left, values: values, right: right)
    factor(x, basis) { run, svd in
      let parts = svd.decomposition()
      for (part, tensor) in [(parts.left, left), (parts.values, values), (parts.right, right)] {
        for (i, value) in part.enumerated() { tensor.values[run * part.count + i] = value }
      }
    }
  }

  public func polarFactor(_ x: Tensor, basis: Tensor, into y: Tensor) throws {
    try ShapeRule.basis("polarFactor", x, basis)
    guard x.shape == y.shape else { throw ShapeError("polarFactor", [x.shape, y.shape]) }
    factor(x, basis) { run, svd in
      svd.polarFactor(into: y.values.start + run * y.shape.perRun)
    }
  }

  public func singularValueThreshold(_ gamma: Tensor, _ x: Tensor, basis: Tensor) throws {
    try ShapeRule.basis("singularValueThreshold", x, basis)
    try ShapeRule.runScalar("singularValueThreshold", gamma, x)
    factor(x, basis) { run, svd in
      svd.softThreshold(
        gamma.values[gamma.start(ofRun: run)], into: x.values.start + run * x.shape.perRun)
    }
  }

  /// Factors the matrix of every run from its basis, hands on the result and keeps the basis.
  private func factor(_ x: Tensor, _ basis: Tensor, _ use: (Int, ThinSVD<S>) -> Void) {
    let svd = ThinSVD<S>(rows: x.shape.rows, columns: x.shape.columns)
    let count = basis.shape.perRun
    for run in 0..<x.shape.runs {
      let own = basis.values.start + run * count
      svd.basis = Array(UnsafeBufferPointer(start: own, count: count))
      svd.factor(x.values.start + run * x.shape.perRun)
      use(run, svd)
      for (i, value) in svd.basis.enumerated() { own[i] = value }
    }
  }
}
