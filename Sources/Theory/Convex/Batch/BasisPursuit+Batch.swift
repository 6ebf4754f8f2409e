import BatchNumerics

extension BasisPursuit {
  /// Many problems on a device: problems of a shape are split together, the host takes the supports
  /// found as final in double precision and certifies. What this does not certify, the host solves
  /// (`SparseSolution.method` says which), so that no result is worse than the host's.
  ///
  /// A result does not depend on the other problems: a problem alone has the same bits.
  ///
  /// - Parameters:
  ///   - operations: as `TrainingBackend.operations(_:)` gives them; either precision.
  ///   - tolerance: of the gap, as a part of the objective, and of the primal residual, as a part of
  ///     |y|_2.
  /// - Throws: the device's error; a problem's own are its result.
  public static func solve(
    _ instances: [Instance], on operations: some Backend, tolerance: Double = 1e-9
  ) throws -> [Result<SparseSolution, ConvexError>] {
    let splitting = BatchedSplitting<_, LassoPath, SparseSolution>(
      operations: operations, norm: .l1, limit: 2000, readiness: .infinity
    ) { candidate, workspace in
      polish(instances[candidate.index], candidate, tolerance, &workspace)
    }
    let found = try splitting.solve(instances.map(\.split))
    return mapOnAllCores(instances.count, workspace: LassoPath.self) { index, workspace in
      found[index].map { .success($0) } ?? attempt(instances[index], tolerance, &workspace)
    }
  }

  /// The minimiser if the support and signs found are those of one.
  private static func polish(
    _ instance: Instance, _ candidate: SplittingCandidate, _ tolerance: Double,
    _ workspace: inout LassoPath?
  ) -> SparseSolution? {
    let path = LassoPath.suiting(instance.matrix, &workspace)
    path.load(instance.matrix, instance.observations)
    path.adopt(candidate.point.shrunk)
    path.settle(to: .residual(instance.noise))
    let judge = Judge(
      noise: instance.noise, size: euclideanNorm(instance.observations), tolerance: tolerance)
    let guess = candidate.point.multiplier.map { values in
      let vector = WorkVector(values.count)
      vector.assign(values)
      return vector
    }
    let found = judge.solution(
      path, judge.dual(of: path, guess: guess), candidate.iterations, .batch)
    return found.isCertified ? found : nil
  }
}

extension BasisPursuit.Instance {
  /// The problem as a device takes it; nil where there is nothing to iterate on.
  fileprivate var split: SplittingInstance? {
    let isUsable = (try? ConvexError.check(matrix, observations)) != nil
    guard isUsable, noise >= 0, noise.isFinite, euclideanNorm(observations) > noise else {
      return nil
    }
    return SplittingInstance(
      shape: SplittingShape(
        samples: matrix.rows, rows: matrix.columns, columns: 1,
        kind: noise > 0 ? .ball : .equality),
      measurements: .dense(matrix), observations: observations, noise: noise)
  }
}
