// This file tests `--instance` against NumPy's own training loop on the same tensors.

import BatchNumerics
import Experiments
import Sweeps
import Testing
import _TestSupport

@Suite struct GoldenCurvesTests {
  static let metrics = ["train_error", "test_error", "l1_norm", "l2_norm"]

  @Test func goldensCoverEveryMethodAndDepth() throws {
    let goldens = try GoldenCurves.all()
    #expect(Set(goldens.map(\.method)) == ["subgradient", "projected", "proximal"])
    #expect(Set(goldens.map(\.depth)) == [1, 2, 3])
    for golden in goldens {
      #expect(golden.steps == [0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000])
      #expect(Set(golden.metrics.keys) == Set(Self.metrics))
    }
  }

  @Test(arguments: try GoldenCurves.all(), [MappingChoice.automatic, .stepwise])
  func trainsWhatNumPyTrains(_ golden: GoldenCurves, _ mapping: MappingChoice) throws {
    let plan = try SweepPlan(
      SweepSpec(yaml: golden.spec(), file: golden.name),
      instance: TensorFile(path: golden.path))
    let result = try #require(Harness.run(plan, mapping: mapping).results.first)
    #expect(result.status == .finished && result.curves.steps == golden.steps)
    for name in Self.metrics {
      let (values, expected) = (result.curves[name] ?? [], golden.metrics[name] ?? [])
      #expect(Tolerance.external.mismatch(values, expected) == nil, "\(name)")
    }
    let learned = result.parameters.first { $0.name == "a" }?.values ?? []
    #expect(Tolerance.external.mismatch(learned, golden.learned) == nil)
  }
}
