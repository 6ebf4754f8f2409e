"""That all peers train alike: from the same start on the same data, their training losses agree."""

import json
import math
import sys

import numpy as np

import diagonal_jax
from agreement import instance_of
from bars import Bar
from diagonal_workload import RATE

# Steps after which losses are compared.
STEPS = 10
# Largest difference of a run's losses, relative to the peer's.
LIMIT = 1e-4
PEERS = {1: ("product", "copy", "grad"), 16: ("columns", "columns-copy", "rows", "vmap-product")}


def deviations(grokcl, workloads):
    """Of grokcl's f32 losses from each peer's, the largest of all runs, by workload and peer.

    The runs of all workloads are on the instance of the first, which is of one run.
    """
    instance = checked(instance_of(grokcl, grokcl.write_spec("agreement", workloads[0].spec())))
    data, found = diagonal_jax.Data(instance), {}
    for workload in workloads:
        ours = grokcl_losses(grokcl, workload)
        w = numpy_predictors(workload, instance)
        found[f"{workload.name}: numpy/f64"] = largest(ours, losses(instance, w))
        for form in PEERS[workload.runs]:
            state = diagonal_jax.runner(workload, data, form)(STEPS)
            w = diagonal_jax.predictors(workload, form, state)
            found[f"{workload.name}: jax/f32/{form}"] = largest(ours, losses(instance, w))
    return found


def checked(instance):
    missing = {"X", "y", "init"} - set(instance)
    if missing:
        sys.exit(
            f"tools/peers: the instance of grokcl lacks {', '.join(sorted(missing))};"
            f" it has {', '.join(sorted(instance))}")
    return instance


def grokcl_losses(grokcl, workload):
    """Final training loss of each run, in the order of the decays; NaN where there is none."""
    spec = grokcl.write_spec("agreement", workload.spec())
    lines = grokcl.call(
        "run", spec, "--precision", "f32", "--steps", STEPS, "--device", "opencl", "--json")[0]
    runs = sorted(
        map(json.loads, lines.splitlines()), key=lambda run: run["parameters"]["weight_decay"])
    if len(runs) != workload.runs or any("train_loss" not in run["final"] for run in runs):
        sys.exit(
            f"tools/peers: grokcl should print {workload.runs} runs with a train_loss;"
            f" it printed:\n{lines}")
    found = [run["final"]["train_loss"] for run in runs]
    return [math.nan if loss is None else float(loss) for loss in found]


def numpy_predictors(workload, instance):
    """w [B, d] after the steps in float64."""
    X, y = instance["X"].astype(float), instance["y"].astype(float)[:, None]
    u, v = (np.repeat(part[:, None], workload.runs, axis=1) for part in instance["init"])
    decays = np.array(workload.decays)
    for _ in range(STEPS):
        r = -y / (1 + np.exp(y * (X @ (u * u - v * v)))) / y.size
        g = X.T @ r
        u, v = u - RATE * (2 * u * g + decays * u), v - RATE * (-2 * v * g + decays * v)
    return (u * u - v * v).T


def losses(instance, w):
    """Training loss of each predictor, in double."""
    return np.logaddexp(0, -instance["y"] * (w @ instance["X"].T)).mean(1)


def largest(ours, theirs):
    """NaN if any is."""
    return float(np.max(np.abs(np.subtract(ours, theirs)) / np.abs(theirs)))


def bars(found, workloads):
    """One per workload: the worst of all peers. NaN fails."""
    judged = []
    for workload in workloads:
        own = {name: d for name, d in found.items() if name.startswith(workload.name + ":")}
        name = max(own, key=lambda name: math.inf if math.isnan(own[name]) else own[name])
        worst = own[name]
        judged.append(Bar(
            f"losses after {STEPS} steps off by, {name}", worst, worst, worst, worst, LIMIT,
            at_most=True))
    return judged
