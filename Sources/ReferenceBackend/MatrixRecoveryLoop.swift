import BatchNumerics

/// A run of the reference: what steps it and what it has become.
protocol RunTrainer: AnyObject, SendableMetatype {
  associatedtype S: RunScalar

  func step()
  var factors: [WorkArray<S>] { get }
  /// One per factor where there is a nuclear norm; otherwise none.
  var decompositions: [ThinSVD<S>] { get }
}

extension RunTrainer {
  /// All factors, one after the other.
  var parameters: [Double] { factors.flatMap(\.doubles) }
}

/// The reference's batch of matrix-recovery runs: each run by itself, all cores at work.
///
/// `Trainer` is concrete where this is made, so that its loops are specialised.
struct MatrixRecoveryLoop<Trainer: RunTrainer> {
  private let batch: MatrixRecoveryBatch
  private let metrics: MatrixRecoveryMetrics
  private let trainers: [Trainer]

  init(_ batch: MatrixRecoveryBatch, trainers: [Trainer]) {
    self.batch = batch
    metrics = MatrixRecoveryMetrics(batch)
    self.trainers = trainers
  }

  var metricNames: [String] { metrics.names }

  var allocatedBytes: Int {
    let perProblem =
      batch.rows * batch.columns
      + batch.problems.reduce(0) { total, problem in
        if case .dense(let matrices, _) = problem.measurements {
          return total + matrices.values.count
        }
        return total + 3 * problem.count
      } / max(1, batch.problems.count)
    return (3 * batch.parameterCount * batch.runs.count + perProblem * batch.problems.count)
      * batch.precision.byteCount
  }

  func advance(_ launch: Launch) -> EvaluationBlock {
    let columns = ResultColumns(count: launch.runs.count)
    let team = Team(trainers: launch.runs.map { trainers[$0] })
    let metrics = metrics
    let shape = (rows: batch.rows, columns: batch.columns)
    forEachInParallel(launch.runs.count) { index in
      let trainer = team.trainers[index]
      let svd = ThinSVD<Double>(rows: shape.rows, columns: shape.columns)
      var rows: [[Double]] = []
      var step = launch.start
      for evaluation in launch.evaluations {
        while step < evaluation {
          trainer.step()
          step += 1
        }
        rows.append(metrics.evaluate(run: launch.runs[index], trainer.parameters, svd))
      }
      while step < launch.end {
        trainer.step()
        step += 1
      }
      columns.set(index, rows)
    }
    return columns.block(launch, metricCount: metricNames.count)
  }

  func parameters(of runs: [Int]) -> [[NamedTensor]] {
    runs.map { batch.tensors(trainers[$0].parameters) }
  }

  var session: LoopSession {
    LoopSession(
      runCount: batch.runs.count, metricNames: metricNames, allocatedBytes: allocatedBytes,
      stateParts: factorParts + basisParts, advance: { advance($0) },
      parameters: { parameters(of: $0) })
  }

  private var factorParts: [StatePart] {
    batch.factorShapes.enumerated().map { k, shape in
      StatePart(shape.name, [shape.rows, shape.columns]) { [trainers] in trainers[$0].factors[k] }
    }
  }

  /// The rotations that decompositions start from.
  private var basisParts: [StatePart] {
    batch.factorShapes.enumerated().map { k, shape in
      let size = min(shape.rows, shape.columns)
      let trainers = trainers
      return StatePart(
        MatrixRecoveryBatch.basisName(shape.name), [size, size], batch.precision,
        belongs: { !trainers[$0].decompositions.isEmpty },
        readRun: { trainers[$0].decompositions[k].basis.map { Double($0) } },
        writeRun: { trainers[$1].decompositions[k].basis = $0.map { Trainer.S($0) } })
    }
  }

  /// The trainers of a launch.
  ///
  /// `@unchecked Sendable` because each index is visited by exactly one task of the launch.
  private struct Team: @unchecked Sendable {
    let trainers: [Trainer]
  }
}

/// The reference's sessions of matrix recovery.
enum MatrixRecoveryReference {
  static func session(_ batch: MatrixRecoveryBatch) -> LoopSession {
    switch batch.precision {
    case .f32: session(batch, Float.self)
    case .f64: session(batch, Double.self)
    }
  }

  /// Inlined, so that trainers are of a concrete scalar type where their loops are made.
  @inline(__always)
  private static func session<S: RunScalar>(
    _ batch: MatrixRecoveryBatch, _ type: S.Type
  ) -> LoopSession {
    let data = batch.problems.map { MatrixRecoveryData<S>($0) }
    switch batch.parameterization {
    case .product:
      let trainers = batch.runs.map {
        MatrixProductTrainer(data: data[$0.problem], batch: batch, run: $0)
      }
      return MatrixRecoveryLoop(batch, trainers: trainers).session
    case .difference, .factors:
      let trainers = batch.runs.map {
        FactoredMatrixTrainer(data: data[$0.problem], batch: batch, run: $0)
      }
      return MatrixRecoveryLoop(batch, trainers: trainers).session
    }
  }
}
