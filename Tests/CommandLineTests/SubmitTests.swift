// This file tests `submit`: what it writes, and what it tells the scheduler.

import Foundation
import Testing

@Suite struct SubmitTests {
  private static let command = "submit spec.yaml --slurm --shards 4 --store-folder jobs"

  private static let files: Set<String> = [
    "spec.yaml", "jobs", "jobs/log", "jobs/spec.yaml", "jobs/shards.sbatch", "jobs/merge.sbatch",
  ]

  private func directives(_ script: String) -> [String] {
    script.split(separator: "\n").filter { $0.hasPrefix("#SBATCH ") }.map {
      String($0.dropFirst(8))
    }
  }

  // MARK: - Files

  @Test func aDryRunWritesTheScriptsAndShowsTheCommands() async throws {
    let place = try Workplace(spec: Workplace.sweep)
    let shown = try await place.succeed(Self.command + " --dry-run", environment: ["PATH": "/none"])
    let jobs = URL(fileURLWithPath: place.path("jobs")).standardizedFileURL.path
    #expect(
      shown.lines == [
        "sbatch --parsable \(jobs)/shards.sbatch",
        "sbatch --parsable --dependency=afterany:ARRAY,singleton \(jobs)/merge.sbatch",
      ])
    #expect(shown.errors == "")
    #expect(try place.contents() == Self.files)
    let script = try place.text("jobs/shards.sbatch")
    #expect(
      directives(script) == [
        "--job-name=grokcl:\(jobs)", "--array=0-3", "--output=\(jobs)/log/%A_%a.log",
        "--open-mode=append", "--requeue", "--signal=B:USR1@60",
        "--chdir=\(URL(fileURLWithPath: place.path("")).standardizedFileURL.path)",
      ])
    #expect(script.contains("\nshards=4\n"))
    #expect(!script.contains("SLURM_ARRAY_TASK_COUNT") && !script.contains("SLURM_JOB_ID"))
    let merge = try place.text("jobs/merge.sbatch")
    #expect(merge.contains("merge \"${stores[@]}\" --into \"$folder/merged.sqlite\""))
  }

  @Test func whatTheJobsAskForStandsInTheScripts() async throws {
    let place = try Workplace(spec: Workplace.sweep)
    let options = [
      "--gpus", "1", "--partition", "gpu,long", "--time", "1-04:00:00", "--cpus", "4", "--memory",
      "16G", "--concurrent", "2", "--device", "opencl:0", "--mapping", "lanes",
      "--sbatch-option", "--account=a b", "--sbatch-option=--exclusive", "--dry-run", "--",
      "--verify", "0.5",
    ]
    let words = Self.command.split(separator: " ").map(String.init) + options
    #expect(try await place.run(words).status == 0)
    let script = try place.text("jobs/shards.sbatch")
    let common = ["--partition=gpu,long", "--account=\"a b\"", "--exclusive"]
    #expect(directives(script)[1] == "--array=0-3%2")
    #expect(
      Array(directives(script).dropFirst(7))
        == ["--gpus=1", "--cpus-per-task=4", "--mem=16G", "--time=1-04:00:00"] + common)
    #expect(
      script.contains(
        "run \"$folder/spec.yaml\" --device opencl:0 --mapping lanes --verify 0.5 \\\n"))
    #expect(Array(directives(try place.text("jobs/merge.sbatch")).dropFirst(4)) == common)
  }

  /// The copy of the spec is the sweep itself, whatever becomes of the file and of the defaults.
  @Test func theResolvedSpecGivesTheSameRuns() async throws {
    let spec = """
      experiment: sparse-recovery
      problem: {n: 12, s: 2, N: 8, snr: .inf, row_variance: 1/N}
      steps: 40
      evaluate: {at: [0, 10, 40]}
      sweep:
        seed: {range: [3, 6]}
        learning_rate: {logspace: [0.01, 0.05, 3]}
        method: [subgradient, proximal]
        regularizer.l1: [1e-5, 0.1]
      """
    let place = try Workplace(spec: spec)
    try await place.succeed(Self.command + " --set init.scale=1e-7 --dry-run")
    let copy = try place.text("jobs/spec.yaml")
    #expect(copy.contains("\n  seed: {range: [3, 6]}\n"))
    #expect(copy.contains("\ninit.scale: 1e-07\n") && copy.contains("\ndepth: 1\n"))
    let run = "run --json --device cpu"
    let given = try await place.succeed("\(run) spec.yaml --set init.scale=1e-7").objects()
    let copied = try await place.succeed("\(run) jobs/spec.yaml").objects()
    #expect(given.count == 36)
    #expect(given.compactMap { $0["run"] as? String } == copied.compactMap { $0["run"] as? String })
  }

  @Test func theInstanceIsCopied() async throws {
    let place = try Workplace(spec: Workplace.single)
    try await place.succeed("instance spec.yaml --output data.safetensors")
    try await place.succeed(
      "submit spec.yaml --slurm --shards 1 --store-folder jobs --instance data.safetensors --dry-run"
    )
    #expect(try place.bytes("jobs/instance.safetensors") == place.bytes("data.safetensors"))
    let script = try place.text("jobs/shards.sbatch")
    #expect(script.contains("/jobs/instance.safetensors \\\n"))
  }

  // MARK: - Submission

  @Test func bothJobsAreSubmittedAndNamed() async throws {
    let place = try Workplace(spec: Workplace.sweep)
    let slurm = try FakeSlurm(place)
    let submitted = try await place.succeed(Self.command, environment: slurm.environment)
    #expect(submitted.lines == ["array 1", "merge 2"])
    let jobs = URL(fileURLWithPath: place.path("jobs")).standardizedFileURL.path
    #expect(
      slurm.notes("sbatch") == [
        "--parsable \(jobs)/shards.sbatch",
        "--parsable --dependency=afterany:1,singleton \(jobs)/merge.sbatch",
      ])
  }

  @Test func aRetrySubmitsTheNamedShardsWithTheScriptThatIsThere() async throws {
    let place = try Workplace(spec: Workplace.sweep)
    let slurm = try FakeSlurm(place)
    try await place.succeed(Self.command + " --concurrent 2", environment: slurm.environment)
    let script = try place.text("jobs/shards.sbatch") + "# by hand\n"
    try place.write("jobs/shards.sbatch", script)
    let retried = try await place.succeed(
      "submit --slurm --store-folder jobs --retry 3,0-1", environment: slurm.environment)
    #expect(retried.lines == ["array 3", "merge 4"])
    let jobs = URL(fileURLWithPath: place.path("jobs")).standardizedFileURL.path
    #expect(
      Array(slurm.notes("sbatch").dropFirst(2)) == [
        "--parsable --array=0,1,3%2 \(jobs)/shards.sbatch",
        "--parsable --dependency=afterany:3,singleton \(jobs)/merge.sbatch",
      ])
    #expect(try place.text("jobs/shards.sbatch") == script)
    // The same command line plus --retry would not make this script.
    try await expectRefusal(
      place, (Self.command + " --concurrent 2 --retry 3").split(separator: " ").map(String.init),
      status: 65, ["jobs/shards.sbatch", "is not what this command line makes"],
      environment: slurm.environment)
  }

  @Test func theSameCommandLineWithRetryWorks() async throws {
    let place = try Workplace(spec: Workplace.sweep)
    try await place.succeed(Self.command + " --dry-run")
    let shown = try await place.succeed(Self.command + " --retry 2 --dry-run")
    #expect(shown.lines.first?.hasPrefix("sbatch --parsable --array=2 ") == true)
  }

  @Test func anotherSweepInTheFolderIsLeftAlone() async throws {
    let place = try Workplace(spec: Workplace.sweep)
    try await place.succeed(Self.command + " --dry-run")
    let words = Self.command.split(separator: " ").map(String.init) + ["--dry-run"]
    try await expectRefusal(
      place, words + ["--set", "steps=500"], status: 65, ["jobs/spec.yaml", "another sweep"])
    try await expectRefusal(
      place, words.map { $0 == "4" ? "2" : $0 }, status: 65,
      ["shards.sbatch", "4 shards, not of 2"])
    // Other resources are no other sweep.
    try await place.succeed(Self.command + " --time 10 --dry-run")
    #expect(try place.text("jobs/shards.sbatch").contains("#SBATCH --time=10\n"))
  }

  // MARK: - Errors

  @Test func withoutSlurmNothingIsWritten() async throws {
    try await expectRefusal(
      try Workplace(spec: Workplace.sweep), Self.command.split(separator: " ").map(String.init),
      status: 69, ["sbatch is not on the path", "--dry-run"], environment: ["PATH": "/none"])
  }

  @Test func whatSbatchSaysIsTold() async throws {
    let place = try Workplace(spec: Workplace.sweep)
    let refusal = "#!/usr/bin/env bash\necho 'invalid partition' >&2\nexit 1"
    let slurm = try FakeSlurm(place, sbatch: refusal)
    let refused = try await place.run(Self.command, environment: slurm.environment)
    #expect(refused.status == 69 && refused.output == "")
    #expect(refused.errors.contains("invalid partition") && refused.errorLines.count == 1)
    let silent = try FakeSlurm(place, sbatch: "#!/usr/bin/env bash\necho hello")
    let unclear = try await place.run(Self.command, environment: silent.environment)
    #expect(unclear.status == 69 && unclear.errors.contains("'hello"))
  }

  @Test(arguments: [
    ("submit --slurm --store-folder jobs", 64, "<spec>"),
    ("submit spec.yaml --slurm --store-folder jobs", 64, "--shards"),
    ("submit spec.yaml --slurm --shards 2", 64, "--store-folder"),
    ("submit spec.yaml --shards 2 --store-folder jobs", 64, "--slurm"),
    ("submit spec.yaml --slurm --shards 0 --store-folder jobs", 64, "--shards 0"),
    ("submit spec.yaml --slurm --shards 5 --store-folder jobs --dry-run", 64, "at most 4"),
    ("submit spec.yaml --slurm --shards 2 --store-folder a%b --dry-run", 64, "--store-folder"),
    ("submit spec.yaml --slurm --shards 2 --store-folder jobs --gpus 0", 64, "--gpus 0"),
    ("submit spec.yaml --slurm --shards 2 --store-folder jobs --time 1;2", 64, "--time '1;2'"),
    ("submit spec.yaml --slurm --shards 2 --store-folder jobs --device gpu", 64, "gpu"),
    ("submit spec.yaml --slurm --shards 2 --store-folder jobs --mapping x", 64, "--mapping"),
    ("submit spec.yaml --slurm --shards 2 --store-folder jobs --sbatch-option x", 64, "'x'"),
    (
      "submit spec.yaml --slurm --shards 2 --store-folder jobs --sbatch-option --array=1", 64,
      "--array is set by"
    ),
    ("submit spec.yaml --slurm --shards 2 --store-folder jobs -- --frobnicate", 64, "--frobnicate"),
    ("submit spec.yaml --slurm --shards 2 --store-folder jobs -- --store=x", 64, "-- --store"),
    ("submit --slurm --store-folder jobs --retry 5-3", 64, "5-3"),
    ("submit --slurm --store-folder jobs --retry 1 --dry-run", 65, "jobs/shards.sbatch"),
    (
      "submit spec.yaml --slurm --shards 2 --store-folder jobs --dry-run --set steps=x", 65, "steps"
    ),
    ("submit none.yaml --slurm --shards 2 --store-folder jobs --dry-run", 65, "none.yaml"),
    ("submit spec.yaml --slurm --shards 2 --store-folder spec.yaml/jobs --dry-run", 74, "jobs"),
  ]) func isRefused(command: String, status: Int32, fragment: String) async throws {
    try await expectRefusal(
      try Workplace(spec: Workplace.sweep), command.split(separator: " ").map(String.init),
      status: status, [fragment])
  }

  @Test func aShardThatIsNotThereIsNotRetried() async throws {
    let place = try Workplace(spec: Workplace.sweep)
    try await place.succeed(Self.command + " --dry-run")
    try await expectRefusal(
      place, ["submit", "--slurm", "--store-folder", "jobs", "--retry", "3,4", "--dry-run"],
      status: 64, ["--retry 4", "from 0 to 3"])
  }
}
