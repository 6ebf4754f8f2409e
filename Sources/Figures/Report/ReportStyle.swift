/// The look of the report: one column, light and dark, small screens and paper.
enum ReportStyle {
  static let css = """
    :root {
      color-scheme: light dark;
      --page: #fbfbfa; --card: #ffffff; --ink: #1d2126; --soft: #5a636d; --line: #d9dde2;
      --link: #0a5aa8; --good: #14703c; --bad: #b3261e; --open: #6b5a00;
      --good-back: #e4f3e9; --bad-back: #fbe6e4; --open-back: #f6efcf;
    }
    @media screen and (prefers-color-scheme: dark) {
      :root {
        --page: #14161a; --card: #1b1e23; --ink: #e4e7ea; --soft: #a2abb5; --line: #363c44;
        --link: #7db7f0; --good: #7fd6a0; --bad: #ff9d94; --open: #e6cf6a;
        --good-back: #17341f; --bad-back: #45201d; --open-back: #3a3313;
      }
      .plot { filter: invert(0.9) hue-rotate(180deg); }
    }
    * { box-sizing: border-box; }
    html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; scroll-padding-top: 0.5rem; }
    body {
      margin: 0 auto; padding: 1rem; max-width: 76rem; background: var(--page); color: var(--ink);
      font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif;
      overflow-wrap: break-word;
    }
    a { color: var(--link); }
    h1 { font-size: 1.6rem; line-height: 1.25; margin: 0.5rem 0; }
    h2 { font-size: 1.3rem; line-height: 1.3; margin: 2.5rem 0 0.5rem; }
    h3 { font-size: 1.1rem; line-height: 1.35; margin: 0; }
    h4 { font-size: 0.95rem; margin: 1.25rem 0 0.35rem; }
    p { margin: 0.4rem 0; }
    .soft { color: var(--soft); font-size: 0.92rem; }
    .name { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: 0.9em; }
    code { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: 0.88em; }
    pre {
      margin: 0.5rem 0; padding: 0.6rem; border: 1px solid var(--line); border-radius: 0.3rem;
      white-space: pre-wrap; overflow-wrap: anywhere; font-size: 0.8rem; line-height: 1.4;
    }
    table { border-collapse: collapse; margin: 0.75rem 0; }
    th, td { text-align: right; padding: 0.2rem 0 0.2rem 1rem; border-bottom: 1px solid var(--line); }
    th:first-child, td:first-child { text-align: left; padding-left: 0; }
    td { font-variant-numeric: tabular-nums; }
    .figure {
      margin: 1.25rem 0; padding: 1rem; background: var(--card);
      border: 1px solid var(--line); border-radius: 0.5rem;
    }
    figure { margin: 0.75rem 0; }
    figcaption { margin-top: 0.4rem; max-width: 60rem; }
    .plot { background: #ffffff; border-radius: 0.3rem; }
    .plot svg {
      display: block; width: 100%; height: auto;
      font-family: Helvetica, Arial, "Liberation Sans", sans-serif;
    }
    .plot svg.narrow { display: none; max-width: 34rem; margin: 0 auto; }
    .claims { list-style: none; margin: 0.5rem 0; padding: 0; }
    .claims > li { padding: 0.4rem 0; border-top: 1px solid var(--line); }
    .claims > li:first-child { border-top: 0; }
    .verdict {
      display: inline-block; padding: 0 0.45em; border-radius: 0.25rem; font-size: 0.78rem;
      font-weight: 600; line-height: 1.55; white-space: nowrap;
    }
    .held { color: var(--good); background: var(--good-back); }
    .failed { color: var(--bad); background: var(--bad-back); }
    .not-testable { color: var(--open); background: var(--open-back); }
    .facts { display: grid; grid-template-columns: max-content 1fr; gap: 0.1rem 1rem; margin: 0.5rem 0; }
    .facts dt { color: var(--soft); }
    .facts dd { margin: 0; overflow-wrap: anywhere; }
    .note { padding: 0.5rem 0; border-top: 1px solid var(--line); }
    .note:first-of-type { border-top: 0; }
    .sides { display: grid; grid-template-columns: repeat(3, 1fr); gap: 0.2rem 1.25rem; margin: 0.2rem 0 0; }
    .sides dt { color: var(--soft); font-size: 0.8rem; }
    .sides dd { margin: 0; }
    details { margin: 0.35rem 0; }
    summary { cursor: pointer; padding: 0.15rem 0; }
    .index summary { display: flex; flex-wrap: wrap; gap: 0.1rem 0.6rem; align-items: baseline; }
    .index summary::before { content: "\\25B8"; color: var(--soft); }
    .index details[open] > summary::before { content: "\\25BE"; }
    .index summary::-webkit-details-marker { display: none; }
    .index .title { flex: 1 1 16rem; }
    .index h3 { margin: 1.25rem 0 0.35rem; }
    footer { margin-top: 3rem; border-top: 1px solid var(--line); padding-top: 1rem; }
    @media screen and (max-width: 700px) {
      body { padding: 0.75rem; }
      .figure { padding: 0.75rem; margin: 1rem -0.25rem; }
      .plot svg.wide { display: none; }
      .plot svg.narrow { display: block; }
      .facts, .sides { grid-template-columns: 1fr; gap: 0; }
      .facts dd, .sides dd { margin-bottom: 0.35rem; }
      table { width: 100%; font-size: 0.85rem; }
      th, td { padding: 0.2rem 0 0.2rem 0.5rem; vertical-align: bottom; }
      .index summary { display: grid; grid-template-columns: max-content 1fr; }
      .index .title, .index .tally { grid-column: 2; }
    }
    @media print {
      :root { color-scheme: light; }
      @page { margin: 15mm; }
      html { font-size: 9.5pt; }
      body { max-width: none; padding: 0; background: #ffffff; }
      .figure { border: 0; padding: 0; border-top: 1px solid #888888; border-radius: 0; padding-top: 0.5rem; }
      .plot svg.wide { display: block; }
      .plot svg.narrow { display: none; }
      figure, .claims > li, .note, .facts { break-inside: avoid; }
      h2, h3, h4 { break-after: avoid; }
      .figure details::details-content { content-visibility: visible; block-size: auto; }
      a { color: inherit; text-decoration: none; }
      pre { font-size: 7pt; columns: 2; }
    }
    """
}
