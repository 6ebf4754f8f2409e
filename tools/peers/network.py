"""Times networks in grokcl and JAX side by side; see `tools/peers/network`.

Everything is measured in rounds, so that what else the machine does falls on all of them alike.
Medians count. All rates are of the steps alone: no metrics, no starting up, no compiling.
"""

import argparse
import os
import sys
import tempfile
import time
from fnmatch import fnmatchcase

import machine
import network_agreement
import network_jax
import report
from agreement import instance_of
from bars import Bar, ratio
from gemm import gemm_gflops
from grokcl_peer import Case, Grokcl
from matrix_workload import compiled
from network_workload import Workload
from series import Results
from sparse_recovery import write_json
from workload import TYPES

ADDITION = (Workload("sum", 1), Workload("sum", 8))
HADAMARD = Workload("hadamard", 1)
ONE_HOT = Workload("one-hot", 1)
PRODUCTS = {"f32": "gemm/sgemm", "f64": "gemm/dgemm"}


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="two rounds; no f64, no hadamard")
    parser.add_argument("--check", action="store_true", help="exit 1 unless every bar holds")
    parser.add_argument("--json", metavar="FILE", help="write every number there")
    parser.add_argument(
        "--only", metavar="PATTERN", nargs="+", default=["*"],
        help="of grokcl/TYPE/KIND/RUNS and jax/TYPE/KIND/RUNS/FORM only these, such as 'jax/*'")
    return parser.parse_args()


# MARK: - Measuring


def selected(options):
    """Names of what is measured, each with precision, workload, and form and batch of JAX."""
    kinds = [("f32", w) for w in (*ADDITION, ONE_HOT)]
    if not options.quick:
        kinds += [("f32", HADAMARD), *(("f64", w) for w in ADDITION)]
    found = {}
    for precision, workload in kinds:
        found[f"grokcl/{precision}/{workload.name}"] = precision, workload, None, None
        # Batches of JAX in float64 are vmapped only; others are no better.
        batches = ("vmap",) if options.quick or precision == "f64" else ("vmap", "unrolled")
        for form in network_jax.FORMS:
            for batch in ("one",) if workload.runs == 1 else batches:
                suffix = "" if batch == "one" else f"-{batch}"
                name = f"jax/{precision}/{workload.name}/{form}{suffix}"
                found[name] = precision, workload, form, batch
    return {
        name: case for name, case in found.items()
        if any(fnmatchcase(name, pattern) for pattern in options.only)}


def prepare(grokcl, chosen, seconds):
    """The cases of grokcl, and functions that measure run-steps per second of JAX."""
    ours, peers, instances = {}, {}, {}
    for name, (precision, workload, form, batch) in chosen.items():
        print(f"tools/peers: preparing {name}", file=sys.stderr)
        if form is None:
            spec = grokcl.write_spec(workload.name.replace("/", "-"), workload.spec())
            ours[name] = Case(grokcl, spec, precision, workload.runs, 2 * seconds, first=1)
            continue
        if workload not in instances:
            instances[workload] = [
                instance_of(grokcl, grokcl.write_spec("one", workload.spec(seed)))
                for seed in range(1, workload.runs + 1)]
        run = network_jax.runner(workload, instances[workload], TYPES[precision], form, batch)
        peers[name] = compiled(run, workload.runs, seconds)
    return ours, peers


def measure(ours, peers, rounds):
    """Every measurement, in rounds; results, details of grokcl's cases, others' share of time."""
    results, details, others = Results(), {}, []
    bystanders = machine.Bystanders()
    for index in range(rounds):
        print(f"tools/peers: round {index + 1} of {rounds}", file=sys.stderr)
        for precision, name in PRODUCTS.items():
            results.add(name, gemm_gflops(TYPES[precision]))
        for name, peer in peers.items():
            results.add(name, peer())
        for name, case in ours.items():
            long, values = case.measure()
            results.add(name, values["steps"])
            details[name] = {"mapping": long.mapping, "steps": case.steps}
        others.append(bystanders.share())
    for precision, name in PRODUCTS.items():
        results.add(name, gemm_gflops(TYPES[precision]))
    return results, details, others


# MARK: - Judging


def share_bar(results, name, workload, limit):
    """Share of the best product of the whole run, not of the round: others slow it down too."""
    gemm = max(results[PRODUCTS["f32"]])
    shares = [workload.gflops(value) / gemm for value in results[name]]
    return Bar(
        f"{name} / sgemm", workload.gflops(results[name].median) / gemm, min(shares), max(shares),
        max(shares), limit)


def all_bars(results):
    """Bars of the project, of those that were measured."""
    bars = []

    def add_ratio(ours, theirs, limit, but=None):
        found = [name for name in results if name.startswith(theirs) and name != but]
        if ours in results and found:
            best, series = results.best(*found)
            bars.append(ratio(f"{ours} / {best}", results[ours], series, limit))

    for workload in ADDITION:
        name = f"grokcl/f32/{workload.name}"
        if name in results:
            bars.append(share_bar(results, name, workload, 0.7))
        # JAX may train the runs of a batch one after the other.
        add_ratio(name, tuple(f"jax/f32/sum/{runs}/" for runs in {1, workload.runs}), 1.5)
    name, dense = f"grokcl/f32/{ONE_HOT.name}", f"jax/f32/{ONE_HOT.name}/one-hot"
    add_ratio(name, f"jax/f32/{ONE_HOT.name}/", 1.5, but=dense)
    add_ratio(name, dense, 3)
    return bars


def result_lines(results, chosen, details):
    for name, series in results.under("gemm/").items():
        yield f"{name:36}{series.median:10.1f} GFLOP/s ({series.spread('{:.1f}')})"
    yield ""
    yield (f"{'':36}{'ms/step':>10} {'run-steps/s':>12} {'GFLOP/s':>8} {'of gemm':>8}"
           f" {'grokcl/it':>9}  GFLOP/s, smallest and largest")
    for name, (precision, workload, *_) in chosen.items():
        series, ours = results[name], results.get(f"grokcl/{precision}/{workload.name}")
        gflops = workload.gflops(series.median)
        lead = f"{ours.median / series.median:.3g}" if ours else "-"
        case = details.get(name)
        note = f"  {case['mapping']}, {case['steps']} steps" if case else ""
        yield (
            f"{name:36}{workload.milliseconds(series.median):10.4g} {series.median:12.4g}"
            f" {gflops:8.1f} {gflops / max(results[PRODUCTS[precision]]):8.2f} {lead:>9}"
            f"  ({workload.gflops(min(series)):.3g} … {workload.gflops(max(series)):.3g}){note}")


def main():
    options = parse()
    started = time.monotonic()
    chosen = selected(options)
    with tempfile.TemporaryDirectory() as folder:
        grokcl = Grokcl(os.environ["GROKCL"], folder)
        described = machine.describe(grokcl)
        print(*report.machine_lines(described), sep="\n", flush=True)
        kinds = {case[1].kind for name, case in chosen.items() if name.startswith("grokcl/")}
        deviations = {
            kind: network_agreement.agreement(grokcl, Workload(kind, 1)) for kind in sorted(kinds)}
        ours, peers = prepare(grokcl, chosen, 0.3 if options.quick else 0.8)
        results, details, others = measure(ours, peers, 2 if options.quick else 3)
    bars = all_bars(results) + network_agreement.bars(deviations)
    held = sum(bar.holds for bar in bars)
    print(*result_lines(results, chosen, details), sep="\n")
    print("others' share of the machine, by round: " + ", ".join(f"{x:.0%}" for x in others))
    print("", *(bar.line for bar in bars), sep="\n")
    print(f"{held} of {len(bars)} bars hold")
    if options.json:
        write_json(options.json, {
            "machine": described, "quick": options.quick, "seconds": time.monotonic() - started,
            "others_share": others, "deviations": deviations, "cases": details,
            "results": {name: series.json for name, series in results.items()},
            "bars": [bar.json for bar in bars], "bars_held": held,
        })
    return 1 if options.check and (held < len(bars) or not bars) else 0


if __name__ == "__main__":
    sys.exit(main())
