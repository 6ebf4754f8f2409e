// This file tests how plots become scripts and pictures parts of a page.

import Figures
import Foundation
import Testing

@Suite struct PlotScriptTests {
  private func texts(_ plot: String) -> [String] {
    PlotScript.pictures.map { PlotScript(plot).text($0, name: "p") }
  }

  @Test func everyFormOfAPictureHasItsScript() {
    let texts = texts("plot 'a.csv'")
    for (text, terminal) in zip(texts, ["svg size 1200", "svg size 480", "pngcairo", "pdfcairo"]) {
      #expect(text.hasPrefix("set terminal \(terminal)") && text.contains("plot 'a.csv'"))
      #expect(text.contains("set encoding utf8"))
    }
    let outputs = ["p.svg", "p-narrow.svg", "p.png", "p.pdf"]
    for (text, output) in zip(texts, outputs) { #expect(text.contains("set output '\(output)'")) }
  }

  @Test func narrowPicturesHaveOneColumn() {
    let texts = texts("set multiplot layout 2, 3\nplot x\nunset multiplot")
    #expect(texts[0].contains("layout 2, 3") && texts[0].contains("1200,740"))
    #expect(texts[1].contains("layout 6, 1") && texts[1].contains("480,2040"))
    #expect(texts[3].contains("layout 2, 3"))
  }

  @Test func smallLettersAreEnlarged() {
    let texts = texts("set key font ',7'\nplot x")
    #expect(texts[0].contains("font ',8'") && texts[1].contains("font ',10'"))
    #expect(self.texts("set key font ',14'\nplot x")[1].contains("font ',14'"))
  }

  @Test func longRowsAreBroken() {
    let texts = texts("set multiplot layout 1, 12\nplot x")
    #expect(texts[0].contains("layout 3, 4") && texts[1].contains("layout 12, 1"))
  }

  @Test func greekLettersAreUnicode() {
    let text = texts("set xlabel '{/Symbol a b}, {/Symbol D}t, |x|_{/Symbol \\245}, {/Symbol q}'")[
      0]
    #expect(text.contains("set xlabel 'α β, Δt, |x|_∞, θ'"))
  }

  // MARK: - Lines

  @Test func simplifiedLinesStayNear() throws {
    let points = (0...4000).map { index -> Polyline.Point in
      let x = Double(index) / 10
      return Polyline.Point(x: x, y: 100 + 50 * sin(x / 20) + 0.1 * sin(10 * x))
    }
    let line = Polyline(points: points).simplified(0.25)
    #expect(line.points.count < 200 && line.points.count > 20)
    #expect(line.points.first?.x == 0 && line.points.last?.x == 400)
    for point in points {
      let next = try #require(line.points.firstIndex { $0.x >= point.x })
      let (a, b) = (line.points[max(0, next - 1)], line.points[next])
      let share = b.x > a.x ? (point.x - a.x) / (b.x - a.x) : 0
      // Vertical distances are larger by at most the slope, 2.5.
      #expect(abs(a.y + share * (b.y - a.y) - point.y) < 0.25 * 3)
    }
  }

  @Test func peaksAreKept() {
    let spike = (0...100).map { Polyline.Point(x: Double($0), y: $0 == 50 ? 90 : 0) }
    let line = Polyline(points: spike).simplified(0.25)
    #expect(line.points.map(\.x) == [0, 49, 50, 51, 100])
    // There and back.
    let back = [0.0, 10, 0].map { Polyline.Point(x: $0, y: 0) }
    #expect(Polyline(points: back).simplified(0.25).points.count == 3)
  }

  // MARK: - Pictures in pages

  private static let picture = """
    <?xml version="1.0"?>
    <svg
     viewBox="0 0 480 330"
     xmlns="http://www.w3.org/2000/svg"
    >
    <title>Gnuplot</title>
    <g id="gnuplot_canvas">
    <rect x="0" y="0" width="480" height="330" fill="#ffffff"/>
    <defs><circle id='gpDot' r='1'/><path id='gpPt0' d='M-1,0 h2 M0,-1 v2'/></defs>
    <path stroke='rgb(  0, 114, 178)'  d='M10.00,10.00 L20.00,10.00 L30.00,10.00 M5.25,6.00 L7.00,8.00  '/>
    <use xlink:href='#gpPt0' color='black'/><g filter="url(#gpDot)"></g>
    <text>a  b</text>
    </g>
    </svg>
    """

  @Test func picturesBecomePartsOfAPage() throws {
    let inline = try #require(
      InlineSVG(Self.picture, id: "x", label: "1 < 2", kind: "wide")?.text)
    #expect(inline.hasPrefix("<svg class=\"wide\" viewBox=\"0 0 480 330\""))
    #expect(inline.hasSuffix("</svg>") && inline.contains("aria-label=\"1 &lt; 2\""))
    #expect(inline.contains("id='x-gpPt0'") && inline.contains("href='#x-gpPt0'"))
    #expect(inline.contains("id='x-gpDot'") && inline.contains("url(#x-gpDot)"))
    #expect(
      inline.contains("d='M10,10 30,10M5.3,6 7,8'") || inline.contains("d='M10,10 30,10M5.2,6 7,8'")
    )
    #expect(inline.contains("d='M-1,0 h2 M0,-1 v2'") && inline.contains("rgb(0,114,178)"))
    #expect(inline.contains("<text>a  b</text>"))
    for word in ["gnuplot_canvas", "Gnuplot", "<rect", "xlink", "<?xml"] {
      #expect(!inline.contains(word), "\(word)")
    }
    #expect(InlineSVG("<html></html>", id: "x", label: "", kind: "wide") == nil)
  }
}
