"""Basis pursuit: grokcl's batch against a cvxpy loop on identical problems, in seconds per thousand."""

import argparse
import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time

import cvxpy as cp
import numpy as np
from safetensors.numpy import load_file

BAR = 50
SPEC = """experiment: sparse-recovery
problem: {{n: 100, s: 5, N: 50}}
regularizer: {{l1: 0}}
steps: 0
unsafe_step: true
sweep: {{seed: {{range: [0, {count}]}}}}
"""
NAME = "norm of basis pursuit, min |a|_1 with X a = y"


def grokcl(*arguments):
    done = subprocess.run([os.environ["GROKCL"], *arguments], capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    return done


def ours(folder, count, device):
    """Seconds of the solver alone, and |a|_1 of every solution in the order of seeds."""
    spec = folder / "spec.yaml"
    spec.write_text(SPEC.format(count=count))
    done = grokcl("theory", str(spec), "--convex", "--device", device, "--json")
    seconds = float(re.search(r"convex problems in ([0-9.]+) s", done.stderr).group(1))
    norms = [next(p["value"] for p in json.loads(line)["predictions"] if p["name"] == NAME)
             for line in done.stdout.splitlines()]
    return seconds, norms


def instances(folder, seeds):
    spec = folder / "one.yaml"
    spec.write_text(SPEC.format(count=1).rsplit("sweep", 1)[0])
    for seed in seeds:
        path = folder / f"{seed}.safetensors"
        grokcl("instance", str(spec), "--set", f"seed={seed}", "--output", str(path))
        tensors = load_file(path)
        yield tensors["X"], tensors["y"]


def loop(problems):
    """Seconds of a loop as one writes it, and |a|_1 of every solution."""
    start = time.perf_counter()
    norms = []
    for x, y in problems:
        a = cp.Variable(x.shape[1])
        cp.Problem(cp.Minimize(cp.norm1(a)), [x @ a == y]).solve()
        norms.append(float(np.abs(a.value).sum()))
    return time.perf_counter() - start, norms


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--share", type=float, default=0.05)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--check", action="store_true", help="exit with 1 below the bar")
    parser.add_argument("--json", type=pathlib.Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        seeds = range(max(1, round(options.share * options.count)))
        problems = list(instances(folder, seeds))
        loop(problems[:1])
        rounds = []
        for _ in range(options.rounds):
            found, norms = ours(folder, options.count, options.device)
            theirs, expected = loop(problems)
            rounds.append((1000 * found / options.count, 1000 * theirs / len(problems)))
        apart = max(abs(a / b - 1) for a, b in zip(norms, expected))
    medians = [statistics.median(values) for values in zip(*rounds)]
    ratios = sorted(b / a for a, b in rounds)
    ratio = medians[1] / medians[0]
    print(f"grokcl {medians[0]:.4f} s, cvxpy {medians[1]:.2f} s per 1000 problems ({len(problems)} solved by cvxpy "
          f"{cp.__version__}); ratio {ratio:.0f} ({ratios[0]:.0f} to {ratios[-1]:.0f}), bar {BAR}; |a|_1 apart by {apart:.1e}")
    if options.json:
        options.json.write_text(json.dumps({
            "problem": "basis pursuit n=100 N=50 s=5", "device": options.device, "rounds": rounds, "ratio": ratio,
            "bar": BAR, "largest_relative_difference_of_norms": apart, "cvxpy": cp.__version__,
            "cores": os.cpu_count()}, indent=1) + "\n")
    if apart > 1e-6 or options.check and ratio < BAR:
        sys.exit(1)


main()
