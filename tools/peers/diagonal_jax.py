"""The diagonal peers in JAX, f32: `lax.scan` over steps, X dense; of several forms the best counts.

One run, w [d]:
- `product`: X w and r X;
- `copy`: X w, and X^T r with a transposed copy of X;
- `reduce`: both as sums of an entrywise product, which XLA fuses;
- `grad`: autodiff of the loss.
A batch:
- `columns`: W [d, B]: X W and X^T R;
- `columns-copy`: the latter with the copy;
- `rows`: W [B, d]: W X^T and R X;
- `vmap-FORM`: a form of one run, vmapped over runs.
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from diagonal_workload import RATE

jax.config.update("jax_enable_x64", True)

SINGLE = ("product", "copy", "reduce", "grad")
BATCHED = ("columns", "columns-copy", "rows", "vmap-product", "vmap-copy", "vmap-grad")

# X w and X^T r of data and w or r.
PRODUCTS = {
    "product": (lambda data, w: data["X"] @ w, lambda data, r: r @ data["X"]),
    "copy": (lambda data, w: data["X"] @ w, lambda data, r: data["copy"] @ r),
    "reduce": (
        lambda data, w: jnp.sum(data["X"] * w, axis=1),
        lambda data, r: jnp.sum(data["X"] * r[:, None], axis=0)),
    "columns": (lambda data, w: data["X"] @ w, lambda data, r: data["X"].T @ r),
    "columns-copy": (lambda data, w: data["X"] @ w, lambda data, r: data["copy"] @ r),
    "rows": (lambda data, w: w @ data["X"].T, lambda data, r: r @ data["X"]),
}


def forms(runs):
    return SINGLE if runs == 1 else BATCHED


# MARK: - Steps


def loss(u, v, data):
    return jnp.mean(jax.nn.softplus(-data["y"] * (data["X"] @ (u * u - v * v))))


def step(form, u, v, data, rate, decay):
    if form == "grad":
        du, dv = jax.grad(loss, (0, 1))(u, v, data)
    else:
        forward, backward = PRODUCTS[form]
        y = data["y"]
        r = -y * jax.nn.sigmoid(-y * forward(data, u * u - v * v)) / y.size
        g = backward(data, r)
        du, dv = 2 * u * g, -2 * v * g
    return u - rate * (du + decay * u), v - rate * (dv + decay * v)


@functools.partial(jax.jit, static_argnames=("form", "steps"))
def train(u, v, data, rate, decay, form, steps):
    def loop(u, v, rate, decay):
        one = lambda uv, _: (step(form.removeprefix("vmap-"), *uv, data, rate, decay), None)
        return lax.scan(one, (u, v), None, length=steps)[0]

    return (jax.vmap(loop) if form.startswith("vmap-") else loop)(u, v, rate, decay)


# MARK: - Arguments


class Data:
    """An instance on JAX's device, for all forms; `copy` is made when one first needs it."""

    def __init__(self, instance):
        self.y, self.init = (np.asarray(instance[name], np.float32) for name in ("y", "init"))
        self.X = jnp.asarray(instance["X"], np.float32)

    @functools.cached_property
    def copy(self):
        return jnp.asarray(np.ascontiguousarray(np.asarray(self.X).T))

    def of(self, form):
        y = self.y[:, None] if form.startswith("columns") else self.y
        data = {"X": self.X, "y": jnp.asarray(y)}
        return data | {"copy": self.copy} if form.endswith("copy") else data


def runner(workload, data, form):
    """A function of a number of steps, which trains so many from the start: u and v, [d] or [d, B]
    or [B, d]."""
    decays = np.asarray(workload.decays, np.float32)
    rates = np.full_like(decays, RATE)
    state = np.repeat(data.init[:, None], workload.runs, axis=1)  # [2, B, d]
    if workload.runs == 1:
        rates, decays, state = rates[0], decays[0], state[:, 0]
    elif form.startswith("columns"):
        state = state.swapaxes(1, 2)
    elif form == "rows":
        rates, decays = rates[:, None], decays[:, None]
    u, v = (jnp.asarray(np.ascontiguousarray(part)) for part in state)
    rates, decays, arguments = jnp.asarray(rates), jnp.asarray(decays), data.of(form)
    return lambda steps: train(u, v, arguments, rates, decays, form=form, steps=steps)


def predictors(workload, form, state):
    """w [B, d] in double of what a runner returned."""
    u, v = (np.asarray(part, float) for part in state)
    w = u * u - v * v
    return w.T if form.startswith("columns") else w.reshape(workload.runs, -1)
