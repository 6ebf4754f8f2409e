// This file tests that runs saved on the reference go on to the same bits.

import BatchNumerics
import Experiments
import ReferenceBackend
import Testing
import _TestSupport

@Suite struct RunStateTests {
  // MARK: - Loops and steps

  @Test(arguments: SparseRecoveryCase.all, [false, true])
  func sparseRecovery(problem: SparseRecoveryCase, isStepwise: Bool) throws {
    var problem = problem
    (problem.runs, problem.problems) = (7, 3)
    let batch = problem.makeBatch(steps: 30)
    try Continuation(runs: 7, end: 30, evaluations: [0, 1, 13, 30]) { runs, recorded in
      let part = batch.selecting(runs)
      guard isStepwise else {
        return try ReferenceTrainingBackend().session(for: part, mapping: recorded ?? .automatic)
      }
      return part.precision == .f32
        ? try StepwiseSparseRecovery(part, on: ReferenceOperations<Float>())
        : try StepwiseSparseRecovery(part, on: ReferenceOperations<Double>())
    }.check(cuts: [0, 1, 7, 13, 29])
  }

  @Test(arguments: MatrixRecoveryCase.all, Precision.allCases)
  func matrixRecovery(problem: MatrixRecoveryCase, precision: Precision) throws {
    let whole = problem.with { ($0.precision, $0.runs) = (precision, 7) }.makeBatch(steps: 20)
    for isStepwise in [false, true] {
      let continuation = Continuation(runs: 7, end: 20, evaluations: [0, 1, 11, 20]) { runs, _ in
        let part = whole.selecting(runs)
        return isStepwise ? try part.stepwiseSession() : try part.referenceSession()
      }
      try continuation.check(cuts: [0, 1, 8, 11])
      guard problem.nuclear > 0 else { continue }
      for name in try continuation.names() { try continuation.needs(name, after: 11) }
    }
  }

  /// Every optimiser, with mini-batches that do not divide the samples; f32 keeps lost roundings.
  static let networks: [NetworkPoints.Changes] = [
    ["batch_size": .integer(5)],
    ["optimizer": .text("adamw"), "weight_decay": .number(0.5), "batch_size": .integer(7)],
    [
      "optimizer": .text("gd"), "aggregation": .text("sum"), "learning_rate": .number(0.1),
      "regularizer.nuclear": .number(1e-3),
    ],
    NetworkPoints.oneHot.merging([
      "optimizer": .text("gd"), "loss": .text("log-cross-entropy"), "learning_rate": .number(0.05),
    ]) { $1 },
    [
      "task": .text("teacher-student"), "optimizer": .text("sgd"), "batch_size": .integer(4),
      "learning_rate": .number(0.02), "regularizer.l2": .number(1e-3),
      "regularizer.l2_form": .text("norm"),
    ],
    ["task": .text("relu-1d"), "optimizer": .text("gd"), "learning_rate": .number(0.01)],
  ]

  @Test(arguments: networks, Precision.allCases)
  func networksGoOn(changes: NetworkPoints.Changes, precision: Precision) throws {
    let runs = try (1...7).map { seed in
      try NetworkPoints.prepare(
        changes.merging([
          "seed": .integer(seed), "precision": .text(precision.rawValue), "steps": .integer(40),
        ]) { $1 })
    }
    let continuation = Continuation(runs: 7, end: 40, evaluations: [0, 1, 21, 39, 40]) {
      indices, recorded in
      try Network().session(
        for: indices.map { runs[$0] }, instance: nil, on: ReferenceTrainingBackend(),
        mapping: recorded ?? .automatic)
    }
    try continuation.check(cuts: [0, 1, 5, 21, 38])
    guard precision == .f32 else { return }
    for name in try continuation.names() where !name.hasPrefix("b") {
      try continuation.needs(name, after: 21)
    }
  }

  static let forms: [DiagonalParameterization] = [
    .linear, .product, .difference(depth: 2), .difference(depth: 3),
  ]

  private func diagonalBatch(
    _ form: DiagonalParameterization, _ noise: Double, _ precision: Precision = .f64
  ) -> DiagonalNetworkBatch {
    let sample = FlowCase(parameterization: form, loss: .logistic)
    return DiagonalNetworkBatch(
      samples: sample.samples, features: sample.features, parameterization: form,
      loss: sample.loss, weight: sample.weight, method: noise > 0 ? .labelNoise : .gradientDescent,
      labelNoise: noise, precision: precision, problems: [sample.problem],
      runs: (0..<7).map { run in
        DiagonalRun(
          problem: 0, learningRate: 0.02 * Double(run + 1), weightDecay: 0.1 * Double(run),
          initial: sample.initial.map { $0 * (1 + 0.1 * Double(run)) }, steps: 4000,
          seed: UInt32(run))
      })
  }

  private func selecting(_ batch: DiagonalNetworkBatch, _ runs: [Int]) -> DiagonalNetworkBatch {
    DiagonalNetworkBatch(
      samples: batch.samples, features: batch.features, parameterization: batch.parameterization,
      loss: batch.loss, weight: batch.weight, method: batch.method, labelNoise: batch.labelNoise,
      precision: batch.precision, problems: batch.problems, runs: runs.map { batch.runs[$0] })
  }

  @Test(arguments: forms, [0, 0.3])
  func diagonalNetworks(form: DiagonalParameterization, noise: Double) throws {
    for precision in Precision.allCases {
      let batch = diagonalBatch(form, noise, precision)
      try Continuation(runs: 7, end: 30, evaluations: [0, 1, 17, 30]) { runs, recorded in
        try ReferenceTrainingBackend().session(
          for: selecting(batch, runs), mapping: recorded ?? .automatic)
      }.check(cuts: [0, 1, 12, 17])
    }
  }

  // MARK: - Exact curves

  /// Depth 3 starts its map anew on the way.
  @Test(arguments: forms) func reducedFlows(form: DiagonalParameterization) throws {
    let batch = diagonalBatch(form, 0)
    let evaluations = [0, 1, 10, 11, 300, 1500, 4000]
    let continuation = Continuation(runs: 7, end: 4000, evaluations: evaluations) { runs, _ in
      try ReducedFlowSession(selecting(batch, runs))
    }
    try continuation.check(cuts: [0, 1, 10, 200, 1500, 1501])
    for name in ["time", "step", "s", "cost"] { try continuation.needs(name, after: 1500) }
    if form == .difference(depth: 3) {
      for name in ["origin", "start"] { try continuation.needs(name, after: 1500) }
    }
  }

  /// Numbers that no flow has are refused, with the tensor's name.
  @Test func flowsRefuseWhatIsNone() throws {
    let batch = diagonalBatch(.difference(depth: 3), 0)
    let session = try ReducedFlowSession(batch)
    let state = try session.states(of: [0])[0]
    let damage: [(String, Double)] = [
      ("time", .nan), ("time", -1), ("time", .infinity), ("origin", 1), ("origin", .nan),
      ("is-finite", 0.5), ("step", -1), ("step", .nan), ("cost", 0.5), ("cost", .infinity),
      ("cost", -1), ("start", -1), ("start", 0),
    ]
    for (name, value) in damage {
      let changed = state.map { tensor in
        guard tensor.name == name else { return tensor }
        return NamedTensor(
          name: name, shape: tensor.shape, values: [value] + tensor.values.dropFirst())
      }
      let error = #expect(throws: StateError.self) {
        try session.restore([changed], of: [0], step: 3)
      }
      #expect(error?.tensor == name)
    }
  }

  @Test func streamsRefuseWhatIsNoPosition() throws {
    let session = try NetworkPoints.session(["batch_size": .integer(5)])
    let state = try session.states(of: [0])[0]
    for value in [0.5, -1, .nan, .infinity, 0x1p60] {
      let changed = state.map {
        $0.name == "shuffling.position"
          ? NamedTensor(name: $0.name, shape: $0.shape, values: [value]) : $0
      }
      let error = #expect(throws: StateError.self) {
        try session.restore([changed], of: [0], step: 3)
      }
      #expect(error?.tensor == "shuffling.position")
    }
  }

  /// Numbers between those of f32 are not of an f32 run.
  @Test func singlePrecisionRefusesMore() throws {
    var problem = SparseRecoveryCase()
    problem.precision = .f32
    let session = try referenceSession(problem.makeBatch())
    let tensor = try session.states(of: [0])[0][0]
    for value in [0.1, 1e300] {
      let values = [value] + tensor.values.dropFirst()
      let error = #expect(throws: StateError.self) {
        try session.restore(
          [[NamedTensor(name: tensor.name, shape: tensor.shape, values: values)]], of: [0], step: 1)
      }
      #expect(error?.tensor == tensor.name)
    }
    let special = [Double.nan, .infinity, -0.0] + tensor.values.dropFirst(3)
    try session.restore(
      [[NamedTensor(name: tensor.name, shape: tensor.shape, values: special)]], of: [0], step: 1)
  }

  @Test func closedFormsNeedTheStepOnly() throws {
    let kinds: [(any DiagonalFamily, DiagonalPoints.Changes)] = [
      (LinearRegression(), ["method": .text("flow")]),
      (LinearRegression(), ["method": .text("exact-descent")]),
    ]
    for (family, changes) in kinds {
      let runs = try (1...7).map { seed in
        try family.prepare(
          DiagonalPoints.point(changes.merging(["seed": .integer(seed)]) { $1 }, of: family),
          instance: nil)
      }
      try Continuation(runs: 7, end: 50, evaluations: [0, 1, 9, 50]) { indices, recorded in
        try family.session(
          for: indices.map { runs[$0] }, instance: nil, on: ReferenceTrainingBackend(),
          mapping: recorded ?? .automatic)
      }.check(cuts: [0, 1, 5, 9])
    }
    let runs = try (1...7).map { seed in
      try Points.prepare([
        "seed": .integer(seed), "solver": .text("closed-form"), "regularizer.l1": .number(0),
      ])
    }
    try Continuation(runs: 7, end: 50, evaluations: [0, 1, 9, 50]) { indices, recorded in
      try SparseRecovery().session(
        for: indices.map { runs[$0] }, instance: nil, on: ReferenceTrainingBackend(),
        mapping: recorded ?? .automatic)
    }.check(cuts: [0, 1, 5, 9])
  }

  /// Runs that have left a step-wise batch keep their parameters, but not what it takes to go on.
  @Test func runsThatLeftHaveNoState() throws {
    let batch = SparseRecoveryCase().makeBatch()
    let session = try StepwiseSparseRecovery(batch, on: ReferenceOperations<Double>())
    _ = try session.advance(Launch(start: 0, end: 3, evaluations: [], runs: [1, 2]))
    #expect(throws: StateError.self) { try session.states(of: [0, 1]) }
    #expect(try session.states(of: [1, 2]).count == 2)
  }
}
