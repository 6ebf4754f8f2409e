/// The parameters of one run: every key of its experiment with its final value.
public struct ResolvedParameters: Sendable, Hashable {
  /// Dotted key to value.
  public private(set) var values: [String: ParameterValue]

  public init(_ values: [String: ParameterValue]) {
    self.values = values
  }

  public subscript(key: String) -> ParameterValue {
    get { values[key] ?? .null }
    set { values[key] = newValue }
  }

  /// Leaves a key out of the run's identity.
  public mutating func remove(_ key: String) { values[key] = nil }

  public func integer(_ key: String) throws -> Int {
    guard case .integer(let value) = self[key] else { throw missing(key, "an integer") }
    return value
  }

  public func number(_ key: String) throws -> Double {
    guard let value = self[key].asNumber else { throw missing(key, "a number") }
    return value
  }

  public func text(_ key: String) throws -> String {
    guard case .text(let value) = self[key] else { throw missing(key, "a word") }
    return value
  }

  public func boolean(_ key: String) throws -> Bool {
    guard case .boolean(let value) = self[key] else { throw missing(key, "true or false") }
    return value
  }

  /// The value of a key that names a case of an enumeration.
  public func choice<T: RawRepresentable & CaseIterable>(
    _ key: String, as type: T.Type = T.self
  ) throws -> T where T.RawValue == String {
    let name = try text(key)
    guard let value = T(rawValue: name) else {
      throw missing(key, "one of " + T.allCases.map(\.rawValue).joined(separator: ", "))
    }
    return value
  }

  /// Canonical JSON object: keys sorted, values rather than their spelling.
  public var json: String {
    JSONText.object(values.sorted { $0.key < $1.key }.map { ($0.key, $0.value.json) })
  }

  /// The run's identity: the first 16 hexadecimal digits of the SHA-256 of `json`.
  public var runID: String { Self.runID(json) }

  static func runID(_ json: String) -> String {
    String(SHA256.hexDigest(of: Array(json.utf8)).prefix(16))
  }

  private func missing(_ key: String, _ allowed: String) -> SpecError {
    SpecError(key: key, value: self[key].description, "must be \(allowed)")
  }
}
