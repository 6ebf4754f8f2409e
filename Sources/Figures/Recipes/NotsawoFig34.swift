import Experiments
import Sweeps

extension FigureRecipe {
  /// The Sobolev penalty over all learning rates.
  static let notsawoFig34 = sobolev("fig34", rates: TeacherStudentGrid.allRates)
  /// Three panels of it.
  static let notsawoFig11 = sobolev("fig11", rates: TeacherStudentGrid.mainRates)

  /// A student that is trained on its teacher's Jacobians too: 1e5 + 1 steps at the paper's scale.
  private static func sobolev(_ figure: String, rates: String) -> FigureRecipe {
    FigureRecipe(
      id: "notsawo/\(figure)",
      title: "Teacher and student with Sobolev training",
      citation: "Notsawo, Dumas, Rabusseau, ICML 2025 (arXiv 2506.05718), "
        + "Fig. \(figure.dropFirst(3)); appendix H.3.2",
      spec: { TeacherStudentGrid.spec($0, .sobolev, rates: rates, paperSteps: 100_001) },
      analyze: { input in
        let set = try TeacherStudentGrid(input, id: "notsawo/\(figure)", penalty: .sobolev)
        return try set.output(try set.commonClaims() + sobolevClaims(set))
      })
  }

  private static func sobolevClaims(_ set: TeacherStudentGrid) throws -> [Claim] {
    // The budgets allow this much: 1e-5 is alpha = 1e-3 with beta = 1e-2.
    let strong = set.grid.cells.filter { $0.rate * $0.strength >= 0.99e-5 }
    let free = set.grid.cells.filter { $0.strength == 0 }
    let (learned, none) = (
      try set.generalized(among: strong), try set.generalized(among: free)
    )
    return [
      Claim(
        "true generalisation: runs of alpha beta >= 1e-5 whose least test loss is below the best "
          + "affine map",
        measured: "\(learned.count) of \(strong.count) (\(try set.comparison(strong)))",
        tolerance: "three in four, as the least and the largest alpha take longer; "
          + "0.0127 against 0.017 in another measurement",
        held: !strong.isEmpty && Double(learned.count) >= 0.75 * Double(strong.count)),
      Claim(
        "and runs without the penalty",
        measured: "\(none.count) of \(free.count) (\(try set.comparison(free)))",
        tolerance: "none", held: !free.isEmpty && none.isEmpty),
    ]
  }
}
