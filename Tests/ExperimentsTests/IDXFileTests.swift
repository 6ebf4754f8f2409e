// This file tests reading IDX files and folders of labelled images.

import BatchNumerics
import Experiments
import Foundation
import Testing
import _TestSupport

@Suite struct IDXFileTests {
  static func file(_ type: UInt8, _ shape: [Int], _ data: [UInt8]) -> [UInt8] {
    [0, 0, type, UInt8(shape.count)]
      + shape.flatMap { size in
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: size >> $0) }
      } + data
  }

  /// A gzip member with one stored block.
  static func gzip(_ bytes: [UInt8]) -> [UInt8] {
    func little(_ word: UInt32, _ count: Int) -> [UInt8] {
      (0..<count).map { UInt8(truncatingIfNeeded: word >> UInt32(8 * $0)) }
    }
    let count = UInt32(bytes.count)
    return [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255, 1] + little(count, 2) + little(~count, 2) + bytes
      + little(Gzip.crc32(bytes[...]), 4) + little(count, 4)
  }

  static func write(_ bytes: [UInt8], _ path: String) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: path))
  }

  // MARK: - Files

  @Test func bytes() throws {
    let file = try IDXFile(bytes: Self.file(8, [2, 1, 3], [0, 1, 2, 127, 128, 255]))
    #expect(file.element == .unsignedByte && file.shape == [2, 1, 3])
    #expect(file.values == [0, 1, 2, 127, 128, 255])
  }

  @Test func floatingPoint() throws {
    let floats: [Float] = [1, -2.5, .leastNonzeroMagnitude, .infinity]
    let single = try IDXFile(
      bytes: Self.file(
        13, [4],
        floats.flatMap { value in
          (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (24 - 8 * UInt32($0))) }
        }))
    #expect(single.element == .float && single.values == floats.map { Double($0) })
    let doubles: [Double] = [1, -2.5, .leastNonzeroMagnitude, 1 / 3]
    let double = try IDXFile(
      bytes: Self.file(
        14, [2, 2],
        doubles.flatMap { value in
          (0..<8).map { UInt8(truncatingIfNeeded: value.bitPattern >> (56 - 8 * UInt64($0))) }
        }))
    #expect(double.element == .double && double.values == doubles)
  }

  @Test func noElements() throws {
    #expect(try IDXFile(bytes: Self.file(8, [0, 28, 28], [])).values.isEmpty)
  }

  @Test(arguments: [
    ([], "not an IDX file"),
    ([0, 0, 8], "not an IDX file"),
    ([0, 1, 8, 1, 0, 0, 0, 0], "not an IDX file"),
    ([0, 0, 9, 1, 0, 0, 0, 0], "type = 9: must be 8"),
    ([0, 0, 8, 0], "rank = 0: "),
    ([0, 0, 8, 255, 0, 0], "rank = 255: "),
    ([0, 0, 8, 2, 0, 0, 0, 1, 0, 0, 0], "rank = 2: "),
    ([0, 0, 8, 1, 0, 0, 0, 2, 7], "shape: [2] needs 2 bytes of elements, not 1"),
    ([0, 0, 8, 1, 0, 0, 0, 1, 7, 7], "shape: [1] needs 1 bytes of elements, not 2"),
    ([0, 0, 14, 1, 0, 0, 0, 1, 7], "shape: [1] needs 8 bytes of elements, not 1"),
    ([0, 0, 8, 3] + [UInt8](repeating: 255, count: 12), "is too large"),
  ]) func unusableBytes(bytes: [UInt8], message: String) {
    #expect(specError { _ = try IDXFile(bytes: bytes) }.contains(message))
  }

  @Test func plainAndCompressedFiles() throws {
    let folder = try TemporaryFolder()
    try Self.write(Self.gzip(Self.file(8, [1], [5])), folder.file("a.gz"))
    #expect(try IDXFile(path: folder.file("a")).values == [5])
    #expect(try IDXFile(path: folder.file("a.gz")).values == [5])
    try Self.write(Self.file(8, [1], [6]), folder.file("a"))
    #expect(try IDXFile(path: folder.file("a")).values == [6])
    // Compressed, though the name does not say so.
    try Self.write(Self.gzip(Self.file(8, [1], [7])), folder.file("a"))
    #expect(try IDXFile(path: folder.file("a")).values == [7])
  }

  @Test func unusableFilesAreNamed() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("a")
    #expect(
      specError { _ = try IDXFile(path: path) } == path + ": does not exist, with or without .gz")
    #expect(specError { _ = try IDXFile(path: "/tmp") }.hasPrefix("/tmp: cannot be read"))
    try Self.write(Self.file(8, [1], [5]), path + ".gz")
    let plain = specError { _ = try IDXFile(path: path) }
    #expect(plain == path + ".gz: a gzip member must start with the bytes 1f 8b")
    try Self.write(Array(Self.gzip(Self.file(8, [1], [5])).dropLast()), path + ".gz")
    let short = specError { _ = try IDXFile(path: path) }
    #expect(short == path + ".gz: the gzip data end too early")
    try Self.write(Self.gzip([1, 2, 3, 4]), path + ".gz")
    #expect(specError { _ = try IDXFile(path: path) }.hasPrefix(path + ".gz: not an IDX file"))
  }

  // MARK: - Folders of images

  /// Three training images of 2 x 2 pixels and two test images.
  static func folder(
    separator: String = "-", without missing: String? = nil, _ changes: [String: [UInt8]] = [:]
  ) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    var files: [String: [UInt8]] = [
      "train-images": file(8, [3, 2, 2], [0, 51, 102, 255] + [UInt8](repeating: 1, count: 8)),
      "train-labels": file(8, [3], [1, 0, 2]),
      "t10k-images": gzip(file(8, [2, 2, 2], [UInt8](repeating: 255, count: 8))),
      "t10k-labels": gzip(file(8, [2], [3, 0])),
    ]
    for (name, bytes) in changes { files[name] = bytes }
    for (name, bytes) in files where name != missing {
      let rank = name.hasSuffix("images") ? 3 : 1
      let ending = Gzip.isGzip(bytes) ? ".gz" : ""
      try write(bytes, folder.file("\(name)\(separator)idx\(rank)-ubyte\(ending)"))
    }
    return folder
  }

  @Test(arguments: ["-", "."]) func loadsFolder(separator: String) throws {
    let folder = try Self.folder(separator: separator)
    let (train, test) = try ImageSet.load(folder: folder.path)
    #expect(train.pixels.rows == 3 && train.pixels.columns == 4)
    #expect(Array(train.pixels.values[..<5]) == [0, 0.2, 0.4, 1, 1 / 255.0])
    #expect(train.labels == [1, 0, 2] && test.labels == [3, 0])
    #expect(test.pixels == DenseMatrix(rows: 2, columns: 4, values: [1, 1, 1, 1, 1, 1, 1, 1]))
    #expect(train.classes == 4 && test.classes == 4)
  }

  @Test func floatingPointPixelsStay() throws {
    let bytes: [UInt8] = [0xC0, 0x20, 0, 0]  // -2.5
    let images = Self.file(13, [3, 4], (0..<12).flatMap { _ in bytes })
    let folder = try Self.folder(["train-images": images])
    let (train, _) = try ImageSet.load(folder: folder.path)
    #expect(
      train.pixels == DenseMatrix(rows: 3, columns: 4, values: .init(repeating: -2.5, count: 12)))
  }

  @Test(arguments: ["train-images", "train-labels", "t10k-images", "t10k-labels"])
  func missingFileIsNamed(name: String) throws {
    let folder = try Self.folder(without: name)
    let text = specError { _ = try ImageSet.load(folder: folder.path) }
    #expect(text.hasPrefix(folder.file(name)) && text.contains("tools/make-mnist"))
  }

  static let misfits: [(String, [UInt8], String)] = [
    ("train-labels", file(8, [2], [0, 1]), "must be 3 unsigned bytes"),
    ("train-labels", file(13, [3], [UInt8](repeating: 0, count: 12)), "of type 13"),
    ("t10k-labels", file(8, [2, 1], [0, 1]), "not [2, 1] of type 8"),
    (
      "t10k-images", file(8, [2, 1, 3], [1, 2, 3, 4, 5, 6]),
      "images of 3 pixels, the training images 4"
    ),
    ("train-images", file(8, [3], [1, 2, 3]), "shape = [3]: must be N x rows x columns"),
    ("train-images", file(8, [0, 2, 2], []), "shape = [0, 2, 2]: must be N x rows x columns"),
    ("train-images", file(8, [3, 0, 2], []), "shape = [3, 0, 2]: must be N x rows x columns"),
    (
      "train-images", file(13, [3, 1], [UInt8](repeating: 0xFF, count: 12)),
      "infinite or not a number"
    ),
  ]

  @Test(arguments: misfits) func misfitIsNamed(name: String, bytes: [UInt8], message: String) throws
  {
    let folder = try Self.folder([
      "t10k-images": Self.file(8, [2, 2, 2], [1, 2, 3, 4, 5, 6, 7, 8])
    ])
    let rank = name.hasSuffix("images") ? 3 : 1
    let path = folder.file("\(name)-idx\(rank)-ubyte")
    try Self.write(bytes, path)
    let text = specError { _ = try ImageSet.load(folder: folder.path) }
    #expect(text.hasPrefix(path + ": ") && text.contains(message))
  }
}
