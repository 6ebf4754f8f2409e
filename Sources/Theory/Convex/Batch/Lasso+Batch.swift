import BatchNumerics

extension Lasso {
  /// Many problems on a device: problems of a shape are split together, the host takes the supports
  /// found as final in double precision and certifies. What this does not certify, the host solves
  /// (`SparseSolution.method` says which), so that no result is worse than the host's.
  ///
  /// A result does not depend on the other problems: a problem alone has the same bits.
  ///
  /// - Parameters:
  ///   - operations: as `TrainingBackend.operations(_:)` gives them; either precision.
  ///   - tolerance: of the gap, as a part of the objective.
  /// - Throws: the device's error; a problem's own are its result.
  public static func solve(
    _ instances: [Instance], on operations: some Backend, tolerance: Double = 1e-10
  ) throws -> [Result<SparseSolution, ConvexError>] {
    let splitting = BatchedSplitting<_, LassoPath, SparseSolution>(
      operations: operations, norm: .l1, limit: 2000, readiness: .infinity
    ) { candidate, workspace in
      let problem = Problem(instances[candidate.index], tolerance, &workspace)
      problem.path.adopt(candidate.point.shrunk)
      problem.path.settle(to: .level(problem.beta))
      let found = problem.solution(candidate.iterations, .batch)
      return found.isCertified ? found : nil
    }
    let found = try splitting.solve(instances.map(\.split))
    return mapOnAllCores(instances.count) { index in
      found[index].map { .success($0) } ?? attempt(instances[index], tolerance)
    }
  }
}

extension Lasso.Instance {
  /// The problem as a device takes it; nil where it is unusable or there is nothing to fit.
  fileprivate var split: SplittingInstance? {
    guard (try? check()) != nil, observations.contains(where: { $0 != 0 }) else { return nil }
    return SplittingInstance(
      shape: SplittingShape(
        samples: matrix.rows, rows: matrix.columns, columns: 1, kind: .squares),
      measurements: .dense(matrix), observations: observations, penalty: beta)
  }
}
