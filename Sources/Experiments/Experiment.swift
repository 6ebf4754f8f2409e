import BatchNumerics

/// A run that has been checked and is ready to be trained.
public struct PreparedRun: Sendable {
  /// Every key with its final value; the run's identity is their hash.
  public let parameters: ResolvedParameters
  /// The parameters as a canonical JSON object.
  public let json: String
  public let id: String
  public let steps: Int
  public let schedule: EvaluationSchedule
  public let thresholds: Thresholds
  /// Runs with equal keys may share a batch: same shapes, method, precision.
  public let batchKey: String
  /// Runs with equal keys share their data.
  public let problemKey: String
  /// Roughly the bytes that the run needs on a device, its share of the data included.
  public let bytes: Int
  /// Over how many steps two devices must agree: rounding errors grow, in networks to the size of
  /// what is measured.
  public let comparableSteps: Int

  public init(
    parameters: ResolvedParameters, steps: Int, schedule: EvaluationSchedule,
    thresholds: Thresholds, batchKey: String, problemKey: String, bytes: Int,
    comparableSteps: Int? = nil
  ) {
    self.parameters = parameters
    json = parameters.json
    id = ResolvedParameters.runID(json)
    self.steps = steps
    self.schedule = schedule
    self.thresholds = thresholds
    self.batchKey = batchKey
    self.problemKey = problemKey
    self.bytes = bytes
    self.comparableSteps = min(steps, comparableSteps ?? steps)
  }

  /// Evaluations in a row, after the one that generalised, that end the run early; nil for all steps.
  public var hold: Int? {
    guard case .integer(let count) = parameters["early_stop.hold"] else { return nil }
    return count
  }

  /// The same run with the steps that devices are compared over.
  public var comparable: PreparedRun {
    PreparedRun(
      parameters: parameters, steps: comparableSteps, schedule: schedule, thresholds: thresholds,
      batchKey: batchKey, problemKey: problemKey, bytes: bytes)
  }
}

/// A family of experiments: its parameters, and how its runs become training sessions.
public protocol Experiment: Sendable {
  /// The value of the spec key `experiment`.
  var name: String { get }
  var summary: String { get }
  /// Every key of the spec, with defaults.
  var parameters: [ParameterDefinition] { get }

  /// Keys of the sizes that a step's cost is about proportional to, which shards are dealt by.
  var sizeKeys: [String] { get }

  /// Checks a point of a sweep beyond the types of its values and completes it.
  ///
  /// - Throws: `SpecError` for impossible values.
  func prepare(_ parameters: ResolvedParameters, instance: TensorFile?) throws -> PreparedRun

  /// Builds the batch of runs that share a `batchKey` on a backend.
  func session(
    for runs: [PreparedRun], instance: TensorFile?, on backend: any TrainingBackend,
    mapping: MappingChoice
  ) throws -> any TrainingSession

  /// What a choice comes to for a batch, without taking memory on the device: in that mapping any part
  /// of the batch trains to the bits that the whole would.
  func settled(
    _ mapping: MappingChoice, for runs: [PreparedRun], instance: TensorFile?,
    on backend: any TrainingBackend
  ) throws -> MappingChoice

  /// The data and initial parameters that a run would use, as a tensor file holds them.
  func instanceTensors(_ run: PreparedRun, instance: TensorFile?) throws -> [NamedTensor]
}

extension Experiment {
  /// Families whose automatic choice does not depend on the number of runs.
  public func settled(
    _ mapping: MappingChoice, for runs: [PreparedRun], instance: TensorFile?,
    on backend: any TrainingBackend
  ) throws -> MappingChoice { mapping }
}

/// The families that there are.
public enum ExperimentCatalog {
  public static let all: [any Experiment] = [
    SparseRecovery(), MatrixRecovery(), DiagonalNetwork(), Network(), LinearRegression(),
  ]

  /// - Parameter families: those to look among.
  /// - Throws: `SpecError` listing the families if there is none of that name.
  public static func named(
    _ name: String, among families: [any Experiment] = all
  ) throws -> any Experiment {
    guard let experiment = families.first(where: { $0.name == name }) else {
      throw SpecError(
        key: "experiment", value: name,
        "must be one of " + families.map(\.name).joined(separator: ", "))
    }
    return experiment
  }
}

/// The keys that every family has.
public enum CommonParameters {
  /// All of them, with a family's own definitions of some; nil leaves a key out.
  static func definitions(
    replacing own: [String: ParameterDefinition?]
  ) -> [ParameterDefinition] {
    definitions.compactMap { own.keys.contains($0.key) ? own[$0.key] ?? nil : $0 }
  }

  public static let definitions: [ParameterDefinition] =
    [
      ParameterDefinition(
        "learning_rate", .number(0...Double.greatestFiniteMagnitude, open: true),
        default: .number(0.1), "step size alpha of the update"),
      ParameterDefinition(
        "steps", .integer(0...1_000_000_000_000), default: .integer(1_000_000), unit: "steps",
        "length of the run"),
    ] + EvaluationSchedule.parameters + [
      ParameterDefinition(
        "thresholds.train", .number(0...Double.greatestFiniteMagnitude, open: false),
        default: .number(1e-4), "t1: the train metric meets this"),
      ParameterDefinition(
        "thresholds.test", .number(0...Double.greatestFiniteMagnitude, open: false),
        default: .number(1e-4), "t2: the test metric meets this from then on"),
      ParameterDefinition(
        "early_stop.hold", .integer(1...1_000_000), default: .null, unit: "evaluations",
        "end the run once the test metric meets its threshold and has held for so many more"),
      ParameterDefinition(
        "precision", .choice(Precision.allCases.map(\.rawValue)), default: .text("f64"),
        "arithmetic of the run"),
      ParameterDefinition(
        "seed", .integer(0...Int(UInt32.max)), default: .integer(1),
        "seed of all random draws of the run"),
      ParameterDefinition(
        "unsafe_step", .boolean, default: .boolean(false),
        "allow a learning rate beyond the stability limit"),
    ]
}
