import Dispatch
import Foundation

/// Results of independent problems, found on all cores, in the problems' order.
///
/// - Parameter body: gets the number of a problem and its worker's workspace, nil at first.
package func mapOnAllCores<Workspace, Value: Sendable>(
  _ count: Int, workspace: Workspace.Type,
  _ body: @Sendable (Int, inout Workspace?) -> Value
) -> [Value] {
  let workers = min(count, ProcessInfo.processInfo.activeProcessorCount)
  guard workers > 0 else { return [] }
  // Neighbours are often alike in difficulty: a worker takes every workers-th of them.
  let parts = WorkerResults<Value>(count: workers)
  DispatchQueue.concurrentPerform(iterations: workers) { worker in
    var workspace: Workspace?
    parts.set(
      worker,
      stride(from: worker, to: count, by: workers).map { body($0, &workspace) })
  }
  let results = parts.values
  return (0..<count).map { results[$0 % workers][$0 / workers] }
}

/// Results of independent problems whose solution needs no workspace.
package func mapOnAllCores<Value: Sendable>(
  _ count: Int, _ body: @Sendable (Int) -> Value
) -> [Value] {
  mapOnAllCores(count, workspace: Void.self) { index, _ in body(index) }
}

/// One place per worker, each written by that worker only, and read after all are done.
private final class WorkerResults<Value>: @unchecked Sendable {
  private let places: UnsafeMutablePointer<[Value]>
  private let count: Int

  init(count: Int) {
    self.count = count
    places = .allocate(capacity: count)
    places.initialize(repeating: [], count: count)
  }

  deinit {
    places.deinitialize(count: count)
    places.deallocate()
  }

  func set(_ index: Int, _ values: [Value]) { places[index] = values }

  var values: [[Value]] { (0..<count).map { places[$0] } }
}
