import Foundation
import Sweeps

/// The folder of a submitted sweep: spec, scripts, logs, a store per shard, the merged store.
///
/// What is in it is all the state there is; the scheduler's accounting is never asked.
struct ShardFolder {
  /// Absolute.
  let path: String

  /// - Throws: `ValidationError` for a path that cannot stand in a batch script.
  init(_ path: String) throws {
    self.path = try BatchDirective.path(path, of: "--store-folder")
  }

  var spec: String { path + "/spec.yaml" }
  var instance: String { path + "/instance.safetensors" }
  var shardScript: String { path + "/shards.sbatch" }
  var mergeScript: String { path + "/merge.sbatch" }
  var log: String { path + "/log" }
  var merged: String { path + "/merged.sqlite" }

  /// Makes the folder and what is to be in it, unless it holds another sweep.
  ///
  /// - Parameter files: contents by path; the spec among them.
  /// - Throws: `SubmitError.otherSweep`, `StoreError.inputOutput`.
  func write(_ files: [String: [UInt8]], shards: Int) throws {
    if let there = bytes(spec), there != files[spec] {
      throw SubmitError.otherSweep(
        path: spec, reason: "is of another sweep than is submitted; give --store-folder another one"
      )
    }
    if let there = try array(), there.shards != shards {
      throw SubmitError.otherSweep(
        path: shardScript,
        reason: "is of \(there.shards) shards, not of \(shards); give --store-folder another one")
    }
    do {
      try FileManager.default.createDirectory(atPath: log, withIntermediateDirectories: true)
    } catch {
      throw StoreError.inputOutput(
        path: path, reason: "cannot be made: \(error.localizedDescription)")
    }
    for (path, bytes) in files.sorted(by: { $0.key < $1.key }) {
      try AtomicFile.write(bytes, to: path)
    }
  }

  /// The first of `files` that is not in the folder as it is given.
  func difference(_ files: [String: [UInt8]]) -> String? {
    files.sorted { $0.key < $1.key }.first { bytes($0.key) != $0.value }?.key
  }

  struct Array {
    let shards: Int
    /// How many may run at a time.
    let concurrent: Int?

    /// `0-7` or `0-7%2`, or some of the shards.
    func tasks(_ indices: [Int]? = nil) -> String {
      let tasks = indices?.map(String.init).joined(separator: ",") ?? "0-\(shards - 1)"
      return tasks + (concurrent.map { "%\($0)" } ?? "")
    }
  }

  /// What the folder's script says of its array; nil without a script.
  ///
  /// - Throws: `SubmitError.notSubmitted` if it does not say.
  func array() throws -> Array? {
    guard let bytes = bytes(shardScript) else { return nil }
    let text = String(decoding: bytes, as: UTF8.self)
    guard let shards = text.firstMatch(of: /(?m)^shards=([0-9]+)$/).flatMap({ Int($0.1) }),
      shards > 0
    else {
      throw SubmitError.notSubmitted(path: shardScript, reason: "has no line shards=NUMBER")
    }
    let limit = text.firstMatch(of: /(?m)^#SBATCH --array=[0-9,-]+%([0-9]+)$/).flatMap { Int($0.1) }
    return Array(shards: shards, concurrent: limit)
  }

  private func bytes(_ path: String) -> [UInt8]? {
    FileManager.default.contents(atPath: path).map { [UInt8]($0) }
  }
}
