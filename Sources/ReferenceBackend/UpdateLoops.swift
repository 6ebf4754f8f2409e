import BatchNumerics

/// The update of parameters from gradients.
enum UpdateLoops {
  @_specialize(where S == Float)
  @_specialize(where S == Double)
  static func update<S: RunScalar>(
    _ parameter: ReferenceTensor<S>, _ gradient: ReferenceTensor<S>,
    _ rates: UpdateRates<ReferenceTensor<S>>, _ adam: AdamState<ReferenceTensor<S>>?,
    _ rounding: ReferenceTensor<S>?, _ run: Int
  ) {
    func rate(_ tensor: ReferenceTensor<S>) -> S { tensor.values[tensor.start(ofRun: run)] }
    let (alpha, l1, l2, decay) = (
      rate(rates.rate), rate(rates.l1), rate(rates.l2), rate(rates.decay)
    )
    let start = run * parameter.shape.perRun
    let theta = parameter.values.start + start
    let slope = gradient.values.start + start
    let first = adam.map { $0.first.values.start + start }
    let second = adam.map { $0.second.values.start + start }
    let (firstScale, secondScale) = (S(adam?.firstScale ?? 1), S(adam?.secondScale ?? 1))
    let signOfZero = S(rates.signOfZero)
    let lost = rounding.map { $0.values.start + start }
    for i in 0..<parameter.shape.perRun {
      let value = theta[i]
      let g = slope[i] + l1 * (value == 0 ? signOfZero : signOf(value)) + l2 * value
      var direction = g
      if let first, let second {
        first[i] = normalOrZero(
          S(AdamConstants.beta1) * first[i] + S(1 - AdamConstants.beta1) * g)
        second[i] = normalOrZero(
          S(AdamConstants.beta2) * second[i] + S(1 - AdamConstants.beta2) * (g * g))
        direction =
          (first[i] * firstScale)
          / (second[i].squareRoot() * secondScale + S(AdamConstants.epsilon))
      }
      let step = -alpha * (direction + decay * value)
      if let lost {
        let whole = step + lost[i]
        theta[i] = normalOrZero(value + whole)
        lost[i] = normalOrZero(whole - (theta[i] - value))
      } else {
        theta[i] = normalOrZero(value + step)
      }
    }
  }
}
