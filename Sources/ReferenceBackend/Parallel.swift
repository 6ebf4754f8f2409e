import Dispatch

/// Calls `body` for every index in `0..<count`, on all cores.
func forEachInParallel(_ count: Int, _ body: @Sendable (Int) -> Void) {
  if count == 1 {
    body(0)
  } else {
    DispatchQueue.concurrentPerform(iterations: count, execute: body)
  }
}
