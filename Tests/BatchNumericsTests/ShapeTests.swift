// This file tests that operands which do not fit are refused by every operation.

import BatchNumerics
import ReferenceBackend
import Testing

@Suite struct ShapeTests {
  let operations = ReferenceOperations<Double>()

  func tensor(_ runs: Int, _ rows: Int, _ columns: Int = 1) throws -> ReferenceTensor<Double> {
    try operations.tensor(BatchShape(runs: runs, rows: rows, columns: columns), nil)
  }

  @Test func shapesCount() {
    let shape = BatchShape(runs: 2, rows: 3, columns: 4)
    #expect((shape.perRun, shape.count) == (12, 24))
    #expect(shape.description == "2x[3, 4]")
  }

  @Test func errorNamesOperationAndShapes() throws {
    let (a, b, c) = try (tensor(2, 3, 4), tensor(2, 3, 4), tensor(2, 3, 4))
    let error = #expect(throws: ShapeError.self) {
      try operations.matmul(MatrixOperand(a), MatrixOperand(b), into: c)
    }
    #expect(error?.description == "matmul: shapes 2x[3, 4], 2x[3, 4], 2x[3, 4] do not fit")
  }

  /// Operand a, operand b, result: runs, rows, columns of each.
  static let wrongProducts: [[(Int, Int, Int)]] = [
    [(2, 3, 4), (2, 3, 4), (2, 3, 4)],  // inner sizes
    [(2, 3, 4), (2, 4, 5), (2, 3, 4)],  // result's columns
    [(2, 3, 4), (2, 4, 5), (2, 4, 5)],  // result's rows
    [(3, 3, 4), (2, 4, 5), (2, 3, 5)],  // runs of a
    [(2, 3, 4), (3, 4, 5), (2, 3, 5)],  // runs of b
    [(2, 3, 4), (1, 4, 5), (1, 3, 5)],  // a result that runs would share
  ]

  @Test(arguments: wrongProducts) func wrongProduct(_ shapes: [(Int, Int, Int)]) throws {
    let tensors = try shapes.map { try tensor($0.0, $0.1, $0.2) }
    #expect(throws: ShapeError.self) {
      try operations.matmul(MatrixOperand(tensors[0]), MatrixOperand(tensors[1]), into: tensors[2])
    }
  }

  @Test func transposedOperandsAreCheckedAsTheyEnter() throws {
    let (a, b, c) = try (tensor(1, 4, 3), tensor(1, 4, 5), tensor(1, 3, 5))
    try operations.matmul(MatrixOperand(a, transposed: true), MatrixOperand(b), into: c)
    #expect(throws: ShapeError.self) {
      try operations.matmul(MatrixOperand(a), MatrixOperand(b), into: c)
    }
  }

  @Test func wrongElementwiseOperands() throws {
    let (short, long) = try (tensor(2, 3), tensor(2, 4))
    let (three, one) = try (tensor(3, 3), tensor(1, 3))
    let scalar = try tensor(2, 1)
    let calls: [() throws -> Void] = [
      { try operations.copy(short, into: long) },
      { try operations.copy(three, into: short) },
      { try operations.copy(short, into: one) },
      { try operations.axpy(scalar, short, into: long) },
      { try operations.axpy(short, short, into: short) },
      { try operations.axpy(scalar, three, into: three) },
      { try operations.hadamard(short, long, into: short) },
      { try operations.hadamard(long, short, into: short) },
      { try operations.hadamard(short, short, into: long) },
      { try operations.scale(short, short) },
      { try operations.scale(scalar, three) },
      { try operations.sign(short, into: long) },
      { try operations.softThreshold(scalar, three) },
      { try operations.softThreshold(short, short) },
      { _ = try operations.dot(short, long) },
      { _ = try operations.dot(short, three) },
    ]
    for (index, call) in calls.enumerated() {
      #expect(throws: ShapeError.self, "call \(index)") { try call() }
    }
  }

  @Test func valuesMustFillTheShape() {
    #expect(throws: ShapeError.self) {
      try operations.tensor(BatchShape(runs: 2, rows: 2), [1, 2, 3])
    }
  }
}
