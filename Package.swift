// swift-tools-version: 6.1
import PackageDescription

let package = Package(
  name: "GrokCL",
  products: [
    .executable(name: "grokcl", targets: ["grokcl"]),
    .library(
      name: "GrokCL",
      targets: [
        "BatchNumerics", "Experiments", "Sweeps", "Theory", "ReferenceBackend", "OpenCLBackend",
        "OpenCLHost",
      ]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
  ],
  targets: [
    // MARK: - OpenCL: kernels, C loader, host objects
    .target(
      name: "CKernels",
      path: "Kernels",
      exclude: [
        "common", "linalg", "elementwise", "shrinkage", "reduction", "resident", "random", "svd",
        "network",
      ],
      sources: ["kernels.c"],
      publicHeadersPath: "include"
    ),
    .target(name: "COpenCL"),
    .target(name: "OpenCLHost", dependencies: ["COpenCL"]),

    // MARK: - Numerics and backends
    .target(name: "BatchNumerics"),
    .target(name: "ReferenceBackend", dependencies: ["BatchNumerics"]),
    .target(name: "OpenCLBackend", dependencies: ["BatchNumerics", "OpenCLHost", "CKernels"]),

    // MARK: - The science; imports no backend
    .target(name: "Experiments", dependencies: ["BatchNumerics"]),
    .target(name: "Theory", dependencies: ["BatchNumerics", "Experiments"]),
    .target(
      name: "Sweeps",
      dependencies: [
        "BatchNumerics", "Experiments", "Theory", "Yams",
        .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "Logging", package: "swift-log"),
      ]
    ),
    .target(name: "Figures", dependencies: ["BatchNumerics", "Experiments", "Sweeps", "Theory"]),

    // MARK: - Command line
    .executableTarget(
      name: "grokcl",
      dependencies: [
        "OpenCLBackend", "ReferenceBackend", "Sweeps", "Figures", "Theory",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
      ]
    ),

    // MARK: - Tests
    .target(
      name: "_TestSupport",
      dependencies: ["BatchNumerics", "OpenCLHost"],
      path: "Tests/_TestSupport"
    ),
    .testTarget(name: "OpenCLHostTests", dependencies: ["OpenCLHost", "_TestSupport"]),
    .testTarget(
      name: "BatchNumericsTests",
      dependencies: ["BatchNumerics", "ReferenceBackend", "_TestSupport"]
    ),
    .testTarget(
      name: "BackendTests",
      dependencies: ["ReferenceBackend", "OpenCLBackend", "Experiments", "_TestSupport"]
    ),
    .testTarget(
      name: "ExperimentsTests",
      dependencies: ["Experiments", "ReferenceBackend", "_TestSupport"]
    ),
    .testTarget(
      name: "TheoryTests",
      dependencies: [
        "Theory", "Experiments", "ReferenceBackend", "OpenCLBackend", "_TestSupport",
      ],
      exclude: ["Goldens"]
    ),
    .testTarget(
      name: "SweepsTests",
      dependencies: [
        "Sweeps", "OpenCLBackend", "ReferenceBackend", "_TestSupport",
        .product(name: "GRDB", package: "GRDB.swift"),
      ],
      exclude: ["Goldens"]
    ),
    .testTarget(
      name: "FiguresTests", dependencies: ["Figures", "ReferenceBackend", "Theory", "_TestSupport"]),
    // The worked example of the documentation: a family of one's own.
    .testTarget(
      name: "TutorialTests",
      dependencies: [
        "Sweeps", "OpenCLBackend", "OpenCLHost", "ReferenceBackend", "_TestSupport",
      ]),
    .testTarget(
      name: "CommandLineTests",
      dependencies: ["grokcl", "_TestSupport", .product(name: "GRDB", package: "GRDB.swift")]
    ),
  ],
  swiftLanguageModes: [.v6],
  cLanguageStandard: .c2x
)
