// This file implements the Swift side of library loading: what was found, and why not more.

internal import COpenCL

/// How the OpenCL library was found. Loading happens on first use and never fails the program.
public struct LoaderReport: Sendable, Hashable {
  /// The library that was opened, e.g. `libOpenCL.so.1`; nil when there is none.
  public let library: String?
  /// Why there is none: the dynamic linker's words, or `GROKCL_NO_OPENCL`.
  public let problem: String?
  /// The NVIDIA driver we registered because no vendor was, through `OCL_ICD_VENDORS`.
  public let nvidiaDriver: String?
  /// Lines for a person, one per finding.
  public var notes: [String] {
    var notes: [String] = []
    if let nvidiaDriver {
      notes.append(
        "no .icd file in /etc/OpenCL/vendors: using \(nvidiaDriver) through OCL_ICD_VENDORS"
      )
    }
    if library == nil {
      notes.append("no OpenCL loader: \(problem ?? "unknown reason")")
    }
    return notes
  }
}

/// Access to the run-time loaded OpenCL library.
public enum Loader {
  /// What loading found; opens the library if nothing did before.
  public static var report: LoaderReport {
    let library = ocl_library_current()
    func text(_ pointer: UnsafePointer<CChar>) -> String? {
      let string = String(cString: pointer)
      return string.isEmpty ? nil : string
    }
    return LoaderReport(
      library: ocl_library_is_loaded(library) ? text(ocl_library_name(library)) : nil,
      problem: text(ocl_library_problem(library)),
      nvidiaDriver: text(ocl_library_nvidia(library))
    )
  }

  /// Runs `body` with this thread's OpenCL calls going to the library `name`, or to none when it
  /// does not open. For tests: objects made inside must not outlive the call.
  ///
  /// - Parameters:
  ///   - name: as given to `dlopen`.
  ///   - body: synchronous work.
  /// - Returns: what `body` returns.
  package static func withLibrary<Result>(_ name: String, _ body: () -> Result) -> Result {
    let library = ocl_library_open(name)
    defer { ocl_library_free(library) }
    ocl_library_use(library)
    defer { ocl_library_use(nil) }
    return body()
  }

  /// The NVIDIA driver that would be registered if `folder` were the folder of .icd files.
  ///
  /// - Parameter folder: instead of `/etc/OpenCL/vendors`.
  /// - Returns: an absolute path, or nil when a vendor is registered or no driver is there.
  package static func loneNVIDIADriver(vendors folder: String) -> String? {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 512) { path in
      guard let start = path.baseAddress, ocl_find_lone_nvidia(folder, start, path.count) else {
        return nil
      }
      return String(cString: start)
    }
  }
}
