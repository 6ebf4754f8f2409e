import BatchNumerics
import OpenCLHost

/// The sizes of a run's product C [rows, columns] = op(A) [rows, inner] op(B) [inner, columns].
struct ProductSize: Hashable {
  let rows: Int
  let inner: Int
  let columns: Int
  let isFirstTransposed: Bool
  let isSecondTransposed: Bool

  var multiplications: Int { rows * inner * columns }

  /// The part of C that a work-item makes on a CPU, found by trying on two cores with 512-bit
  /// vectors: large enough to pay for packing op(B), small enough to share one run's product.
  var vectorTile: (rows: Int, columns: Int) {
    if isFirstTransposed, inner > 4 * max(rows, columns) {
      return columns <= 64 ? (max(1, (rows + 1) / 2), 64) : (rows, 128)
    }
    if rows <= 512 { return (64, 128) }
    if columns <= 64 { return (256, 64) }
    return columns <= 128 ? (256, 128) : (240, 256)
  }

  /// The part of C that a work-group makes on a GPU, how much of it an item makes, and how the inner
  /// size is cut: a long one between few results is split, so that there are groups enough.
  func localTile(
    _ precision: Precision, _ device: Capabilities
  ) -> (rows: Int, columns: Int, item: Int, depth: Int, split: Int) {
    let isSmall = rows <= 32 || columns <= 32
    let side = isSmall ? 32 : 64
    let tiles = ((rows + side - 1) / side) * ((columns + side - 1) / side)
    let split = tiles <= 16 && inner >= 1024 ? min(16, inner / 256) : 1
    return (side, side, 4, 16, split)
  }
}

/// The ways to form a product.
package enum ProductRoutine: String, Sendable, CaseIterable {
  /// a work-item per entry
  case plain
  /// register blocks of vectors, for CPUs
  case vectors
  /// tiles in local memory, for GPUs
  case tiles
  /// CLBlast
  case library = "clblast"

  /// What the names of mappings say of CLBlast.
  static var libraryVariant: String { "+" + ProductRoutine.library.rawValue }
}
