import Experiments
import Sweeps

extension FigureRecipe {
  /// l1 over all learning rates.
  static let notsawoFig31 = teacherStudent("fig31", .l1, rates: TeacherStudentGrid.allRates)
  /// l2, as the code has it: the unsquared norms of the matrices.
  static let notsawoFig32 = teacherStudent("fig32", .l2, rates: TeacherStudentGrid.allRates)
  /// The nuclear norm.
  static let notsawoFig33 = teacherStudent("fig33", .nuclear, rates: TeacherStudentGrid.allRates)
  /// Three panels of Fig. 31.
  static let notsawoFig10 = teacherStudent("fig10", .l1, rates: TeacherStudentGrid.mainRates)

  /// A student of a ReLU teacher with a penalty: 1e6 + 1 steps at the paper's scale.
  private static func teacherStudent(
    _ figure: String, _ penalty: NetworkPenalty, rates: String
  ) -> FigureRecipe {
    let number = figure.dropFirst(3)
    let name = penalty == .nuclear ? "the nuclear norm" : penalty.rawValue
    return FigureRecipe(
      id: "notsawo/\(figure)",
      title: "Teacher and student with \(name)",
      citation: "Notsawo, Dumas, Rabusseau, ICML 2025 (arXiv 2506.05718), Fig. \(number); "
        + "section 4, appendix H.3",
      spec: { TeacherStudentGrid.spec($0, penalty, rates: rates, paperSteps: 1_000_001) },
      analyze: { input in
        let set = try TeacherStudentGrid(input, id: "notsawo/\(figure)", penalty: penalty)
        return try set.output(try set.commonClaims() + set.forgettingClaims())
      })
  }
}
