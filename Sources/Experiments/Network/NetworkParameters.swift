import BatchNumerics

extension Network {
  enum Task: String, CaseIterable {
    case modularArithmetic = "modular-arithmetic"
    case teacherStudent = "teacher-student"
    case relu1D = "relu-1d"
    case images

    var isClassification: Bool { self == .modularArithmetic || self == .images }
    var defaultLoss: NetworkLoss { isClassification ? .crossEntropy : .squared }
  }

  enum ModelKind: String, CaseIterable {
    /// embeddings of both tokens, aggregated, then a two-layer net (Notsawo et al. 2025)
    case embedding
    /// a two-layer net on two concatenated one-hot vectors (Lyu et al. 2023)
    case oneHot = "one-hot"
  }

  enum Encoders: String, CaseIterable { case shared, separate }
  enum Biases: String, CaseIterable { case none, hidden, both }

  enum InitialKind: String, CaseIterable {
    /// weights N(0, 1/rows), biases 0 (Notsawo et al.: the standard deviation is 1/sqrt(out))
    case fanOut = "fan-out"
    /// W1 ~ N(0, 2/columns), W2 ~ N(0, 1/columns), biases 0 (Lyu et al.'s code)
    case he
    /// weights and biases N(0, 1)
    case normal
  }

  enum InitialEncoders: String, CaseIterable {
    /// N(0, 1/p)
    case normal
    /// uniform on +-1/sqrt(p): PyTorch's default, which the authors' code keeps for encoders
    case uniform
  }

  enum Teacher: String, CaseIterable { case fixed, random }

  private static let anyNumber = ParameterDefinition.Kind.number(
    0...Double.greatestFiniteMagnitude, open: false)
  private static let size = ParameterDefinition.Kind.integer(1...10_000_000)

  static let methodParameters: [ParameterDefinition] = [
    ParameterDefinition.choice(
      "task", Task.self, .text("modular-arithmetic"),
      "labels of token pairs, a ReLU teacher, a function of one variable, or classes of images"),
    ParameterDefinition.choice(
      "optimizer", NetworkOptimizer.self, .text("adam"),
      "gd; sgd on mini-batches; adam as PyTorch's; adamw with decoupled weight decay"),
    ParameterDefinition(
      "batch_size", size, default: .null, unit: "samples",
      "samples per step, drawn without replacement; null: all"),
    ParameterDefinition.choice(
      "loss", NetworkLoss.self, .null,
      "cross-entropy (mean), its logarithm with lr/L steps, or 1/(2N) sum |o - y|^2; null: the task's"
    ),
    ParameterDefinition(
      "warm_factor", .number(0...1e6, open: true), default: .null,
      "log-cross-entropy: factor of the step while log L > -5; null: 10 (authors' code)"),
    ParameterDefinition(
      "weight_decay", anyNumber, default: .number(0),
      "lambda of lambda/2 |theta|^2 over all parameters; adamw: theta -= lr lambda theta"),
    ParameterDefinition(
      "regularizer.l1", anyNumber, default: .number(0), "beta of beta sum |theta|"),
    ParameterDefinition(
      "regularizer.l2", anyNumber, default: .number(0), "beta of beta sum theta^2"),
    ParameterDefinition(
      "regularizer.nuclear", anyNumber, default: .number(0),
      "beta of beta sum |W|_* over the weight matrices"),
    ParameterDefinition(
      "regularizer.sobolev", anyNumber, default: .number(0),
      "teacher-student: beta of beta/N sum |J_i - J*_i|_F^2, Jacobians of student and teacher"),
    ParameterDefinition.choice(
      "regularizer.l2_form", NetworkPenalties.L2Form.self, .text("squared"),
      "squared, or beta sum |W|_F over the tensors (Notsawo et al.'s code)"),
    ParameterDefinition.choice(
      "regularizer.sobolev_form", NetworkPenalties.SobolevForm.self, .text("mean-squared"),
      "mean-squared, or beta (sum |J_i - J*_i|_F^2)^(1/2) (Notsawo et al.'s code)"),
    ParameterDefinition(
      "regularizer.sign_of_zero", .integer(0...1), default: .integer(1),
      "derivative of |theta| at 0: 1 (JAX) or 0 (PyTorch); biases start at 0"),
    ParameterDefinition(
      "regularizer.parameters", .choice(["all", "weights"]), default: .text("all"),
      "whether l1 and l2 act on biases too"),
    ParameterDefinition(
      "record.nuclear_norm", .boolean, default: .boolean(true),
      "record the sum of the nuclear norms of the weight matrices"),
    ParameterDefinition(
      "record.tensor_norms", .boolean, default: .boolean(false), "record the norms of every tensor"),
    ParameterDefinition(
      "record.predictions", .boolean, default: .boolean(false),
      "record the outputs at every test sample, as f_0, f_1, ..."),
  ]

  static let modelParameters: [ParameterDefinition] = [
    ParameterDefinition.choice(
      "aggregation", Aggregation.self, .null,
      "how two embeddings become features; null: hadamard"),
    ParameterDefinition.choice(
      "model.kind", ModelKind.self, .null,
      "embedding tables and a two-layer net, or a two-layer net on one-hot pairs; null: embedding"),
    ParameterDefinition.choice(
      "model.encoders", Encoders.self, .null,
      "one table for both tokens (paper) or one each (authors' code); null: shared"),
    ParameterDefinition(
      "model.embedding", size, default: .null, "d1, numbers of an embedding; null: 64"),
    ParameterDefinition(
      "model.width", size, default: .null,
      "hidden units; null: 64 with embeddings, 1024 one-hot, 500 for teachers, 100 in 1-D, 200 for "
        + "images"),
    ParameterDefinition.choice(
      "model.bias", Biases.self, .null,
      "which layers have biases; null: both with embeddings, hidden for one-hot and 1-D, none for "
        + "teachers and images"),
    ParameterDefinition.choice(
      "init.kind", InitialKind.self, .null,
      "law of the start; null: he for one-hot, normal in 1-D, otherwise fan-out"),
    ParameterDefinition.choice(
      "init.encoders", InitialEncoders.self, .null,
      "law of the embeddings; null: normal, N(0, 1/p)"),
    ParameterDefinition(
      "init.scale", .number(0...1e6, open: true), default: .null,
      "multiplies the start; null: 2 in 1-D (variance 4), otherwise 1"),
    ParameterDefinition(
      "init.zero_output", .boolean, default: .boolean(false), "start with W2 = 0"),
  ]

  static let problemParameters: [ParameterDefinition] = [
    ParameterDefinition(
      "problem.p", .integer(2...10_000), default: .null, "modulus; null: 97"),
    ParameterDefinition.choice(
      "problem.operation", ModularOperation.self, .null,
      "label of a pair of tokens, modulo p; null: add"),
    ParameterDefinition(
      "problem.train_fraction", .number(0...1, open: true), default: .null,
      "share of the pairs that are trained on; null: 0.4"),
    ParameterDefinition(
      "problem.d", size, default: .null, "inputs of the teacher; null: 100"),
    ParameterDefinition(
      "problem.r", size, default: .null, "hidden units of the teacher; null: 500"),
    ParameterDefinition(
      "problem.c", size, default: .null, "outputs of the teacher; null: 2"),
    ParameterDefinition.choice(
      "problem.teacher", Teacher.self, .null,
      "relu-1d: relu(x + 0.5) - 2 relu(x - 0.3) + 1.5 relu(0.2 - x), or three random ones; null: "
        + "fixed"
    ),
    ParameterDefinition(
      "problem.N", size, default: .null,
      "training samples; null: 100 for teachers, 10 in 1-D, 1000 images"),
    ParameterDefinition(
      "problem.test", size, default: .null,
      "test samples; null: 1000 for teachers, 401 in 1-D (an even grid), all images"),
    ParameterDefinition(
      "problem.path", .path, default: .null, "images: folder of IDX files (MNIST's names, or .gz)"),
    ParameterDefinition(
      "problem.seed", .integer(0...Int(UInt32.max)), default: .null,
      "seed of the data, if not the run's"),
  ]

  /// The keys of a task that others do not have, with their defaults.
  static func keys(of task: Task) -> [String: ParameterValue] {
    switch task {
    case .modularArithmetic:
      [
        "aggregation": .text("hadamard"), "model.kind": .text("embedding"),
        "model.encoders": .text("shared"), "model.embedding": .integer(64),
        "init.encoders": .text("normal"), "problem.p": .integer(97),
        "problem.operation": .text("add"), "problem.train_fraction": .number(0.4),
      ]
    case .teacherStudent:
      [
        "problem.d": .integer(100), "problem.r": .integer(500), "problem.c": .integer(2),
        "problem.N": .integer(100), "problem.test": .integer(1000),
      ]
    case .relu1D:
      [
        "problem.teacher": .text("fixed"), "problem.N": .integer(10),
        "problem.test": .integer(401),
      ]
    case .images: ["problem.path": .null, "problem.N": .integer(1000), "problem.test": .null]
    }
  }

  static let commonParameters = CommonParameters.definitions(replacing: [
    "learning_rate": ParameterDefinition(
      "learning_rate", .number(0...Double.greatestFiniteMagnitude, open: true),
      default: .number(1e-3), "step size alpha of the update"),
    "steps": ParameterDefinition(
      "steps", .integer(0...1_000_000_000_000), default: .integer(10_000), unit: "steps",
      "length of the run"),
    "thresholds.train": ParameterDefinition(
      "thresholds.train", anyNumber, default: .null,
      "t1: train accuracy at least (null: 0.999), or train loss at most (null: 1e-3)"),
    "thresholds.test": ParameterDefinition(
      "thresholds.test", anyNumber, default: .null,
      "t2: test accuracy at least (null: 0.99), or test loss at most (null: 1e-2), from then on"),
    "unsafe_step": nil,
  ])
}
