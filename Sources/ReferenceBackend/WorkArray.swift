import BatchNumerics

/// A fixed number of scalars at a fixed address: what the reference's inner loops work on.
///
/// An `Array` held by a class is checked for exclusive access and unique ownership at every use,
/// which costs small loops a tenth of their time.
///
/// `@unchecked Sendable` because it is either never written after its making (a problem's data) or
/// used by the one task that steps its run.
final class WorkArray<S: RunScalar>: @unchecked Sendable {
  let start: UnsafeMutablePointer<S>
  let count: Int

  init(zeros count: Int) {
    self.count = count
    start = .allocate(capacity: max(1, count))
    start.initialize(repeating: 0, count: count)
  }

  convenience init(_ values: [Double]) {
    self.init(zeros: values.count)
    for i in values.indices { start[i] = S(values[i]) }
  }

  deinit { start.deallocate() }

  var indices: Range<Int> { 0..<count }

  var doubles: [Double] { indices.map { Double(start[$0]) } }

  /// Replaces the numbers by as many others.
  func replace(_ values: [Double]) {
    for (i, value) in zip(indices, values) { start[i] = S(value) }
  }

  @inline(__always)
  subscript(index: Int) -> S {
    get { start[index] }
    set { start[index] = newValue }
  }
}
