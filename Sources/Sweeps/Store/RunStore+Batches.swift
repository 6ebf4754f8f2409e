import GRDB

/// How a planned batch is trained, so that what is left of it is trained the same way.
public struct BatchMapping: Sendable, Equatable {
  public let mapping: String
  public let device: String

  public init(mapping: String, device: String) {
    self.mapping = mapping
    self.device = device
  }
}

extension RunStore {
  /// The mapping that a batch was begun with; nil if it was not begun.
  public func mapping(ofBatch id: String) throws -> BatchMapping? {
    try read { db in
      guard version >= 3 else { return nil }
      return try Row.fetchOne(
        db, sql: "SELECT mapping, device FROM batches WHERE id = ?", arguments: [id]
      ).map { BatchMapping(mapping: $0[0], device: $0[1]) }
    }
  }

  /// Notes the mapping of a batch, in the place of an earlier one.
  public func setMapping(_ mapping: BatchMapping, ofBatch id: String) throws {
    try write { db in
      try db.execute(
        sql: "INSERT OR REPLACE INTO batches (id, mapping, device) VALUES (?, ?, ?)",
        arguments: [id, mapping.mapping, mapping.device])
    }
  }
}
