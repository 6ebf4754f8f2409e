import BatchNumerics

/// One problem as a device takes it.
struct SplittingInstance: Sendable {
  enum Measurements: Sendable {
    /// X [N, n].
    case dense(DenseMatrix)
    case entries([ObservedEntry])
  }

  let shape: SplittingShape
  let measurements: Measurements
  let observations: [Double]
  /// What the norm is multiplied by; 1 without least squares.
  var penalty = 1.0
  /// epsilon
  var noise = 0.0
}

/// Takes many problems through `SplittingBatch`, those of a shape together, and certifies on the host,
/// in double, what the device has come to.
///
/// Every so many iterations steps gamma are balanced and solutions tried. What is certified leaves the
/// batch as soon as half of it has; what is not within the limit is left to the caller. A result does
/// not depend on the other problems.
struct BatchedSplitting<B: Backend, Workspace, Solution: Sendable> {
  let operations: B
  let norm: SplittingNorm
  /// Iterations at most.
  let limit: Int
  /// Candidates are tried from this progress on.
  let readiness: Double
  /// The solution if a candidate has led to one; called on all cores.
  let certify: @Sendable (SplittingCandidate, inout Workspace?) -> Solution?

  /// Numbers that a batch may hold on the device: a GiB in double precision.
  private static var most: Int { 1 << 27 }

  /// What was certified; nil for the rest, and for what is no problem for the device.
  func solve(_ instances: [SplittingInstance?]) throws -> [Solution?] {
    var solutions = [Solution?](repeating: nil, count: instances.count)
    var groups: [SplittingShape: [Int]] = [:]
    for (index, instance) in instances.enumerated() {
      if let instance { groups[instance.shape, default: []].append(index) }
    }
    for indices in groups.values.sorted(by: { ($0.first ?? 0) < ($1.first ?? 0) }) {
      guard let shape = indices.first.flatMap({ instances[$0]?.shape }) else { continue }
      let room = max(1, Self.most / shape.size)
      for start in stride(from: 0, to: indices.count, by: room) {
        let part = indices[start..<min(start + room, indices.count)]
        let members = part.compactMap { index in instances[index].map { (index, $0) } }
        guard let batch = try batch(shape, members) else { continue }
        for (index, solution) in try run(batch) { solutions[index] = solution }
      }
    }
    return solutions
  }

  // MARK: - Setting up

  private func batch(
    _ shape: SplittingShape, _ members: [(index: Int, instance: SplittingInstance)]
  ) throws -> SplittingBatch<B>? {
    let system = try shape.samples == 0 ? nil : SingularSystem(operations, members.map(\.instance))
    let epsilon = operations.precision.epsilon
    let size = shape.rows * shape.columns
    let spectra = members.enumerated().map { place, member in
      let instance = member.instance
      guard let system else { return Self.spectrum(instance, shape, epsilon) }
      let scale = system.scales[place]
      return FitSpectrum(
        shape.kind, values: system.values[place], coordinates: system.coordinates[place],
        length: 1, noise: instance.noise / scale.observations, size: size, epsilon: epsilon)
    }
    let places = spectra.indices.filter { spectra[$0].isFeasible }
    guard !places.isEmpty else { return nil }
    let penalties = members.enumerated().map { place, member in
      guard shape.kind == .squares else { return 1.0 }
      let spectrum = spectra[place]
      let (own, scale) = (spectrum.matrixScale * spectrum.observationScale, system?.scales[place])
      return member.instance.penalty / own / (scale.map { $0.matrix * $0.observations } ?? 1)
    }
    let batch = try SplittingBatch(
      operations, shape, norm, runs: members.map(\.index), spectra: spectra,
      penalties: penalties, vectors: system.map { ($0.left, $0.right) },
      scales: members.indices.map { system?.scales[$0] ?? (1, 1) })
    if places.count < members.count { try batch.keep(places) }
    return batch
  }

  /// Entries are measured by unit vectors: s = sqrt(weight), q = s y.
  private static func spectrum(
    _ instance: SplittingInstance, _ shape: SplittingShape, _ epsilon: Double
  ) -> FitSpectrum {
    var values = [Double](repeating: 0, count: shape.rows * shape.columns)
    var coordinates = values
    guard case .entries(let entries) = instance.measurements else {
      return FitSpectrum(
        shape.kind, values: values, coordinates: coordinates, length: 1, size: values.count,
        epsilon: epsilon)
    }
    for entry in entries {
      let place = entry.row * shape.columns + entry.column
      values[place] = shape.kind == .equality ? 1 : entry.weight.squareRoot()
      coordinates[place] = values[place] * entry.value
    }
    return FitSpectrum(
      shape.kind, values: values, coordinates: coordinates, length: euclideanNorm(coordinates),
      size: values.count, epsilon: epsilon)
  }

  // MARK: - Running

  private func run(_ batch: SplittingBatch<B>) throws -> [Int: Solution] {
    var solutions: [Int: Solution] = [:]
    var left: Set<Int> = []
    var iteration = 0
    while iteration < limit {
      let length = iteration < 200 ? 10 : 50
      try batch.advance(length - 1)
      let progress = try batch.measure()
      iteration += length
      if iteration % 50 == 0 {
        let candidates = try candidates(in: batch, progress, iteration, except: left)
        for (candidate, solution) in zip(candidates, candidates.certified(by: certify)) {
          solutions[candidate.index] = solution
          if solution != nil || candidate.isLast { left.insert(candidate.index) }
        }
      }
      if iteration <= 10_000 { try batch.rescale(by: progress.map(\.balance)) }
      let places = batch.runs.indices.filter { !left.contains(batch.runs[$0]) }
      if places.isEmpty { break }
      if 2 * places.count <= batch.runs.count { try batch.keep(places) }
    }
    return solutions
  }

  private func candidates(
    in batch: SplittingBatch<B>, _ progress: [SplittingProgress], _ iteration: Int,
    except left: Set<Int>
  ) throws -> [SplittingCandidate] {
    let rounding = 30 * operations.precision.epsilon
    let ready = batch.runs.indices.filter { place in
      !left.contains(batch.runs[place])
        && (progress[place].largest <= max(readiness, rounding) || iteration >= limit)
    }
    guard !ready.isEmpty else { return [] }
    let points = try batch.points()
    return ready.map { place in
      SplittingCandidate(
        index: batch.runs[place], point: points[place], iterations: iteration,
        isLast: progress[place].largest <= rounding || iteration >= limit)
    }
  }
}

extension [SplittingCandidate] {
  fileprivate func certified<Workspace, Solution: Sendable>(
    by certify: @Sendable (SplittingCandidate, inout Workspace?) -> Solution?
  ) -> [Solution?] {
    mapOnAllCores(count, workspace: Workspace.self) { certify(self[$0], &$1) }
  }
}
