import ArgumentParser

/// What a shard asks of the scheduler.
struct JobOptions: ParsableArguments {
  @Option(help: "GPUs of a shard.")
  var gpus: Int?

  @Option(help: "Partition of all jobs.")
  var partition: String?

  @Option(help: "Time limit of a shard, such as 04:00:00; what is not done by then is requeued.")
  var time: String?

  @Option(help: "CPUs of a shard.")
  var cpus: Int?

  @Option(help: "Memory of a shard, such as 16G.")
  var memory: String?

  @Option(help: "How many shards may run at a time.")
  var concurrent: Int?

  @Option(
    parsing: .unconditionalSingleValue,
    help: "Another option for sbatch, such as --account=physics, for all jobs. May be repeated.")
  var sbatchOption: [String] = []

  /// Options that carry what a shard is and how it survives.
  private static let ours = [
    "array", "dependency", "job-name", "open-mode", "no-requeue", "requeue", "signal", "wrap",
  ]

  func validate() throws {
    for (name, number) in [("gpus", gpus), ("cpus", cpus), ("concurrent", concurrent)] {
      if let number, number < 1 { throw ValidationError("--\(name) \(number): must be at least 1") }
    }
    for (name, text) in [("partition", partition), ("time", time), ("memory", memory)] {
      if let text, text.wholeMatch(of: /[a-zA-Z0-9_.,:-]+/) == nil {
        throw ValidationError(
          "--\(name) '\(text)': must be of letters, digits and any of _ . , : -")
      }
    }
    for option in sbatchOption {
      guard let name = option.wholeMatch(of: /--([a-z-]+)(=[^"'\n\r]*)?/)?.1 else {
        throw ValidationError(
          "--sbatch-option '\(option)': must be one --name or --name=value without quotes")
      }
      guard !Self.ours.contains(String(name)) else {
        throw ValidationError("--sbatch-option '\(option)': --\(name) is set by grokcl submit")
      }
    }
  }

  /// Directives for every job.
  var common: [BatchDirective] {
    (partition.map { [BatchDirective("partition", $0)] } ?? [])
      + sbatchOption.map { BatchDirective(written: $0) }
  }

  /// Directives for a shard.
  var shard: [BatchDirective] {
    [
      gpus.map { BatchDirective("gpus", String($0)) },
      cpus.map { BatchDirective("cpus-per-task", String($0)) },
      memory.map { BatchDirective("mem", $0) },
      time.map { BatchDirective("time", $0) },
    ].compactMap { $0 }
  }
}
