import BatchNumerics

/// The observed entries of a problem as the factored kernels read them: which rows of the factors
/// ("nodes") pull at which.
///
/// U V^T: the nodes are the rows of U, then those of V. U U^T - V V^T: node i is row i of U and row i
/// of V. Every entry is a pair (neighbour, entry) in the lists of both of its nodes, ascending; a
/// diagonal entry is two pairs of its node. Entries are numbered by (later node, earlier node, row),
/// so that the pairs with an earlier neighbour, node after node, are entries 0, 1, ...
struct ObservedGraph {
  /// The entries in the kernels' order.
  let observed: [ObservedEntry]
  /// [2 nodes + 1]: pairs of node i from 2 i on, those with a later neighbour from 2 i + 1 on.
  let bounds: [Int32]
  /// [2 entries], padded with 0.
  let neighbours: [Int32]
  /// [2 entries], padded with 0.
  let entries: [Int32]
  /// [2, entries]: the nodes of each entry's row and column, padded with 0.
  let ends: [Int32]

  /// - Parameter capacity: the most entries of any problem of the batch; arrays are padded to it.
  init(
    _ unordered: [ObservedEntry], rows: Int, columns: Int, isDifference: Bool, capacity: Int
  ) {
    let offset = isDifference ? 0 : rows
    let nodes = isDifference ? rows : rows + columns
    let observed = unordered.sorted {
      let (a, b) = (($0.row, offset + $0.column), ($1.row, offset + $1.column))
      return (max(a.0, a.1), min(a.0, a.1), a.0) < (max(b.0, b.1), min(b.0, b.1), b.0)
    }
    var pairs = [[(neighbour: Int, entry: Int)]](repeating: [], count: nodes)
    for (index, entry) in observed.enumerated() {
      pairs[entry.row].append((offset + entry.column, index))
      pairs[offset + entry.column].append((entry.row, index))
    }
    var bounds: [Int32] = [0]
    var flat: [(neighbour: Int, entry: Int)] = []
    for node in 0..<nodes {
      let own = pairs[node].sorted { $0 < $1 }
      let isDiagonal = own.contains { $0.neighbour == node }
      let earlier = own.count { $0.neighbour < node } + (isDiagonal ? 1 : 0)
      bounds += [Int32(flat.count + earlier), Int32(flat.count + own.count)]
      flat += own
    }
    let padding = [Int32](repeating: 0, count: capacity - observed.count)
    self.observed = observed
    self.bounds = bounds
    neighbours = flat.map { Int32($0.neighbour) } + padding + padding
    entries = flat.map { Int32($0.entry) } + padding + padding
    ends =
      observed.map { Int32($0.row) } + padding
      + observed.map { Int32(offset + $0.column) } + padding
  }
}
