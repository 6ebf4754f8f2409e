import ArgumentParser
import Experiments
import Foundation
import OpenCLHost
import Sweeps

struct SubmitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "submit",
    abstract: "Hand a sweep to Slurm, in shards.",
    discussion: """
      Writes the resolved spec and two batch scripts to the store folder: an array of shards, each
      with a store of its own, and a merge after them. Submits both, prints their job ids and ends.
      A shard that nears its time limit saves checkpoints and is queued again. What failed is
      submitted once more by --retry. Options of `grokcl run` may stand after --.
      """)

  @Argument(help: "A YAML file, or the name of a built-in figure; not needed with --retry.")
  var spec: String?

  @Option(name: .customLong("set"), help: "Override a key: path=value. May be given many times.")
  var overrides: [String] = []

  @Option(
    name: .customLong("instance"),
    help: "Train on exactly the tensors of this safetensors file instead of generated data.")
  var instancePath: String?

  @OptionGroup var devices: DeviceOptions

  @Flag(help: "Submit to Slurm, which is the only scheduler so far.")
  var slurm = false

  @Option(help: "Number of shards; each should be minutes of work at least.")
  var shards: Int?

  @Option(help: "Folder for spec, scripts, logs and stores; the jobs must see it too.")
  var storeFolder: String

  @OptionGroup var jobs: JobOptions

  @Option(help: "Submit only these shards, such as 3,5, with the script that is in the folder.")
  var retry: ShardList?

  @Flag(help: "Write the files and show the commands, but submit nothing.")
  var dryRun = false

  @Argument(parsing: .postTerminator, help: "Options of `grokcl run` for every shard.")
  var runOptions: [String] = []

  func validate() throws {
    guard slurm else {
      throw ValidationError("--slurm is missing; it is the only scheduler so far")
    }
    if retry == nil, spec == nil { throw ValidationError("Missing expected argument '<spec>'") }
    if spec != nil, shards == nil { throw ValidationError("Missing expected argument '--shards'") }
    if let shards, shards < 1 {
      throw ValidationError("--shards \(shards): must be at least 1")
    }
    _ = try devices.mappingChoice()
    try checkRunOptions()
  }

  func run() throws {
    _ = try DeviceSelection(parsing: devices.device)
    let slurm = dryRun ? nil : try Slurm()
    let folder = try ShardFolder(storeFolder)
    let sweep = try spec.map { try files(of: $0, in: folder) }
    if let retry {
      try submit(retry.indices, of: try array(in: folder, against: sweep), in: folder, to: slurm)
    } else if let sweep, let shards {
      try folder.write(sweep, shards: shards)
      try submit(nil, of: array(shards), in: folder, to: slurm)
    }
  }

  // MARK: - Files

  private func array(_ shards: Int) -> ShardFolder.Array {
    ShardFolder.Array(shards: shards, concurrent: jobs.concurrent)
  }

  /// What the folder holds for a spec, by path. Nothing is written unless every run is possible.
  private func files(of name: String, in folder: ShardFolder) throws -> [String: [UInt8]] {
    let spec = try SpecOptions.load(name, overrides: overrides)
    let instance = try instancePath.map { try TensorFile(path: $0) }
    let runs = try SweepWindows(spec, instance: instance).count
    guard let shards, shards <= runs else {
      throw ValidationError("--shards \(shards ?? 0): must be at most \(runs), the number of runs")
    }
    var options: [String] = []
    if devices.device != "auto" { options += ["--device", devices.device] }
    if devices.mapping != "auto" { options += ["--mapping", devices.mapping] }
    if instance != nil { options += ["--instance", folder.instance] }
    let scripts = ShardScripts(
      folder: folder, array: array(shards), program: try program(),
      directory: try BatchDirective.path(
        FileManager.default.currentDirectoryPath, of: "the folder that jobs are to run in"),
      jobs: jobs, options: options + runOptions)
    var files = [
      folder.spec: Array(ResolvedSpec(spec).yaml.utf8),
      folder.shardScript: Array(scripts.shards.utf8),
      folder.mergeScript: Array(scripts.merge.utf8),
    ]
    if let instancePath {
      files[folder.instance] = FileManager.default.contents(atPath: instancePath).map {
        [UInt8]($0)
      }
    }
    return files
  }

  /// This program, or what `GROKCL` names: a wrapper that it must be started by.
  private func program() throws -> String {
    if let given = ProcessInfo.processInfo.environment["GROKCL"], !given.isEmpty {
      return URL(fileURLWithPath: given).standardizedFileURL.path
    }
    return Bundle.main.executablePath ?? CommandLine.arguments[0]
  }

  /// The folder's array, which must be of the same sweep where one is given.
  private func array(
    in folder: ShardFolder, against sweep: [String: [UInt8]]?
  ) throws -> ShardFolder.Array {
    guard let array = try folder.array() else {
      throw SubmitError.notSubmitted(
        path: folder.shardScript, reason: "is not there: submit without --retry first")
    }
    if let changed = sweep.flatMap({ folder.difference($0) }) {
      throw SubmitError.otherSweep(
        path: changed,
        reason: "is not what this command line makes; --slurm --store-folder --retry alone submit "
          + "it as it is")
    }
    return array
  }

  // MARK: - Jobs

  private func submit(
    _ indices: [Int]?, of array: ShardFolder.Array, in folder: ShardFolder, to slurm: Slurm?
  ) throws {
    if let index = indices?.last, index >= array.shards {
      throw ValidationError(
        "--retry \(index): must be shards from 0 to \(array.shards - 1) (\(folder.shardScript))")
    }
    let some = indices.map { ["--array=\(array.tasks($0))"] } ?? []
    let shards = try job("array", folder.shardScript, some, slurm) ?? "ARRAY"
    // Singleton: merges of a folder carry its name and come one after the other.
    _ = try job(
      "merge", folder.mergeScript, ["--dependency=afterany:\(shards),singleton"], slurm)
  }

  private func job(
    _ name: String, _ script: String, _ options: [String], _ slurm: Slurm?
  ) throws -> String? {
    guard let slurm else {
      let words = Slurm.command(options, script)
      try Output.line(words.map(ShellText.word).joined(separator: " "))
      return nil
    }
    let id = try slurm.submit(script, options)
    try Output.line("\(name) \(id)")
    return id
  }

  /// `grokcl run` must take them; spec, shard and store are this command's.
  private func checkRunOptions() throws {
    guard !runOptions.isEmpty else { return }
    for option in ["--store", "--shard", "--set", "--instance"]
    where runOptions.contains(where: { $0 == option || $0.hasPrefix(option + "=") }) {
      throw ValidationError("-- \(option): must stand before -- or is set by grokcl submit")
    }
    do {
      _ = try RunCommand.parse(["spec.yaml"] + runOptions)
    } catch {
      throw ValidationError(
        "-- \(runOptions.joined(separator: " ")): \(RunCommand.message(for: error))")
    }
  }
}
