// This file tests the rule for the step at which a curve has settled, against hand-made curves.

import Figures
import Testing

@Suite struct StableStepTests {
  private func find(_ values: [Double], run: Int = 2) -> Int? {
    StableStep.find(steps: values.indices.map { 1000 * $0 }, values: values, run: run)
  }

  @Test func aCurveThatFallsToItsPlateau() {
    // Plateau 1, band 0.95 to 1.05: 1.04 at step 2000 is the first of two.
    #expect(find([4, 2, 1.04, 1.01, 1, 1, 1]) == 2000)
  }

  @Test func theBandHasTwoSides() {
    // A curve that passes its plateau from above, dips below the band and comes back.
    #expect(find([3, 1.02, 0.9, 0.8, 0.97, 1, 1, 1]) == 4000)
    // Rising to it.
    #expect(find([0, 0.5, 0.94, 0.96, 1, 1, 1]) == 3000)
  }

  @Test func oneValueInTheBandIsNotEnough() {
    #expect(find([2, 1, 2, 1, 1, 1, 1]) == 3000)
    #expect(find([2, 1, 2, 1, 1, 1, 1], run: 1) == 1000)
    #expect(find([2, 1, 1, 2, 1, 1, 1], run: 3) == 4000)
    #expect(find([2, 1, 1, 2, 1, 1, 1], run: 4) == nil)
  }

  @Test func aCurveThatIsSettledFromTheStart() {
    #expect(find([1, 1, 1]) == 0)
  }

  @Test func aCurveThatNeverSettles() {
    // Plateau 7 of the last three, and never two neighbours within 5 percent of it.
    #expect(find([1, 10, 1, 10, 1, 10]) == nil)
  }

  @Test func tooFewValues() {
    #expect(find([]) == nil)
    #expect(find([1, 1]) == nil)
    #expect(StableStep.find(steps: [0, 1], values: [1, 1, 1]) == nil)
  }

  @Test(arguments: [Double.nan, .infinity, -.infinity])
  func aCurveThatDiverges(end: Double) {
    #expect(find([1, 1, 1, end]) == nil)
  }

  @Test func aPlateauOfZeroOrBelow() {
    #expect(find([3, 0, 0, 0]) == 1000)
    #expect(find([3, -1.04, -0.96, -1, -1, -1]) == 1000)
  }

  @Test func thePlateauIsTheMeanOfTheTail() {
    #expect(StableStep.plateau([100, 1, 2, 3]) == 2)
    #expect(StableStep.plateau([100, 1, 2, 6], tail: 2) == 4)
    #expect(
      StableStep.find(steps: [0, 1, 2, 3], values: [5, 4, 2, 2], tail: 2, width: 0.5) == 2)
  }
}

@Suite struct LineFitTests {
  @Test func aLineHasItsSlope() {
    let points = [1.0, 2, 4, 8].map { (x: $0, y: 7 - 1.5 * $0) }
    #expect(LineFit.slope(points) == -1.5)
  }

  @Test func theSlopeIsOfLeastSquares() {
    // Residuals 1, -2, 1 of 3 x: no slope of their own.
    #expect(LineFit.slope([(0, 1), (1, 1), (2, 7)]) == 3)
  }

  @Test func thereIsNoLineThroughOnePlace() {
    #expect(LineFit.slope([]) == nil)
    #expect(LineFit.slope([(1, 2)]) == nil)
    #expect(LineFit.slope([(1, 2), (1, 3)]) == nil)
  }
}
