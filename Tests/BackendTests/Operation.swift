// This file implements the batched operations as data, so that one test treats them all.

import BatchNumerics
import _TestSupport

/// A batched operation; matmul, whose shapes follow other rules, has a file of its own.
enum Operation: String, CaseIterable, Sendable {
  case copy, axpy, hadamard, scale, sign, softThreshold
  case dot, l1Norm, l2Norm, max

  /// An operand beside the tensor that is updated or reduced.
  enum Operand {
    case numberPerRun
    case tensor
  }

  var operands: [Operand] {
    switch self {
    case .copy, .sign, .dot: [.tensor]
    case .axpy: [.numberPerRun, .tensor]
    case .hadamard: [.tensor, .tensor]
    case .scale, .softThreshold: [.numberPerRun]
    case .l1Norm, .l2Norm, .max: []
    }
  }

  var isReduction: Bool { [.dot, .l1Norm, .l2Norm, .max].contains(self) }

  /// Runs the operation; the results if it reduces, else nil and they are in `subject`.
  func apply<B: Backend>(
    on backend: B, _ operands: [B.Tensor], _ subject: B.Tensor
  ) throws -> [Double]? {
    switch self {
    case .copy: try backend.copy(operands[0], into: subject)
    case .axpy: try backend.axpy(operands[0], operands[1], into: subject)
    case .hadamard: try backend.hadamard(operands[0], operands[1], into: subject)
    case .scale: try backend.scale(operands[0], subject)
    case .sign: try backend.sign(operands[0], into: subject)
    case .softThreshold: try backend.softThreshold(operands[0], subject)
    case .dot: return try backend.dot(subject, operands[0])
    case .l1Norm: return try backend.l1Norm(subject)
    case .l2Norm: return try backend.l2Norm(subject)
    case .max: return try backend.max(subject)
    }
    return nil
  }

  /// How far two implementations may differ; reductions add up in double.
  func tolerance(_ precision: Precision, terms: Int) -> Tolerance {
    switch self {
    case .copy, .hadamard, .scale, .sign, .softThreshold, .max: .exact
    case .axpy: .sum(precision, terms: 1)
    case .dot, .l1Norm, .l2Norm: .sum(.f64, terms: terms)
    }
  }
}

/// An operation in a precision.
struct OperationCase: Sendable, CustomStringConvertible {
  let operation: Operation
  let precision: Precision

  var description: String { "\(operation) \(precision)" }

  static let all = Precision.allCases.flatMap { precision in
    Operation.allCases.map { OperationCase(operation: $0, precision: precision) }
  }
}

/// The numbers an operation works on.
struct OperationData {
  struct Block {
    let shape: BatchShape
    var values: [Double]

    /// What concerns one run; a shared block concerns all.
    func selecting(run: Int) -> Block {
      guard shape.runs > 1 else { return self }
      let own = values[(run * shape.perRun)..<((run + 1) * shape.perRun)]
      return Block(
        shape: BatchShape(runs: 1, rows: shape.rows, columns: shape.columns), values: Array(own))
    }
  }

  let operation: Operation
  var operands: [Block]
  var subject: Block

  /// Random numbers in [-1, 1], the same for equal shapes.
  ///
  /// - Parameter sharing: whether all runs share the operands.
  init(_ operation: Operation, _ shape: BatchShape, sharing: Bool) {
    self.operation = operation
    var numbers = TestNumbers(seed: UInt32(shape.count))
    let runs = sharing ? 1 : shape.runs
    operands = operation.operands.map { operand in
      let own =
        operand == .tensor
        ? BatchShape(runs: runs, rows: shape.rows, columns: shape.columns)
        : BatchShape(runs: runs, rows: 1)
      return Block(shape: own, values: numbers.next(own.count))
    }
    if operation == .softThreshold { operands[0].values = operands[0].values.map(abs) }
    subject = Block(shape: shape, values: numbers.next(shape.count))
  }

  func selecting(run: Int) -> OperationData {
    var data = self
    data.operands = operands.map { $0.selecting(run: run) }
    data.subject = subject.selecting(run: run)
    return data
  }

  /// The results on a backend.
  ///
  /// - Parameter place: makes the tensor that is updated or reduced, where a test watches it.
  func results<B: Backend>(
    on backend: B, place: ((Block) throws -> B.Tensor)? = nil
  ) throws -> [Double] {
    let tensors = try operands.map { try backend.tensor($0.shape, $0.values) }
    let last = try place?(subject) ?? backend.tensor(subject.shape, subject.values)
    if let reduced = try operation.apply(on: backend, tensors, last) { return reduced }
    return try Array(backend.read(last).prefix(subject.shape.count))
  }
}

/// Random numbers in [-1, 1], so that products are at most 1.
struct TestNumbers {
  private var stream: RandomStream

  init(seed: UInt32) {
    stream = RandomStream(seed: seed, purpose: .signal)
  }

  mutating func next(_ count: Int) -> [Double] {
    (0..<count).map { _ in Double(Int32(bitPattern: stream.nextBlock().x)) * 0x1p-31 }
  }
}
