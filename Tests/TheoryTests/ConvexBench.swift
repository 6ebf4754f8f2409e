// This file measures batches of convex problems against the host: GROKCL_BENCH=1 swift test -c release --filter ConvexBench

import BatchNumerics
import Foundation
import Testing
import Theory

@Suite(
  .serialized,
  .enabled(if: ProcessInfo.processInfo.environment["GROKCL_BENCH"] == "1", "GROKCL_BENCH is not 1"))
struct ConvexBench {
  private static let count = 1000

  private func timed<Solution>(
    _ name: String, _ solve: () throws -> [Result<Solution, ConvexError>],
    _ isCertified: (Solution) -> Bool
  ) rethrows {
    let clock = ContinuousClock()
    var found: [Result<Solution, ConvexError>] = []
    let time = try clock.measure { found = try solve() }
    let certified = found.filter { (try? $0.get()).map(isCertified) ?? false }.count
    print("\(name): \(time), \(certified) of \(found.count) certified")
  }

  /// n = 100, N = 50, Gaussian X, targets of 5 entries.
  @Test func basisPursuits() throws {
    let problems = (1...UInt32(Self.count)).map { seed in
      let x = BasisPursuitTests.design(50, 100, seed: seed)
      var source = RandomStream(seed: seed, purpose: .signal)
      let places = Set(source.permutation(100).prefix(5))
      let values = source.normals(100)
      let y = x.multiplied(by: (0..<100).map { places.contains($0) ? values[$0] : 0 })
      return BasisPursuit.Instance(matrix: x, observations: y)
    }
    timed("basis pursuit, host", { BasisPursuit.solve(problems) }, \.isCertified)
    for backend in ConvexBackend.all where backend.device != nil {
      let operations = try backend.operations()
      _ = try BasisPursuit.solve(Array(problems.prefix(1)), on: operations)
      try timed(
        "basis pursuit, \(backend.testDescription)",
        { try BasisPursuit.solve(problems, on: operations) }, \.isCertified)
    }
  }

  /// 10 x 10 of rank 2 from 70 entries.
  @Test func completions() throws {
    let problems = (1...UInt32(Self.count)).map { seed in
      let target = BasisPursuitTests.design(10, 2, seed: seed).multiplied(
        by: BasisPursuitTests.design(2, 10, seed: seed + 100_000))
      var source = RandomStream(seed: seed, purpose: .measurements)
      let entries = source.permutation(100).prefix(70).sorted().map {
        ObservedEntry(row: $0 / 10, column: $0 % 10, value: target.values[$0])
      }
      return NuclearNormInterpolation.Instance(
        measurements: .entries(entries), rows: 10, columns: 10)
    }
    timed("completion, host", { NuclearNormInterpolation.solve(problems) }, \.isCertified)
    for backend in ConvexBackend.all where backend.device != nil {
      let operations = try backend.operations()
      _ = try NuclearNormInterpolation.solve(Array(problems.prefix(1)), on: operations)
      try timed(
        "completion, \(backend.testDescription)",
        { try NuclearNormInterpolation.solve(problems, on: operations) }, \.isCertified)
    }
  }
}
