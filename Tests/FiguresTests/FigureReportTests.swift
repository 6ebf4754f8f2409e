// This file tests the page that shows all figures of a folder.

import Figures
import Foundation
import Sweeps
import Testing
import _TestSupport

@Suite struct FigureReportTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func make(
    _ id: String, _ input: FigureInput, variant: FigureVariant? = nil
  ) throws -> [Claim] {
    let recipe = try RecipeCatalog.named(id)
    let making = FigureMaking(
      scale: .small, variant: variant, specs: try recipe.figureSpecs(.small, variant),
      version: "1.2.3")
    return try FigureWriter(folder: folder.path, gnuplot: Gnuplot()).write(recipe, input, making)
  }

  private func page() throws -> String {
    let path = try #require(try FigureReport.write(in: folder.path))
    return try String(contentsOfFile: path, encoding: .utf8)
  }

  private func values(_ attribute: String, _ page: String) throws -> [String] {
    let pattern = try Regex("[ \\n]\(attribute)=(?:\"([^\"]*)\"|'([^']*)')")
    return page.matches(of: pattern).compactMap { match in
      (match.output[1].substring ?? match.output[2].substring).map(String.init)
    }
  }

  /// Figures 3 and 4, made by two commands.
  private func twoFigures() throws -> String {
    _ = try make("notsawo/fig03", SyntheticRuns.Figure3().input())
    _ = try page()
    _ = try make("notsawo/fig04", SyntheticRuns.Grid().input())
    return try page()
  }

  // MARK: - Form

  @Test func thePageNeedsNothingElse() throws {
    let page = try twoFigures()
    for word in ["<script", "<link", "<img", "<iframe", "<object", "src=", "@import", "http-equiv"]
    {
      #expect(!page.contains(word), "\(word)")
    }
    #expect(!page.contains(/url\((?!#)/))
    let links = try values("href", page)
    let outside = links.filter { $0.contains(":") }
    #expect(!outside.isEmpty && outside.allSatisfy { $0.hasPrefix("https://arxiv.org/abs/") })
    // Addresses stand in links and as their text.
    let addresses = page.matches(of: /https?:/).count
    #expect(addresses == 2 * outside.count)
    for link in links where !link.hasPrefix("#") && !link.contains(":") {
      #expect(FileManager.default.fileExists(atPath: folder.file(link)), "\(link)")
    }
    #expect(page.contains("prefers-color-scheme: dark") && page.contains("@media print"))
    #expect(page.contains("<meta name=\"viewport\""))
  }

  @Test func identifiersAreUniqueAndLinksHaveTargets() throws {
    _ = try make("notsawo/fig03", SyntheticRuns.Figure3().input(), variant: .paper)
    let page = try twoFigures()
    let ids = try values("id", page)
    #expect(ids.count > 30 && Set(ids).count == ids.count)
    let inner = try values("href", page).filter { $0.hasPrefix("#") }
    #expect(inner.count > 30)
    #expect(Set(inner.map { String($0.dropFirst()) }).isSubset(of: ids))
    for reference in page.matches(of: /url\(#([^)]*)\)/) {
      #expect(ids.contains(String(reference.1)))
    }
  }

  /// Every element that is opened is closed, in order.
  @Test func elementsAreNested() throws {
    let page = try twoFigures()
    let void = ["meta", "br", "hr"]
    var open: [Substring] = []
    for tag in page.matches(of: /<(\/?)([a-zA-Z][a-zA-Z0-9]*)([^<>]*)>/) {
      if tag.1 == "/" {
        #expect(open.popLast() == tag.2)
      } else if !tag.3.hasSuffix("/"), !void.contains(String(tag.2)) {
        open.append(tag.2)
      }
    }
    #expect(open.isEmpty)
    #expect(page.hasPrefix("<!DOCTYPE html>") && page.hasSuffix("</html>\n"))
  }

  @Test(.enabled(if: Gnuplot() != nil, "gnuplot is not on the path"))
  func picturesAreInThePage() throws {
    let page = try twoFigures()
    #expect(page.matches(of: /<svg class="wide"/).count == 2)
    #expect(page.matches(of: /<svg class="narrow"/).count == 2)
    #expect(!page.contains("Symbol") && page.contains("β"))
    // No backgrounds, which stay white in the dark.
    #expect(!page.contains(/<rect x="0" y="0"/))
  }

  @Test func withoutPicturesThePageSaysSo() throws {
    _ = try FigureWriter(folder: folder.path, gnuplot: nil)
      .write(RecipeCatalog.named("notsawo/fig03"), SyntheticRuns.Figure3().input())
    #expect(try page().contains("Not drawn: there was no gnuplot"))
  }

  // MARK: - Claims

  @Test func verdictsAreCounted() throws {
    var run = SyntheticRuns.Figure3()
    run.t2 = 151_000
    let claims = try make("notsawo/fig03", run.input())
    let failed = claims.count { $0.verdict == .failed }
    #expect((1...3).contains(failed))
    let held = claims.count(where: \.held)
    let page = try page()
    #expect(page.contains("<td>1</td><td>\(held)</td><td>\(failed)</td><td>0</td>"))
    // In the list of failures, in the index, and at the figure.
    #expect(page.matches(of: /verdict failed">failed</).count == 3 * failed)
    #expect(page.matches(of: /verdict held">held</).count == 2 * held)
    #expect(page.contains("<h3>Claims that failed</h3>") && page.contains("151000"))
  }

  @Test func withoutFailuresThePageSaysSo() throws {
    #expect(try twoFigures().contains("No claim failed."))
  }

  @Test func whatIsNotTestableHasItsReason() throws {
    let id = "lyu/fig2a"
    let claims = try make(id, SyntheticAdditionRuns.input(id))
    let reasons = claims.compactMap { claim -> String? in
      if case .notTestable(let reason) = claim.verdict { reason } else { nil }
    }
    #expect(reasons.count == 1)
    let page = try page()
    #expect(page.contains(reasons[0]))
    #expect(page.matches(of: /verdict not-testable">not testable</).count == 2)
    let large = try FigureWriter(folder: folder.path, gnuplot: nil).write(
      RecipeCatalog.named(id), SyntheticAdditionRuns.input(id), FigureMaking(scale: .paper))
    #expect(large.count == claims.count - 1)
  }

  // MARK: - What was run

  @Test func thePageSaysWhomTheRunsFollow() throws {
    _ = try make("notsawo/fig03", SyntheticRuns.Figure3().input())
    let recipe = try page()
    #expect(recipe.contains("as in the code (<code>problem.row_variance</code>)"))
    #expect(recipe.contains("grokcl figure notsawo/fig03 --variant paper"))
    #expect(!recipe.contains("--variant code"))
    #expect(recipe.contains("problem.row_variance: &quot;1/N&quot;"))
    _ = try make("notsawo/fig03", SyntheticRuns.Figure3().input(), variant: .paper)
    let both = try page()
    #expect(both.contains("as in the paper (<code>problem.row_variance</code>)"))
    #expect(both.contains("Variant: follows the paper by <code>problem.row_variance=1/n"))
    #expect(both.contains("id=\"notsawo-fig03-paper\"") && both.contains("id=\"notsawo-fig03\""))
    #expect(both.contains("Variants, counted apart"))
  }

  @Test func whatIsWrittenInTheSourcesIsEscaped() throws {
    let page = try twoFigures()
    #expect(page.contains("&lt;") && !page.contains("<= "))
  }

  @Test func anEmptyFolderHasNoReport() throws {
    #expect(try FigureReport.write(in: folder.path) == nil)
    #expect(try FigureReport.write(in: folder.file("nowhere")) == nil)
  }

  @Test func aDamagedFigureIsNamed() throws {
    _ = try make("notsawo/fig03", SyntheticRuns.Figure3().input())
    let file = folder.file("notsawo/fig03/figure.json")
    try Data("{}".utf8).write(to: URL(fileURLWithPath: file))
    let error = #expect(throws: StoreError.self) { try FigureReport.write(in: folder.path) }
    #expect("\(try #require(error))".contains(file))
  }
}
