// This file tests what the kernel phase fills in, and where factors end.

import BatchNumerics
import Experiments
import Testing
import Theory

@Suite struct KernelCompletionTests {
  private static func identity(_ size: Int, _ alpha: Double) -> [Double] {
    (0..<(2 * size * size)).map { $0 % (size * size) % (size + 1) == 0 ? alpha : 0 }
  }

  /// Diagonal entries, pairs observed on one side and on both.
  private static let entries: [ObservedEntry] = [(0, 0), (0, 1), (1, 0), (1, 2), (3, 1), (4, 0)]
    .map { place in
      ObservedEntry(
        row: place.0, column: place.1,
        value: Double((place.0 + 1) * (place.1 + 1)) / 10)
    }

  /// Corollary 3.11 by its closed form, by the kernel, and by training from a large start.
  @Test func unobservedEntriesAreZero() throws {
    let closed = KernelCompletion.fromIdentity(Self.entries, size: 5)
    #expect(closed[1, 3] == closed[3, 1] && closed[1, 3] == 0.8)
    #expect(closed.values.count { $0 != 0 } == 9)
    let map = try SymmetricFactorResidual(size: 5, width: 5, entries: Self.entries)
    let kernel = try KernelCompletion.symmetric(map, start: Self.identity(5, 3))
    #expect(distance(kernel.values, closed.values) < 1e-12)
    let limit = try GradientFlow.limit(map, initial: Self.identity(5, 10)).point
    var learned = [Double](repeating: 0, count: 25)
    for i in 0..<5 {
      for j in 0..<5 {
        for k in 0..<5 {
          learned[5 * i + j] += limit[5 * i + k] * limit[5 * j + k]
          learned[5 * i + j] -= limit[25 + 5 * i + k] * limit[25 + 5 * j + k]
        }
      }
    }
    #expect(distance(learned, closed.values) < 0.02)
  }

  /// Decay pulls the outputs off by what the plateau's law says.
  @Test func thePlateauOfCompletion() throws {
    let map = try SymmetricFactorResidual(size: 5, width: 5, entries: Self.entries)
    let (start, weight, decay) = (Self.identity(5, 20), 1.0 / 6, 1e-3)
    var flow = try GradientFlow(map, weight: weight, weightDecay: decay, initial: start)
    try flow.advance(to: 100)
    let residual = euclideanNorm(map.value(flow.state))
    let predicted = try KernelCompletion.plateauLoss(
      map, start: start, weight: weight, weightDecay: decay, time: 100)
    #expect(abs(weight * residual * residual / predicted - 1) < 0.02)
  }

  /// |theta|^2 / 2 and the loss of U V^T, and |theta|^2 and the loss of U U^T - V V^T, end at those of the
  /// nuclear norm's minimiser.
  @Test func factorsEndAtTheNuclearNorm() throws {
    var target = DenseMatrix(rows: 4, columns: 4)
    for i in 0..<4 { for j in 0..<4 { target[i, j] = 0.125 * Double((i + 1) * (j + 1)) } }
    let places = [0, 1, 3, 5, 6, 8, 10, 12, 15]
    let problem = MatrixRecoveryProblem(
      rows: places.map { $0 / 4 }, columns: places.map { $0 % 4 },
      observations: places.map { target.values[$0] }, target: target)
    guard case .entries(let entries) = problem.measurements else { return }
    let decay = 0.05
    let product = try AsymmetricFactorResidual(rows: 4, columns: 4, width: 4, entries: entries)
    var flow = try GradientFlow(
      product, weightDecay: decay, initial: FlowSamples.point(product))
    try flow.advance(to: 2000)
    let end = try #require(try FactoredEnd.solve(problem, .factors, weightDecay: decay))
    #expect(end.isCertified)
    #expect(abs(squaredNorm(flow.state) / 2 - end.nuclearNorm) < 1e-4)
    #expect(abs(euclideanNorm(product.value(flow.state)) - end.residual) < 1e-4)
    let difference = try SymmetricFactorResidual(size: 4, width: 4, entries: entries)
    var other = try GradientFlow(
      difference, weight: 1 / Double(places.count), weightDecay: decay,
      initial: FlowSamples.point(difference))
    try other.advance(to: 4000)
    let symmetric = try #require(try FactoredEnd.solve(problem, .difference, weightDecay: decay))
    #expect(abs(squaredNorm(other.state) - symmetric.nuclearNorm) < 1e-3)
    #expect(try FactoredEnd.solve(problem, .product, weightDecay: decay) == nil)
  }
}
