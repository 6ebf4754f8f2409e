/// Panels of many curves that are told apart by the colour of a value.
enum SampleSizePanels {
  /// - Parameters:
  ///   - layout: rows and columns.
  ///   - value: what the colour stands for.
  static func plot(
    _ panels: [(title: String, cells: [SampleSizeCell])],
    layout: (rows: Int, columns: Int), value: (name: String, range: ClosedRange<Double>),
    colour: (SampleSizeCell) -> Double
  ) -> String {
    let plots = panels.enumerated().map { index, panel in
      let (row, column) = (index / layout.columns, index % layout.columns)
      return """
        \(row == layout.rows - 1 ? "set xlabel 'step + 1'" : "unset xlabel")
        \(column == 0 ? "set ylabel 'relative error'" : "unset ylabel")
        set title '\(panel.title)'
        plot \(panel.cells.map { $0.curves(colour: colour($0)) }.joined(separator: ", "))
        """
    }
    return """
      set multiplot layout \(layout.rows), \(layout.columns) \
        margins 0.06, 0.9, 0.1, 0.91 spacing 0.04, 0.13
      set logscale xy
      set format x '10^{%L}'
      set format y '10^{%L}'
      \(palette(value.name, value.range))
      set xrange [1:1.2e6]
      set yrange [*:2]
      set label 1 'solid: |X a - y| / |y|; dashed: |a - a*| / |a*|' at screen 0.48, 0.98 center
      \(plots.joined(separator: "\nunset colorbox\nunset label 1\n"))
      unset multiplot
      """
  }

  /// Commands for the colours and one bar that explains them, on the right.
  static func palette(_ name: String, _ range: ClosedRange<Double>) -> String {
    """
    set palette defined (0 '#0d0887', 0.35 '#9c179e', 0.7 '#ed7953', 1 '#f0c020')
    set cbrange [\(range.lowerBound):\(range.upperBound)]
    set cblabel '\(name)'
    set colorbox user origin 0.92, 0.15 size 0.015, 0.75
    """
  }
}
