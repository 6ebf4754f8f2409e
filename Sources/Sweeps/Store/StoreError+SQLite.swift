import GRDB

extension StoreError {
  /// What an error of SQLite means to whoever keeps results.
  ///
  /// Result codes: https://www.sqlite.org/rescode.html
  init(_ error: DatabaseError, _ path: String) {
    let message = error.message ?? "\(error.resultCode)"
    switch error.resultCode {
    case .SQLITE_NOTADB:
      self = .notAStore(path: path, reason: message)
    case .SQLITE_CORRUPT:
      self = .notAStore(path: path, reason: "is damaged or cut off (\(message))")
    case .SQLITE_BUSY, .SQLITE_LOCKED, .SQLITE_PROTOCOL:
      self = .inUse(path: path)
    case .SQLITE_FULL:
      self = .inputOutput(path: path, reason: "the disk is full; earlier results are intact")
    case .SQLITE_IOERR:
      self = .inputOutput(
        path: path,
        reason: "\(message) (\(error.extendedResultCode.rawValue)); earlier results are intact")
    case .SQLITE_READONLY, .SQLITE_CANTOPEN:
      self = .inputOutput(
        path: path,
        reason: "\(message): SQLite keeps a journal beside the file, in a folder it may write to")
    default:
      self = .inputOutput(path: path, reason: message)
    }
  }

  /// Runs SQL, its errors translated.
  static func translating<T>(_ path: String, _ body: () throws -> T) throws -> T {
    do {
      return try body()
    } catch let error as DatabaseError {
      throw StoreError(error, path)
    } catch is RowDecodingError {
      throw StoreError.notAStore(path: path, reason: "is damaged: a row has what no row can have")
    }
  }
}
