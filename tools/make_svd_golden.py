#!/usr/bin/env python3
"""Prints Tests/BatchNumericsTests/SingularValueGoldens.swift: singular values that NumPy (LAPACK) finds, of matrices that
are given by formulas which have no rounding errors of their own.

    python3 tools/make_svd_golden.py >Tests/BatchNumericsTests/SingularValueGoldens.swift
"""

import numpy as np

SHAPES = [(7, 7), (12, 8), (8, 12), (33, 31)]
FORMULAS = {
    "quotient": lambda i, j: 1.0 / (2.0 ** ((i + 2 * j) % 5)) + (i * j) % 3,
    "sawtooth": lambda i, j: ((7 * i + 3 * j + i * j) % 11) - 5.0,
    "graded": lambda i, j: (((5 * i + 3 * j) % 7) - 3.0) * 2.0 ** (-2 * j),
}

print("// Written by tools/make_svd_golden.py: singular values by NumPy " + np.__version__ + ".\n")
print("/// Formula, rows, columns, singular values.")
print("let singularValueGoldens: [(formula: String, rows: Int, columns: Int, values: [Double])] = [")
for name, formula in FORMULAS.items():
    for rows, columns in SHAPES:
        matrix = np.array([[formula(i, j) for j in range(columns)] for i in range(rows)])
        values = [repr(float(value)) for value in np.linalg.svd(matrix, compute_uv=False)]
        print(f'  (\n    "{name}", {rows}, {columns},\n    [')
        line = "     "
        for value in values:
            if len(line) + len(value) > 94:
                print(line)
                line = "     "
            line += f" {value},"
        print(line + "\n    ]\n  ),")
print("]")
