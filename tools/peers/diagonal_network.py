"""Times diagonal networks in grokcl and JAX side by side; see `tools/peers/diagonal-network`.

Everything is measured in rounds, so that what else the machine does falls on all of them alike.
Medians count. All rates are of the steps alone: no metrics, no starting up, no compiling.
"""

import argparse
import os
import sys
import tempfile
import time
from fnmatch import fnmatchcase

import diagonal_agreement
import diagonal_jax
import machine
import report
from bars import Bar, ratio
from diagonal_workload import FEATURES, Workload, random_instance
from grokcl_peer import SHORT, Case, Grokcl
from matrix_workload import compiled
from network import measure, result_lines
from sparse_recovery import write_json

RUNS = (1, 16)
# Of grokcl over JAX's best form.
LEADS = {1: 5, 16: 1.5}
# Device memory of one run over the bytes of X in f32.
MEMORY = 0.1
# Fewer, as `--quick` has for the agreement.
FEW_FEATURES = 10_000


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--quick", action="store_true", help="two rounds; agreement of a small instance")
    parser.add_argument("--check", action="store_true", help="exit 1 unless every bar holds")
    parser.add_argument("--json", metavar="FILE", help="write every number there")
    parser.add_argument(
        "--only", metavar="PATTERN", nargs="+", default=["*"],
        help="of grokcl/f32/signs/RUNS and jax/f32/signs/RUNS/FORM only these, such as 'jax/*'")
    return parser.parse_args()


# MARK: - Measuring


def selected(options):
    """Names of what is measured, each with precision, workload and form of JAX."""
    found = {}
    for workload in map(Workload, RUNS):
        found[f"grokcl/f32/{workload.name}"] = "f32", workload, None
        for form in diagonal_jax.forms(workload.runs):
            found[f"jax/f32/{workload.name}/{form}"] = "f32", workload, form
    return {
        name: case for name, case in found.items()
        if any(fnmatchcase(name, pattern) for pattern in options.only)}


def prepare(grokcl, chosen, seconds):
    """The cases of grokcl, and functions that measure run-steps per second of JAX."""
    ours, peers = {}, {}
    data = diagonal_jax.Data(random_instance())
    for name, (precision, workload, form) in chosen.items():
        print(f"tools/peers: preparing {name}", file=sys.stderr)
        if form is None:
            spec = grokcl.write_spec(workload.name.replace("/", "-"), workload.spec())
            ours[name] = Case(grokcl, spec, precision, workload.runs, 2 * seconds)
        else:
            peers[name] = compiled(
                diagonal_jax.runner(workload, data, form), workload.runs, seconds)
    return ours, peers


# MARK: - Judging


def memory_bar(allocated):
    """Of the bytes that one run allocates on the device."""
    share = allocated / Workload(1).dense_bytes
    return Bar(
        "device memory of one run / X in f32", share, share, share, share, MEMORY, at_most=True)


def lead_bars(results):
    """Of what was measured; JAX may train the runs of a batch one after the other."""
    bars = []
    for runs, limit in LEADS.items():
        name = f"grokcl/f32/{Workload(runs).name}"
        prefixes = [f"jax/f32/{Workload(b).name}/" for b in sorted({1, runs})]
        if name in results and any(map(results.under, prefixes)):
            best, series = results.best(*prefixes)
            bars.append(ratio(f"{name} / {best}", results[name], series, limit))
    return bars


def main():
    options = parse()
    started = time.monotonic()
    chosen = selected(options)
    if not chosen:
        sys.exit(f"tools/peers: nothing is named like {' or '.join(options.only)}")
    deviations, allocated, bars = {}, None, []
    with tempfile.TemporaryDirectory() as folder:
        grokcl = Grokcl(os.environ["GROKCL"], folder)
        described = machine.describe(grokcl)
        print(*report.machine_lines(described), sep="\n", flush=True)
        if any(name.startswith("grokcl/") for name in chosen):
            features = FEW_FEATURES if options.quick else FEATURES
            workloads = [Workload(runs, features) for runs in RUNS]
            deviations = diagonal_agreement.deviations(grokcl, workloads)
            bars += diagonal_agreement.bars(deviations, workloads)
        ours, peers = prepare(grokcl, chosen, 0.5 if options.quick else 1.5)
        if single := ours.get(f"grokcl/f32/{Workload(1).name}"):
            allocated = single.train(SHORT).allocated
            bars.insert(0, memory_bar(allocated))
        results, details, others = measure(ours, peers, 2 if options.quick else 3)
    bars = lead_bars(results) + bars
    held = sum(bar.holds for bar in bars)
    print(*result_lines(results, chosen, details), sep="\n")
    if deviations:
        print("losses of grokcl off by: "
              + ", ".join(f"{value:.1g} ({name})" for name, value in deviations.items()))
    print("others' share of the machine, by round: " + ", ".join(f"{x:.0%}" for x in others))
    print("", *(bar.line for bar in bars), sep="\n")
    print(f"{held} of {len(bars)} bars hold")
    if options.json:
        write_json(options.json, {
            "machine": described, "quick": options.quick, "seconds": time.monotonic() - started,
            "others_share": others, "deviations": deviations, "cases": details,
            "allocated_bytes": allocated, "dense_bytes": Workload(1).dense_bytes,
            "results": {name: series.json for name, series in results.items()},
            "bars": [bar.json for bar in bars], "bars_held": held,
        })
    return 1 if options.check and (held < len(bars) or not bars) else 0


if __name__ == "__main__":
    sys.exit(main())
