/// What the runs of a batched splitting have in common.
struct SplittingShape: Sendable, Hashable {
  /// N; 0 where single entries are observed.
  let samples: Int
  /// Of the unknown.
  let (rows, columns): (Int, Int)
  let kind: FitSpectrum.Kind

  /// Numbers that a run holds on the device, at most.
  var size: Int { rows * columns * (3 * samples + 8) }
}
