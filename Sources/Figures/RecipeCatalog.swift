import Experiments
import Sweeps

/// The figures that can be made.
public enum RecipeCatalog {
  public static let all: [FigureRecipe] = [
    // Notsawo et al. 2025
    .notsawoFig01, .notsawoFig02, .notsawoFig03, .notsawoFig04, .notsawoFig05, .notsawoFig06,
    .notsawoFig07, .notsawoFig08, .notsawoFig09, .notsawoFig10, .notsawoFig11, .notsawoFig12,
    .notsawoFig13, .notsawoFig14, .notsawoFig15, .notsawoFig16, .notsawoFig17, .notsawoFig18,
    .notsawoFig19, .notsawoFig20, .notsawoFig21, .notsawoFig22, .notsawoFig23, .notsawoFig24,
    .notsawoFig25, .notsawoFig26, .notsawoFig27, .notsawoFig28, .notsawoFig29, .notsawoFig30,
    .notsawoFig31, .notsawoFig32, .notsawoFig33, .notsawoFig34, .notsawoFig35, .notsawoAppG2,
    .notsawoTextClaims, .notsawoBlogL2,
    // Lyu et al. 2023
    .lyuFig1a, .lyuFig1b, .lyuFig2a, .lyuFig2b, .lyuFig2c, .lyuFig3, .lyuFig4, .lyuLabelNoise,
    // Boursier et al. 2025
    .boursierFig2, .boursierFig3, .boursierFig4, .boursierLinreg,
  ]

  /// - Throws: `SpecError` listing the figures if there is none of that name.
  public static func named(_ id: String) throws -> FigureRecipe {
    guard let recipe = all.first(where: { $0.id == id }) else {
      throw SpecError(
        key: "figure", value: id,
        "must be one of " + all.map(\.id).joined(separator: ", ") + ", all")
    }
    return recipe
  }
}
