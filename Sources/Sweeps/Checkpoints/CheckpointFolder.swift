import BatchNumerics
import Experiments
import Foundation
import Synchronization

/// The checkpoints of a store's sweep: one file per batch under way, beside the store.
///
/// A file is written under another name, synchronised and renamed, so that one that is there is whole.
/// It goes once each of its runs is in the store or in a later file; until then a run may be in
/// several, and the one with most steps counts.
public final class CheckpointFolder: Sendable {
  public let path: String
  private struct State {
    var next = 0
    /// File to the runs that only it keeps.
    var pending: [String: Set<String>] = [:]
  }
  private let state = Mutex(State())

  /// - Parameter store: the store's file; the folder is `STORE.checkpoints`.
  public init(store: String) { path = store + ".checkpoints" }

  /// A run as it was saved.
  struct Saved: Sendable {
    let step: Int
    let mapping: String
    let device: String
    let curves: RunCurves
    let state: [NamedTensor]
  }

  /// What earlier processes left, by run; damaged files are named to `warn` and set aside.
  ///
  /// - Throws: `StoreError.inputOutput` where the folder cannot be read.
  func load(warn: (String) -> Void) throws -> [String: Saved] {
    guard FileManager.default.fileExists(atPath: path) else { return [:] }
    let names: [String]
    do {
      names = try FileManager.default.contentsOfDirectory(atPath: path).sorted()
    } catch {
      throw StoreError.inputOutput(
        path: path, reason: "cannot be read: \(error.localizedDescription)")
    }
    var saved: [String: Saved] = [:]
    for name in names {
      let file = path + "/" + name
      guard name.hasSuffix(".safetensors") else {
        // What a process that was killed while writing left.
        if name.hasSuffix(".partial") { try? FileManager.default.removeItem(atPath: file) }
        continue
      }
      do {
        let content = try CheckpointFile(TensorFile(path: file), path: file)
        for run in content.runs where content.step >= saved[run.id]?.step ?? 0 {
          saved[run.id] = Saved(
            step: content.step, mapping: content.mapping, device: content.device,
            curves: run.curves, state: run.state)
        }
        state.withLock { $0.pending[file] = Set(content.runs.map(\.id)) }
      } catch {
        warn((error as? CheckpointError)?.description ?? "\(error); its runs start again")
        try? FileManager.default.moveItem(atPath: file, toPath: file + ".damaged")
      }
    }
    return saved
  }

  /// Writes a batch's runs, and removes the files that it makes needless.
  ///
  /// - Throws: `StoreError.inputOutput`, for example where the disk is full; earlier files stay.
  func save(_ item: WorkItem) throws {
    let number = state.withLock { state in
      state.next += 1
      return state.next
    }
    let file = "\(path)/\(ProcessInfo.processInfo.processIdentifier)-\(number).safetensors"
    do {
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
      throw StoreError.inputOutput(
        path: path, reason: "cannot be made: \(error.localizedDescription)")
    }
    try DurableFile.write(CheckpointFile.encode(item), to: file)
    let ids = item.runs.map(\.run.id)
    remove(Set(ids), except: file)
    state.withLock { $0.pending[file] = Set(ids) }
  }

  /// Notes runs that are in the store: their checkpoints are needless.
  func forget(_ runs: some Sequence<String>) { remove(Set(runs), except: nil) }

  private func remove(_ runs: Set<String>, except kept: String?) {
    let needless = state.withLock { state in
      var needless: [String] = []
      for (file, ids) in state.pending where file != kept {
        let rest = ids.subtracting(runs)
        state.pending[file] = rest.isEmpty ? nil : rest
        if rest.isEmpty { needless.append(file) }
      }
      return needless
    }
    for file in needless { try? FileManager.default.removeItem(atPath: file) }
  }

  /// Removes the folder where nothing is left in it.
  public func tidy() { rmdir(path) }
}
