import GRDB

extension RunStore {
  /// What turns each version of the schema into the next; the first makes an empty file a store.
  private static let migrations = [
    """
    CREATE TABLE sweeps (
      id INTEGER PRIMARY KEY, name TEXT NOT NULL, spec TEXT NOT NULL, created TEXT NOT NULL,
      version TEXT NOT NULL);
    CREATE TABLE runs (
      id TEXT PRIMARY KEY, sweep INTEGER NOT NULL REFERENCES sweeps(id),
      experiment TEXT NOT NULL, parameters TEXT NOT NULL, status TEXT NOT NULL,
      steps INTEGER NOT NULL, t1 INTEGER, t2 INTEGER, final TEXT NOT NULL,
      device TEXT NOT NULL, precision TEXT NOT NULL, mapping TEXT NOT NULL,
      seconds REAL NOT NULL, run_steps_per_second REAL NOT NULL, max_deviation REAL,
      version TEXT NOT NULL);
    CREATE TABLE curves (
      run TEXT NOT NULL, metric TEXT NOT NULL, data BLOB NOT NULL, UNIQUE (run, metric));
    CREATE TABLE tensors (
      run TEXT NOT NULL, name TEXT NOT NULL, shape TEXT NOT NULL, data BLOB NOT NULL,
      UNIQUE (run, name));
    CREATE TABLE device_timings (
      id INTEGER PRIMARY KEY, sweep INTEGER NOT NULL REFERENCES sweeps(id),
      device TEXT NOT NULL, mapping TEXT NOT NULL, runs INTEGER NOT NULL,
      run_steps INTEGER NOT NULL, setup_seconds REAL NOT NULL, training_seconds REAL NOT NULL,
      allocated_bytes INTEGER NOT NULL);
    """,
    """
    CREATE TABLE predictions (
      run TEXT NOT NULL, name TEXT NOT NULL, value REAL, unit TEXT NOT NULL, kind TEXT NOT NULL,
      source TEXT NOT NULL, conditions TEXT NOT NULL);
    CREATE INDEX predictions_of_run ON predictions (run);
    """,
  ]

  /// The version of the schema that this program writes, kept in SQLite's `user_version`.
  public static var schemaVersion: Int { migrations.count }

  /// Brings a file of an older version, or an empty one, to this program's; all of it or nothing.
  static func migrate(_ db: Database, from version: Int) throws {
    for step in migrations[version...] { try db.execute(sql: step) }
    try db.execute(sql: "PRAGMA user_version = \(schemaVersion)")
  }

  /// The schema version of the file; 0 for an empty one.
  static func version(_ db: Database, _ path: String) throws -> Int {
    let version = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
    let tables = try Int.fetchOne(db, sql: "SELECT COUNT(*) FROM sqlite_master") ?? 0
    guard version <= schemaVersion, version > 0 || tables == 0 else {
      throw StoreError.notAStore(
        path: path,
        reason: version > schemaVersion
          ? "is of schema version \(version); this program knows up to \(schemaVersion)"
          : "is an SQLite file but not a grokcl store")
    }
    return version
  }
}
