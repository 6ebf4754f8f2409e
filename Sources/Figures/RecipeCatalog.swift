import Experiments
import Sweeps

/// The figures that can be made.
public enum RecipeCatalog {
  public static let all: [FigureRecipe] = [
    .boursierFig2, .lyuFig3, .notsawoFig03, .notsawoFig04, .notsawoFig05, .notsawoFig06,
    .notsawoFig07, .notsawoFig08, .notsawoFig14, .notsawoFig15, .notsawoFig16, .notsawoFig19,
    .notsawoFig20, .notsawoFig23, .notsawoFig26, .notsawoFig29,
    .notsawoFig12, .notsawoFig13, .notsawoFig21, .notsawoFig22, .notsawoFig27, .notsawoFig28,
    .notsawoFig20, .notsawoFig23, .notsawoFig26, .notsawoFig29, .notsawoAppG2, .notsawoTextClaims,
    .notsawoFig01, .notsawoFig02, .notsawoFig30, .notsawoBlogL2, .notsawoFig10, .notsawoFig11,
    .notsawoFig31, .notsawoFig32, .notsawoFig33, .notsawoFig34, .notsawoFig35,
    .lyuFig2a, .lyuFig2b, .lyuFig2c, .lyuFig4, .boursierFig3,
    .lyuFig1a, .lyuFig1b, .lyuLabelNoise, .boursierFig4, .boursierLinreg,
    .notsawoFig09, .notsawoFig17, .notsawoFig18, .notsawoFig24, .notsawoFig25,
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
