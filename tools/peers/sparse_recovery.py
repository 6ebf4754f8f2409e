"""Times sparse recovery in grokcl, NumPy and JAX side by side; see `tools/peers/sparse-recovery`.

Everything is measured in rounds: each round takes every measurement once, so that what else the
machine does falls on all of them alike. Medians count.
"""

import argparse
import json
import os
import sys
import tempfile
import time

import agreement
import jax_peer
import machine
import numpy_loop
import report
from bars import BATCH, all_bars
from gemm import gemm_gflops
from grokcl_peer import Case, Grokcl
from series import Results
from workload import TYPES, needed_bytes, own_spec, shared_spec, spec


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="under two minutes instead of eight")
    parser.add_argument("--check", action="store_true", help="exit 1 unless every bar holds")
    parser.add_argument("--json", metavar="FILE", help="write every number there")
    return parser.parse_args()


def grokcl_cases(grokcl, specs, quick):
    """The sweeps whose rate is measured, by name."""
    seconds = 0.8 if quick else 2.5
    cases = {}
    for precision in TYPES:
        for kind in specs:
            runs = 1 if kind == "single" else BATCH
            options = (specs[kind], precision, runs)
            cases[f"grokcl/opencl/{precision}/{kind}"] = Case(grokcl, *options, seconds)
            if not quick and kind != "single":
                for mapping in ("lanes", "components"):
                    cases[f"grokcl/opencl-{mapping}/{precision}/{kind}"] = Case(
                        grokcl, *options, seconds / 3, mapping=mapping)
        for kind in (f"shared/{BATCH}",) if quick else (f"shared/{BATCH}", "single"):
            runs = 1 if kind == "single" else BATCH
            cases[f"grokcl/cpu/{precision}/{kind}"] = Case(
                grokcl, specs[kind], precision, runs, seconds / 2, device="cpu")
    return cases


def measure_gemm(results):
    for name, dtype in (("sgemm", TYPES["f32"]), ("dgemm", TYPES["f64"])):
        results.add(f"gemm/{name}", gemm_gflops(dtype))


def measure_grokcl(results, details, name, case):
    long, values = case.measure()
    for value_name, value in values.items():
        results.add(f"{name}/{value_name}", value)
    details[name] = {"mapping": long.mapping, "device": long.device, "steps": case.steps}
    if name.startswith("grokcl/opencl/") and case.runs == BATCH:
        precision, kind = name.split("/")[2:4]
        problems = 1 if kind == "shared" else BATCH
        needed = needed_bytes(case.runs, problems, precision)
        results.add(f"memory/{precision}/{kind}/{BATCH}", long.allocated / needed)
        details[name].update(allocated_bytes=long.allocated, needed_bytes=needed)


def measure_start(results, grokcl, specs):
    for precision in TYPES:
        for kind, path in specs.items():
            seconds = grokcl.seconds_to_first_step(path, precision)
            results.add(f"first-step/warm/{precision}/{kind}", seconds)
        with tempfile.TemporaryDirectory() as cache:
            kind = f"shared/{BATCH}"
            seconds = grokcl.seconds_to_first_step(specs[kind], precision, cache)
            results.add(f"first-step/cold/{precision}/{kind}", seconds)


def measure(grokcl, specs, instance, quick, deadline):
    """Every measurement, in rounds; results, details of grokcl's cases, others' share of time.

    `deadline`: a third or later round that would not end before is left out.
    """
    peers = numpy_loop.cases(instance, BATCH, 0.2 if quick else 0.5)
    for precision in TYPES:
        peers |= (
            jax_peer.cases(instance, precision, 0.12, forms=("scan",)) if quick
            else jax_peer.cases(instance, precision, 0.4))
    ours = grokcl_cases(grokcl, specs, quick)
    results, details, others = Results(), {}, []
    bystanders = machine.Bystanders()
    rounds = 2 if quick else 3
    longest = 0.0
    for index in range(rounds):
        begun = time.monotonic()
        if index >= 2 and begun + longest > deadline:
            break
        print(f"tools/peers: round {index + 1} of {rounds}", file=sys.stderr)
        measure_gemm(results)
        for name, peer in peers.items():
            results.add(name, peer())
        for name, case in ours.items():
            measure_grokcl(results, details, name, case)
        measure_start(results, grokcl, specs)
        others.append(bystanders.share())
        longest = max(longest, time.monotonic() - begun)
    measure_gemm(results)
    return results, details, others


def main():
    options = parse()
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        grokcl = Grokcl(os.environ["GROKCL"], folder)
        specs = {
            f"shared/{BATCH}": grokcl.write_spec("shared", shared_spec(BATCH)),
            f"own/{BATCH}": grokcl.write_spec("own", own_spec(BATCH)),
            "single": grokcl.write_spec("single", spec()),
        }
        described = machine.describe(grokcl)
        print(*report.machine_lines(described), sep="\n", flush=True)
        instance = agreement.instance_of(grokcl, specs["single"])
        deviations = agreement.largest_deviation(grokcl, specs["single"], instance)
        results, details, others = measure(
            grokcl, specs, instance, options.quick, started + 8 * 60 - 10)
    bars = all_bars(results)
    held = sum(bar.holds for bar in bars)

    print(*report.result_lines(results, details), sep="\n")
    print("\nsame instance, 2000 steps: test error relative to the NumPy loop's is off by at most "
          + ", ".join(f"{value:.1g} ({name})" for name, value in deviations.items()))
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
    return 1 if options.check and held < len(bars) else 0


def write_json(path, value):
    with open(path, "w") as file:
        json.dump(value, file, indent=1, ensure_ascii=False)
        file.write("\n")


if __name__ == "__main__":
    sys.exit(main())
