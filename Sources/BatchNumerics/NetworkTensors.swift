/// One tensor per parameter of a network: the parameters themselves, or their gradients.
public struct NetworkTensors<Tensor: BatchTensor> {
  /// In the order of `NetworkModel.parameters`.
  public let all: [Tensor]
  /// One shared table, or one for each token; none for dense inputs.
  public let tables: [Tensor]
  public let firstWeights: Tensor?
  public let firstBias: Tensor?
  public let secondWeights: Tensor
  public let secondBias: Tensor?

  /// - Precondition: a tensor for every parameter.
  public init(_ model: NetworkModel, _ tensors: [Tensor]) {
    all = tensors
    var rest = all[...]
    tables = Array(rest.prefix(model.tables.count))
    rest = rest.dropFirst(tables.count)
    firstWeights = model.isDirect ? nil : rest.removeFirst()
    firstBias = model.hasHiddenBias ? rest.removeFirst() : nil
    secondWeights = rest.removeFirst()
    secondBias = model.hasOutputBias ? rest.removeFirst() : nil
  }

  /// The tables of both tokens.
  public func pair(_ aggregation: Aggregation) -> TablePair<Tensor> {
    TablePair(tables[0], tables[tables.count - 1], aggregation)
  }
}
