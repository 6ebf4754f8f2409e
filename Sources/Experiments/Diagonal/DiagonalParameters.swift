import BatchNumerics

/// Keys that the families of linear predictors share, or have alike.
enum DiagonalParameters {
  static let size = ParameterDefinition.Kind.integer(1...100_000_000)
  static let anyNumber = ParameterDefinition.Kind.number(
    0...Double.greatestFiniteMagnitude, open: false)

  static let records: [ParameterDefinition] = [
    ParameterDefinition(
      "record.predictor", .boolean, default: .boolean(false), "record every component w_0 ..."),
    ParameterDefinition(
      "record.predictions", .boolean, default: .boolean(false),
      "record the output of every test sample, as prediction_0 ..."),
  ]

  static func common(learningRate: Double) -> [ParameterDefinition] {
    CommonParameters.definitions(replacing: [
      "learning_rate": ParameterDefinition(
        "learning_rate", .number(0...Double.greatestFiniteMagnitude, open: true),
        default: .number(learningRate), "step size; step k is time t = learning_rate k"),
      "thresholds.train": ParameterDefinition(
        "thresholds.train", anyNumber, default: .null,
        "t1: train_accuracy from below, or train_loss from above; null: 0.999, 1e-3"),
      "thresholds.test": ParameterDefinition(
        "thresholds.test", anyNumber, default: .null,
        "t2: likewise of the test set, or of the population without one; null: 0.95, 0.05"),
    ])
  }
}

extension DiagonalNetwork {
  enum Method: String, CaseIterable {
    case gradientDescent = "gradient-descent"
    case labelNoise = "label-noise"
    case reducedFlow = "reduced-flow"
  }

  enum ProblemKind: String, CaseIterable {
    /// x ~ U{+-1}^d, y = sign of a sum of few signed coordinates (Lyu et al. 2023, Fig. 1a)
    case signs
    /// x = z + (gamma/2) y w*, z ~ N(0, I), y = sign <z, w*> (Lyu et al. 2023, Fig. 1b)
    case largeMargin = "large-margin"
    /// Fourier features of one variable, a sparse teacher (Boursier et al. 2025, appendix D.2)
    case fourier
    /// x ~ N(0, I), y = <w*, x> with sparse w* (Lyu et al. 2023, appendix B.2)
    case gaussian
  }

  enum Model: String, CaseIterable { case difference, product }

  enum InitialKind: String, CaseIterable {
    /// u = v = scale / sqrt(2d): the parameters' norm is scale (Lyu et al.'s code)
    case norm
    /// u = v = scale (Lyu et al.'s theory)
    case constant
    /// u, v ~ N(0, scale^2)
    case normal
  }

  static let definitions: [ParameterDefinition] =
    [
      ParameterDefinition.choice(
        "method", Method.self, .text("gradient-descent"),
        "on all samples; on one with noise on its label; or gradient flow by its exact reduction"),
      ParameterDefinition.choice(
        "loss", MarginLoss.self, .null,
        "logistic, exponential (y = +-1) or (q - y)^2; null: logistic for classes, else squared"),
      ParameterDefinition.choice(
        "loss_scale", LossScale.self, .null,
        "factor 1/n, 1/(2n), 1 or 1/2 of the sum of losses; null: mean, fourier half-mean, "
          + "label-noise sum (of its one sample)"),
      ParameterDefinition.choice(
        "parameterization", Model.self, .null,
        "w = u^depth - v^depth or w = u v; null: difference, fourier product"),
      ParameterDefinition(
        "depth", .integer(1...64), default: .integer(2), "L of u^L - v^L"),
      ParameterDefinition(
        "weight_decay", DiagonalParameters.anyNumber, default: .number(1e-3),
        "lambda of lambda/2 (|u|^2 + |v|^2)"),
      ParameterDefinition(
        "label_noise", DiagonalParameters.anyNumber, default: .number(1),
        "label-noise: standard deviation of the noise"),
      ParameterDefinition.choice(
        "problem.kind", ProblemKind.self, .text("signs"), "law of the samples"),
      ParameterDefinition(
        "problem.n", DiagonalParameters.size, default: .null, unit: "samples",
        "training samples; null: 256, large-margin 32, fourier 12, gaussian 40"),
      ParameterDefinition(
        "problem.d", DiagonalParameters.size, default: .null, unit: "features",
        "features; null: 100000, gaussian 100; fourier has 1 + 2 frequencies"),
      ParameterDefinition(
        "problem.sparsity", .integer(1...20), default: .null,
        "signs: coordinates of the teacher, odd; gaussian: non-zeros of w*; null: 3"),
      ParameterDefinition(
        "problem.gamma", DiagonalParameters.anyNumber, default: .null,
        "large-margin: 2-margin along w*; null: 25"),
      ParameterDefinition(
        "problem.frequencies", .integer(21...10_000), default: .null,
        "fourier: K, features 1, cos(pi k x/2), sin(pi k x/2), k = 1 ... K; null: 30"),
      ParameterDefinition(
        "problem.n_test", .integer(0...10_000_000), default: .null, unit: "samples",
        "test samples (fourier: grid on [-1, 1]); null: 1000 for signs, 401 fourier, else 0, as "
          + "the population's accuracy or loss is known in closed form"),
      ParameterDefinition(
        "problem.seed", .integer(0...Int(UInt32.max)), default: .null,
        "seed of the data; null: seed"),
      ParameterDefinition.choice(
        "init.kind", InitialKind.self, .null,
        "law of the start; null: norm, fourier normal, gaussian constant"),
      ParameterDefinition(
        "init.scale", DiagonalParameters.anyNumber, default: .null,
        "alpha; null: 128, fourier sqrt(0.1), gaussian 1"),
    ] + DiagonalParameters.records + DiagonalParameters.common(learningRate: 0.01)
}
