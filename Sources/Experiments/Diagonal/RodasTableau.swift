/// RODAS, a linearly implicit method of order 4 with six stages that is L-stable and stiffly accurate,
/// with an embedded solution of order 3.
///
/// A step solves (1/(gamma h) - J) U_i = f(t + alpha_i h, s + sum_j a_ij U_j) + sum_j c_ij U_j / h
/// + h d_i df/dt for i = 1...6 in turn; the argument of stage 6 is that of stage 5 plus U_5, the new
/// state is the argument of stage 6 plus U_6, and U_6 estimates its error.
///
/// Source: Hairer and Wanner, Solving Ordinary Differential Equations II, 2nd edition, section VI.4, and
/// their code RODAS, first set of coefficients.
enum RodasTableau {
  static let gamma = 0.25
  static let stages = 6
  /// alpha_i
  static let times = [0, 0.386, 0.21, 0.63, 1, 1]
  /// d_i
  static let timeSlopes = [0.25, -0.1043, 0.1035, -0.3620000000000023e-1, 0, 0]
  /// a_ij
  static let arguments: [[Double]] = [
    [],
    [1.544],
    [0.9466785280815826, 0.2557011698983284],
    [3.314825187068521, 2.896124015972201, 0.9986419139977817],
    [1.221224509226641, 6.019134481288629, 12.53708332932087, -0.6878860361058950],
    [1.221224509226641, 6.019134481288629, 12.53708332932087, -0.6878860361058950, 1],
  ]
  /// c_ij
  static let couplings: [[Double]] = [
    [],
    [-5.6688],
    [-2.430093356833875, -0.2063599157091915],
    [-0.1073529058151375, -9.594562251023355, -20.47028614809616],
    [7.496443313967647, -10.24680431464352, -33.99990352819905, 11.70890893206160],
    [
      8.083246795921522, -7.981132988064893, -31.52159432874371, 16.31930543123136,
      -6.058818238834054,
    ],
  ]
}
