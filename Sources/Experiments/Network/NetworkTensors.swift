import BatchNumerics

/// One tensor per parameter of a network: the parameters themselves, or their gradients.
struct NetworkTensors<Tensor: BatchTensor> {
  /// In the order of `NetworkModel.parameters`.
  let all: [Tensor]
  /// One shared table, or one for each token; none for dense inputs.
  let tables: [Tensor]
  let firstWeights: Tensor?
  let firstBias: Tensor?
  let secondWeights: Tensor
  let secondBias: Tensor?

  init(_ model: NetworkModel, make: (NetworkModel.Parameter) throws -> Tensor) rethrows {
    all = try model.parameters.map(make)
    var rest = all[...]
    tables = Array(rest.prefix(model.tables.count))
    rest = rest.dropFirst(tables.count)
    firstWeights = model.isDirect ? nil : rest.removeFirst()
    firstBias = model.hasHiddenBias ? rest.removeFirst() : nil
    secondWeights = rest.removeFirst()
    secondBias = model.hasOutputBias ? rest.removeFirst() : nil
  }

  /// The tables of both tokens.
  func pair(_ aggregation: Aggregation) -> TablePair<Tensor> {
    TablePair(tables[0], tables[tables.count - 1], aggregation)
  }
}
