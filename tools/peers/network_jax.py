"""The network peers in JAX: gradients in several forms, Adam and gradient descent, batches, loops.

Forms of the gradient, of which the best counts:
- `take`: the embeddings by a gather; all by autodiff, so their gradient is a scatter-add;
- `segments`: by hand; the gradient of the embeddings as sums over sorted segments;
- `product`: by hand; the gradient of the embeddings as a matrix product with one-hots;
- `one-hot`: all by autodiff, the embeddings as matrix products with one-hots (dense).
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from network_workload import ADAM_RATE, DECAY, GD_RATE, L2, P

jax.config.update("jax_enable_x64", True)

FORMS = ("take", "segments", "product", "one-hot")


# MARK: - Start and data


def start_of(instance, dtype):
    """Parameters; layer 1 of the one-hot net is held transposed, [2p, h], for its gather."""
    names = [name for name in ("E", "W1", "b1", "W2", "b2") if name in instance]
    found = {name: jnp.asarray(instance[name], dtype) for name in names}
    if "E" not in found:
        found["E"] = found.pop("W1").T
    return found


def data_of(instance, dtype):
    """Pairs and labels; one-hots of both tokens; and both tokens in order, with where they came
    from. Tokens of the one-hot net's second slot are shifted by p."""
    x = instance["train_x"] + (0 if "E" in instance else np.array([0, P]))
    rows = len(instance["E"]) if "E" in instance else 2 * P
    tokens = x.T.reshape(-1)  # all first ones, then all second ones
    order = np.argsort(tokens, kind="stable")
    hot = np.eye(rows)[x]
    return {
        "x": jnp.asarray(x, np.int32), "y": jnp.asarray(instance["train_y"], np.int32),
        "hot": jnp.asarray(np.moveaxis(hot, 1, 0), dtype), "pair": jnp.asarray(hot.sum(1), dtype),
        "order": jnp.asarray(order, np.int32), "sorted": jnp.asarray(tokens[order], np.int32),
    }


# MARK: - Features and loss


def rows(table, index):
    return table.at[index].get(mode="promise_in_bounds")


def features(kind, table, data):
    first, second = rows(table, data["x"][:, 0]), rows(table, data["x"][:, 1])
    return first * second if kind == "hadamard" else first + second


def dense_features(kind, table, data):
    if kind == "hadamard":
        return (data["hot"][0] @ table) * (data["hot"][1] @ table)
    return data["pair"] @ table


def outputs(params, u):
    """Of features u; the features of the one-hot net are the inputs of its hidden layer."""
    z = u @ params["W1"].T if "W1" in params else u
    hidden = jax.nn.relu(z + params["b1"])
    o = hidden @ params["W2"].T
    return hidden, o + params["b2"] if "b2" in params else o


def loss(kind, params, data, of=features):
    """Mean cross-entropy."""
    _, o = outputs(params, of(kind, params["E"], data))
    chosen = jnp.take_along_axis(o, data["y"][:, None], axis=1)[:, 0]
    return jnp.mean(jax.nn.logsumexp(o, axis=1) - chosen)


# MARK: - Gradients


def by_autodiff(kind, params, data, of):
    return jax.grad(lambda params: loss(kind, params, data, of))(params)


def by_hand(kind, params, data, table_gradient):
    """The slopes of the features go to the table by `table_gradient`."""
    u = features(kind, params["E"], data)
    hidden, o = outputs(params, u)
    labels = data["y"][:, None] == jnp.arange(P, dtype=np.int32)
    g = (jax.nn.softmax(o, axis=1) - labels.astype(o.dtype)) / len(o)
    dz = jnp.where(hidden > 0, g @ params["W2"], 0)
    found = {"W2": g.T @ hidden, "b1": dz.sum(0)}
    if "b2" in params:
        found["b2"] = g.sum(0)
    if "W1" in params:
        found["W1"] = dz.T @ u
        dz = dz @ params["W1"]
    return found | {"E": table_gradient(kind, dz, params["E"], data)}


def slot_slopes(kind, du, table, data):
    """Slopes of both embeddings of a pair."""
    if kind != "hadamard":
        return du, du
    return du * rows(table, data["x"][:, 1]), du * rows(table, data["x"][:, 0])


def by_segments(kind, du, table, data):
    both = jnp.concatenate(slot_slopes(kind, du, table, data))
    return jax.ops.segment_sum(
        rows(both, data["order"]), data["sorted"], len(table), indices_are_sorted=True)


def by_product(kind, du, table, data):
    if kind != "hadamard":
        return data["pair"].T @ du
    first, second = slot_slopes(kind, du, table, data)
    return data["hot"][0].T @ first + data["hot"][1].T @ second


GRADIENTS = {
    "take": functools.partial(by_autodiff, of=features),
    "one-hot": functools.partial(by_autodiff, of=dense_features),
    "segments": functools.partial(by_hand, table_gradient=by_segments),
    "product": functools.partial(by_hand, table_gradient=by_product),
}


# MARK: - Steps


def begin(kind, params):
    """Parameters, and for Adam both moments and the number of steps."""
    if kind == "one-hot":
        return (params,)
    zeros = jax.tree.map(jnp.zeros_like, params)
    return params, zeros, zeros, jnp.zeros((), np.int32)


def step(kind, form, state, data):
    params = state[0]
    gradients = GRADIENTS[form](kind, params, data)
    if kind == "one-hot":
        return (jax.tree.map(lambda w, g: w - GD_RATE * (g + DECAY * w), params, gradients),)
    gradients = jax.tree.map(lambda w, g: g + 2 * L2 * w, params, gradients)
    return adam(*state, gradients)


def adam(params, first, second, count, gradients):
    """As PyTorch's, with its defaults (Kingma and Ba 2015)."""
    count = count + 1
    first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, first, gradients)
    second = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, second, gradients)
    time = count.astype(params["W2"].dtype)
    rate, spread = ADAM_RATE / (1 - 0.9**time), jnp.sqrt(1 - 0.999**time)
    params = jax.tree.map(
        lambda w, m, v: w - rate * m / (jnp.sqrt(v) / spread + 1e-8), params, first, second)
    return params, first, second, count


@functools.partial(jax.jit, static_argnames=("kind", "form", "batch"), donate_argnames="state")
def train(state, data, steps, kind, form, batch):
    """`batch`: `one` run without a leading axis, `vmap`, or `unrolled`: one run after the other
    within a step."""
    one = functools.partial(step, kind, form)
    if batch == "unrolled":
        many = lambda states, datas: [one(s, d) for s, d in zip(states, datas)]
    else:
        many = jax.vmap(one) if batch == "vmap" else one
    return lax.fori_loop(0, steps, lambda _, state: many(state, data), state)


def arguments(workload, instances, dtype, batch):
    """State and data as `train` takes them, of one instance per run."""
    states = [begin(workload.kind, start_of(instance, dtype)) for instance in instances]
    datas = [data_of(instance, dtype) for instance in instances]
    if batch == "one":
        return states[0], datas[0]
    if batch == "unrolled":
        return states, datas
    stack = lambda *parts: jnp.stack(parts)
    return jax.tree.map(stack, *states), jax.tree.map(stack, *datas)


def runner(workload, instances, dtype, form, batch):
    """A function of a number of steps, which trains so many from the start."""
    start, data = arguments(workload, instances, dtype, batch)

    def run(steps):
        state = jax.tree.map(jnp.copy, start)  # `train` takes it
        return train(state, data, steps, workload.kind, form, batch)

    return run
