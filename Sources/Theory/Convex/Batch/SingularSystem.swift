import BatchNumerics

/// The singular value decompositions X = U diag(s) V^T of a batch of problems, made on the device.
struct SingularSystem<B: Backend> {
  /// U [N, k] and V [n, k] per run.
  let (left, right): (B.Tensor, B.Tensor)
  /// s and U^T y per run, of the divided X and y.
  let (values, coordinates): ([[Double]], [[Double]])
  /// What X and y are divided by: |X|_F / sqrt(k) and |y|_2.
  let scales: [(matrix: Double, observations: Double)]

  init(_ operations: B, _ instances: [SplittingInstance]) throws {
    var (matrices, observations): ([Double], [Double]) = ([], [])
    var (rows, columns) = (1, 1)
    var scales: [(matrix: Double, observations: Double)] = []
    for instance in instances {
      guard case .dense(let x) = instance.measurements else { continue }
      (rows, columns) = (x.rows, x.columns)
      let size = euclideanNorm(x.values) / Double(min(rows, columns)).squareRoot()
      let scale = (max(size, .leastNormalMagnitude), euclideanNorm(instance.observations))
      scales.append(scale)
      matrices.append(contentsOf: x.values.lazy.map { $0 / scale.0 })
      observations.append(contentsOf: instance.observations.lazy.map { $0 / scale.1 })
    }
    self.scales = scales
    let (runs, width) = (instances.count, min(rows, columns))
    func tensor(_ rows: Int, _ columns: Int, _ values: [Double]? = nil) throws -> B.Tensor {
      try operations.tensor(BatchShape(runs: runs, rows: rows, columns: columns), values)
    }
    let identity = (0..<width * width).map { $0 % (width + 1) == 0 ? 1.0 : 0 }
    let basis = try tensor(width, width, (0..<runs).flatMap { _ in identity })
    let (u, s, v) = (try tensor(rows, width), try tensor(width, 1), try tensor(columns, width))
    try operations.svd(
      tensor(rows, columns, matrices), basis: basis, left: u, values: s, right: v)
    (left, right) = (u, v)
    let products = try tensor(width, 1)
    try operations.matmul(
      MatrixOperand(u, transposed: true), MatrixOperand(tensor(rows, 1, observations)),
      into: products)
    func split(_ numbers: [Double]) -> [[Double]] {
      (0..<runs).map { Array(numbers[($0 * width)..<(($0 + 1) * width)]) }
    }
    (values, coordinates) = (split(try operations.read(s)), split(try operations.read(products)))
  }
}
