// This file tests the batch scripts by running them, with programs that only take notes.

import Foundation
import Testing

@Suite struct ShardScriptTests {
  /// A workplace with a submitted sweep whose scripts run the fake `grokcl`.
  private func submitted(folder: String = "jobs") async throws -> (Workplace, FakeSlurm) {
    let place = try Workplace(spec: Workplace.sweep)
    let slurm = try FakeSlurm(place)
    // The program under test is `GROKCL` or what is built; the one that jobs run is the fake.
    let environment = slurm.environment.merging(["GROKCL": place.path("bin/grokcl")]) { $1 }
    let words = ["submit", "spec.yaml", "--slurm", "--shards", "4", "--store-folder", folder]
    #expect(try await place.run(words, environment: environment).status == 0)
    return (place, slurm)
  }

  @Test(arguments: ["jobs", "it is, a $folder"])
  func aTaskRunsItsShard(folder: String) async throws {
    let (place, slurm) = try await submitted(folder: folder)
    #expect(try await slurm.run("\(folder)/shards.sbatch", task: 3) == 0)
    let path = URL(fileURLWithPath: place.path(folder)).standardizedFileURL.path
    #expect(
      slurm.notes("grokcl") == [
        "<run><\(path)/spec.yaml><--shard><3/4><--store><\(path)/shard-3.sqlite>"
      ])
    #expect(slurm.notes("scontrol") == [])
  }

  @Test func aTaskFailsAsItsShardDoes() async throws {
    let (_, slurm) = try await submitted()
    for status in ["65", "74", "130"] {
      #expect(try await slurm.run("jobs/shards.sbatch", task: 0, status: status) == Int32(status))
    }
    #expect(slurm.notes("scontrol") == [])
  }

  /// The task asks for itself, not for the array, which the job id of the last task would be.
  @Test func aTaskThatNearsItsLimitIsQueuedAgain() async throws {
    let (_, slurm) = try await submitted()
    let task = try slurm.start("jobs/shards.sbatch", task: 2, status: "wait")
    try await slurm.waitForGrokcl()
    kill(task.processIdentifier, SIGUSR1)
    #expect(try await slurm.end(task) == 0)
    #expect(slurm.notes("scontrol") == ["requeue 77_2"])
  }

  @Test func theMergeTakesTheStoresThatAreThere() async throws {
    let (place, slurm) = try await submitted()
    #expect(try await slurm.run("jobs/merge.sbatch", task: 0) == 1)
    for name in ["shard-0.sqlite", "shard-2.sqlite", "shard-2.sqlite-wal", "merged.sqlite"] {
      try place.write("jobs/\(name)", "")
    }
    #expect(try await slurm.run("jobs/merge.sbatch", task: 0) == 0)
    let path = URL(fileURLWithPath: place.path("jobs")).standardizedFileURL.path
    #expect(
      slurm.notes("grokcl") == [
        "<merge><\(path)/shard-0.sqlite><\(path)/shard-2.sqlite><--into><\(path)/merged.sqlite>"
      ])
  }
}
