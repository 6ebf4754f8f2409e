"""The work that every peer does: subgradient descent of sparse recovery, n = 100, N = 30.

    a <- a - rate (X^T (X a - y) + l2 a + l1 sign(a))        Notsawo et al. 2025, section 3

Tensors: X [N, n], y [N], a [n]; a batch adds a leading axis.
"""

import json

import numpy as np

COLUMNS, ROWS = 100, 30
RATE, L1, L2, INIT = 0.1, 1e-5, 0.0, 1e-6
# Rates of a batch on one X; below 2 / sigma_max(X^T X) = 0.28.
RATES = (0.01, 0.1)

# Two matrix-vector products a step; the rest is not counted.
FLOPS_PER_STEP = 4 * COLUMNS * ROWS

TYPES = {"f32": np.float32, "f64": np.float64}


def gflops(run_steps_per_second):
    return run_steps_per_second * FLOPS_PER_STEP / 1e9


def spec(sweep=""):
    """A spec of grokcl: evaluated at its ends only, so that the steps are what is timed."""
    data = "" if sweep.startswith("seed") else ", signal_seed: 1, measurement_seed: 1"
    return f"""\
experiment: sparse-recovery
method: subgradient
problem: {{n: {COLUMNS}, N: {ROWS}{data}}}
learning_rate: {RATE}
regularizer: {{l1: {L1}, l2: {L2}}}
init: {{kind: ones, scale: {INIT}}}
steps: 1000
evaluate: {{at: [0]}}
seed: 1
""" + (f"sweep:\n  {sweep}\n" if sweep else "")


def shared_spec(runs):
    """`runs` runs on one X."""
    return spec(f"learning_rate: {{linspace: [{RATES[0]}, {RATES[1]}, {runs}]}}")


def own_spec(runs):
    """`runs` runs, each with its own X, y and target."""
    return spec(f"seed: {{range: [0, {runs}]}}")


def needed_bytes(runs, problems, precision):
    """What state and data take: n and three hyperparameters a run; X, y and target a problem."""
    numbers = runs * (COLUMNS + 3) + problems * (ROWS * COLUMNS + ROWS + COLUMNS)
    return numbers * np.dtype(TYPES[precision]).itemsize


def read_safetensors(path):
    """The tensors of a file as `grokcl instance` writes it: header length, JSON header, bytes."""
    with open(path, "rb") as file:
        header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        data = file.read()
    types = {"F64": "<f8", "F32": "<f4", "I64": "<i8"}
    return {
        name: np.frombuffer(data[slice(*entry["data_offsets"])], types[entry["dtype"]])
        .reshape(entry["shape"])
        for name, entry in header.items()
        if name != "__metadata__"
    }
