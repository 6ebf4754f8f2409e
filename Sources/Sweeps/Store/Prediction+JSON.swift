import Experiments
import Foundation
import Theory

extension Prediction {
  /// Name, value (null if undefined), unit, kind, source and conditions, as `theory --json` prints them.
  public var json: String {
    JSONText.object([
      ("name", JSONText.string(name)), ("value", value.map(JSONText.metric) ?? "null"),
      ("unit", JSONText.string(unit)), ("kind", JSONText.string(kind.rawValue)),
      ("source", JSONText.string(source)), ("conditions", conditionsJSON),
    ])
  }

  var conditionsJSON: String {
    let list = conditions.map { condition in
      JSONText.object([
        ("condition", JSONText.string(condition.text)), ("met", condition.isMet ? "true" : "false"),
      ])
    }
    return "[" + list.joined(separator: ",") + "]"
  }

  /// The conditions of `conditionsJSON`; nil if the text is none.
  static func conditions(_ json: String) -> [Condition]? {
    struct Entry: Decodable {
      let condition: String
      let met: Bool
    }
    guard let entries = try? JSONDecoder().decode([Entry].self, from: Data(json.utf8)) else {
      return nil
    }
    return entries.map { Condition($0.condition, $0.met) }
  }

  /// A list of predictions as a JSON array.
  public static func json(_ predictions: [Prediction]) -> String {
    "[" + predictions.map(\.json).joined(separator: ",") + "]"
  }
}
