/// A line through points of a picture.
package struct Polyline {
  package struct Point: Sendable {
    package let x: Double
    package let y: Double

    package init(x: Double, y: Double) {
      self.x = x
      self.y = y
    }
  }

  package private(set) var points: [Point]

  package init(points: [Point]) { self.points = points }

  /// Fewer points: none of those left out is farther than `tolerance` from the line through the rest
  /// (Ramer 1972; Douglas and Peucker 1973).
  package func simplified(_ tolerance: Double) -> Polyline {
    guard points.count > 2 else { return self }
    var isKept = [Bool](repeating: false, count: points.count)
    isKept[0] = true
    isKept[points.count - 1] = true
    var pieces = [(0, points.count - 1)]
    while let (first, last) = pieces.popLast() {
      var (farthest, distance) = (0, tolerance * tolerance)
      for index in (first + 1)..<max(last, first + 1) {
        let found = Self.squaredDistance(points[index], points[first], points[last])
        if found > distance { (farthest, distance) = (index, found) }
      }
      if farthest > 0 {
        isKept[farthest] = true
        pieces += [(first, farthest), (farthest, last)]
      }
    }
    return Polyline(points: zip(points, isKept).filter(\.1).map(\.0))
  }

  /// From a point to the segment between two others.
  private static func squaredDistance(_ p: Point, _ a: Point, _ b: Point) -> Double {
    let (dx, dy) = (b.x - a.x, b.y - a.y)
    let length = dx * dx + dy * dy
    let along = length > 0 ? max(0, min(1, ((p.x - a.x) * dx + (p.y - a.y) * dy) / length)) : 0
    let (x, y) = (a.x + along * dx - p.x, a.y + along * dy - p.y)
    return x * x + y * y
  }
}

extension Polyline {
  /// The lines of an SVG path of absolute moves and lines, `M1,2 L3,4 ...`; nil if it has anything
  /// else.
  static func lines(ofPath path: Substring) -> [Polyline]? {
    var lines: [Polyline] = []
    for word in path.utf8.split(whereSeparator: { $0 <= UInt8(ascii: " ") }) {
      let numbers = word.dropFirst().split(separator: UInt8(ascii: ","))
      guard numbers.count == 2, let x = Double(Substring(numbers[0])),
        let y = Double(Substring(numbers[1]))
      else { return nil }
      let point = Point(x: x, y: y)
      switch word.first {
      case UInt8(ascii: "M"): lines.append(Polyline(points: [point]))
      case UInt8(ascii: "L") where !lines.isEmpty: lines[lines.count - 1].points.append(point)
      default: return nil
      }
    }
    return lines
  }

  /// As an SVG path with one decimal; pairs after a move are lines.
  var path: String {
    "M" + points.map { "\(Self.short($0.x)),\(Self.short($0.y))" }.joined(separator: " ")
  }

  private static func short(_ value: Double) -> String {
    let tenths = Int((value * 10).rounded())
    return tenths.isMultiple(of: 10) ? "\(tenths / 10)" : "\(Double(tenths) / 10)"
  }
}
