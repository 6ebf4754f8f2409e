import BatchNumerics
import Foundation
import OpenCLHost
import Synchronization

/// Which routine forms products of a size on a device: our own for small ones, for large ones what was
/// fastest when the size was first met.
///
/// What was measured is kept in a file (`$XDG_CACHE_HOME/grokcl/products.json`, or below
/// `~/.cache`), so that a machine's choice, and with it its rounding, stays the same. `GROKCL_PRODUCTS`
/// set to `own` or `clblast` chooses without measuring.
final class ProductChoice {
  private let device: String
  private let own: ProductRoutine
  private let forced: ProductRoutine?

  /// Products of fewer multiplications are not worth a measurement.
  private static let leastMeasured = 1 << 24
  private static let repetitions = 3

  /// - Parameter routine: forces a routine, for tests.
  init(_ device: Device, _ precision: Precision, preferring routine: ProductRoutine?) {
    let capabilities = device.capabilities
    self.device = "\(device.name) \(capabilities.driverVersion) \(precision)"
    own = capabilities.kind == .cpu ? .vectors : .tiles
    let named = ProcessInfo.processInfo.environment["GROKCL_PRODUCTS"]
    forced =
      routine
      ?? (named == "own" ? own : named == "clblast" && CLBlast.isAvailable ? .library : nil)
  }

  /// The routine for a size; `run` carries out a routine and waits for it.
  func routine(
    _ size: ProductSize, run: (ProductRoutine) throws -> Void
  ) throws -> ProductRoutine {
    if let forced { return forced }
    guard size.multiplications >= Self.leastMeasured, CLBlast.isAvailable else { return own }
    let key =
      "\(device) \(size.rows)x\(size.inner)x\(size.columns) "
      + (size.isFirstTransposed ? "t" : "n") + (size.isSecondTransposed ? "t" : "n")
    if let known = ChoiceFile.shared.routine(key) { return known }
    let fastest = try measure([own, .library], run)
    ChoiceFile.shared.note(key, fastest)
    return fastest
  }

  private func measure(
    _ candidates: [ProductRoutine], _ run: (ProductRoutine) throws -> Void
  ) throws -> ProductRoutine {
    let clock = ContinuousClock()
    var best: (routine: ProductRoutine, time: Duration)?
    for routine in candidates {
      // The first time compiles. A library that fails is no candidate.
      do { try run(routine) } catch { if routine == own { throw error } else { continue } }
      for _ in 0..<Self.repetitions {
        let time = try clock.measure { try run(routine) }
        if time < best?.time ?? .seconds(1_000_000) { best = (routine, time) }
      }
    }
    return best?.routine ?? own
  }
}

/// The choices of this machine, in memory and in a file.
private final class ChoiceFile: Sendable {
  static let shared = ChoiceFile()

  private let path: String
  private let known: Mutex<[String: String]>

  init() {
    let environment = ProcessInfo.processInfo.environment
    let base =
      environment["XDG_CACHE_HOME"] ?? (environment["HOME"] ?? NSTemporaryDirectory()) + "/.cache"
    path = base + "/grokcl/products.json"
    let data = try? Data(contentsOf: URL(fileURLWithPath: path))
    known = Mutex(
      data.flatMap { try? JSONDecoder().decode([String: String].self, from: $0) } ?? [:])
  }

  func routine(_ key: String) -> ProductRoutine? {
    known.withLock { $0[key] }.flatMap { ProductRoutine(rawValue: $0) }
  }

  /// Keeps a choice. A file that cannot be written costs a measurement next time, nothing else.
  func note(_ key: String, _ routine: ProductRoutine) {
    known.withLock { known in
      known[key] = routine.rawValue
      let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
      try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
      if let data = try? encoder.encode(known) {
        try? data.write(to: URL(fileURLWithPath: path), options: .atomic)
      }
    }
  }
}
