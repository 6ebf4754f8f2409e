// This file makes the small problems that flows are tested on.

import BatchNumerics
import Theory

enum FlowSamples {
  static let lambdas = [1e-1, 1e-2, 1e-3, 1e-4]

  static func normals(_ count: Int, _ seed: UInt32, _ purpose: RandomPurpose) -> [Double] {
    var stream = RandomStream(seed: seed, purpose: purpose)
    return stream.normals(count)
  }

  static func features(_ n: Int, _ d: Int, seed: UInt32 = 1) -> DenseMatrix {
    DenseMatrix(rows: n, columns: d, values: normals(n * d, seed, .inputs))
  }

  /// Fewer samples than features, of a signal with one entry.
  static func diagonal(
    _ parameterization: DiagonalParameterization, samples: Int = 3, features d: Int = 6,
    seed: UInt32 = 1
  ) throws -> DiagonalResidual {
    let x = features(samples, d, seed: seed)
    return try DiagonalResidual(
      parameterization, features: x, targets: (0..<samples).map { 1.5 * x[$0, 0] })
  }

  /// Targets whose interpolants are not sparse: the slow flow stays away from singular points.
  static func dense(_ parameterization: DiagonalParameterization) throws -> DiagonalResidual {
    try DiagonalResidual(
      parameterization, features: features(3, 6, seed: 3), targets: normals(3, 3, .signal))
  }

  /// u = 1 and v = 1, or 0.3 for u v.
  static func evenStart(_ map: DiagonalResidual) -> [Double] {
    let d = map.features.columns
    return [Double](repeating: 1, count: d)
      + [Double](repeating: map.parameterization == .product ? 0.3 : 1, count: d)
  }

  /// Positive and of unlike size.
  static func start(_ map: DiagonalResidual, seed: UInt32 = 1) -> [Double] {
    normals(map.parameterCount, seed, .initialization).map { 0.8 + 0.15 * $0 }
  }

  /// Two thirds of a matrix of rank one.
  static func asymmetric(repeated: Bool = false) throws -> AsymmetricFactorResidual {
    let (left, right) = (normals(5, 3, .leftFactor), normals(4, 3, .rightFactor))
    var entries: [ObservedEntry] = []
    for i in 0..<5 {
      for j in 0..<4 where (i + 2 * j) % 3 != 0 {
        entries.append(
          ObservedEntry(
            row: i, column: j, weight: repeated && i == j ? 2 : 1, value: left[i] * right[j]))
      }
    }
    return try AsymmetricFactorResidual(rows: 5, columns: 4, width: 3, entries: entries)
  }

  /// Diagonal entries, pairs that are observed on one side, and on both.
  static func symmetric() throws -> SymmetricFactorResidual {
    let places = [(0, 0), (0, 1), (1, 0), (1, 2), (3, 1), (2, 2), (3, 4), (4, 0)]
    let factor = normals(5, 4, .leftFactor)
    return try SymmetricFactorResidual(
      size: 5, width: 3,
      entries: places.map {
        ObservedEntry(row: $0.0, column: $0.1, value: factor[$0.0] * factor[$0.1])
      })
  }

  static func point(_ map: some ResidualMap, scale: Double = 0.7, seed: UInt32 = 2) -> [Double] {
    normals(map.parameterCount, seed, .initialization).map { scale * $0 }
  }

  static func maps() throws -> [any ResidualMap] {
    [
      try diagonal(.linear), try diagonal(.difference(depth: 2)), try diagonal(.product),
      try asymmetric(), try asymmetric(repeated: true), try symmetric(),
    ]
  }
}

func distance(_ a: [Double], _ b: [Double]) -> Double {
  a.count == b.count ? euclideanNorm(zip(a, b).map { $0 - $1 }) : .infinity
}
