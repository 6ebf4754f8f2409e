import BatchNumerics
import Foundation

/// Draws the problems of diagonal networks.
///
/// Sources: Lyu et al. 2023 (arXiv 2311.18817), Fig. 1 and appendix B.2; Boursier et al. 2025 (arXiv
/// 2505.20172), appendix D.2. A teacher's sparse entries come first and are +-1 at random.
struct DiagonalGenerator {
  let kind: DiagonalNetwork.ProblemKind
  let samples: Int
  let features: Int
  let testSamples: Int
  let sparsity: Int
  let gamma: Double
  let seed: UInt32

  /// Completes the keys that depend on the kind and drops those that it does not have.
  init(_ parameters: inout ResolvedParameters) throws {
    kind = try parameters.choice("problem.kind")
    let isFourier = kind == .fourier
    let own: [(String, ParameterValue?)] =
      switch kind {
      case .signs: [("n", .integer(256)), ("d", .integer(100_000)), ("sparsity", .integer(3))]
      case .largeMargin: [("n", .integer(32)), ("d", .integer(100_000)), ("gamma", .number(25))]
      case .fourier: [("n", .integer(12)), ("frequencies", .integer(30))]
      case .gaussian: [("n", .integer(40)), ("d", .integer(100)), ("sparsity", .integer(3))]
      }
    let tests = kind == .signs ? 1000 : isFourier ? 401 : 0
    let defaults = Dictionary(uniqueKeysWithValues: own).merging(["n_test": .integer(tests)]) { $1 }
    for name in ["n", "d", "sparsity", "gamma", "frequencies", "n_test"] {
      let key = "problem.\(name)"
      if let value = defaults[name] {
        if parameters[key] == .null { parameters[key] = value ?? .null }
      } else if parameters[key] == .null {
        parameters.remove(key)
      } else {
        throw SpecError(
          key: key, value: parameters[key].description, "\(kind.rawValue) problems have no such key"
        )
      }
    }
    let seed = parameters["problem.seed"] == .null ? "seed" : "problem.seed"
    self.seed = UInt32(try parameters.integer(seed))
    samples = try parameters.integer("problem.n")
    features =
      isFourier
      ? 1 + 2 * (try parameters.integer("problem.frequencies"))
      : try parameters.integer("problem.d")
    testSamples = try parameters.integer("problem.n_test")
    let hasTeacher = kind == .signs || kind == .gaussian
    sparsity = hasTeacher ? try parameters.integer("problem.sparsity") : 0
    gamma = kind == .largeMargin ? try parameters.number("problem.gamma") : 0
    try check()
  }

  private func check() throws {
    guard sparsity <= features else {
      throw SpecError(
        key: "problem.sparsity", value: "\(sparsity)", "must be at most problem.d = \(features)")
    }
    guard kind != .signs || sparsity % 2 == 1 else {
      throw SpecError(
        key: "problem.sparsity", value: "\(sparsity)", "must be odd, so that no label is 0")
    }
    // Bits of signs, doubles of the rest: half a gigabyte either way.
    let most = kind == .signs ? 1 << 32 : 1 << 26
    for (key, count) in [("problem.n", samples), ("problem.n_test", testSamples)] {
      guard count <= most / features else {
        throw SpecError(
          key: key, value: "\(count)", "times \(features) features must be at most \(most)")
      }
    }
  }

  /// Identifies the problem: runs with equal keys share their data.
  var key: String { "\(kind) \(samples) \(features) \(testSamples) \(sparsity) \(gamma) \(seed)" }

  func makeProblem() -> DiagonalProblem {
    switch kind {
    case .signs: signs()
    case .largeMargin: largeMargin()
    case .fourier: fourier()
    case .gaussian: gaussian()
    }
  }

  /// +-1 at random for the first coordinates of a teacher.
  private func teacherSigns() -> [Double] {
    var stream = RandomStream(seed: seed, purpose: .teacher)
    return (0..<sparsity).map { _ in stream.nextBlock().x & 1 == 0 ? 1 : -1 }
  }

  private func signs() -> DiagonalProblem {
    let teacher = teacherSigns()
    func draw(_ count: Int, _ purpose: RandomPurpose) -> (FeatureMatrix, [Double]) {
      var stream = RandomStream(seed: seed, purpose: purpose)
      let size = count * SignMatrix.groups(of: features)
      var bytes: [UInt8] = []
      bytes.reserveCapacity(size + 16)
      while bytes.count < size {
        let block = stream.nextBlock()
        for word in [block.x, block.y, block.z, block.w] {
          for shift in [0, 8, 16, 24] as [UInt32] {
            bytes.append(UInt8(truncatingIfNeeded: word >> shift))
          }
        }
      }
      bytes.removeLast(bytes.count - size)
      let matrix = SignMatrix(rows: count, columns: features, bytes: bytes)
      let labels = (0..<count).map { i in
        teacher.indices.reduce(0.0) { $0 + teacher[$1] * matrix[i, $1] } > 0 ? 1.0 : -1.0
      }
      return (.signs(matrix), labels)
    }
    let train = draw(samples, .inputs)
    return DiagonalProblem(
      features: train.0, targets: train.1,
      test: testSamples > 0 ? draw(testSamples, .testInputs) : nil,
      population: .sparseSigns(teacher))
  }

  private func largeMargin() -> DiagonalProblem {
    var stream = RandomStream(seed: seed, purpose: .teacher)
    var direction = stream.normals(features)
    let norm = euclideanNorm(direction)
    for k in direction.indices { direction[k] /= norm }
    func draw(_ count: Int, _ purpose: RandomPurpose) -> (FeatureMatrix, [Double]) {
      var stream = RandomStream(seed: seed, purpose: purpose)
      var x = DenseMatrix(
        rows: count, columns: features, values: stream.normals(count * features))
      let labels = x.multiplied(by: direction).map { $0 < 0 ? -1.0 : 1.0 }
      for i in 0..<count {
        for k in 0..<features { x.values[i * features + k] += gamma / 2 * labels[i] * direction[k] }
      }
      return (.dense(x), labels)
    }
    let train = draw(samples, .inputs)
    return DiagonalProblem(
      features: train.0, targets: train.1,
      test: testSamples > 0 ? draw(testSamples, .testInputs) : nil,
      population: .largeMargin(gamma: gamma, direction: direction))
  }

  /// phi(x) = [1, cos(pi k x/2), sin(pi k x/2)]; the teacher is 1 + cos(6 pi x/2) + sin(21 pi x/2).
  private func fourier() -> DiagonalProblem {
    let frequencies = (features - 1) / 2
    func samples(_ points: [Double]) -> (FeatureMatrix, [Double]) {
      let rows = points.map { x -> [Double] in
        let angles = (1...frequencies).map { Double.pi * Double($0) * x / 2 }
        return [1] + angles.map { cos($0) } + angles.map { sin($0) }
      }
      let matrix = DenseMatrix(rows: points.count, columns: features, values: rows.flatMap { $0 })
      return (.dense(matrix), rows.map { $0[0] + $0[6] + $0[frequencies + 21] })
    }
    var stream = RandomStream(seed: seed, purpose: .inputs)
    let train = samples((0..<self.samples).map { _ in 2 * stream.uniform() - 1 })
    let grid = (0..<testSamples).map { -1 + 2 * (Double($0) + 0.5) / Double(testSamples) }
    return DiagonalProblem(
      features: train.0, targets: train.1, test: testSamples > 0 ? samples(grid) : nil)
  }

  private func gaussian() -> DiagonalProblem {
    let target = teacherSigns() + [Double](repeating: 0, count: features - sparsity)
    func draw(_ count: Int, _ purpose: RandomPurpose) -> (FeatureMatrix, [Double]) {
      var stream = RandomStream(seed: seed, purpose: purpose)
      let x = DenseMatrix(rows: count, columns: features, values: stream.normals(count * features))
      return (.dense(x), x.multiplied(by: target))
    }
    let train = draw(samples, .inputs)
    return DiagonalProblem(
      features: train.0, targets: train.1,
      test: testSamples > 0 ? draw(testSamples, .testInputs) : nil,
      population: .gaussian(target))
  }
}
