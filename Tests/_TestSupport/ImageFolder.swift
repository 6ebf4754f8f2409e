// This file implements folders of tiny labelled images.

import BatchNumerics
import Foundation

public enum ImageFolder {
  /// A folder in MNIST's layout: random bytes, a bright pixel for the class.
  public static func make(
    train: Int = 20, test: Int = 11, side: Int = 3, classes: Int = 4
  ) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    var stream = RandomStream(seed: 3, purpose: .inputs)
    for (name, count) in [("train", train), ("t10k", test)] {
      let labels = (0..<count).map { UInt8($0 % classes) }
      let pixels = labels.flatMap { label in
        (0..<(side * side)).map { $0 == Int(label) ? 250 : UInt8(80 * stream.uniform()) }
      }
      try write([count, side, side], pixels, folder.file("\(name)-images-idx3-ubyte"))
      try write([count], labels, folder.file("\(name)-labels-idx1-ubyte"))
    }
    return folder
  }

  private static func write(_ shape: [Int], _ bytes: [UInt8], _ path: String) throws {
    let sizes = shape.flatMap { size in [24, 16, 8, 0].map { UInt8(size >> $0 & 255) } }
    try Data([0, 0, 8, UInt8(shape.count)] + sizes + bytes).write(to: URL(fileURLWithPath: path))
  }
}
