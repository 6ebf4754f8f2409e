// This file implements `--device`: its grammar, and the choice it makes among the devices.

/// What a user asked to compute on.
public enum DeviceSelection: Sendable, Hashable {
  /// `auto`: the best OpenCL device, or the reference where there is none.
  case automatic
  /// `cpu`: the pure Swift reference.
  case reference
  /// `opencl`: the best OpenCL device.
  case best
  /// `opencl:i`: the device with this index.
  case index(Int)
  /// `all`: every OpenCL device, or the reference where there is none.
  case all

  /// What the grammar allows, for messages.
  public static let allowed = "auto, cpu, opencl, opencl:INDEX, all"

  /// Reads `auto`, `cpu`, `opencl`, `opencl:i` or `all`; upper and lower case are alike.
  ///
  /// - Parameter text: as typed.
  /// - Throws: `DeviceSelectionError.unknown`.
  public init(parsing text: String) throws(DeviceSelectionError) {
    let lowered = text.lowercased()
    switch lowered {
    case "auto": self = .automatic
    case "cpu": self = .reference
    case "opencl": self = .best
    case "all": self = .all
    default:
      let digits = lowered.dropFirst("opencl:".count)
      guard lowered.hasPrefix("opencl:"), !digits.isEmpty,
        digits.allSatisfy({ $0.isASCII && $0.isNumber }), let index = Int(digits)
      else { throw .unknown(text) }
      self = .index(index)
    }
  }

  /// Chooses among the devices of this machine.
  ///
  /// - Parameter survey: what there is.
  /// - Throws: `DeviceSelectionError` when what was asked for is not there.
  /// - Returns: at least one target.
  public func choose(
    from survey: DeviceSurvey = .take()
  ) throws(DeviceSelectionError) -> [DeviceTarget] {
    let picked = try pick(
      among: survey.devices.map(\.capabilities),
      explanation: survey.explanation
    )
    guard let picked else { return [.reference] }
    return picked.map { .opencl(survey.devices[$0]) }
  }

  /// The positions chosen among `candidates`; nil stands for the reference.
  package func pick(
    among candidates: [Capabilities],
    explanation: String
  ) throws(DeviceSelectionError) -> [Int]? {
    // The first of equals, so that the choice is stable.
    let best = candidates.indices.max { left, right in
      let (leftScore, rightScore) = (candidates[left].score, candidates[right].score)
      return leftScore == rightScore ? left > right : leftScore < rightScore
    }
    switch self {
    case .reference: return nil
    case .automatic: return best.map { [$0] }
    case .all: return candidates.isEmpty ? nil : Array(candidates.indices)
    case .best:
      guard let best else { throw .noDevice(explanation: explanation) }
      return [best]
    case .index(let index):
      guard !candidates.isEmpty else { throw .noDevice(explanation: explanation) }
      guard candidates.indices.contains(index) else {
        throw .outOfRange(index, available: candidates.map(\.summary))
      }
      return [index]
    }
  }
}

extension DeviceSelection: CustomStringConvertible {
  /// As a user types it.
  public var description: String {
    switch self {
    case .automatic: "auto"
    case .reference: "cpu"
    case .best: "opencl"
    case .index(let index): "opencl:\(index)"
    case .all: "all"
    }
  }
}

/// Where work goes.
public enum DeviceTarget: Sendable, Hashable {
  /// The pure Swift reference.
  case reference
  /// An OpenCL device.
  case opencl(Device)
}

/// Why a `--device` cannot be honoured.
public enum DeviceSelectionError: Error, Sendable, Hashable {
  /// Not in the grammar: a usage error.
  case unknown(String)
  /// No OpenCL device at all; the explanation says why.
  case noDevice(explanation: String)
  /// No device has this index; the available ones in order.
  case outOfRange(Int, available: [String])
}

extension DeviceSelectionError: CustomStringConvertible {
  /// Names the value, and what there is instead.
  public var description: String {
    switch self {
    case .unknown(let text):
      return "unknown device '\(text)' (allowed: \(DeviceSelection.allowed))"
    case .noDevice(let explanation):
      return "no OpenCL device: \(explanation)"
    case .outOfRange(let index, let available):
      let list = available.enumerated().map { "opencl:\($0.offset) \($0.element)" }
      return "there is no device opencl:\(index); there are: \(list.joined(separator: "; "))"
    }
  }
}
