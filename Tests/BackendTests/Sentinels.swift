// This file implements reading a tensor's numbers together with the sentinels behind them.

import BatchNumerics
import OpenCLBackend
import OpenCLHost
import _TestSupport

extension OpenCLOperations {
  /// The numbers in front of a buffer's sentinels; nil if a sentinel is gone.
  func values(of sentinels: SentinelBuffer<S>) throws -> [Double]? {
    let all = BatchShape(runs: 1, rows: sentinels.buffer.count)
    return sentinels.values(in: try read(OpenCLTensor(all, sentinels.buffer)))
  }
}
