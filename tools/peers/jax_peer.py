"""The JAX peer on the CPU: jit of the step, vmapped over runs and looped over steps, in two forms.

`scan`: vmap outside, `lax.scan` inside. `fori`: `lax.fori_loop` outside, vmap inside. Which one
XLA likes better depends on the batch, so both are measured and the better one counts; they differ
by a few percent.
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from pacing import timed
from workload import COLUMNS, INIT, L1, L2, RATE, RATES, ROWS, TYPES

jax.config.update("jax_enable_x64", True)

SHARED_BATCHES = (1, 16, 64, 256, 1024, 4096)
OWN_BATCHES = (1, 16, 64, 256, 1024)


def step(a, X, y, rate, l1, l2):
    gradient = X.T @ (X @ a - y)
    return a - rate * (gradient + l2 * a + l1 * jnp.sign(a))


def scan_loop(a, *rest, steps):
    return lax.scan(lambda a, _: (step(a, *rest), None), a, None, length=steps)[0]


@functools.partial(jax.jit, static_argnames=("axes", "form", "steps"))
def train(a, X, y, rate, l1, l2, axes, form, steps):
    """`axes`: the batch axes of the arguments of `step`; None trains a single run."""
    rest = (X, y, rate, l1, l2)
    if form == "scan":
        loop = functools.partial(scan_loop, steps=steps)
        return (loop if axes is None else jax.vmap(loop, axes))(a, *rest)
    one = step if axes is None else jax.vmap(step, axes)
    return lax.fori_loop(0, steps, lambda _, a: one(a, *rest), a)


def arguments(instance, runs, shared, dtype):
    """(a, X, y, rate, l1, l2) and their batch axes; `runs` = 0 is a single run, unbatched."""
    X, y = instance["X"], instance["y"]
    if not shared:
        X = np.random.default_rng(0).normal(size=(runs, ROWS, COLUMNS)) / np.sqrt(ROWS)
        y = X[:, :, 0]
    many = (runs,) if runs else ()
    rate = np.linspace(*RATES, runs) if runs else RATE
    values = (np.full((*many, COLUMNS), INIT), X, y, rate, np.full(many, L1), np.full(many, L2))
    data_axis = None if shared else 0
    axes = (0, data_axis, data_axis, 0, 0, 0) if runs else None
    return [jnp.asarray(value, dtype) for value in values], axes


def cases(instance, precision, seconds, forms=("scan", "fori")):
    """Run-steps per second of each batch and form, as functions without arguments."""
    sizes = [(0, True)] + [(b, True) for b in SHARED_BATCHES] + [(b, False) for b in OWN_BATCHES]
    found = {}
    for runs, shared in sizes:
        values, axes = arguments(instance, runs, shared, TYPES[precision])
        for form in forms:
            run = functools.partial(train, *values, axes=axes, form=form)
            kind = "single" if not runs else f"{'shared' if shared else 'own'}/{runs}"
            found[f"jax/{precision}/{kind}/{form}"] = compiled(run, max(1, runs), seconds)
    return found


def compiled(run, runs, seconds):
    """A function that measures a fixed number of steps, which lasts about `seconds`.

    Every new number of steps is compiled anew, here, outside the measurement.
    """
    def train(steps):
        run(steps=steps).block_until_ready()

    steps = 64
    while True:
        train(steps)
        taken = timed(train, steps)
        if taken > seconds / 20:
            break
        steps *= 16
    steps = max(8, int(steps * seconds / taken))
    train(steps)
    return lambda: runs * steps / timed(train, steps)
