import BatchNumerics

/// Labelled images, such as the handwritten digits of MNIST.
public struct ImageSet: Sendable, Equatable {
  /// One row per image, its pixels in C order (N x pixels): bytes divided by 255, so in [0, 1];
  /// floating-point numbers as they are.
  public let pixels: DenseMatrix
  /// The class of each image, 0..<classes.
  public let labels: [Int]
  /// Highest label of training and test images, plus 1.
  public let classes: Int

  private static let mostClasses = 1000

  /// Reads the training and the test images of a folder with the four files of MNIST:
  /// `train-images-idx3-ubyte`, `train-labels-idx1-ubyte`, `t10k-images-idx3-ubyte` and
  /// `t10k-labels-idx1-ubyte`. Each may be a `.gz`, and may have a dot before `idx`.
  ///
  /// - Throws: `SpecError` naming the file that is missing or unusable, or that does not fit its
  ///   companion.
  public static func load(folder: String) throws -> (train: ImageSet, test: ImageSet) {
    let train = try Files(folder: folder, prefix: "train")
    let test = try Files(folder: folder, prefix: "t10k")
    guard train.pixelCount == test.pixelCount else {
      throw SpecError(
        place: test.imagePath, key: "shape",
        "has images of \(test.pixelCount) pixels, the training images \(train.pixelCount)")
    }
    let classes = 1 + (train.labels + test.labels).reduce(0, max)
    guard classes <= mostClasses else {
      throw SpecError(
        place: folder, key: "labels", value: String(classes - 1), "must be below \(mostClasses)")
    }
    return (train.set(classes: classes), test.set(classes: classes))
  }

  /// A file of images and the file of their labels.
  private struct Files {
    let imagePath: String
    let images: IDXFile
    let labels: [Int]
    let pixelCount: Int

    init(folder: String, prefix: String) throws {
      imagePath = try Self.find(folder, prefix + "-images", "idx3-ubyte")
      let labelPath = try Self.find(folder, prefix + "-labels", "idx1-ubyte")
      images = try IDXFile(path: imagePath)
      guard images.shape.count >= 2, !images.values.isEmpty else {
        throw SpecError(
          place: imagePath, key: "shape", value: "\(images.shape)",
          "must be N x rows x columns, none of them 0")
      }
      guard images.values.allSatisfy(\.isFinite) else {
        throw SpecError(place: imagePath, "has pixels that are infinite or not a number")
      }
      let classes = try IDXFile(path: labelPath)
      guard classes.element == .unsignedByte, classes.shape == [images.shape[0]] else {
        throw SpecError(
          place: labelPath,
          "must be \(images.shape[0]) unsigned bytes, one for each image of \(imagePath), "
            + "not \(classes.shape) of type \(classes.element.rawValue)")
      }
      labels = classes.values.map { Int($0) }
      pixelCount = images.values.count / labels.count
    }

    private static func find(_ folder: String, _ name: String, _ ending: String) throws -> String {
      let paths = ["-", "."].map { "\(folder)/\(name)\($0)\(ending)" }
      for path in paths {
        if let found = IDXFile.existing(path) { return found }
      }
      throw SpecError(
        place: "\(folder)/\(name)-\(ending)",
        "does not exist, with or without .gz; tools/make-mnist makes the files of such a folder")
    }

    func set(classes: Int) -> ImageSet {
      let isByte = images.element == .unsignedByte
      return ImageSet(
        pixels: DenseMatrix(
          rows: labels.count, columns: pixelCount,
          values: isByte ? images.values.map { $0 / 255 } : images.values),
        labels: labels, classes: classes)
    }
  }
}
