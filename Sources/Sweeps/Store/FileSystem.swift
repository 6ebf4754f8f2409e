import Foundation

/// The kind of file system that a path is on.
public enum FileSystem {
  /// File systems of Linux that other machines, or the host of a virtual one, may write to.
  private static let shared: Set<String> = [
    "9p", "afs", "beegfs", "ceph", "cifs", "fuse", "fuseblk", "gfs2", "gpfs", "lustre", "ncpfs",
    "nfs", "nfs4", "ocfs2", "orangefs", "smb3", "smbfs", "vboxsf", "virtiofs", "vmhgfs",
  ]

  static func isShared(_ path: String) -> Bool {
    let real = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
    guard let table = try? String(contentsOfFile: "/proc/self/mountinfo", encoding: .utf8),
      let type = type(of: real, mounts: table)
    else { return false }
    return isShared(type: type)
  }

  /// - Parameter type: as `mount` shows it; `fuse.sshfs` is one of `fuse`.
  public static func isShared(type: String) -> Bool {
    shared.contains(String(type.prefix { $0 != "." }))
  }

  /// The type of the file system that is mounted nearest above a path; of two at the same place the
  /// later covers the other.
  ///
  /// - Parameter table: as proc(5) describes `/proc/PID/mountinfo`.
  public static func type(of path: String, mounts table: String) -> String? {
    var found: (point: String, type: String)?
    for line in table.split(separator: "\n") {
      let fields = line.split(separator: " ")
      guard let dash = fields.firstIndex(of: "-"), dash > 4, dash + 1 < fields.count else {
        continue
      }
      let point = unescaped(fields[4])
      let isAbove = point == "/" || path == point || path.hasPrefix(point + "/")
      if isAbove, point.utf8.count >= found?.point.utf8.count ?? 0 {
        found = (point, String(fields[dash + 1]))
      }
    }
    return found?.type
  }

  /// Blanks in a mount point are written `\040`.
  private static func unescaped(_ field: Substring) -> String {
    var bytes: [UInt8] = []
    var rest = Array(field.utf8)[...]
    while let byte = rest.popFirst() {
      let digits = String(decoding: rest.prefix(3), as: UTF8.self)
      if byte == UInt8(ascii: "\\"), digits.utf8.count == 3, let code = UInt8(digits, radix: 8) {
        bytes.append(code)
        rest = rest.dropFirst(3)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
