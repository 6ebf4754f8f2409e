import BatchNumerics
import Foundation

/// Cross-entropies from differences of outputs in double precision.
enum LogLossLoops {
  /// log(1 + sum_{c != label} e^{d_c}) with d_c = o_c - o_label.
  ///
  /// - Parameter largest: of the d_c.
  @inline(__always)
  static func loss<S: RunScalar>(
    _ row: UnsafePointer<S>, _ columns: Int, _ label: Int, _ own: Double, _ largest: Double
  ) -> Double {
    let shift = max(0, largest)
    var sum = 0.0
    for c in 0..<columns where c != label { sum += exp(Double(row[c]) - own - shift) }
    return shift > 0 ? shift + log(exp(-shift) + sum) : log1p(sum)
  }

  /// log of `loss`: log of the sum of e^{d_c} where that is too small for log1p.
  static func logLoss<S: RunScalar>(
    _ row: UnsafePointer<S>, _ columns: Int, _ label: Int, _ own: Double, _ largest: Double
  ) -> Double {
    guard largest < -30 else { return log(loss(row, columns, label, own, largest)) }
    var sum = 0.0
    for c in 0..<columns where c != label { sum += exp(Double(row[c]) - own - largest) }
    return largest + log(sum)
  }

  /// Replaces a run's outputs by the gradient of Lg = log(mean loss) and returns Lg.
  ///
  /// With d_c = o_c - o_label, dLg/do_c = p_c / sum_j loss_j for c != label and minus their sum at
  /// the label, p_c = e^{d_c - loss}; all as exp of differences of logarithms.
  @_specialize(where S == Float)
  @_specialize(where S == Double)
  static func gradient<S: RunScalar>(
    _ outputs: ReferenceTensor<S>, _ labels: ArraySlice<Int32>, _ run: Int
  ) -> Double {
    let columns = outputs.shape.columns
    let start = outputs.values.start + run * outputs.shape.perRun
    let labels = Array(labels)
    let logs = labels.enumerated().map { i, label -> Double in
      let row = start + i * columns
      let own = Double(row[Int(label)])
      var largest = -Double.infinity
      for c in 0..<columns where c != Int(label) {
        largest = max(largest, Double(row[c]) - own)
      }
      return logLoss(row, columns, Int(label), own, largest)
    }
    let largest = logs.max() ?? 0
    let total = largest + log(logs.reduce(0) { $0 + exp($1 - largest) })
    for (i, label) in labels.enumerated() {
      let row = start + i * columns
      let own = Double(row[Int(label)])
      // -log p of the label is the loss itself.
      let loss = exp(logs[i])
      var sum = 0.0
      for c in 0..<columns where c != Int(label) {
        let slope = exp(Double(row[c]) - own - loss - total)
        row[c] = S(slope)
        sum += slope
      }
      row[Int(label)] = S(-sum)
    }
    return total - log(Double(labels.count))
  }
}
