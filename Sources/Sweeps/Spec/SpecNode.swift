import Experiments
import Foundation
import Yams

/// A piece of a spec file, with the line it stands on.
struct SpecNode: Sendable {
  enum Content: Sendable {
    case scalar(ParameterValue)
    case sequence([SpecNode])
    case mapping([(key: String, node: SpecNode)])
  }

  var content: Content
  let place: String

  init(_ content: Content, place: String) {
    self.content = content
    self.place = place
  }

  /// Parses YAML (and so JSON).
  ///
  /// - Parameter file: the name that errors show.
  /// - Throws: `SpecError` with file and line.
  init(yaml: String, file: String) throws {
    let parser: Yams.Parser
    let node: Yams.Node?
    do {
      parser = try Yams.Parser(yaml: yaml)
      node = try parser.singleRoot()
    } catch let error as YamlError {
      throw SpecError(place: file, "not valid YAML: \(error)")
    }
    guard let node else { throw SpecError(place: file, "the file is empty") }
    // Nodes know their anchors only as long as the parser lives.
    self = try withExtendedLifetime(parser) { try SpecNode(node, file: file, depth: 0) }
  }

  private init(_ node: Yams.Node, file: String, depth: Int) throws {
    let place = node.mark.map { "\(file):\($0.line)" } ?? file
    guard depth < 32 else { throw SpecError(place: place, "nested too deeply") }
    // An anchor stands before its aliases, which the parser has already expanded, perhaps by far.
    guard node.anchor == nil else { throw SpecError(place: place, "aliases are not supported") }
    switch node {
    case .scalar(let scalar):
      self.init(.scalar(try Self.value(of: scalar, place: place)), place: place)
    case .sequence(let items):
      let nodes = try items.map { try SpecNode($0, file: file, depth: depth + 1) }
      self.init(.sequence(nodes), place: place)
    case .mapping(let pairs):
      var members: [(key: String, node: SpecNode)] = []
      for (key, value) in pairs {
        guard let name = key.scalar?.string else {
          throw SpecError(place: place, "a key must be a word")
        }
        guard !members.contains(where: { $0.key == name }) else {
          throw SpecError(place: place, key: name, "given twice")
        }
        members.append((name, try SpecNode(value, file: file, depth: depth + 1)))
      }
      self.init(.mapping(members), place: place)
    default:
      throw SpecError(place: place, "aliases are not supported")
    }
  }

  /// Plain scalars follow YAML 1.2: no octal by leading zero, `1e-3` is a number.
  private static func value(of scalar: Yams.Node.Scalar, place: String) throws -> ParameterValue {
    let text = scalar.string
    guard scalar.style == .plain || scalar.style == .any else { return .text(text) }
    switch text {
    case "", "~", "null", "Null", "NULL": return .null
    case "true", "True", "TRUE": return .boolean(true)
    case "false", "False", "FALSE": return .boolean(false)
    case ".inf", "+.inf", ".Inf", ".INF": return .number(.infinity)
    case "-.inf", "-.Inf", "-.INF": return .number(-.infinity)
    default: break
    }
    let allowed = CharacterSet(charactersIn: "0123456789+-.eE_")
    guard text.unicodeScalars.allSatisfy(allowed.contains),
      text.contains(where: \.isNumber)
    else { return .text(text) }
    let plain = text.replacingOccurrences(of: "_", with: "")
    let digits = plain.drop { $0 == "+" || $0 == "-" }
    if digits.count > 1, digits.first == "0", digits.allSatisfy(\.isNumber) {
      throw SpecError(place: place, value: text, "a number must not start with 0 (not octal)")
    }
    if let integer = Int(plain) { return .integer(integer) }
    if let number = Double(plain) { return .number(number) }
    return .text(text)
  }

  /// The value as a parameter's, where it is a scalar or a list of scalars.
  var value: ParameterValue? {
    switch content {
    case .scalar(let value): return value
    case .sequence(let nodes):
      let values = nodes.compactMap(\.value)
      return values.count == nodes.count ? .list(values) : nil
    case .mapping: return nil
    }
  }

  /// The members of a mapping, or nil.
  var members: [(key: String, node: SpecNode)]? {
    if case .mapping(let members) = content { return members }
    return nil
  }

  func member(_ key: String) -> SpecNode? { members?.first { $0.key == key }?.node }

  /// Sets the value at a path, making mappings on the way.
  mutating func set(_ path: some Collection<Substring>, _ node: SpecNode) {
    guard let head = path.first.map(String.init) else {
      self = node
      return
    }
    var members = self.members ?? []
    let index = members.firstIndex { $0.key == head } ?? members.count
    if index == members.count { members.append((head, SpecNode(.mapping([]), place: node.place))) }
    members[index].node.set(path.dropFirst(), node)
    content = .mapping(members)
  }

  /// Removes the member at a dotted path, written nested or dotted, and all below it.
  mutating func remove(path: String, prefix: String = "") {
    guard let members else { return }
    content = .mapping(
      members.compactMap { key, node in
        let full = prefix + key
        guard full != path, !full.hasPrefix(path + ".") else { return nil }
        var kept = node
        kept.remove(path: path, prefix: full + ".")
        return (key, kept)
      })
  }
}
