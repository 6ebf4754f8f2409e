import BatchNumerics
import Foundation
import OpenCLHost

extension OpenCLOperations {
  public func softmaxCrossEntropy(_ outputs: Tensor, _ labels: Indices) throws {
    try ShapeRule.labels("softmaxCrossEntropy", outputs, labels)
    try launch("network_softmax_cross_entropy", samples(outputs)) { arguments in
      try setSizes(outputs, &arguments)
      try arguments.set(labels.buffer)
      try arguments.set(labels.stride)
      try arguments.set(outputs.buffer)
    }
  }

  public func classify(_ outputs: Tensor, _ labels: Indices) throws -> [ClassificationSums] {
    try ShapeRule.labels("classify", outputs, labels)
    let sums =
      kernels.hasDouble
      ? try classify(outputs, labels, as: Double.self)
      : try classify(outputs, labels, as: Float.self)
    return (0..<outputs.shape.runs).map { run in
      ClassificationSums(
        loss: sums[3 * run], correct: sums[3 * run + 2], margin: sums[3 * run + 1])
    }
  }

  private func classify<W: KernelScalar & BinaryFloatingPoint>(
    _ outputs: Tensor, _ labels: Indices, as type: W.Type
  ) throws -> [Double] {
    let scores = try Buffer<W>(context, count: 3 * samples(outputs))
    try launch("network_sample_scores", samples(outputs)) { arguments in
      try setSizes(outputs, &arguments)
      try arguments.set(outputs.buffer)
      try arguments.set(labels.buffer)
      try arguments.set(labels.stride)
      try arguments.set(scores)
    }
    return try reduce("network_score_sums", runs: outputs.shape.runs, perRun: 3) { arguments in
      try arguments.set(Int32(outputs.shape.rows))
      try arguments.set(scores)
    }
  }

  public func logCrossEntropy(_ outputs: Tensor, _ labels: Indices) throws -> [Double] {
    try ShapeRule.labels("logCrossEntropy", outputs, labels)
    return kernels.hasDouble
      ? try logCrossEntropy(outputs, labels, as: Double.self)
      : try logCrossEntropy(outputs, labels, as: Float.self)
  }

  private func logCrossEntropy<W: KernelScalar & BinaryFloatingPoint>(
    _ outputs: Tensor, _ labels: Indices, as type: W.Type
  ) throws -> [Double] {
    let logs = try Buffer<W>(context, count: samples(outputs))
    try launch("network_log_losses", samples(outputs)) { arguments in
      try setSizes(outputs, &arguments)
      try arguments.set(outputs.buffer)
      try arguments.set(labels.buffer)
      try arguments.set(labels.stride)
      try arguments.set(logs)
    }
    let totals = try reduce("network_log_sum", runs: outputs.shape.runs, perRun: 1) { arguments in
      try arguments.set(Int32(outputs.shape.rows))
      try arguments.set(logs)
    }
    let sums = try queue.buffer(totals.map { W($0) })
    try launch("network_log_cross_entropy", samples(outputs)) { arguments in
      try setSizes(outputs, &arguments)
      try arguments.set(logs)
      try arguments.set(sums)
      try arguments.set(labels.buffer)
      try arguments.set(labels.stride)
      try arguments.set(outputs.buffer)
    }
    return totals.map { $0 - log(Double(outputs.shape.rows)) }
  }

  private func samples(_ outputs: Tensor) -> Int { outputs.shape.runs * outputs.shape.rows }

  /// The arguments (samples of all runs, samples per run, outputs per sample).
  private func setSizes(_ outputs: Tensor, _ arguments: inout ArgumentList) throws {
    try arguments.set(UInt64(samples(outputs)))
    try arguments.set(Int32(outputs.shape.rows), Int32(outputs.shape.columns))
  }
}
