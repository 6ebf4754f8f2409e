/// The Cholesky factor L of the inner products of a changing set of vectors: L L^T = X_S^T X_S.
///
/// A vector that depends on those already there is refused, so that L stays invertible. A vector
/// that is taken out leaves a row behind that Givens rotations bring back into shape.
///
/// Source: Golub, Van Loan, Matrix Computations (4th ed.), 6.5.
final class ActiveFactor {
  /// The vectors, one after the other.
  private let vectors: UnsafePointer<Double>
  private let length: Int
  private let capacity: Int
  private let lower: WorkVector
  /// Which vectors are in the set, in the order of the rows of L.
  private(set) var members: [Int] = []
  /// Refused is a vector whose squared distance to the others' span is at most this part of its own.
  private static let dependence = 1e-12

  init(_ vectors: UnsafePointer<Double>, length: Int, capacity: Int) {
    self.vectors = vectors
    self.length = length
    self.capacity = capacity
    lower = WorkVector(capacity * capacity)
    members.reserveCapacity(capacity)
  }

  var count: Int { members.count }

  func removeAll() { members.removeAll(keepingCapacity: true) }

  private func vector(_ j: Int) -> UnsafePointer<Double> { vectors + j * length }

  /// Adds a vector; false if it depends on the others.
  func append(_ j: Int) -> Bool {
    let k = count
    guard k < capacity else { return false }
    let row = lower.start + k * capacity
    for i in 0..<k { row[i] = ConvexLoops.dot(vector(members[i]), vector(j), length) }
    solveLower(row)
    let square = ConvexLoops.dot(vector(j), vector(j), length)
    let rest = square - ConvexLoops.dot(row, row, k)
    guard rest > Self.dependence * square else { return false }
    row[k] = rest.squareRoot()
    members.append(j)
    return true
  }

  /// Takes out the vector in a row of L.
  func remove(at p: Int) {
    members.remove(at: p)
    let k = count
    let start = lower.start
    for i in p..<max(p, k) {
      (start + i * capacity).update(from: start + (i + 1) * capacity, count: i + 2)
    }
    for q in p..<max(p, k) {
      let (a, b) = (start[q * capacity + q], start[q * capacity + q + 1])
      let size = (a * a + b * b).squareRoot()
      let (cosine, sine) = (a / size, b / size)
      for i in q..<k {
        let entry = start + i * capacity + q
        let (left, right) = (entry[0], entry[1])
        entry[0] = cosine * left + sine * right
        entry[1] = cosine * right - sine * left
      }
    }
  }

  /// b becomes L^-1 b.
  private func solveLower(_ b: UnsafeMutablePointer<Double>) {
    for i in 0..<count {
      let row = lower.start + i * capacity
      b[i] = (b[i] - ConvexLoops.dot(row, b, i)) / row[i]
    }
  }

  /// b becomes (L L^T)^-1 b.
  func solve(_ b: UnsafeMutablePointer<Double>) {
    solveLower(b)
    for i in (0..<count).reversed() {
      let row = lower.start + i * capacity
      b[i] /= row[i]
      ConvexLoops.axpy(-b[i], row, into: b, i)
    }
  }

  /// result = sum_i b_i x_(S_i)
  func combine(_ b: UnsafePointer<Double>, into result: WorkVector) {
    result.fill(0)
    for (i, j) in members.enumerated() {
      ConvexLoops.axpy(b[i], vector(j), into: result.start, length)
    }
  }

  /// b_i = <x_(S_i), v>
  func products(_ v: WorkVector, into b: UnsafeMutablePointer<Double>) {
    for (i, j) in members.enumerated() { b[i] = ConvexLoops.dot(vector(j), v.start, length) }
  }
}
