import CKernels
import OpenCLHost

/// The kernel sources that are embedded in the binary.
package enum KernelLibrary {
  private static let texts: [String: String] = {
    var texts: [String: String] = [:]
    for index in 0..<ckernels_count() {
      var length = 0
      guard let name = ckernels_name(index), let text = ckernels_text(index, &length) else {
        continue
      }
      let bytes = UnsafeBufferPointer(start: text, count: length)
      texts[String(cString: name)] = String(decoding: bytes, as: UTF8.self)
    }
    return texts
  }()

  /// Sources by their paths below `Kernels/` without `.cl`, in the order given.
  ///
  /// - Throws: `KernelLibraryError` for a path that is not embedded.
  package static func sources(_ paths: String...) throws -> [ProgramSource] {
    try paths.map { path in
      guard let text = texts[path + ".cl"] else { throw KernelLibraryError(path: path) }
      return ProgramSource(name: path + ".cl", text: text)
    }
  }
}

/// A kernel source that is missing from `Kernels/kernels.c`.
package struct KernelLibraryError: Error, CustomStringConvertible {
  package let path: String

  package var description: String { "kernel source \(path).cl is not embedded" }
}

extension ProgramOptions {
  /// Options with the numbers that a program is specialised for.
  init(numbers: KeyValuePairs<String, Int>) {
    self.init()
    for (name, value) in numbers { define(name, value) }
  }
}
