// This file tests the networks' operations on devices against the reference.

import BatchNumerics
import OpenCLBackend
import OpenCLHost
import ReferenceBackend
import Testing
import _TestSupport

@Suite(.enabled(if: !TestDevices.all.isEmpty, "no OpenCL device")) struct NetworkOperationTests {
  typealias Call = DeviceCase<any NetworkCall>

  private static func cases(_ calls: [any NetworkCall]) -> [Call] {
    TestDevices.each(calls) { $0.precision }
  }

  static let tokenCalls = cases(EmbedCall.all + EmbeddingGradientCall.all)
  static let rowCalls = cases(RowCall.all)
  static let productCalls = cases(
    ProductCall.layouts + ProductCall.specials + ProductCall.sizes + ProductCall.training)
  static let lossCalls = cases(LossCall.all)
  static let updateCalls = cases(UpdateCall.all)

  @Test(arguments: tokenCalls) func tokens(test: Call) throws { try check(test) }
  @Test(arguments: rowCalls) func rows(test: Call) throws { try check(test) }
  @Test(arguments: productCalls) func products(test: Call) throws { try check(test) }

  /// The routines that the device does not choose by itself, CLBlast at one layout each.
  @Test(
    arguments: cases(ProductCall.layouts + ProductCall.sizes),
    [ProductRoutine.plain, .vectors, .tiles])
  func routines(test: Call, routine: ProductRoutine) throws {
    try check(test, product: routine)
  }

  @Test(
    .enabled(if: CLBlast.isAvailable, "no CLBlast"), arguments: cases(ProductCall.epilogues))
  func library(test: Call) throws { try check(test, product: .library) }
  @Test(arguments: lossCalls) func losses(test: Call) throws { try check(test) }
  @Test(arguments: updateCalls) func updates(test: Call) throws { try check(test) }

  /// As on devices without doubles.
  @Test(arguments: (lossCalls + updateCalls).filter { $0.value.precision == .f32 })
  func withoutDoubles(test: Call) throws { try check(test, avoidsDouble: true) }

  /// Against the reference; nothing is written behind results; the last run alone, bit for bit; the
  /// same through views.
  private func check(
    _ test: Call, avoidsDouble: Bool = false, product: ProductRoutine? = nil
  ) throws {
    try check(test.value.precision.scalar, test, avoidsDouble, product)
  }

  private func check<S: RunScalar & KernelScalar>(
    _ type: S.Type, _ test: Call, _ avoidsDouble: Bool, _ product: ProductRoutine?
  ) throws {
    let context = try TestDevices.context(test.device)
    let call = test.value
    let backend = try OpenCLOperations<S>(
      context, avoidsDouble: avoidsDouble, product: product)
    let expected = try call.parts(on: Bench(ReferenceOperations<S>()))
    let watched = SentinelResults<S>(try Queue(context))
    let found = try call.parts(on: Bench(backend, place: watched.place))
    let hasDouble = test.device.capabilities.hasDouble && !avoidsDouble
    let rule = call.tolerance(wide: hasDouble ? .f64 : .f32)
    for (index, pair) in zip(found, expected).enumerated() {
      expectNone(rule.mismatch(pair.0, pair.1), "result \(index)")
    }
    #expect(try watched.areIntact(backend), "a sentinel is gone")
    let last = call.runs - 1
    let alone = try call.parts(on: Bench(backend, only: last))
    for (own, whole) in zip(alone, found) {
      #expect(bits(own) == bits(whole.suffix(own.count)), "a run depends on its batch")
    }
    let viewed = try call.parts(on: Bench(backend, usesViews: true))
    #expect(viewed.map { bits($0) } == found.map { bits($0) }, "views differ")
  }
}
