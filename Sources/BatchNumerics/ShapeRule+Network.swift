/// The shape rules of the operations of networks.
extension ShapeRule {
  /// A bias [1, columns] or a mask as large as the result, per run or shared.
  public static func epilogue<T: BatchTensor>(_ epilogue: ProductEpilogue<T>, _ c: T) throws {
    guard let side = epilogue.side else { return }
    let wanted: Int
    if case .mask = epilogue { wanted = c.shape.perRun } else { wanted = c.shape.columns }
    guard side.shape.perRun == wanted, isPerRunOrShared(side, c) else {
      throw ShapeError("matmul epilogue", [side.shape, c.shape])
    }
  }

  /// Tables [vocabulary, embedding], tokens [N, 2], features [N, as the aggregation makes them].
  public static func embed<T: BatchTensor>(
    _ tables: TablePair<T>, _ tokens: some BatchTensor, isDirect: Bool, bias: T?, _ features: T
  ) throws {
    let embedding = tables.first.shape.columns
    let fits =
      tables.second.shape == tables.first.shape
      && features.shape.columns == tables.aggregation.features(embedding)
      && (!isDirect || tables.aggregation == .sum)
      && (bias.map { isDirect && $0.shape.perRun == embedding && isPerRunOrShared($0, features) }
        ?? true)
      && (tables.aggregation != .matrixProduct || Aggregation.matrixSide(of: embedding) != nil)
      && tokens.shape.columns == 2 && tokens.shape.rows == features.shape.rows
      && isPerRunOrShared(tokens, features) && isPerRunOrShared(tables.first, features)
    guard fits else {
      throw ShapeError("embed", [tables.first.shape, tokens.shape, features.shape])
    }
  }

  /// As `embed`, with segments [1, vocabulary + 1 + N] and a gradient like the table.
  public static func embeddingGradient<T: BatchTensor>(
    _ slopes: T, _ tables: TablePair<T>, _ tokens: some BatchTensor,
    _ segments: some BatchTensor, slot: Int, _ gradient: T
  ) throws {
    try embed(tables, tokens, isDirect: false, bias: nil, slopes)
    let fits =
      gradient.shape.perRun == tables.first.shape.perRun && gradient.shape.runs == slopes.shape.runs
      && segments.shape.perRun == tables.first.shape.rows + 1 + slopes.shape.rows
      && isPerRunOrShared(segments, slopes) && (0...1).contains(slot)
    guard fits else {
      throw ShapeError("embeddingGradient", [slopes.shape, segments.shape, gradient.shape])
    }
  }

  /// x [N, columns], y [1, columns] of every run.
  public static func columnSums<T: BatchTensor>(_ x: T, _ y: T) throws {
    guard y.shape.perRun == x.shape.columns, y.shape.runs == x.shape.runs else {
      throw ShapeError("columnSums", [x.shape, y.shape])
    }
  }

  /// x [n, columns] per run or shared, rows [N, 1], y [N, columns].
  public static func selectRows<T: BatchTensor>(
    _ x: T, _ rows: some BatchTensor, _ y: T
  ) throws {
    guard x.shape.columns == y.shape.columns, rows.shape.perRun == y.shape.rows,
      isPerRunOrShared(x, y), isPerRunOrShared(rows, y)
    else { throw ShapeError("selectRows", [x.shape, rows.shape, y.shape]) }
  }

  /// A label for each row of the outputs.
  public static func labels(
    _ operation: String, _ outputs: some BatchTensor, _ labels: some BatchTensor
  ) throws {
    guard labels.shape.perRun == outputs.shape.rows, isPerRunOrShared(labels, outputs) else {
      throw ShapeError(operation, [outputs.shape, labels.shape])
    }
  }

  /// A gate [N, columns], a matrix [m, columns] with the row, and a result like the gate.
  public static func gated<T: BatchTensor>(
    _ operation: String, _ gate: T, _ matrix: T, row: Int, _ x: T
  ) throws {
    guard gate.shape == x.shape, matrix.shape.columns == x.shape.columns,
      matrix.shape.runs == x.shape.runs, (0..<matrix.shape.rows).contains(row)
    else { throw ShapeError(operation, [gate.shape, matrix.shape, x.shape]) }
  }

  /// Everything like the parameter, rates per run or shared; in f32 the rounding is kept.
  public static func update<T: BatchTensor>(
    _ parameter: T, _ gradient: T, _ rates: UpdateRates<T>, _ adam: AdamState<T>?, _ rounding: T?,
    _ precision: Precision
  ) throws {
    guard rounding != nil || precision == .f64 else {
      throw ShapeError("update without rounding in f32", [parameter.shape])
    }
    let alike = [gradient, rounding, adam?.first, adam?.second].compactMap { $0 }
    guard alike.allSatisfy({ $0.shape == parameter.shape }) else {
      throw ShapeError("update", [parameter.shape] + alike.map(\.shape))
    }
    for rate in [rates.rate, rates.l1, rates.l2, rates.decay] {
      try runScalar("update", rate, parameter)
    }
  }

  /// A view must not be larger than what it looks at.
  public static func view(_ tensor: some BatchTensor, _ shape: BatchShape) throws {
    guard shape.count <= tensor.shape.count, shape.count > 0 else {
      throw ShapeError("view", [tensor.shape, shape])
    }
  }
}
