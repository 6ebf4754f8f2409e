// This file tests what devices make of outputs at the ends of the numbers' range: ties, margins
// beyond exp, NaN.

import BatchNumerics
import Foundation
import OpenCLBackend
import OpenCLHost
import ReferenceBackend
import Testing
import _TestSupport

/// A way to compute: a precision on a device, or the reference's.
struct Arithmetic: Sendable, CustomStringConvertible {
  let precision: Precision
  var isReference = false
  var avoidsDouble = false

  var description: String {
    "\(precision)\(isReference ? " reference" : "")\(avoidsDouble ? " without double" : "")"
  }

  /// What metrics are formed in.
  func wide(_ device: Device) -> Precision {
    isReference || (device.capabilities.hasDouble && !avoidsDouble) ? .f64 : .f32
  }

  func operations(_ device: Device) throws -> any Backend {
    switch (precision, isReference) {
    case (.f32, true): ReferenceOperations<Float>()
    case (.f64, true): ReferenceOperations<Double>()
    case (.f32, false):
      try OpenCLOperations<Float>(TestDevices.context(device), avoidsDouble: avoidsDouble)
    case (.f64, false): try OpenCLOperations<Double>(TestDevices.context(device))
    }
  }

  static let all = [
    Arithmetic(precision: .f32, isReference: true), Arithmetic(precision: .f64, isReference: true),
    Arithmetic(precision: .f32), Arithmetic(precision: .f64),
    Arithmetic(precision: .f32, avoidsDouble: true),
  ]
}

/// Outputs of one run with a label for each row.
struct Outputs {
  let rows: [[Double]]
  let labels: [Int32]

  init(_ rows: [[Double]], _ labels: [Int32]) {
    self.rows = rows
    self.labels = labels
  }

  private func place<B: Backend>(on backend: B) throws -> (B.Tensor, B.Indices) {
    (
      try backend.tensor(
        BatchShape(runs: 1, rows: rows.count, columns: rows[0].count), rows.flatMap { $0 }),
      try backend.indices(BatchShape(runs: 1, rows: rows.count), labels)
    )
  }

  func classified(on backend: some Backend) throws -> ClassificationSums {
    let (outputs, labels) = try place(on: backend)
    return try backend.classify(outputs, labels)[0]
  }

  func softmaxSlopes(on backend: some Backend) throws -> [Double] {
    let (outputs, labels) = try place(on: backend)
    try backend.softmaxCrossEntropy(outputs, labels)
    return try backend.read(outputs)
  }

  func logSlopes(on backend: some Backend) throws -> (value: Double, slopes: [Double]) {
    let (outputs, labels) = try place(on: backend)
    let value = try backend.logCrossEntropy(outputs, labels)[0]
    return (value, try backend.read(outputs))
  }

  // MARK: - Formulas

  private static func logSum(_ values: [Double]) -> Double {
    let largest = values.max() ?? -.infinity
    return largest + log(values.reduce(0) { $0 + exp($1 - largest) })
  }

  /// o_c - o_label of the other classes.
  private func differences(_ row: Int) -> [Double] {
    let own = rows[row][Int(labels[row])]
    return rows[row].enumerated().filter { $0.offset != Int(labels[row]) }
      .map { $0.element - own }
  }

  func loss(_ row: Int) -> Double {
    let total = Self.logSum(differences(row))
    return total > 0 ? total + log1p(exp(-total)) : log1p(exp(total))
  }

  /// log(1 + x) is x below double precision.
  func logLoss(_ row: Int) -> Double {
    let total = Self.logSum(differences(row))
    return total < -38 ? total : log(loss(row))
  }

  var logMean: Double {
    Self.logSum(rows.indices.map { logLoss($0) }) - log(Double(rows.count))
  }

  /// d log(mean loss) / d o_c = p_c / sum of losses, and minus their sum at the label.
  var logSlopes: [Double] {
    let total = Self.logSum(rows.indices.map { logLoss($0) })
    return rows.indices.flatMap { row -> [Double] in
      let (label, own) = (Int(labels[row]), rows[row][Int(labels[row])])
      var slopes = rows[row].map { exp($0 - own - loss(row) - total) }
      slopes[label] = 0
      slopes[label] = -slopes.reduce(0, +)
      return slopes
    }
  }
}

@Suite(.enabled(if: !TestDevices.all.isEmpty, "no OpenCL device")) struct NetworkOutputTests {
  static let cases = TestDevices.each(Arithmetic.all, \.precision)

  // MARK: - Classes

  @Test(arguments: cases) func theFirstOfEqualOutputsWins(test: DeviceCase<Arithmetic>) throws {
    let backend = try test.value.operations(test.device)
    let row = [0.5, 2, 2, -1, 2]
    for (label, isRight) in [false, true, false, false, false].enumerated() {
      let found = try Outputs([row], [Int32(label)]).classified(on: backend)
      #expect(found.correct == (isRight ? 1 : 0), "label \(label)")
      #expect(found.margin == row[label] - 2, "label \(label)")
    }
    let even = try Outputs([[0, 0], [-0.0, 0], [0, -0.0]], [0, 0, 1]).classified(on: backend)
    #expect(even.correct == 2 && even.margin == 0)
    expectNone(
      Tolerance.sum(test.value.precision, terms: 3).mismatch(even.loss, 3 * log(2)))
  }

  /// The 0.1 %, 99.9 % and zero of accuracy: a row per lane and remainder of vectors.
  @Test(arguments: cases) func everyPlaceOfARow(test: DeviceCase<Arithmetic>) throws {
    let backend = try test.value.operations(test.device)
    for columns in [2, 7, 8, 9, 16, 17, 33] {
      let rows = (0..<columns).map { row in (0..<columns).map { $0 == row ? 3.0 : 1 } }
      let right = try Outputs(rows, (0..<Int32(columns)).map { $0 }).classified(on: backend)
      #expect(right.correct == Double(columns) && right.margin == 2)
      let wrong = try Outputs(rows, (0..<Int32(columns)).map { ($0 + 1) % Int32(columns) })
        .classified(on: backend)
      #expect(wrong.correct == 0 && wrong.margin == -2)
    }
  }

  @Test(arguments: cases) func notANumberIsSeen(test: DeviceCase<Arithmetic>) throws {
    let backend = try test.value.operations(test.device)
    for columns in [3, 8, 17] {
      for place in 0..<columns {
        var rows = (0..<4).map { _ in (0..<columns).map { Double($0) } }
        rows[1][place] = .nan
        let outputs = Outputs(rows, [0, 1, Int32(columns) - 1, 0])
        let found = try outputs.classified(on: backend)
        #expect(found.loss.isNaN && found.margin.isNaN && found.correct == 1)
        let slopes = try outputs.softmaxSlopes(on: backend)
        for (index, slope) in slopes.enumerated() {
          #expect(slope.isNaN == (index / columns == 1), "\(columns) \(place) \(index)")
        }
        #expect(try outputs.logSlopes(on: backend).value.isNaN)
      }
    }
  }

  // MARK: - Losses

  @Test(arguments: cases) func largeOutputs(test: DeviceCase<Arithmetic>) throws {
    let backend = try test.value.operations(test.device)
    let outputs = Outputs([[1e4, -1e4, 0], [1e4, -1e4, 0], [-1e4, 0, 1e4]], [0, 1, 0])
    let found = try outputs.classified(on: backend)
    #expect(found == ClassificationSums(loss: 4e4, correct: 1, margin: -2e4))
    let third = 1 / 3.0
    let expected = [0, 0, 0, third, -third, 0, -third, 0, third]
    expectNone(
      Tolerance.sum(test.value.precision, terms: 1).mismatch(
        try outputs.softmaxSlopes(on: backend), expected))
  }

  /// Losses far below eps keep their digits.
  @Test(arguments: cases) func tinyLosses(test: DeviceCase<Arithmetic>) throws {
    let backend = try test.value.operations(test.device)
    let wide = test.value.wide(test.device)
    for gap in [10.0, 20, 28, 40, 70] {
      let outputs = Outputs([[gap, 0, -0.5, 0.25], [-0.5, 0, gap, 0.25]], [0, 2])
      let found = try outputs.classified(on: backend)
      let rule = Tolerance.crossEntropy(
        test.value.precision, wide: wide, spread: gap, margin: gap)
      let expected = outputs.loss(0) + outputs.loss(1)
      expectNone(
        Tolerance(absolute: 0, relative: rule.relative).mismatch(found.loss, expected), "\(gap)")
    }
  }

  /// log(mean loss) and its slopes at margins whose exponentials no type holds, beside smaller ones;
  /// misclassified samples; one sample alone.
  static let margins: [(name: String, margins: [Double])] = [
    ("one", [3]), ("moderate", [10, 12, 9.5]), ("thousand", [1e3]), ("close", [1e3, 1001, 1000.5]),
    ("huge", [1e5, 100_001]), ("mixed", [2, 1e3, 1e5]), ("wrong", [-1, 4, 50]),
    ("far wrong", [-1e3, 1e3, 5]), ("around thirty", [29.5, 30, 30.5, 31]),
  ]

  @Test(arguments: cases, margins) func logarithmicLoss(
    test: DeviceCase<Arithmetic>, sample: (name: String, margins: [Double])
  ) throws {
    let backend = try test.value.operations(test.device)
    let classes = sample.margins.count % 2 == 1 ? 5 : 19
    // Multiples of 1/16, which floats up to 10^5 hold.
    let rows = sample.margins.enumerated().map { index, margin -> [Double] in
      (0..<classes).map { (place: Int) -> Double in
        place == index ? margin : -Double((place * 7 + index) % 13) / 16
      }
    }
    let outputs = Outputs(rows, sample.margins.indices.map { Int32($0) })
    let found = try outputs.logSlopes(on: backend)
    let rule = Tolerance.crossEntropy(
      test.value.precision, wide: test.value.wide(test.device), spread: 31,
      margin: sample.margins.map { abs($0) }.max() ?? 0)
    expectNone(rule.mismatch(found.value, outputs.logMean))
    #expect(found.slopes.allSatisfy { $0.isFinite })
    expectNone(rule.mismatch(found.slopes, outputs.logSlopes))
    // The slopes shift nothing: they sum to zero in every row.
    for row in rows.indices {
      let own = found.slopes[(row * classes)..<((row + 1) * classes)]
      expectNone(rule.mismatch(own.reduce(0, +), 0))
    }
  }

  /// The slopes are derivatives.
  @Test(arguments: cases.filter { $0.value.precision == .f64 })
  func logarithmicSlopes(test: DeviceCase<Arithmetic>) throws {
    let backend = try test.value.operations(test.device)
    let rows = [[2.0, -1, 0.5], [0.25, 1, 3], [-1, 2.5, 0]]
    let numerical = FiniteDifferences.gradient(at: rows.flatMap { $0 }) { point in
      Outputs((0..<3).map { Array(point[(3 * $0)..<(3 * $0 + 3)]) }, [0, 0, 1]).logMean
    }
    let found = try Outputs(rows, [0, 0, 1]).logSlopes(on: backend).slopes
    expectNone(Tolerance.centralDifference(curvature: 10).mismatch(found, numerical))
  }
}
