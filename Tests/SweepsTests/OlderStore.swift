// This file implements stores as earlier versions of the program left them.

import GRDB

enum OlderStore {
  /// Turns a store of version 3 back into one of version 1 or 2.
  static func make(_ path: String, version: Int) throws {
    try DatabaseQueue(path: path).write { db in
      for table in ["runs", "curves", "tensors", "predictions"] {
        try db.execute(sql: "ALTER TABLE \(table) RENAME TO new_\(table)")
      }
      for index in ["runs_by_status", "curves_of_run", "tensors_of_run", "predictions_of_run"] {
        try db.execute(sql: "DROP INDEX \(index)")
      }
      try db.execute(sql: first)
      try db.execute(
        sql: """
          INSERT INTO runs SELECT id, sweep, experiment, parameters, status, steps, t1, t2, final,
            device, precision, mapping, seconds, run_steps_per_second, max_deviation, version
            FROM new_runs ORDER BY number;
          INSERT INTO curves SELECT id, metric, data FROM new_curves JOIN new_runs ON number = run
            ORDER BY new_curves.rowid;
          INSERT INTO tensors SELECT id, name, shape, data FROM new_tensors
            JOIN new_runs ON number = run ORDER BY new_tensors.rowid;
          """)
      if version > 1 {
        try db.execute(sql: second)
        try db.execute(
          sql: """
            INSERT INTO predictions SELECT id, name, value, unit, kind, source, conditions
            FROM new_predictions JOIN new_runs ON number = run ORDER BY new_predictions.rowid
            """)
      }
      try db.execute(
        sql: """
          DROP TABLE new_predictions; DROP TABLE new_tensors; DROP TABLE new_curves;
          DROP TABLE new_runs; DROP TABLE batches; PRAGMA user_version = \(version);
          """)
    }
  }

  private static let first = """
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
    """

  private static let second = """
    CREATE TABLE predictions (
      run TEXT NOT NULL, name TEXT NOT NULL, value REAL, unit TEXT NOT NULL, kind TEXT NOT NULL,
      source TEXT NOT NULL, conditions TEXT NOT NULL);
    CREATE INDEX predictions_of_run ON predictions (run);
    """
}
