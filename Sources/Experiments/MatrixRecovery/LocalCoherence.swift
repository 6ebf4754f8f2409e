import BatchNumerics

/// How much single rows and columns matter for a low-rank matrix.
///
/// mu_i = (n1/r) |U_i|^2 and nu_j = (n2/r) |V_j|^2 with the compact SVD of rank r; their means are 1.
/// Entries with large mu_i + nu_j tell most (Chen et al. 2014; Notsawo et al. 2025, appendix G.2).
public struct LocalCoherence: Sendable {
  public let rows: [Double]
  public let columns: [Double]

  public init(_ matrix: DenseMatrix) {
    let svd = SingularValueDecomposition(matrix)
    let rank = max(1, svd.numericalRank)
    func leverages(_ basis: DenseMatrix) -> [Double] {
      (0..<basis.rows).map { i in
        (0..<rank).reduce(0) { $0 + basis[i, $1] * basis[i, $1] } * Double(basis.rows)
          / Double(rank)
      }
    }
    rows = leverages(svd.left)
    columns = leverages(svd.right)
  }
}
