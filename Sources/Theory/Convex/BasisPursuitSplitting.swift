/// Basis pursuit by splitting: slow, but at home where columns tie or depend on each other.
///
/// Douglas-Rachford (ADMM in graph form) on min |a|_1 + I(|z - y|_2 <= epsilon) over the graph z = X a:
/// soft-threshold a, project z onto the ball, project both onto the graph by
/// m = (I + X X^T)^-1 (z - X a), a + X^T m, z - m. Its dual point is rho m. The step rho balances
/// primal and dual residual. Every so often the support is taken as final (`LassoPath.adopt`), and
/// the gap says whether it was.
///
/// Sources: Parikh, Boyd, "Block splitting for distributed optimization" (Math. Prog. Comp. 6, 2014);
/// Boyd et al., "Distributed optimization and statistical learning via the alternating direction
/// method of multipliers" (2011), 3.4.1.
struct BasisPursuitSplitting {
  private let path: LassoPath
  private let judge: BasisPursuit.Judge
  /// X and y are divided by these, so that steps near 1 fit.
  private let (matrixScale, observationScale): (Double, Double)
  private let columns: WorkVector
  private let kernel: WorkVector
  private static let (limit, interval, relaxation) = (40_000, 50, 1.6)

  init(_ path: LassoPath, _ judge: BasisPursuit.Judge) {
    self.path = path
    self.judge = judge
    let (rows, count) = (path.samples, path.features)
    let largest = max(path.columns.largest, .leastNormalMagnitude)
    columns = WorkVector(rows * count)
    columns.assign(path.columns)
    columns.scale(1 / largest)
    // |X|_F bounds the largest singular value.
    let norm = columns.squared.squareRoot() / Double(min(rows, count)).squareRoot()
    columns.scale(1 / norm)
    matrixScale = largest * norm
    observationScale = judge.size
    kernel = WorkVector(rows * rows)
    factorKernel()
  }

  /// L with L L^T = I + X X^T; its least eigenvalue is 1, so that it always exists.
  private func factorKernel() {
    let rows = path.samples
    for j in 0..<path.features {
      let column = columns.start + j * rows
      for i in 0..<rows {
        ConvexLoops.axpy(column[i], column, into: kernel.start + i * rows, i + 1)
      }
    }
    for i in 0..<rows {
      let row = kernel.start + i * rows
      row[i] += 1
      for k in 0..<i {
        let other = kernel.start + k * rows
        row[k] = (row[k] - ConvexLoops.dot(row, other, k)) / other[k]
      }
      row[i] = max(1, row[i] - ConvexLoops.dot(row, row, i)).squareRoot()
    }
  }

  private func solveKernel(_ b: WorkVector) {
    let rows = path.samples
    for i in 0..<rows {
      let row = kernel.start + i * rows
      b[i] = (b[i] - ConvexLoops.dot(row, b.start, i)) / row[i]
    }
    for i in (0..<rows).reversed() {
      let row = kernel.start + i * rows
      b[i] /= row[i]
      ConvexLoops.axpy(-b[i], row, into: b.start, i)
    }
  }

  /// The iterate: a and z on the graph, m of the scaled dual point (-X^T m, m).
  private final class State {
    let (a, z, m): (WorkVector, WorkVector, WorkVector)
    /// X^T m.
    let slopes: WorkVector
    /// After the proximal steps.
    let (shrunk, near): (WorkVector, WorkVector)
    var rho = 1.0

    init(_ samples: Int, _ features: Int) {
      (a, slopes, shrunk) = (WorkVector(features), WorkVector(features), WorkVector(features))
      (z, m, near) = (WorkVector(samples), WorkVector(samples), WorkVector(samples))
    }
  }

  func run(after steps: Int) -> SparseSolution {
    let state = State(path.samples, path.features)
    var best: SparseSolution?
    var iteration = 0
    while iteration < Self.limit {
      let (primal, dual) = step(state)
      iteration += 1
      guard iteration % Self.interval == 0 else { continue }
      if iteration <= 4000 {
        if primal > 5 * dual { rescale(state, by: 2) }
        if dual > 5 * primal { rescale(state, by: 0.5) }
      }
      let candidate = polish(state, steps + iteration)
      if candidate.isCertified { return candidate }
      if candidate.primalResidual <= judge.tolerance * judge.size,
        candidate.gap < best?.gap ?? .infinity
      {
        best = candidate
      }
    }
    return best ?? polish(state, steps + iteration)
  }

  /// One iteration; returns how far the two halves are apart, and how far the iterate moved.
  private func step(_ state: State) -> (primal: Double, dual: Double) {
    let (rows, count) = (path.samples, path.features)
    let level = 1 / state.rho
    for j in 0..<count {
      let v = state.a[j] + state.slopes[j]
      state.shrunk[j] = v > level ? v - level : v < -level ? v + level : 0
    }
    let radius = judge.noise / observationScale
    var distance = 0.0
    for i in 0..<rows {
      let away = state.z[i] - state.m[i] - path.observations[i] / observationScale
      state.near[i] = away
      distance += away * away
    }
    let share = distance > radius * radius ? radius / distance.squareRoot() : 1
    var (primal, dual) = (0.0, 0.0)
    // (a, z) becomes what is projected, relaxed, and m + z - X a what the kernel is solved for.
    let old = (state.a.values, state.z.values)
    for i in 0..<rows {
      let target = path.observations[i] / observationScale
      state.near[i] = target + share * state.near[i]
      state.z[i] = Self.relaxation * state.near[i] + (1 - Self.relaxation) * state.z[i] + state.m[i]
      state.m[i] = state.z[i]
    }
    for j in 0..<count {
      state.a[j] =
        Self.relaxation * state.shrunk[j] + (1 - Self.relaxation) * state.a[j] - state.slopes[j]
      ConvexLoops.axpy(-state.a[j], columns.start + j * rows, into: state.m.start, rows)
    }
    solveKernel(state.m)
    ConvexLoops.products(
      columns.start, state.m.start, length: rows, count: count, into: state.slopes.start)
    state.a.add(1, state.slopes)
    state.z.add(-1, state.m)
    for j in 0..<count {
      primal += (state.a[j] - state.shrunk[j]) * (state.a[j] - state.shrunk[j])
      dual += (state.a[j] - old.0[j]) * (state.a[j] - old.0[j])
    }
    for i in 0..<rows {
      primal += (state.z[i] - state.near[i]) * (state.z[i] - state.near[i])
      dual += (state.z[i] - old.1[i]) * (state.z[i] - old.1[i])
    }
    return (primal.squareRoot(), dual.squareRoot())
  }

  private func rescale(_ state: State, by factor: Double) {
    state.rho *= factor
    state.m.scale(1 / factor)
    state.slopes.scale(1 / factor)
  }

  /// The minimiser if the support and signs of the iterate are those of one.
  private func polish(_ state: State, _ iterations: Int) -> SparseSolution {
    let unit = observationScale / matrixScale
    path.adopt(state.shrunk.values.map { $0 * unit })
    path.settle(to: .residual(judge.noise))
    let guess = WorkVector(path.samples)
    guess.assign(state.m.values.map { $0 * state.rho / matrixScale })
    let dual = judge.dual(of: path, guess: guess)
    return judge.solution(path, dual, iterations, .splitting)
  }
}
