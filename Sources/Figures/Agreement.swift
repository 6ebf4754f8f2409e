extension FigureInput {
  /// Whether the verified runs agree with the CPU reference; nil if none was verified.
  ///
  /// Components that chatter around zero flip their signs at rounding level late in a run, so whole
  /// curves of millions of steps are compared within five percent; tests hold the first thousand
  /// steps to 1e-9.
  var agreement: Claim? {
    let verified = runs.compactMap { run in
      run.maxDeviation.map { (deviation: $0, allowed: run.allowedDeviation) }
    }
    guard let largest = verified.map(\.deviation).extremes.largest else { return nil }
    return Claim(
      "\(verified.count) of \(runs.count) runs trained on the CPU reference too: "
        + "largest deviation of any metric at any step (networks: of the first steps)",
      measured: Number.short(largest),
      tolerance: "at most 0.05; at most lr where singular values chatter by lr times the penalty",
      held: verified.allSatisfy { $0.deviation <= $0.allowed })
  }
}

extension FigureInput.Run {
  /// Late in a subgradient run with the nuclear norm the residual balances the penalty, beta in each
  /// singular direction, and singular values near zero change their sign by lr beta in every step, at
  /// steps that rounding decides: devices differ by up to lr of the residual.
  fileprivate var allowedDeviation: Double {
    let parameters = prepared.parameters
    guard (try? parameters.text("method")) == "subgradient",
      let penalty = try? parameters.number("regularizer.nuclear"), penalty > 0,
      let rate = try? parameters.number("learning_rate")
    else { return 0.05 }
    return max(0.05, rate)
  }
}
