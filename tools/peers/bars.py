"""The bars that grokcl sets itself, judged on the results of one run."""

from dataclasses import asdict, dataclass

from workload import gflops

BATCH = 1024


@dataclass
class Bar:
    name: str
    value: float
    low: float
    high: float
    best: float
    limit: float
    at_most: bool = False

    @property
    def holds(self):
        return self.value <= self.limit if self.at_most else self.value >= self.limit

    @property
    def line(self):
        spread = f"({self.low:.3g} … {self.high:.3g})"
        limit = f"{'<=' if self.at_most else '>='} {self.limit:g}"
        return (
            f"{'holds' if self.holds else 'FAILS'} {self.value:8.3g} {limit:>7}  {self.name:62}"
            f"  {spread:18}  best / best {self.best:.3g}")

    @property
    def json(self):
        return {**asdict(self), "holds": self.holds}


def ratio(name, ours, theirs, limit):
    """Ratio of medians; the range is over ratios within a round, `best` is the ratio of bests."""
    rounds = [a / b for a, b in zip(ours, theirs)]
    return Bar(
        name, ours.median / theirs.median, min(rounds), max(rounds), max(ours) / max(theirs), limit)


def largest(name, found, limit):
    """The largest median of several series."""
    worst_name, worst = max(found.items(), key=lambda item: item[1].median)
    return Bar(
        f"{name}: {worst_name}", worst.median, min(worst), max(worst), min(worst), limit,
        at_most=True)


def all_bars(results):
    loop = results["numpy/plain"]
    bars = []
    for precision, product, share in (("f32", "sgemm", 0.8), ("f64", "dgemm", 0.6)):
        rate = lambda kind: results[f"grokcl/opencl/{precision}/{kind}/timings"]
        shared, own, single = rate(f"shared/{BATCH}"), rate(f"own/{BATCH}"), rate("single")
        jax = f"jax/{precision}"

        # The best product of the whole run, not of the round: others at work slow it down too.
        gemm = max(results[f"gemm/{product}"])
        values = [gflops(value) / gemm for value in shared]
        bars.append(Bar(
            f"{precision} {BATCH} runs on one X / {product}", gflops(shared.median) / gemm,
            min(values), max(values), max(values), share))

        best, series = results.best(f"{jax}/shared/", f"{jax}/single/")
        bars.append(ratio(f"{precision} {BATCH} runs on one X / {best}", shared, series, 1.3))
        same, series = results.best(f"{jax}/shared/{BATCH}/")
        bars.append(ratio(f"{precision} {BATCH} runs on one X / {same}", shared, series, 2))
        same, series = results.best(f"{jax}/own/{BATCH}/")
        bars.append(ratio(f"{precision} {BATCH} runs, own X / {same}", own, series, 4))
        best, series = results.best(f"{jax}/own/", f"{jax}/single/")
        bars.append(ratio(f"{precision} {BATCH} runs, own X / {best}", own, series, 1.7))
        alone, series = results.best(
            f"{jax}/single/", f"{jax}/shared/1/", f"{jax}/own/1/")
        bars.append(ratio(f"{precision} single run / {alone}", single, series, 1))
        bars.append(ratio(f"{precision} {BATCH} runs on one X / NumPy loop", shared, loop, 100))
    reference = results[f"grokcl/cpu/f64/shared/{BATCH}/timings"]
    bars.append(ratio(f"f64 {BATCH} runs, reference backend / NumPy loop", reference, loop, 10))
    for kind in (f"shared/{BATCH}", f"own/{BATCH}", "single"):
        started = {name: s for name, s in results.under("first-step/warm/").items()
                   if name.endswith(kind)}
        bars.append(largest("seconds to the first step", started, 1))
    bars.append(largest("device memory / state and data", results.under("memory/"), 1.3))
    return bars
