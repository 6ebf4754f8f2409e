import BatchNumerics
import Foundation
import Testing
import _TestSupport

@Suite struct ScratchTests {
  @Test func scratch() throws {
    let words = (ProcessInfo.processInfo.environment["SCRATCH"] ?? "").split(separator: " ").map(String.init)
    guard words.count >= 6 else { return }
    var problem = SparseRecoveryCase(SparseRecoveryMethod(rawValue: words[1])!, depth: Int(words[2])!, Precision(rawValue: words[3])!)
    problem.columns = Int(words[4])!
    problem.rows = Int(words[5])!
    problem.runs = 1
    problem.problems = 1
    var test = TrainingCase(DeviceMapping(rawValue: words[0])!, problem)
    test.steps = words.count > 6 ? Int(words[6])! : 2
    test.evaluations = [0, test.steps]
    print(words, try test.mismatch(on: TestDevices.all[0]) ?? "agrees")
  }
}
