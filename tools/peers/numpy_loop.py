"""The NumPy peers, float64: one run, as the authors of Notsawo et al. write their loop; a batch."""

import numpy as np

from pacing import paced
from workload import INIT, L1, L2, RATE, RATES


def plain(a, X, y, steps):
    """The step alone. This is the loop that ratios refer to."""
    for _ in range(steps):
        gradient = X.T @ (X @ a - y)
        a = a - RATE * (gradient + L2 * a + L1 * np.sign(a))
    return a


def as_coded(a, X, y, target, steps, every):
    """The step as their code spells it, with its bookkeeping every `every` steps.

    What is theirs: the conjugate transpose, separate sums, an identity in place of the projection;
    then both errors, and a copy of `a`. Left out: their progress bar.
    """
    project = lambda a, rate: a
    train_errors, errors, iterates = [], [], []
    for iteration in range(1, steps + 1):
        gradient = X.conj().T @ (X @ a - y)
        gradient = gradient + L2 * a
        direction = np.sign(a)
        gradient = gradient + L1 * direction
        a = project(a - RATE * gradient, RATE)
        if iteration % every == 0:
            kept = (np.abs(a) >= -np.inf) * a
            train_errors.append(np.linalg.norm(X @ kept - y, 2) / np.linalg.norm(y, 2))
            errors.append(np.linalg.norm(a - target, 2) / np.linalg.norm(target, 2))
            iterates.append(a + 0)
    return a


def batched(a, X, y, rates, steps):
    """All runs at once on one X, two matrix products a step; not the authors'. a [B, n]"""
    for _ in range(steps):
        gradient = (a @ X.T - y) @ X
        a = a - rates * (gradient + L2 * a + L1 * np.sign(a))
    return a


def cases(instance, runs=1024, seconds=0.5):
    """Run-steps per second of each peer, as functions without arguments."""
    X, y, target = instance["X"], instance["y"], instance["target"]
    start = np.full(X.shape[1], INIT)
    many = np.tile(start, (runs, 1))
    rates = np.linspace(*RATES, runs)[:, None]
    return {
        "numpy/plain": paced(lambda steps: plain(start, X, y, steps), 1, seconds),
        # Beyond step 1000 the authors evaluate every 1000 steps, before that every step.
        "numpy/as-coded": paced(
            lambda steps: as_coded(start, X, y, target, steps, 1000), 1, seconds),
        "numpy/as-coded-evaluating": paced(
            lambda steps: as_coded(start, X, y, target, steps, 1), 1, seconds),
        f"numpy/batched/{runs}": paced(
            lambda steps: batched(many, X, y, rates, steps), runs, seconds),
    }
