"""That all peers do the same work: each trains the same instance, and the results are compared."""

import json
import os

import numpy as np

import jax_peer
import numpy_loop
from workload import INIT, TYPES, read_safetensors

STEPS = 2000


def instance_of(grokcl, spec):
    path = os.path.join(grokcl.folder, "instance.safetensors")
    grokcl.call("instance", spec, "--output", path)
    return read_safetensors(path)


def largest_deviation(grokcl, spec, instance):
    """Of the test error after 2000 steps, relative to the NumPy loop's, by peer and precision."""
    start = np.full(instance["X"].shape[1], INIT)
    truth = test_error(numpy_loop.plain(start, instance["X"], instance["y"], STEPS), instance)
    found = {}
    for precision, dtype in TYPES.items():
        values, axes = jax_peer.arguments(instance, 0, True, dtype)
        learned = jax_peer.train(*values, axes=axes, form="scan", steps=STEPS)
        found[f"jax/{precision}"] = test_error(np.asarray(learned, float), instance)
        for device in ("opencl", "cpu"):
            line, _ = grokcl.call(
                "run", spec, "--precision", precision, "--steps", STEPS, "--device", device,
                "--json")
            found[f"grokcl/{device}/{precision}"] = json.loads(line)["final"]["test_error"]
    return {name: abs(error - truth) / truth for name, error in found.items()}


def test_error(a, instance):
    return np.linalg.norm(a - instance["target"]) / np.linalg.norm(instance["target"])
