// This file implements calls of the networks' operations as data, so that one test treats them all.

import BatchNumerics
import OpenCLBackend
import OpenCLHost
import ReferenceBackend
import _TestSupport

/// A call of an operation with operands of its own making.
protocol NetworkCall: Sendable, CustomStringConvertible {
  var precision: Precision { get }
  var runs: Int { get }

  /// Makes operands and results on the bench and calls the operation; what it returns to the host,
  /// run by run.
  func apply<B: Backend>(on bench: Bench<B>) throws -> [Double]

  /// - Parameter wide: the type that metrics are formed in.
  func tolerance(wide: Precision) -> Tolerance
}

/// Where calls take their operands from and leave their results.
final class Bench<B: Backend> {
  let backend: B
  private(set) var results: [B.Tensor] = []
  private let only: Int?
  private let usesViews: Bool
  private let place: ((BatchShape, [Double]) throws -> B.Tensor)?
  private var numbers = TestNumbers(seed: 11)

  /// - Parameters:
  ///   - only: the one run whose numbers are used, of the same numbers for all.
  ///   - usesViews: operands and results are views of larger tensors.
  ///   - place: makes results, where a test watches them.
  init(
    _ backend: B, only: Int? = nil, usesViews: Bool = false,
    place: ((BatchShape, [Double]) throws -> B.Tensor)? = nil
  ) {
    self.backend = backend
    self.only = only
    self.usesViews = usesViews
    self.place = place
  }

  /// Random numbers in [-1, 1].
  func draw(_ count: Int) -> [Double] { numbers.next(count) }

  /// Random integers from 0 on.
  func draw(_ count: Int, below bound: Int) -> [Int32] {
    numbers.next(count).map { Int32(min(Double(bound - 1), (($0 + 1) / 2 * Double(bound)))) }
  }

  /// An operand of random numbers.
  func input(
    _ runs: Int, _ rows: Int, _ columns: Int, _ change: (Double) -> Double = { $0 }
  ) throws -> B.Tensor {
    let (shape, values) = select(runs, rows, columns, draw(runs * rows * columns).map(change))
    return try tensor(shape, values)
  }

  /// A result that holds random numbers, or these for every run, before the call.
  func result(
    _ runs: Int, _ rows: Int, _ columns: Int, _ change: (Double) -> Double = { $0 }
  ) throws -> B.Tensor {
    let (shape, values) = select(runs, rows, columns, draw(runs * rows * columns).map(change))
    let made = try place?(shape, values) ?? tensor(shape, values)
    results.append(made)
    return made
  }

  func indices(_ runs: Int, _ rows: Int, _ columns: Int, _ values: [Int32]) throws -> B.Indices {
    let (shape, values) = select(runs, rows, columns, values)
    return try backend.indices(shape, values)
  }

  private func select<T>(
    _ runs: Int, _ rows: Int, _ columns: Int, _ values: [T]
  ) -> (BatchShape, [T]) {
    guard let only, runs > 1 else {
      return (BatchShape(runs: runs, rows: rows, columns: columns), values)
    }
    let size = rows * columns
    return (
      BatchShape(runs: 1, rows: rows, columns: columns),
      Array(values[(only * size)..<((only + 1) * size)])
    )
  }

  private func tensor(_ shape: BatchShape, _ values: [Double]) throws -> B.Tensor {
    guard usesViews else { return try backend.tensor(shape, values) }
    let room = try backend.tensor(
      BatchShape(runs: 1, rows: shape.count + 7), values + [Double](repeating: .nan, count: 7))
    return try backend.view(room, shape)
  }
}

extension NetworkCall {
  /// Every result, then what is returned: each with the same count of numbers per run.
  func parts<B: Backend>(on bench: Bench<B>) throws -> [[Double]] {
    let returned = try apply(on: bench)
    return try bench.results.map { try bench.backend.read($0) } + [returned]
  }
}

/// Results with sentinels behind them.
final class SentinelResults<S: RunScalar & KernelScalar> {
  private let queue: Queue
  private var watched: [(tensor: OpenCLTensor<S>, sentinels: SentinelBuffer<S>)] = []

  init(_ queue: Queue) {
    self.queue = queue
  }

  func place(_ shape: BatchShape, _ values: [Double]) throws -> OpenCLTensor<S> {
    let sentinels = try SentinelBuffer(values.map { S($0) }, on: queue)
    let tensor = OpenCLTensor(shape, sentinels.buffer)
    watched.append((tensor, sentinels))
    return tensor
  }

  /// Whether no call has written behind its results.
  func areIntact(_ backend: OpenCLOperations<S>) throws -> Bool {
    try watched.allSatisfy { tensor, sentinels in
      let all = BatchShape(
        runs: 1, rows: tensor.shape.count + SentinelBuffer<S>.sentinelCount)
      return try sentinels.values(in: backend.read(OpenCLTensor(all, sentinels.buffer))) != nil
    }
  }
}
