import BatchNumerics

extension NuclearNormInterpolation {
  /// Many problems on a device: problems of a shape are split together, and the host certifies in
  /// double precision. Where the device comes no closer (f32), the host goes on from there; what is
  /// not certified then, it solves itself (`NuclearSolution.method` says which), so that no result is
  /// worse than the host's.
  ///
  /// A result does not depend on the other problems: a problem alone has the same bits.
  ///
  /// - Parameters:
  ///   - operations: as `TrainingBackend.operations(_:)` gives them; either precision.
  ///   - tolerance: of the gap, as a part of the nuclear norm.
  /// - Throws: the device's error; a problem's own are its result.
  public static func solve(
    _ instances: [Instance], on operations: some Backend, tolerance: Double = 1e-9
  ) throws -> [Result<NuclearSolution, ConvexError>] {
    let splitting = BatchedSplitting<_, Void, NuclearSolution>(
      operations: operations, norm: .nuclear, limit: 20_000, readiness: 100 * tolerance
    ) { candidate, _ in
      certify(instances[candidate.index], candidate, tolerance)
    }
    let found = try splitting.solve(
      instances.map { instance in
        SplittingInstance(
          instance.measurements, instance.rows, instance.columns, .equality, penalty: 1)
      })
    return mapOnAllCores(instances.count) { index in
      found[index].map { .success($0) } ?? attempt(instances[index], tolerance)
    }
  }

  private static func certify(
    _ instance: Instance, _ candidate: SplittingCandidate, _ tolerance: Double
  ) -> NuclearSolution? {
    guard
      let problem = try? NuclearMeasurements(
        instance.measurements, rows: instance.rows, columns: instance.columns)
    else { return nil }
    let run = Run(problem, tolerance)
    run.adopt(candidate.point)
    guard run.distance <= run.slack else { return nil }
    var found = run.solution(candidate.iterations, .batch)
    if !found.isCertified, candidate.isLast {
      found = run.iterate(20_000, after: candidate.iterations)
    }
    return found.isCertified ? found : nil
  }
}

extension NuclearNormLeastSquares {
  /// Many problems on a device, as `NuclearNormInterpolation.solve(_:on:tolerance:)` solves its own.
  ///
  /// - Parameters:
  ///   - operations: as `TrainingBackend.operations(_:)` gives them; either precision.
  ///   - tolerance: of the gap, as a part of the objective.
  /// - Throws: the device's error; a problem's own are its result.
  public static func solve(
    _ instances: [Instance], on operations: some Backend, tolerance: Double = 1e-9
  ) throws -> [Result<NuclearSolution, ConvexError>] {
    let splitting = BatchedSplitting<_, Void, NuclearSolution>(
      operations: operations, norm: .nuclear, limit: 20_000, readiness: 100 * tolerance
    ) { candidate, _ in
      certify(instances[candidate.index], candidate, tolerance)
    }
    let found = try splitting.solve(
      instances.map { instance in
        guard instance.beta > 0, instance.beta.isFinite else { return nil }
        return SplittingInstance(
          instance.measurements, instance.rows, instance.columns, .squares,
          penalty: instance.beta)
      })
    return mapOnAllCores(instances.count) { index in
      found[index].map { .success($0) } ?? attempt(instances[index], tolerance)
    }
  }

  private static func certify(
    _ instance: Instance, _ candidate: SplittingCandidate, _ tolerance: Double
  ) -> NuclearSolution? {
    guard
      let problem = try? NuclearMeasurements(
        instance.measurements, rows: instance.rows, columns: instance.columns),
      candidate.point.shrunk.allSatisfy(\.isFinite)
    else { return nil }
    let run = Run(problem)
    run.current.assign(candidate.point.shrunk)
    run.count = candidate.iterations
    let found = run.solution(instance.beta, tolerance, .batch)
    if found.isCertified { return found }
    return candidate.isLast ? run.descend(instance.beta, 20_000, tolerance) : nil
  }
}

extension SplittingInstance {
  /// The problem as a device takes it; nil where it is unusable or nothing but 0 was observed.
  fileprivate init?(
    _ measurements: MatrixMeasurements, _ rows: Int, _ columns: Int, _ kind: FitSpectrum.Kind,
    penalty: Double
  ) {
    let checked = try? NuclearMeasurements(measurements, rows: rows, columns: columns)
    guard let observations = checked?.observations, observations.contains(where: { $0 != 0 }) else {
      return nil
    }
    (self.observations, self.penalty) = (observations, penalty)
    let samples: Int
    switch measurements {
    case .entries(let entries): (samples, self.measurements) = (0, .entries(entries))
    case .dense(let matrices, _):
      (samples, self.measurements) = (matrices.rows, .dense(matrices))
    }
    shape = SplittingShape(samples: samples, rows: rows, columns: columns, kind: kind)
  }
}
