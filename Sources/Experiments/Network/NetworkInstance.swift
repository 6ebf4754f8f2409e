import BatchNumerics

/// Network data from a tensor file: `train_x`, `train_y`, `test_x`, `test_y`, the parameters at the
/// start, and `teacher_A`, `teacher_B` where Jacobians are trained on.
enum NetworkInstance {
  /// Tensor names of a task's parameters at the start, and of its teacher.
  struct Names {
    let first: String
    let firstBias: String
    let second: String
  }

  static func names(_ task: Network.Task) -> Names {
    switch task {
    case .modularArithmetic, .images: Names(first: "W1", firstBias: "b1", second: "W2")
    case .teacherStudent: Names(first: "init_A", firstBias: "init_b1", second: "init_B")
    case .relu1D: Names(first: "init_v", firstBias: "init_b", second: "init_u")
    }
  }

  static func data(
    _ file: TensorFile, _ task: Network.Task, needsJacobians: Bool
  ) throws -> NetworkData {
    let reader = InstanceReader(file: file)
    let output = try reader.tensor(names(task).second, "[outputs, width]") {
      $0.count == 2 && !$0.contains(0)
    }
    let outputs = output.shape[0]
    if task == .modularArithmetic {
      let name = file["E"] != nil ? "E" : "E1"
      let vocabulary =
        try file[name] == nil
        ? outputs
        : reader.tensor(name, "[p, d1]") { $0.count == 2 && !$0.contains(0) }.shape[0]
      return NetworkData(
        problem: NetworkProblem(
          train: try tokens(reader, "train", vocabulary, outputs),
          test: try tokens(reader, "test", vocabulary, outputs)),
        sizes: NetworkSizes(features: 0, vocabulary: vocabulary, outputs: outputs))
    }
    let features = try reader.tensor("train_x", "[N, d]") {
      $0.count == 2 && !$0.contains(0)
    }.shape[1]
    func samples(_ set: String) throws -> NetworkSamples {
      let x = try reader.tensor("\(set)_x", "[N, \(features)]") {
        $0.count == 2 && $0[0] > 0 && $0[1] == features
      }
      let count = x.shape[0]
      return NetworkSamples(
        inputs: .dense(DenseMatrix(rows: count, columns: features, values: x.values)),
        targets: task.isClassification
          ? .labels(
            try reader.indices("\(set)_y", count: count, below: outputs).map { Int32($0) })
          : .values(try reader.matrix("\(set)_y", rows: count, columns: outputs)))
    }
    let train = try samples("train")
    let teacher = needsJacobians ? try self.teacher(reader, features, outputs) : nil
    var jacobians: [DenseMatrix] = []
    if let teacher, case .dense(let x) = train.inputs { jacobians = teacher.jacobians(x) }
    return NetworkData(
      problem: NetworkProblem(train: train, test: try samples("test"), jacobians: jacobians),
      sizes: NetworkSizes(features: features, vocabulary: nil, outputs: outputs),
      teacher: ["teacher_A", "teacher_B"].compactMap { file[$0] })
  }

  private static func tokens(
    _ reader: InstanceReader, _ set: String, _ vocabulary: Int, _ outputs: Int
  ) throws -> NetworkSamples {
    let count = try reader.tensor("\(set)_x", "[N, 2]") {
      $0.count == 2 && $0[0] > 0 && $0[1] == 2
    }.shape[0]
    let pairs = try reader.indices("\(set)_x", shape: [count, 2], below: vocabulary)
    let labels = try reader.indices("\(set)_y", count: count, below: outputs)
    return NetworkSamples(
      inputs: .tokens(pairs.map { Int32($0) }), targets: .labels(labels.map { Int32($0) }))
  }

  private static func teacher(
    _ reader: InstanceReader, _ features: Int, _ outputs: Int
  ) throws -> ReLUTeacher {
    let first = try reader.tensor("teacher_A", "[r, \(features)]") {
      $0.count == 2 && $0[0] > 0 && $0[1] == features
    }
    let units = first.shape[0]
    return ReLUTeacher(
      first: DenseMatrix(rows: units, columns: features, values: first.values),
      second: try reader.matrix("teacher_B", rows: outputs, columns: units))
  }

  /// The parameters at the start, one after the other.
  static func initial(_ file: TensorFile, _ task: Network.Task, _ model: NetworkModel) throws
    -> [Double]
  {
    let reader = InstanceReader(file: file)
    let fileNames = fileNames(task, model)
    return try model.parameters.flatMap { shape -> [Double] in
      if model.tables.contains(shape) {
        guard model.isDirect else {
          return try reader.matrix(shape.name, rows: shape.rows, columns: shape.columns).values
        }
        let weights = try reader.matrix(names(task).first, rows: shape.columns, columns: shape.rows)
        return weights.transposed.values
      }
      let name = fileNames[shape.name] ?? shape.name
      return shape.isWeight
        ? try reader.matrix(name, rows: shape.rows, columns: shape.columns).values
        : try reader.vector(name, count: shape.columns)
    }
  }

  /// The parameters at the start as a tensor file holds them.
  static func tensors(
    _ initial: [Double], _ task: Network.Task, _ model: NetworkModel
  ) -> [NamedTensor] {
    let fileNames = fileNames(task, model)
    return model.tensors(initial).map { tensor in
      NamedTensor(
        name: fileNames[tensor.name] ?? tensor.name, shape: tensor.shape, values: tensor.values)
    }
  }

  /// What parameters at the start are called where that is not their own name.
  private static func fileNames(_ task: Network.Task, _ model: NetworkModel) -> [String: String] {
    let names = names(task)
    return [
      model.names.first: names.first, model.names.firstBias: names.firstBias,
      model.names.second: names.second,
    ]
  }
}
