/// All claims of a report at its head: how many of each verdict, by paper; those that failed; and
/// each figure's.
struct ClaimIndex {
  private let papers: [(paper: Paper, figures: [MadeFigure])]

  init(_ papers: [(Paper, [MadeFigure])]) {
    self.papers = papers.map { (paper: $0.0, figures: $0.1) }
  }

  /// How many claims have a verdict.
  struct Tally {
    var held = 0
    var failed = 0
    var notTestable = 0

    init(_ figures: [MadeFigure]) {
      for claim in figures.flatMap(\.claims) {
        switch claim.verdict {
        case "held": held += 1
        case "failed": failed += 1
        default: notTestable += 1
        }
      }
    }

    var html: HTML {
      [
        (held, "held", "held"), (failed, "failed", "failed"),
        (notTestable, "not testable", "not-testable"),
      ].filter { $0.0 > 0 }.map { count, word, kind -> HTML in
        "<span class=\"verdict \(kind)\">\(count) \(word)</span> "
      }.reduce("", +)
    }
  }

  var html: HTML {
    let all = papers.flatMap(\.figures)
    let (recipes, variants) = (
      all.filter { $0.record.variant == nil }, all.filter { $0.record.variant != nil }
    )
    let tally = Tally(recipes)
    let claims = tally.held + tally.failed + tally.notTestable
    let more: HTML =
      variants.isEmpty
      ? "" : " Variants, counted apart: \(Tally(variants).html)"
    return """
      <p>\(recipes.count) \(recipes.count == 1 ? "figure" : "figures"), \(claims) claims: \
      \(tally.html)\(more)</p>
      <p class="soft">A claim is <em>held</em> if the runs bear it out within the stated range, \
      <em>failed</em> if they do not, and <em>not testable</em> if the scale of the runs says nothing \
      about it.</p>
      <section id="claims" class="index">
      <h2>Index of claims</h2>
      \(table)\(failures(all))\(papers.map(paperIndex))</section>
      """
  }

  private var table: HTML {
    let rows = papers.flatMap { paper, figures -> [HTML] in
      let recipes = figures.filter { $0.record.variant == nil }
      let variants = figures.filter { $0.record.variant != nil }
      return [row("<a href=\"#\(paper.key)\">\(paper.authors)</a>", recipes)]
        + (variants.isEmpty ? [] : [row("– variants of its figures", variants)])
    }
    return """
      <table>
      <tr><th>Paper</th><th>figures</th><th>held</th><th>failed</th><th>not testable</th></tr>
      \(rows)</table>

      """
  }

  private func row(_ name: HTML, _ figures: [MadeFigure]) -> HTML {
    let tally = Tally(figures)
    return """
      <tr><td>\(name)</td><td>\(figures.count)</td><td>\(tally.held)</td><td>\(tally.failed)</td>\
      <td>\(tally.notTestable)</td></tr>

      """
  }

  private func failures(_ figures: [MadeFigure]) -> HTML {
    let failed = figures.flatMap { figure in
      figure.claims.indices.filter { figure.claims[$0].verdict == "failed" }.map { (figure, $0) }
    }
    guard !failed.isEmpty else { return "<p>No claim failed.</p>\n" }
    let items = failed.map { figure, index -> HTML in
      let claim = figure.claims[index]
      return """
        <li>\(claim.badge) <a class="name" href="#\(figure.anchor(ofClaim: index))">\(figure.label)</a> \
        \(claim.claim): \(claim.measured); accepted: \(claim.tolerance)</li>

        """
    }
    return "<h3>Claims that failed</h3>\n<ul class=\"claims\">\n\(items)</ul>\n"
  }

  private func paperIndex(_ paper: Paper, _ figures: [MadeFigure]) -> HTML {
    let items = figures.map { figure -> HTML in
      let claims = figure.claims.enumerated().map { index, claim -> HTML in
        """
        <li>\(claim.badge) <a href="#\(figure.anchor(ofClaim: index))">\(claim.claim)</a></li>

        """
      }
      return """
        <details>
        <summary><a class="name" href="#\(figure.anchor)">\(figure.label)</a> \
        <span class="title">\(figure.record.title)</span> <span class="tally">\(Tally([figure]).html)</span></summary>
        <ul class="claims">
        \(claims)</ul>
        </details>

        """
    }
    return "<h3>\(paper.authors)</h3>\n\(items)"
  }
}

extension MadeFigure {
  func anchor(ofClaim index: Int) -> String { "\(anchor)-claim-\(index + 1)" }
}
