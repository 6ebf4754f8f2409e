"""That all peers train alike: from the same start on the same pairs, their loss curves agree."""

import csv
import functools
import glob
import math
import os

import jax
import numpy as np

import network_jax
from agreement import instance_of
from bars import Bar
from workload import TYPES

# Steps after which losses are compared.
STEPS = (1, 2, 5, 10)
# Largest difference of losses on the curve, relative to how far the loss falls.
LIMITS = {"f32": 1e-3, "f64": 1e-7}


def agreement(grokcl, workload):
    """The deviation from JAX's float64 autodiff of seed 1's run, by peer and precision."""
    spec = grokcl.write_spec("agreement", workload.spec(1, STEPS[-1], (0, *STEPS)))
    instance = instance_of(grokcl, spec)
    curve = functools.partial(jax_curve, workload, instance)
    truth = curve("f64", "take")
    fall = truth[0] - truth[-1]
    found = {}
    for precision in TYPES:
        curves = {f"jax/{precision}/{form}": curve(precision, form) for form in network_jax.FORMS}
        curves[f"grokcl/{precision}"] = grokcl_curve(grokcl, spec, precision)
        for name, losses in curves.items():
            found[name] = max(abs(a - b) for a, b in zip(losses, truth, strict=True)) / abs(fall)
    return found


def jax_curve(workload, instance, precision, form):
    """Training loss at the start and after so many steps, evaluated in float64."""
    run = network_jax.runner(workload, [instance], TYPES[precision], form, "one")
    data = network_jax.data_of(instance, np.float64)
    losses = []
    for steps in (0, *STEPS):
        params = jax.tree.map(lambda w: w.astype(np.float64), run(steps)[0])
        losses.append(float(network_jax.loss(workload.kind, params, data)))
    return losses


def grokcl_curve(grokcl, spec, precision):
    """The same of grokcl, trained on the tensors that `instance_of` wrote."""
    store = os.path.join(grokcl.folder, "agreement.sqlite")
    for leftover in glob.glob(store + "*"):
        os.remove(leftover)
    grokcl.call(
        "run", spec, "--instance", os.path.join(grokcl.folder, "instance.safetensors"),
        "--precision", precision, "--device", "opencl", "--store", store)
    table = grokcl.call("export", store, "--format", "csv")[0]
    return [float(row["train_loss"]) for row in csv.DictReader(table.splitlines())]


def bars(deviations):
    """One per kind and precision: the worst of all peers. NaN fails."""
    found = []
    for kind, values in deviations.items():
        for precision, limit in LIMITS.items():
            own = {name: v for name, v in values.items() if f"/{precision}" in name}
            name = max(own, key=lambda name: math.inf if math.isnan(own[name]) else own[name])
            worst = own[name]
            found.append(Bar(
                f"{kind}: losses off by, of the fall in {STEPS[-1]} steps: {name}", worst, worst,
                worst, worst, limit, at_most=True))
    return found
