/// A spec or data file that cannot be used: one line naming the place, the key, the value and what
/// is allowed.
public struct SpecError: Error, Equatable, CustomStringConvertible {
  /// File, and line where known, such as `sweep.yaml:7`.
  public var place: String?
  public let key: String?
  public let value: String?
  /// What is wrong or what is allowed.
  public let reason: String

  public init(place: String? = nil, key: String? = nil, value: String? = nil, _ reason: String) {
    self.place = place
    self.key = key
    self.value = value
    self.reason = reason
  }

  public var description: String {
    var text = place.map { $0 + ": " } ?? ""
    if let key {
      text += key
      if let value { text += " = " + value }
      text += ": "
    } else if let value {
      text += value + ": "
    }
    return (text + reason).split(separator: "\n").joined(separator: " ")
  }
}
