// This file tests claims: ranges, and numbers as text.

import Figures
import Testing

@Suite struct ClaimTests {
  @Test(arguments: [
    (0.99, false), (1, true), (1.5, true), (2, true), (2.001, false), (.nan, false),
    (.infinity, false),
  ]) func aNumberHoldsWithinItsRange(value: Double, held: Bool) {
    #expect(Claim("x", value, in: 1...2, "why").held == held)
  }

  @Test func aClaimSaysWhatWasMeasuredAndAccepted() {
    let claim = Claim("t1", 60, in: 55...65, "60 for this run")
    #expect(claim.statement == "t1")
    #expect(claim.measured == "60")
    #expect(claim.tolerance == "55 to 65; 60 for this run")
  }

  @Test func whatWasNotReachedDoesNotHold() {
    let claim = Claim("t2", nil, in: 0...1e9, "")
    #expect(!claim.held && claim.measured == "not reached")
  }

  @Test func whatIsNotTestableNeitherHoldsNorFails() {
    let claim = Claim("t2 at full size", notTestable: "too small")
    #expect(claim.verdict == .notTestable(reason: "too small") && !claim.held)
    #expect(claim.verdict.name == "not testable")
    #expect(Claim("x", measured: "", tolerance: "", held: false).verdict == .failed)
    #expect(Claim("x", measured: "", tolerance: "", held: true).verdict == .held)
  }

  @Test(arguments: [
    (0, "0.0"), (1, "1"), (60, "60"), (-2.5, "-2.5"), (0.29088, "0.2909"), (101_000, "101000"),
    (1234.5, "1235"), (12_345, "12350"), (9999.9, "10000"), (0.000_220_44, "0.0002204"),
    (1e-6, "1e-06"), (1.23456e-8, "1.235e-8"), (-6.02214e23, "-6.022e23"), (1e9, "1.0e9"),
    (.infinity, "inf"), (.nan, "nan"),
  ]) func numbersHaveFourDigits(value: Double, text: String) {
    #expect(Number.short(value) == text)
  }

  /// The text is within half a unit of the fourth digit of the number, whatever its size.
  @Test func shortNumbersAreNearTheNumber() throws {
    for exponent in -30...30 {
      for mantissa in [1.0, 1.00049, 3.14159, 9.9994, 9.99999] {
        var value = mantissa
        for _ in 0..<abs(exponent) { value = exponent > 0 ? value * 10 : value / 10 }
        let read = try #require(Double(Number.short(value)), "\(Number.short(value))")
        #expect(abs(read - value) <= 0.5001e-3 * value, "\(value)")
      }
    }
  }
}
