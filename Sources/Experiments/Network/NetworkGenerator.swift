import BatchNumerics
import Foundation

/// Draws the data of a network's run from its seed.
struct NetworkGenerator {
  private let task: Network.Task
  private let parameters: ResolvedParameters
  private let seed: UInt32

  init(_ parameters: ResolvedParameters) throws {
    self.parameters = parameters
    task = try parameters.choice("task")
    let key = parameters["problem.seed"] == .null ? "seed" : "problem.seed"
    seed = UInt32(try parameters.integer(key))
  }

  /// Equal keys draw equal data.
  var key: String {
    let keys = parameters.values.keys.filter { $0.hasPrefix("problem.") }.sorted()
    return "\(task) \(seed) " + keys.map { "\($0)=\(parameters[$0])" }.joined(separator: " ")
  }

  func makeData() throws -> NetworkData {
    switch task {
    case .modularArithmetic: try modularArithmetic()
    case .teacherStudent: try teacherStudent()
    case .relu1D: try relu1D()
    case .images: try images()
    }
  }

  /// All pairs of tokens, split at random; the training set has floor(fraction * pairs). Both sets
  /// come tile by tile of 16 x 16 tokens: samples that a device works on together then read, and add
  /// to, few rows of the embedding tables, which stay in cache.
  private func modularArithmetic() throws -> NetworkData {
    let p = try parameters.integer("problem.p")
    let operation: ModularOperation = try parameters.choice("problem.operation")
    if operation.needsPrime, !ModularOperation.isPrime(p) {
      throw SpecError(key: "problem.p", value: "\(p)", "must be a prime for operation divide")
    }
    let pairs = operation.pairs(p: p, seed: seed)
    let fraction = try parameters.number("problem.train_fraction")
    let count = Int(fraction * Double(pairs.count))
    guard count >= 1, count < pairs.count else {
      throw SpecError(
        key: "problem.train_fraction", value: "\(fraction)",
        "must leave training and test pairs of \(pairs.count)")
    }
    var stream = RandomStream(seed: seed, purpose: .split)
    let order = stream.permutation(pairs.count)
    func inTiles(_ part: ArraySlice<Int>) -> [Int] {
      part.map { (tile: (pairs[$0].x / 16, pairs[$0].y / 16), index: $0) }
        .sorted { ($0.tile.0, $0.tile.1, $0.index) < ($1.tile.0, $1.tile.1, $1.index) }
        .map(\.index)
    }
    func samples(_ part: [Int]) -> NetworkSamples {
      NetworkSamples(
        inputs: .tokens(part.flatMap { [Int32(pairs[$0].x), Int32(pairs[$0].y)] }),
        targets: .labels(part.map { Int32(pairs[$0].label) }))
    }
    return NetworkData(
      problem: NetworkProblem(
        train: samples(inTiles(order[..<count])), test: samples(inTiles(order[count...]))),
      sizes: NetworkSizes(features: 0, vocabulary: p, outputs: p))
  }

  /// A* ~ N(0, 1), B* ~ N(0, 1/r^2), x ~ N(0, 1) (Notsawo et al. 2025, appendix H.3).
  private func teacherStudent() throws -> NetworkData {
    let (d, r) = (try parameters.integer("problem.d"), try parameters.integer("problem.r"))
    let c = try parameters.integer("problem.c")
    func gaussian(
      _ purpose: RandomPurpose, _ rows: Int, _ columns: Int, _ deviation: Double
    ) -> DenseMatrix {
      var stream = RandomStream(seed: seed, purpose: purpose)
      return DenseMatrix(
        rows: rows, columns: columns,
        values: stream.normals(rows * columns).map { deviation * $0 })
    }
    let teacher = ReLUTeacher(
      first: gaussian(.teacherFirst, r, d, 1), second: gaussian(.teacherSecond, c, r, 1 / Double(r))
    )
    func samples(_ x: DenseMatrix) -> NetworkSamples {
      NetworkSamples(inputs: .dense(x), targets: .values(teacher.outputs(x)))
    }
    let train = gaussian(.inputs, try parameters.integer("problem.N"), d, 1)
    let test = gaussian(.testInputs, try parameters.integer("problem.test"), d, 1)
    return NetworkData(
      problem: NetworkProblem(
        train: samples(train), test: samples(test),
        jacobians: try parameters.number("regularizer.sobolev") > 0
          ? teacher.jacobians(train) : []),
      sizes: NetworkSizes(features: d, vocabulary: nil, outputs: c), teacher: teacher.named)
  }

  /// x ~ U[-2, 2], y a sum of three ReLUs (Boursier et al. 2025, section 5: parameters not given);
  /// the test set is an even grid.
  private func relu1D() throws -> NetworkData {
    let kind: Network.Teacher = try parameters.choice("problem.teacher")
    var units = [(1.0, 1.0, 0.5), (-2.0, 1.0, -0.3), (1.5, -1.0, 0.2)]
    if kind == .random {
      var stream = RandomStream(seed: seed, purpose: .teacherFirst)
      units = units.map { _ in (stream.normal(), stream.normal(), stream.normal()) }
    }
    func samples(_ x: [Double]) -> NetworkSamples {
      let y = x.map { x in units.reduce(0) { $0 + $1.0 * max($1.1 * x + $1.2, 0) } }
      return NetworkSamples(
        inputs: .dense(DenseMatrix(rows: x.count, columns: 1, values: x)),
        targets: .values(DenseMatrix(rows: x.count, columns: 1, values: y)))
    }
    var stream = RandomStream(seed: seed, purpose: .inputs)
    let train = (0..<(try parameters.integer("problem.N"))).map { _ in 4 * stream.uniform() - 2 }
    let points = try parameters.integer("problem.test")
    let grid = (0..<points).map {
      4 * (Double($0) + 0.5 - Double(points) / 2) / Double(max(1, points - 1))
    }
    return NetworkData(
      problem: NetworkProblem(train: samples(train), test: samples(grid)),
      sizes: NetworkSizes(features: 1, vocabulary: nil, outputs: 1))
  }

  /// A random choice of the images of a folder.
  private func images() throws -> NetworkData {
    guard case .text(let path) = parameters["problem.path"] else {
      throw SpecError(
        key: "problem.path",
        "is needed for task images: a folder of IDX files; tools/make-mnist makes one")
    }
    let sets = try ImageSet.load(folder: path)
    let classes = max(sets.train.classes, sets.test.classes)
    func choose(
      _ set: ImageSet, _ key: String, _ count: Int?, _ purpose: RandomPurpose
    ) throws -> NetworkSamples {
      let count = count ?? set.labels.count
      guard count <= set.labels.count else {
        throw SpecError(
          key: key, value: "\(count)", "must be at most the \(set.labels.count) images of \(path)")
      }
      var stream = RandomStream(seed: seed, purpose: purpose)
      let order = stream.permutation(set.labels.count).prefix(count)
      let width = set.pixels.columns
      return NetworkSamples(
        inputs: .dense(
          DenseMatrix(
            rows: count, columns: width,
            values: order.flatMap { set.pixels.values[($0 * width)..<(($0 + 1) * width)] })),
        targets: .labels(order.map { Int32(set.labels[$0]) }))
    }
    let test = parameters["problem.test"]
    return NetworkData(
      problem: NetworkProblem(
        train: try choose(sets.train, "problem.N", parameters.integer("problem.N"), .inputs),
        test: try choose(
          sets.test, "problem.test", test == .null ? nil : parameters.integer("problem.test"),
          .testInputs)),
      sizes: NetworkSizes(features: sets.train.pixels.columns, vocabulary: nil, outputs: classes))
  }
}
