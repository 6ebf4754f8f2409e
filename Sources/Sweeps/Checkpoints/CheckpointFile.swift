import BatchNumerics
import Experiments

/// Runs that were under way, as a safetensors file.
///
/// Tensors of each run: `RUN/step` (I64, the steps that were evaluated), `RUN/curve/METRIC`,
/// `RUN/state/NAME` (`TrainingSession.states`). Metadata: `format` (grokcl-checkpoint-1), `step`, `mapping`,
/// `device`, `metrics` (their order), `checksum` of all numbers.
struct CheckpointFile {
  let step: Int
  let mapping: String
  let device: String
  let runs: [(id: String, curves: RunCurves, state: [NamedTensor])]

  private static let format = "grokcl-checkpoint-1"

  static func encode(_ item: WorkItem) -> [UInt8] {
    var tensors: [NamedTensor] = []
    let names = item.runs.first?.curves?.names ?? []
    for flight in item.runs {
      let (id, curves) = (flight.run.id, flight.curves ?? RunCurves(names: names))
      tensors.append(
        NamedTensor(
          name: "\(id)/step", shape: [curves.steps.count], values: curves.steps.map(Double.init),
          isIndex: true))
      for (name, values) in zip(curves.names, curves.values) {
        tensors.append(
          NamedTensor(name: "\(id)/curve/\(name)", shape: [values.count], values: values))
      }
      for tensor in flight.state ?? [] {
        tensors.append(
          NamedTensor(
            name: "\(id)/state/\(tensor.name)", shape: tensor.shape, values: tensor.values))
      }
    }
    return TensorFile.encode(
      tensors,
      metadata: [
        "format": format, "step": String(item.step), "mapping": item.mapping ?? "",
        "device": item.device ?? "", "metrics": names.joined(separator: " "),
        "checksum": checksum(tensors),
      ])
  }

  /// - Throws: `CheckpointError`, also for files that only look whole.
  init(_ file: TensorFile, path: String) throws {
    let metadata = file.metadata
    guard metadata["format"] == Self.format, let step = metadata["step"].flatMap({ Int($0) }),
      step >= 0, let mapping = metadata["mapping"], let device = metadata["device"],
      let metrics = metadata["metrics"]
    else { throw CheckpointError.damaged(path: path, reason: "is no checkpoint of this program") }
    guard metadata["checksum"] == Self.checksum(file.tensors) else {
      throw CheckpointError.damaged(path: path, reason: "its checksum does not fit its numbers")
    }
    let names = metrics.split(separator: " ").map(String.init)
    var members: [String: [String: NamedTensor]] = [:]
    for tensor in file.tensors {
      let parts = tensor.name.split(separator: "/", maxSplits: 1).map(String.init)
      guard parts.count == 2 else {
        throw CheckpointError.damaged(path: path, reason: "tensor '\(tensor.name)' has no run")
      }
      members[parts[0], default: [:]][parts[1]] = tensor
    }
    runs = try members.sorted { $0.key < $1.key }.map { id, tensors in
      var curves = RunCurves(names: names)
      curves.steps = tensors["step"]?.values.map { Int($0) } ?? []
      curves.values = names.compactMap { tensors["curve/\($0)"]?.values }
      guard curves.values.count == names.count,
        curves.values.allSatisfy({ $0.count == curves.steps.count })
      else {
        throw CheckpointError.damaged(path: path, reason: "run \(id) has curves of unequal length")
      }
      let state = tensors.filter { $0.key.hasPrefix("state/") }.sorted { $0.key < $1.key }
        .map { key, tensor in
          NamedTensor(
            name: String(key.dropFirst(6)), shape: tensor.shape, values: tensor.values)
        }
      return (id, curves, state)
    }
    (self.step, self.mapping, self.device) = (step, mapping, device)
  }

  /// 64 bits over names, shapes and the bits of all numbers, in the order of names.
  private static func checksum(_ tensors: [NamedTensor]) -> String {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    func mix(_ word: UInt64) { hash = ((hash ^ word) &* 0x0000_0100_0000_01b3).rotated }
    for tensor in tensors.sorted(by: { $0.name < $1.name }) {
      for byte in tensor.name.utf8 { mix(UInt64(byte)) }
      for extent in tensor.shape { mix(UInt64(extent)) }
      for value in tensor.values { mix(value.bitPattern) }
    }
    return String(hash, radix: 16)
  }
}

extension UInt64 {
  /// Rotated by 23 bits, so that high bits reach the low ones.
  fileprivate var rotated: UInt64 { self << 23 | self >> 41 }
}

/// A checkpoint that cannot be used, or not be written.
public enum CheckpointError: Error, Equatable, CustomStringConvertible {
  case damaged(path: String, reason: String)

  public var description: String {
    switch self {
    case .damaged(let path, let reason):
      "\(path): \(reason); its runs start again from their first step"
    }
  }
}
