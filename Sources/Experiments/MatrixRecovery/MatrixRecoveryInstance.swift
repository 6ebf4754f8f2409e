import BatchNumerics

/// Matrix-recovery data from a tensor file: `target` [n1, n2], `y` [N], and one of `rows` and `cols`
/// [N] (completion), `X1` [N, n1] and `X2` [N, n2] (rank-one sensing), `X` [N, n1, n2] (general
/// sensing); the factors `init_1` ... `init_L` or `init_U`, `init_V` if they are to start there.
enum MatrixRecoveryInstance {
  static func tensors(_ file: TensorFile) throws -> MatrixRecoveryTensors {
    let reader = InstanceReader(file: file)
    let shaped = try reader.tensor("target", "[n1, n2]") { $0.count == 2 && !$0.contains(0) }
    let (rows, columns) = (shaped.shape[0], shaped.shape[1])
    let target = DenseMatrix(rows: rows, columns: columns, values: shaped.values)
    let observations = try reader.tensor("y", "[N]") { $0.count == 1 && $0 != [0] }.values
    let count = observations.count
    let measurements: MatrixRecoveryTensors.Measurements
    if file["rows"] != nil || file["cols"] != nil {
      measurements = .entries(
        rows: try reader.indices("rows", count: count, below: rows),
        columns: try reader.indices("cols", count: count, below: columns))
    } else if file["X1"] != nil || file["X2"] != nil {
      measurements = .rankOne(
        try reader.matrix("X1", rows: count, columns: rows),
        try reader.matrix("X2", rows: count, columns: columns))
    } else {
      let general = try reader.tensor("X", "[\(count), \(rows), \(columns)]") {
        $0 == [count, rows, columns]
      }
      measurements = .general(
        DenseMatrix(rows: count, columns: rows * columns, values: general.values))
    }
    return MatrixRecoveryTensors(
      measurements: measurements, observations: observations, target: target)
  }

  /// The tensor names of the factors' start.
  static func initialNames(_ parameterization: MatrixParameterization, depth: Int) -> [String] {
    parameterization == .product ? (1...depth).map { "init_\($0)" } : ["init_U", "init_V"]
  }

  /// The inner size d of the factors in the file, if it has the first of several.
  static func width(
    _ file: TensorFile, _ parameterization: MatrixParameterization, depth: Int
  ) -> Int? {
    guard parameterization != .product || depth > 1 else { return nil }
    let first = file[initialNames(parameterization, depth: depth)[0]]
    return first.flatMap { $0.shape.count == 2 ? $0.shape[1] : nil }
  }

  /// The factors one after the other, if the file has the first.
  static func initial(
    _ file: TensorFile, _ parameterization: MatrixParameterization,
    _ shapes: [(name: String, rows: Int, columns: Int)]
  ) throws -> [Double]? {
    let names = initialNames(parameterization, depth: shapes.count)
    guard file[names[0]] != nil else { return nil }
    let reader = InstanceReader(file: file)
    return try zip(names, shapes).flatMap { name, shape in
      try reader.matrix(name, rows: shape.rows, columns: shape.columns).values
    }
  }
}
