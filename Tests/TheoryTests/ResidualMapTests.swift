// This file tests residuals and their derivatives.

import BatchNumerics
import Testing
import Theory
import _TestSupport

@Suite struct ResidualMapTests {
  @Test func derivativesAreThoseOfFiniteDifferences() throws {
    for map in try FlowSamples.maps() {
      let w = FlowSamples.point(map)
      let jacobian = map.jacobian(at: w)
      for i in 0..<map.constraintCount {
        let expected = FiniteDifferences.gradient(at: w) { map.value($0)[i] }
        let row = (0..<map.parameterCount).map { jacobian[i, $0] }
        #expect(distance(row, expected) < 1e-8 * (1 + euclideanNorm(expected)), "\(map)")
      }
      let v = FlowSamples.point(map, seed: 5)
      #expect(distance(map.differential(at: w, v), jacobian.multiplied(by: v)) < 1e-12)
      let gram = jacobian.multiplied(by: jacobian.transposed)
      #expect(distance(map.gram(at: w).values, gram.values) < 1e-12)
    }
  }

  @Test func homogeneousMapsObeyEuler() throws {
    for map in try FlowSamples.maps() {
      let w = FlowSamples.point(map)
      let degree = try #require(map.degree)
      let image = map.differential(at: w, w).map { $0 / Double(degree) }
      #expect(distance(image, zip(map.value(w), map.targets).map { $0 + $1 }) < 1e-12)
    }
  }

  /// Every observation counts in |r|^2, and mirror images share a constraint.
  @Test func weightsAreObservations() throws {
    let map = try FlowSamples.symmetric()
    #expect(map.constraintCount == 7)
    let places = [(0, 0), (0, 1), (1, 0), (1, 2), (3, 1), (2, 2), (3, 4), (4, 0)]
    let factor = FlowSamples.normals(5, 4, .leftFactor)
    let w = FlowSamples.point(map)
    func entry(_ i: Int, _ j: Int) -> Double {
      (0..<3).reduce(0) {
        $0 + w[3 * i + $1] * w[3 * j + $1] - w[15 + 3 * i + $1] * w[15 + 3 * j + $1]
      }
    }
    let sum = places.reduce(0) { total, place in
      let error = entry(place.0, place.1) - factor[place.0] * factor[place.1]
      return total + error * error
    }
    let r = map.value(w)
    #expect(abs(r.reduce(0) { $0 + $1 * $1 } / sum - 1) < 1e-13)
  }

  @Test func badInputsAreErrors() throws {
    let x = FlowSamples.features(2, 3)
    #expect(throws: FlowError.notFinite("a target")) {
      try DiagonalResidual(.linear, features: x, targets: [1, .nan])
    }
    #expect(throws: FlowError.self) {
      try DiagonalResidual(.difference(depth: 3), features: x, targets: [1, 2])
    }
    #expect(throws: FlowError.self) { try DiagonalResidual(.product, features: x, targets: [1]) }
    #expect(throws: FlowError.notFinite("entry (0, 0)")) {
      try AsymmetricFactorResidual(
        rows: 2, columns: 2, width: 1,
        entries: [ObservedEntry(row: 0, column: 0, value: .infinity)])
    }
    #expect(throws: FlowError.self) {
      try AsymmetricFactorResidual(
        rows: 2, columns: 2, width: 1, entries: [ObservedEntry(row: 2, column: 0, value: 1)])
    }
    #expect(throws: FlowError.mismatch("entry (0, 1) and its mirror image differ")) {
      try SymmetricFactorResidual(
        size: 2, width: 1,
        entries: [
          ObservedEntry(row: 0, column: 1, value: 1), ObservedEntry(row: 1, column: 0, value: 2),
        ])
    }
  }
}
