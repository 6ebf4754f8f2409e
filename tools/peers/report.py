"""The table for people."""

from bars import BATCH
from workload import COLUMNS, ROWS, gflops


def machine_lines(machine):
    widest = "AVX-512" if machine["avx512"] else "AVX2" if machine["avx2"] else "no AVX2"
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    yield f"{machine['date']}  {machine['cpu']}, {machine['cores']} cores, {widest}"
    yield f"{versions}, tree {machine['commit']}"
    for device in machine["devices"]:
        yield f"{device['device']}: {device['name']}, driver {device.get('driver', '-')}"


def result_lines(results, details):
    yield f"sparse recovery, n = {COLUMNS}, N = {ROWS}; medians, in brackets smallest and largest"
    yield ""
    for name, series in results.under("gemm/").items():
        yield f"{name:44}{series.median:10.1f} GFLOP/s ({series.spread('{:.1f}')})"
    yield ""
    yield f"{'':44}{'run-steps/s':>11} {'us/run-step':>12} {'GFLOP/s':>8}"
    for name, series in results.items():
        if name.startswith(("numpy/", "jax/")):
            yield rate_line(name, series)
        elif name.startswith("grokcl/") and name.endswith("/timings"):
            case = name.removesuffix("/timings")
            difference = results[f"{case}/difference"]
            note = details[case]
            yield rate_line(case, series) + (
                f"  without store {results[f'{case}/batch'].median:.3g}, by wall time"
                f" {difference.median:.3g}; set-up"
                f" {results[f'{case}/setup_seconds'].median:.2f} s; {note['mapping']},"
                f" {note['steps']} steps")
    yield ""
    for name, series in results.under("first-step/").items():
        yield f"{name:44}{series.median:10.3f} s ({series.spread()})"
    for name, series in results.under("memory/").items():
        yield f"{name:44}{series.median:10.3f} of what {BATCH} runs need"


def rate_line(name, series):
    return (
        f"{name:44}{series.median:11.3g} {1e6 / series.median:12.4g} {gflops(series.median):8.1f}"
        f"  {f'({series.spread()})':23}")
