import Experiments

/// How far two evaluations of the same run lie apart.
public enum Deviation {
  /// The largest |x - reference| over metrics and evaluations, relative to the reference or to a
  /// hundredth of its curve's largest magnitude, whichever is more; the components of a vector
  /// (`a_3`, `sigma_4`) are measured by the largest of them.
  ///
  /// Ratios of rounding errors say nothing, so `gradient_ratio` does not count, nor do values far
  /// below where a curve comes from: late in a run, components and singular values chatter around
  /// zero by lr times the regulariser, and rounding decides on which side they are.
  public static func largest(_ curves: RunCurves, _ reference: RunCurves) -> Double {
    guard curves.steps == reference.steps, curves.names == reference.names else { return .infinity }
    var magnitudes: [String: Double] = [:]
    for (index, name) in reference.names.enumerated() {
      let magnitude = reference.values[index].reduce(0) { $1.isFinite ? max($0, abs($1)) : $0 }
      magnitudes[vector(name), default: 0] = max(magnitude, magnitudes[vector(name)] ?? 0)
    }
    var largest = 0.0
    for (index, name) in curves.names.enumerated() where name != "gradient_ratio" {
      let magnitude = magnitudes[vector(name)] ?? 0
      // Equal infinities, and errors relative to a zero vector on both sides, agree.
      for (value, expected) in zip(curves.values[index], reference.values[index])
      where value != expected && !(value.isNaN && expected.isNaN) {
        let deviation = abs(value - expected) / max(abs(expected), magnitude / 100, 1e-6)
        if !(deviation <= largest) { largest = deviation.isNaN ? .infinity : deviation }
      }
    }
    return largest
  }

  /// A metric's name without the index of a component.
  private static func vector(_ name: String) -> String {
    guard let separator = name.lastIndex(of: "_"),
      name[name.index(after: separator)...].allSatisfy(\.isNumber)
    else { return name }
    return String(name[..<separator])
  }
}
