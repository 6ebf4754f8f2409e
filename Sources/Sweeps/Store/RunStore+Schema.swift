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
    // Runs are numbered, so that curves, tensors and predictions need not repeat identities.
    """
    CREATE TABLE numbered_runs (
      number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
      sweep INTEGER NOT NULL REFERENCES sweeps(id),
      experiment TEXT NOT NULL, parameters TEXT NOT NULL, status TEXT NOT NULL,
      steps INTEGER NOT NULL, t1 INTEGER, t2 INTEGER, final TEXT NOT NULL,
      device TEXT NOT NULL, precision TEXT NOT NULL, mapping TEXT NOT NULL,
      seconds REAL NOT NULL, run_steps_per_second REAL NOT NULL, max_deviation REAL,
      version TEXT NOT NULL);
    INSERT INTO numbered_runs (\(columnsOfRuns)) SELECT \(columnsOfRuns) FROM runs ORDER BY rowid;
    CREATE TABLE numbered_curves (
      run INTEGER NOT NULL, metric TEXT NOT NULL, data BLOB NOT NULL, digest INTEGER);
    INSERT INTO numbered_curves (run, metric, data) SELECT number, metric, data
      FROM curves JOIN numbered_runs ON numbered_runs.id = run ORDER BY curves.rowid;
    CREATE TABLE numbered_tensors (
      run INTEGER NOT NULL, name TEXT NOT NULL, shape TEXT NOT NULL, data BLOB NOT NULL,
      digest INTEGER);
    INSERT INTO numbered_tensors (run, name, shape, data) SELECT number, name, shape, data
      FROM tensors JOIN numbered_runs ON numbered_runs.id = run ORDER BY tensors.rowid;
    CREATE TABLE numbered_predictions (
      run INTEGER NOT NULL, name TEXT NOT NULL, value REAL, unit TEXT NOT NULL,
      kind TEXT NOT NULL, source TEXT NOT NULL, conditions TEXT NOT NULL);
    INSERT INTO numbered_predictions
      SELECT number, name, value, unit, kind, source, conditions
      FROM predictions JOIN numbered_runs ON numbered_runs.id = run ORDER BY predictions.rowid;
    DROP TABLE predictions; DROP TABLE tensors; DROP TABLE curves; DROP TABLE runs;
    ALTER TABLE numbered_runs RENAME TO runs;
    ALTER TABLE numbered_curves RENAME TO curves;
    ALTER TABLE numbered_tensors RENAME TO tensors;
    ALTER TABLE numbered_predictions RENAME TO predictions;
    CREATE INDEX runs_by_status ON runs (status, id);
    CREATE INDEX curves_of_run ON curves (run);
    CREATE INDEX tensors_of_run ON tensors (run);
    CREATE INDEX predictions_of_run ON predictions (run);
    CREATE TABLE batches (
      id TEXT PRIMARY KEY, mapping TEXT NOT NULL, device TEXT NOT NULL) WITHOUT ROWID;
    """,
  ]

  /// The columns of `runs` that all versions of the schema have.
  static let columnsOfRuns = """
    id, sweep, experiment, parameters, status, steps, t1, t2, final, device, precision, mapping, \
    seconds, run_steps_per_second, max_deviation, version
    """

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

  /// What stands in the column `run` of a run's curves, tensors and predictions, as SQL with the
  /// run's identity for an argument.
  static func runKey(version: Int) -> String {
    version < 3 ? "?" : "(SELECT number FROM runs WHERE id = ?)"
  }
}
