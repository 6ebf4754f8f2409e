import Experiments
import Sweeps

/// Whom a figure follows where paper and code differ; recipes themselves follow now the one, now
/// the other, as their notes say.
public enum FigureVariant: String, Sendable, CaseIterable, Codable {
  case paper
  case code

  public var other: FigureVariant { self == .paper ? .code : .paper }
}

/// A spec of a figure as it is run.
public struct FigureSpec: Sendable {
  public let spec: SweepSpec
  /// What a variant changes in the recipe's spec, as `path=value`.
  public let overrides: [String]
}

extension FigureRecipe {
  /// The specs of the figure at a scale, changed to a variant.
  ///
  /// - Parameter variant: nil for the recipe as it is.
  public func figureSpecs(_ scale: FigureScale, _ variant: FigureVariant? = nil) throws
    -> [FigureSpec]
  {
    try specs(scale).map { text in
      let spec = try SweepSpec(yaml: text, file: id)
      guard let variant else { return FigureSpec(spec: spec, overrides: []) }
      let overrides = try choices.flatMap { try $0.overrides(of: spec, for: variant) }
      guard !overrides.isEmpty else { return FigureSpec(spec: spec, overrides: []) }
      // Read again from what it resolves to, so that its text is what is run.
      let changed = try SweepSpec(yaml: text, file: id, overrides: overrides)
      return FigureSpec(
        spec: try SweepSpec(
          yaml: ResolvedSpec(changed).yaml, file: FigureRecipe.label(id, variant)),
        overrides: overrides)
    }
  }

  /// Whether a variant is anything but the recipe as it is.
  public func differs(_ scale: FigureScale, _ variant: FigureVariant) throws -> Bool {
    try figureSpecs(scale, variant).contains { !$0.overrides.isEmpty }
  }

  private var choices: [SpecChoice] {
    FigureNotes.of(id).compactMap { note in
      if case .difference(_, _, let choice, _) = note.content { choice } else { nil }
    }
  }
}

extension SpecChoice {
  /// Whom runs follow.
  enum Following: String {
    case paper, code, both, neither
  }

  /// Whom the points of specs follow; nil if the choice makes no difference to any.
  func following(_ specs: [SweepSpec]) throws -> Following? {
    let concerned = specs.filter(concerns)
    guard !concerned.isEmpty else { return nil }
    let shares = try FigureVariant.allCases.map { variant in
      try concerned.map { try share(of: $0, variant) }
    }
    let (paper, code) = (shares[0], shares[1])
    if paper.allSatisfy({ $0 == 1 }) { return .paper }
    if code.allSatisfy({ $0 == 1 }) { return .code }
    return paper.contains { $0 > 0 } && code.contains { $0 > 0 } ? .both : .neither
  }

  /// What makes a spec follow a variant; nothing if it does, or if it does at some of its points
  /// while others follow the other variant, so that both are run already.
  func overrides(of spec: SweepSpec, for variant: FigureVariant) throws -> [String] {
    let settings = settings(variant)
    guard !settings.isEmpty, concerns(spec) else { return [] }
    return try share(of: spec, variant) > 0 ? [] : settings + besides
  }

  /// The key of a `path=value`.
  static func key(of setting: String) -> String { String(setting.prefix { $0 != "=" }) }

  /// Whether a spec has the keys, and the penalty if the choice is of its form.
  private func concerns(_ spec: SweepSpec) -> Bool {
    let keys = Set(spec.experiment.parameters.map(\.key))
    guard (paper + code).allSatisfy({ keys.contains(Self.key(of: $0)) }) else { return false }
    guard let penalty else { return true }
    return spec.values(of: penalty).contains { ($0.asNumber ?? 0) > 0 }
  }

  /// The share of a spec's values that a variant has, the least over its keys.
  private func share(of spec: SweepSpec, _ variant: FigureVariant) throws -> Double {
    let settings = settings(variant)
    guard !settings.isEmpty else { return 1 - (try share(of: spec, variant.other)) }
    let wanted = try SweepSpec(
      yaml: ResolvedSpec(spec).yaml, file: spec.name, overrides: settings)
    return settings.map { setting in
      let key = Self.key(of: setting)
      let values = spec.values(of: key)
      let allowed = Set(wanted.values(of: key))
      return Double(values.count(where: allowed.contains)) / Double(max(1, values.count))
    }.min() ?? 0
  }
}

extension SweepSpec {
  /// The values that a key takes over the grid.
  fileprivate func values(of key: String) -> [ParameterValue] {
    axes.first { $0.key == key }?.values ?? [point(0)[key]]
  }
}
