#!/usr/bin/env python3
"""Writes the golden instances and curves of Tests/SweepsTests/Goldens.

    python3 tools/make_instance_golden.py        (needs NumPy; writes the same bytes every time)

A plain double-precision NumPy loop, written from the formulas and not from the Swift sources:
the check that `--instance` trains exactly the given tensors, by exactly the documented rules.
Objective: 1/2 |X a - y|^2 + sum_k (l2/2 |A_k|^2 + l1 |A_k|_1), a = A_1 * ... * A_L.
"""

import json
import os
import struct

import numpy as np

SEED = 20250611
FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Tests", "SweepsTests", "Goldens")
COLUMNS, ROWS, SPARSITY = 40, 17, 3
STEPS = [0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]
CASES = [
    # name, method, depth, learning rate, l1, l2
    ("subgradient", "subgradient", 1, 0.1, 1e-3, 0.0),
    ("subgradient-ridge", "subgradient", 1, 0.05, 2e-3, 1e-2),
    ("projected", "projected", 1, 0.1, 1e-2, 1e-3),
    ("proximal", "proximal", 1, 0.1, 1e-3, 1e-3),
    ("depth-2", "subgradient", 2, 0.05, 1e-3, 1e-3),
    ("depth-3", "subgradient", 3, 0.05, 1e-4, 1e-3),
]


def write_safetensors(path, tensors):
    """The format by hand: 8 bytes of header length, JSON, little-endian numbers in C order."""
    header, position = {}, 0
    for name, values in tensors.items():
        end = position + values.nbytes
        header[name] = {"dtype": "F64", "shape": list(values.shape), "data_offsets": [position, end]}
        position = end
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for values in tensors.values():
            file.write(np.ascontiguousarray(values, "<f8").tobytes())


def step(factors, x, y, pseudo_inverse, method, rate, l1, l2):
    if method == "projected":
        a = factors[0]
        a = a - rate * (x.T @ (x @ a - y) + l2 * a + l1 * np.sign(a))
        return np.array([a - pseudo_inverse @ (x @ a - y)])
    gradient = x.T @ (x @ np.prod(factors, axis=0) - y)
    slopes = np.array([
        np.prod(np.delete(factors, k, axis=0), axis=0) * gradient for k in range(len(factors))
    ])
    if method == "subgradient":
        return factors - rate * (slopes + l2 * factors + l1 * np.sign(factors))
    z = factors - rate * (slopes + l2 * factors)
    return np.sign(z) * np.maximum(np.abs(z) - rate * l1, 0)


def train(factors, x, y, target, method, rate, l1, l2):
    metrics = {"train_error": [], "test_error": [], "l1_norm": [], "l2_norm": []}
    pseudo_inverse = np.linalg.pinv(x)
    for t in range(STEPS[-1] + 1):
        if t > 0:
            factors = step(factors, x, y, pseudo_inverse, method, rate, l1, l2)
        if t in STEPS:
            a = np.prod(factors, axis=0)
            metrics["train_error"].append(float(np.linalg.norm(x @ a - y) / np.linalg.norm(y)))
            metrics["test_error"].append(
                float(np.linalg.norm(a - target) / np.linalg.norm(target)))
            metrics["l1_norm"].append(float(np.abs(a).sum()))
            metrics["l2_norm"].append(float(np.linalg.norm(a)))
    return metrics, np.prod(factors, axis=0)


def main():
    os.makedirs(FOLDER, exist_ok=True)
    source = np.random.RandomState(SEED)
    x = source.randn(ROWS, COLUMNS) / np.sqrt(ROWS)
    target = np.zeros(COLUMNS)
    target[source.permutation(COLUMNS)[:SPARSITY]] = source.randn(SPARSITY)
    y = x @ target + 1e-3 * source.randn(ROWS)
    starts = {depth: 0.3 * source.randn(depth, COLUMNS) for depth in (1, 2, 3)}
    for depth, start in starts.items():
        write_safetensors(
            os.path.join(FOLDER, f"instance-depth{depth}.safetensors"),
            {"X": x, "y": y, "target": target, "init": start})
    cases = []
    for name, method, depth, rate, l1, l2 in CASES:
        metrics, learned = train(starts[depth].copy(), x, y, target, method, rate, l1, l2)
        cases.append({
            "name": name, "instance": f"instance-depth{depth}.safetensors", "method": method,
            "depth": depth, "learning_rate": rate, "l1": l1, "l2": l2, "steps": STEPS,
            "metrics": metrics, "learned": learned.tolist(),
        })
    record = {
        "command": "python3 tools/make_instance_golden.py", "seed": SEED,
        "generator": "numpy.random.RandomState", "numpy": np.__version__, "cases": cases,
    }
    with open(os.path.join(FOLDER, "instance.json"), "w", encoding="utf-8") as file:
        json.dump(record, file, indent=1)
        file.write("\n")


if __name__ == "__main__":
    main()
