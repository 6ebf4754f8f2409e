"""The work of the matrix peers, in NumPy and in JAX.

Completion (Notsawo et al. 2025, appendix D.2): 10 x 10, N = 70 observed entries,
    subgradient   A <- A - rate (G + nuclear U V^T)
    proximal      A <- U max(S - rate nuclear, 0) V^T of A - rate G
Multiplication table (Lyu et al. 2023, Fig. 3): W = U U^T - V V^T, 97 x 97, 470 observed entries,
dense as the authors' code has it: 12 d^3 operations a step.
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from pacing import paced, timed
from workload import TYPES

jax.config.update("jax_enable_x64", True)

SIZE, OBSERVED, RUNS = 10, 70, 512
NUCLEAR, INIT = 1e-4, 1e-6
RATES = (0.05, 0.1)
TABLE, TABLE_OBSERVED, TABLE_RATE, DECAY = 97, 470, 0.1, 1e-3
TABLE_BATCHES = (1, 4, 16, 32)


def completion_spec(method, runs=RUNS):
    return f"""\
experiment: matrix-recovery
method: {method}
problem: {{n1: {SIZE}, n2: {SIZE}, r: 2, N: {OBSERVED}, target_seed: 1, measurement_seed: 1}}
regularizer: {{nuclear: {NUCLEAR}}}
init: {{kind: identity, scale: {INIT}}}
steps: 1000
evaluate: {{at: [0]}}
sweep:
  learning_rate: {{linspace: [{RATES[0]}, {RATES[1]}, {runs}]}}
"""


def table_spec(runs):
    return f"""\
experiment: matrix-recovery
parameterization: difference
problem: {{target: multiplication-table, n1: {TABLE}, n2: {TABLE}, N: {TABLE_OBSERVED}}}
learning_rate: {TABLE_RATE}
weight_decay: {DECAY}
steps: 1000
evaluate: {{at: [0]}}
sweep:
  init.scale: {{linspace: [5, 10, {runs}]}}
"""


def numpy_completion(method, target, mask, steps, rate=RATES[1]):
    """One run, as the authors write their loop (without their bookkeeping)."""
    a = INIT * np.eye(SIZE)
    for _ in range(steps):
        gradient = mask * (a - target)
        if method == "subgradient":
            u, _, vt = np.linalg.svd(a, full_matrices=False)
            a = a - rate * (gradient + NUCLEAR * (u @ vt))
        else:
            u, s, vt = np.linalg.svd(a - rate * gradient, full_matrices=False)
            a = (u * np.maximum(s - rate * NUCLEAR, 0)) @ vt
    return a


def jax_step(method, a, target, mask, rate):
    gradient = mask * (a - target)
    if method == "subgradient":
        u, _, vt = jnp.linalg.svd(a, full_matrices=False)
        return a - rate * (gradient + NUCLEAR * (u @ vt))
    u, s, vt = jnp.linalg.svd(a - rate * gradient, full_matrices=False)
    return (u * jnp.maximum(s - rate * NUCLEAR, 0)) @ vt


@functools.partial(jax.jit, static_argnames=("method", "steps"))
def jax_completion(a, target, mask, rates, method, steps):
    def loop(a, rate):
        step = lambda a, _: (jax_step(method, a, target, mask, rate), None)
        return lax.scan(step, a, None, length=steps)[0]
    return jax.vmap(loop)(a, rates)


def table_step(u, v, target, mask):
    r = mask * (u @ u.T - v @ v.T - target) * (2 / TABLE_OBSERVED)
    s = r + r.T
    return u - TABLE_RATE * (s @ u + DECAY * u), v - TABLE_RATE * (-s @ v + DECAY * v)


@functools.partial(jax.jit, static_argnames="steps")
def jax_table(u, v, target, mask, steps):
    def loop(u, v):
        step = lambda uv, _: (table_step(*uv, target, mask), None)
        return lax.scan(step, (u, v), None, length=steps)[0]
    return jax.vmap(loop)(u, v)


def dense(instance):
    """Target and mask of an instance."""
    mask = np.zeros(instance["target"].shape)
    mask[instance["rows"], instance["cols"]] = 1
    return instance["target"], mask


def compiled(run, runs, seconds):
    """Run-steps per second of a fixed number of steps, which lasts about `seconds`."""
    call = lambda steps: jax.block_until_ready(run(steps=steps))
    call(4)
    steps = max(4, int(4 * seconds / timed(call, 4)))
    call(steps)
    return lambda: runs * steps / timed(call, steps)


def cases(completion, table, seconds):
    """Run-steps per second of each peer, as functions without arguments."""
    target, mask = dense(completion)
    found = {}
    for method in ("subgradient", "proximal"):
        found[f"numpy/{method}"] = paced(
            functools.partial(numpy_completion, method, target, mask), 1, seconds)
        for precision, dtype in TYPES.items():
            run = functools.partial(
                jax_completion, jnp.asarray(np.tile(INIT * np.eye(SIZE), (RUNS, 1, 1)), dtype),
                jnp.asarray(target, dtype), jnp.asarray(mask, dtype),
                jnp.asarray(np.linspace(*RATES, RUNS), dtype), method=method)
            found[f"jax/{precision}/{method}/{RUNS}"] = compiled(run, RUNS, 2 * seconds)
    target, mask = dense(table)
    for precision, dtype in TYPES.items():
        for runs in TABLE_BATCHES:
            scales = np.linspace(5, 10, runs)[:, None, None]
            start = jnp.asarray(scales * np.eye(TABLE), dtype)
            run = functools.partial(
                jax_table, start, start, jnp.asarray(target, dtype), jnp.asarray(mask, dtype))
            found[f"jax/{precision}/table/{runs}"] = compiled(run, runs, seconds)
    return found
