// This file tests the closed form of the predictor that gradient flow of a diagonal net ends at.

import BatchNumerics
import Figures
import Foundation
import Testing
import Theory

@Suite struct InterpolatingNetTests {
  private func problem(_ samples: Int, _ features: Int) -> (x: DenseMatrix, y: [Double]) {
    var (inputs, signal) = (
      RandomStream(seed: 7, purpose: .inputs), RandomStream(seed: 7, purpose: .signal)
    )
    let x = DenseMatrix(
      rows: samples, columns: features, values: inputs.normals(samples * features))
    return (x, signal.normals(samples))
  }

  private func distance(_ a: [Double], _ b: [Double]) -> Double {
    euclideanNorm(zip(a, b).map { $0 - $1 }) / euclideanNorm(b)
  }

  private func ones(_ count: Int, _ value: Double = 1) -> [Double] {
    [Double](repeating: value, count: count)
  }

  /// Whether the net comes from the data: z = X^T m, for some m, of w = a e^{c z} - b e^{-c z}.
  private func isInRowSpace(_ z: [Double], _ x: DenseMatrix) -> Bool {
    let right = SingularValueDecomposition(x).right
    let projected = right.multiplied(by: right.transposed.multiplied(by: z))
    return distance(projected, z) < 1e-7
  }

  @Test(arguments: [1e-6, 1e-2, 1, 100])
  func itInterpolatesByAnExponentOfTheRowSpace(scale: Double) {
    let (x, y) = problem(6, 20)
    let a = ones(20, scale)
    let b: [Double] = (0..<20).map { scale * (1 + 0.1 * Double($0)) }
    let net = InterpolatingNet(x, y, up: a, down: b, rate: 4)
    #expect(net.residual < 1e-12)
    #expect(distance(x.multiplied(by: net.predictor), y) < 1e-12)
    // w = up - down and up down = a b.
    var sum = 0.0
    var z: [Double] = []
    for (k, w) in net.predictor.enumerated() {
      let half = (w * w / 4 + a[k] * b[k]).squareRoot()
      sum += 2 * half
      let (up, down) = (half + w / 2, half - w / 2)
      z.append(log(w > 0 ? up / a[k] : b[k] / down) / 4)
    }
    #expect(abs(net.squaredNorm / sum - 1) < 1e-10)
    #expect(isInRowSpace(z, x))
  }

  /// The minimiser is found to rounding where the objective is flat to rounding before the slope is.
  @Test(arguments: [1e-8, 1e-3, 1, 30])
  func theResidualIsThatOfRounding(scale: Double) {
    for rows in [3, 8, 15, 25] {
      let x = problem(rows, 30).x
      let y = x.multiplied(by: [1, -1] + ones(28, 0))
      let net = InterpolatingNet(x, y, up: ones(30, scale), down: ones(30, scale), rate: 4)
      #expect(net.residual < 1e-12, "\(rows) samples")
    }
  }

  // MARK: - Flow

  /// u, then v.
  private struct Factors {
    var u: [Double]
    var v: [Double]

    var difference: [Double] { zip(u, v).map { $0 * $0 - $1 * $1 } }
    var product: [Double] { zip(u, v).map { $0 * $1 } }
    var squaredNorm: Double { (u + v).reduce(0) { $0 + $1 * $1 } }

    func moved(_ by: Double, _ other: Factors) -> Factors {
      Factors(
        u: zip(u, other.u).map { $0 + by * $1 }, v: zip(v, other.v).map { $0 + by * $1 })
    }

    /// The end of a flow by the classical Runge-Kutta method.
    func flowed(
      time: Double, step: Double, _ slope: (Factors) -> Factors
    ) -> Factors {
      var state = self
      for _ in 0..<Int(time / step) {
        let first = slope(state)
        let second = slope(state.moved(step / 2, first))
        let third = slope(state.moved(step / 2, second))
        let fourth = slope(state.moved(step, third))
        state = state.moved(step / 6, first).moved(step / 3, second)
        state = state.moved(step / 3, third).moved(step / 6, fourth)
      }
      return state
    }
  }

  private let short = (
    x: DenseMatrix(rows: 2, columns: 4, values: [1, 0.5, -0.3, 0.2, -0.4, 1, 0.6, 0.1]),
    y: [0.8, -0.5]
  )

  /// X^T r with r = 2 (X w - y)
  private func gradient(_ w: [Double]) -> [Double] {
    let residual = zip(short.x.multiplied(by: w), short.y).map { 2 * ($0 - $1) }
    return short.x.transposed.multiplied(by: residual)
  }

  /// Of |X w - y|^2 + decay/2 (|u|^2 + |v|^2), w = u^2 - v^2.
  private func differenceSlope(_ state: Factors, decay: Double = 0) -> Factors {
    let g = gradient(state.difference)
    return Factors(
      u: zip(state.u, g).map { -(2 * $1 + decay) * $0 },
      v: zip(state.v, g).map { (2 * $1 - decay) * $0 })
  }

  /// Of |X w - y|^2, w = u v.
  private func productSlope(_ state: Factors) -> Factors {
    let g = gradient(state.product)
    return Factors(u: zip(state.v, g).map { -$0 * $1 }, v: zip(state.u, g).map { -$0 * $1 })
  }

  @Test func itIsTheEndOfTheFlowOfADifferenceOfSquares() {
    let start = Factors(u: [0.5, 0.3, 0.2, 0.6], v: [0.4, 0.3, 0.5, 0.1])
    let end = start.flowed(time: 40, step: 0.02) { differenceSlope($0) }
    let net = InterpolatingNet(
      short.x, short.y, up: start.u.map { $0 * $0 }, down: start.v.map { $0 * $0 }, rate: 4)
    #expect(distance(end.difference, net.predictor) < 1e-7)
    #expect(abs(end.squaredNorm / net.squaredNorm - 1) < 1e-7)
  }

  /// p = (u + v)/sqrt(2) and q = (u - v)/sqrt(2) grow and shrink by e^z; u v = (p^2 - q^2)/2.
  @Test func itIsTheEndOfTheFlowOfAProduct() {
    let start = Factors(u: [0.5, -0.3, 0.2, 0.6], v: [0.4, 0.3, -0.5, 0.1])
    let end = start.flowed(time: 80, step: 0.02, productSlope)
    let sums = zip(start.u, start.v).map { ($0 + $1) * ($0 + $1) / 4 }
    let differences = zip(start.u, start.v).map { ($0 - $1) * ($0 - $1) / 4 }
    let net = InterpolatingNet(short.x, short.y, up: sums, down: differences, rate: 2)
    #expect(distance(end.product, net.predictor) < 1e-7)
    // |u|^2 + |v|^2 = |p|^2 + |q|^2 is twice the sum here.
    #expect(abs(end.squaredNorm / (2 * net.squaredNorm) - 1) < 1e-7)
  }

  /// A little weight decay leads along the nets with a common factor e^{-2 lambda t}.
  @Test func aCommonFactorIsWhereWeightDecayLeads() {
    let start = Factors(u: ones(4, 0.7), v: ones(4, 0.7))
    let end = start.flowed(time: 500, step: 0.05) { differenceSlope($0, decay: 1e-3) }
    let first = ones(4, 0.49)
    let squares = ones(4, 0.49 * exp(-2 * 1e-3 * 500))
    let net = InterpolatingNet(short.x, short.y, up: squares, down: squares, rate: 4)
    let plain = InterpolatingNet(short.x, short.y, up: first, down: first, rate: 4)
    #expect(distance(end.difference, net.predictor) < 3e-3)
    #expect(distance(plain.predictor, net.predictor) > 0.03)
  }

  // MARK: - Limits

  /// A small start gives the interpolant of least l1 norm, and |theta|^2 tends to that norm.
  @Test func aSmallStartGivesTheLeastL1Norm() throws {
    let x = problem(15, 30).x
    let y = x.multiplied(by: [1, -1] + ones(28, 0))
    let least = try Lasso.solve(x, y, weight: 1, gamma: 1e-8, tolerance: 1e-8)
    var distances: [Double] = []
    for scale in [1e-2, 1e-6, 1e-12] {
      let net = InterpolatingNet(x, y, up: ones(30, scale), down: ones(30, scale), rate: 4)
      #expect(net.residual < 1e-10)
      #expect(net.squaredNorm > least.l1Norm * (1 - 1e-6))
      distances.append(distance(net.predictor, least.coefficients))
    }
    #expect(distances[0] > distances[1] && distances[1] > distances[2])
    #expect(distances[2] < 1e-2, "\(distances)")
  }

  /// A large start gives the interpolant of least Euclidean norm, X^+ y.
  @Test func aLargeStartGivesTheLeastSquares() {
    let (x, y) = problem(6, 20)
    let least = SingularValueDecomposition(x).pseudoInverse.multiplied(by: y)
    let net = InterpolatingNet(x, y, up: ones(20, 1e4), down: ones(20, 1e4), rate: 4)
    #expect(distance(net.predictor, least) < 1e-6)
  }
}
