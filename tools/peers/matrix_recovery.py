"""Times matrix recovery in grokcl, NumPy and JAX side by side; see `tools/peers/matrix-recovery`.

Everything is measured in rounds, so that what else the machine does falls on all of them alike.
Medians count. All rates are of the steps alone: no metrics, no starting up.
"""

import argparse
import os
import sys
import tempfile
import time

import agreement
import machine
import report
from bars import ratio
from gemm import gemm_gflops
from grokcl_peer import Case, Grokcl
from matrix_workload import RUNS, TABLE_BATCHES, cases, completion_spec, table_spec
from series import Results
from sparse_recovery import write_json
from workload import TYPES

METHODS = ("subgradient", "proximal")


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="two rounds of shorter measurements")
    parser.add_argument("--check", action="store_true", help="exit 1 unless every bar holds")
    parser.add_argument("--json", metavar="FILE", help="write every number there")
    return parser.parse_args()


def grokcl_cases(grokcl, specs, seconds):
    found = {}
    for precision in TYPES:
        for name, path in specs.items():
            runs = int(name.split("/")[1])
            found[f"grokcl/{precision}/{name}"] = Case(grokcl, path, precision, runs, seconds)
    return found


def all_bars(results):
    """Bars of the project; JAX's best batch counts where there are several."""
    bars = []
    for method in METHODS:
        loop = results[f"numpy/{method}"]
        for precision, limit in (("f32", 300), ("f64", 100)):
            ours = results[f"grokcl/{precision}/{method}/{RUNS}"]
            bars.append(ratio(f"{precision} {method} {RUNS} runs / NumPy loop", ours, loop, limit))
        jax = f"jax/f32/{method}/{RUNS}"
        ours = results[f"grokcl/f32/{method}/{RUNS}"]
        bars.append(ratio(f"f32 {method} {RUNS} runs / {jax}", ours, results[jax], 25))
    for precision in TYPES:
        best, series = results.best(f"jax/{precision}/table/")
        name, ours = results.best(f"grokcl/{precision}/table/")
        bars.append(ratio(f"{name} / {best}", ours, series, 20))
    return bars


def main():
    options = parse()
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        grokcl = Grokcl(os.environ["GROKCL"], folder)
        specs = {f"{m}/{RUNS}": grokcl.write_spec(m, completion_spec(m)) for m in METHODS}
        specs |= {
            f"table/{b}": grokcl.write_spec(f"table{b}", table_spec(b)) for b in TABLE_BATCHES}
        described = machine.describe(grokcl)
        print(*report.machine_lines(described), sep="\n", flush=True)
        completion = agreement.instance_of(
            grokcl, grokcl.write_spec("one", completion_spec("subgradient", 1)))
        table = agreement.instance_of(grokcl, specs["table/1"])
        seconds = 0.5 if options.quick else 1.5
        peers = cases(completion, table, seconds)
        ours = grokcl_cases(grokcl, specs, 2 * seconds)
        results, others, details = Results(), [], {}
        bystanders = machine.Bystanders()
        for _ in range(2 if options.quick else 3):
            for name, dtype in (("sgemm", TYPES["f32"]), ("dgemm", TYPES["f64"])):
                results.add(f"gemm/{name}", gemm_gflops(dtype))
            for name, peer in peers.items():
                results.add(name, peer())
            for name, case in ours.items():
                long, values = case.measure()
                results.add(name, values["steps"])
                details[name] = {"mapping": long.mapping, "steps": case.steps}
            others.append(bystanders.share())
    bars = all_bars(results)
    for name, series in results.items():
        if name.startswith("gemm/"):
            print(f"{name:32}{series.median:10.1f} GFLOP/s ({series.spread('{:.1f}')})")
        else:
            case = details.get(name)
            note = f"  {case['mapping']}, {case['steps']} steps" if case else ""
            print(f"{name:32}{1e6 / series.median:10.4g} us/run-step ({series.spread()} /s){note}")
    print("others' share of the machine, by round: " + ", ".join(f"{x:.0%}" for x in others))
    print("", *(bar.line for bar in bars), sep="\n")
    held = sum(bar.holds for bar in bars)
    print(f"{held} of {len(bars)} bars hold")
    if options.json:
        write_json(options.json, {
            "machine": described, "quick": options.quick, "seconds": time.monotonic() - started,
            "others_share": others, "cases": details,
            "results": {name: series.json for name, series in results.items()},
            "bars": [bar.json for bar in bars], "bars_held": held,
        })
    return 1 if options.check and held < len(bars) else 0


if __name__ == "__main__":
    sys.exit(main())
