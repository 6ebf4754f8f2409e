"""grokcl, measured from outside: its command line, its store, the clock.

Four rates of each sweep, from a long and a short run of it, in run-steps per second:
- `timings`: of training as the store's table `device_timings` has it, which leaves out starting up
  and preparing data, and includes evaluating, reading back and writing the results to the store;
- `batch`: as the results have it, `run_steps_per_second`, which leaves out the store as well;
- `difference`: more run-steps over more wall time, which leaves out all that does not grow;
- `steps`: more run-steps over more training time: the same without the machine's other work on
  starting up.
"""

import glob
import json
import os
import sqlite3
import subprocess
import sys
import time
from dataclasses import dataclass

# A short run has this share of the steps of the long one.
SHORT = 8


@dataclass
class Measurement:
    wall: float
    mapping: str
    device: str
    run_steps: int
    setup: float
    training: float
    batch_rate: float
    allocated: int


class Grokcl:
    """The program, and a folder for specs and stores."""

    def __init__(self, binary, folder):
        self.binary, self.folder = binary, folder

    def call(self, *arguments, environment=None):
        """Standard output, and the seconds from start to end."""
        start = time.perf_counter()
        done = subprocess.run(
            [self.binary, *map(str, arguments)], capture_output=True, text=True,
            env={**os.environ, **(environment or {})})
        wall = time.perf_counter() - start
        if done.returncode:
            command = " ".join(map(str, arguments))
            sys.exit(f"grokcl {command}: exit {done.returncode}\n{done.stderr}")
        return done.stdout, wall

    def devices(self):
        return json.loads(self.call("devices", "--json")[0])

    def version(self):
        return self.call("--version")[0].strip()

    def write_spec(self, name, text):
        path = os.path.join(self.folder, name + ".yaml")
        with open(path, "w") as file:
            file.write(text)
        return path

    def train(self, spec, precision, steps, device="opencl", mapping="auto"):
        """Trains a sweep into a fresh store and reads what that says of the time."""
        store = os.path.join(self.folder, "timed.sqlite")
        for leftover in glob.glob(store + "*"):
            os.remove(leftover)
        wall = self.call(
            "run", spec, "--precision", precision, "--steps", steps, "--device", device,
            "--mapping", mapping, "--store", store)[1]
        database = sqlite3.connect(store)
        rows = database.execute(
            "SELECT mapping, device, run_steps, setup_seconds, training_seconds, allocated_bytes"
            " FROM device_timings").fetchall()
        (batch_rate,) = database.execute(
            "SELECT run_steps_per_second FROM runs ORDER BY rowid DESC").fetchone()
        database.close()
        mappings, devices, run_steps, setup, training, allocated = zip(*rows)
        return Measurement(
            wall, "+".join(sorted(set(mappings))), devices[0], sum(run_steps), sum(setup),
            sum(training), batch_rate, max(allocated))

    def seconds_to_first_step(self, spec, precision, cache=None):
        """Seconds from the command to the end of a sweep of one step, results printed.

        `cache`: a folder for PoCL's compiled kernels instead of the user's.
        """
        environment = {"POCL_CACHE_DIR": cache} if cache else None
        return self.call(
            "run", spec, "--precision", precision, "--steps", 1, "--device", "opencl", "--json",
            environment=environment)[1]


class Case:
    """A sweep whose rate is measured: `runs` runs of a spec on a device with a mapping.

    `first`: the steps that are tried first, fewer where steps are long.
    """

    def __init__(
        self, grokcl, spec, precision, runs, seconds, device="opencl", mapping="auto", first=SHORT
    ):
        self.grokcl, self.spec, self.runs = grokcl, spec, runs
        self.options = dict(precision=precision, device=device, mapping=mapping)
        self.train(first)  # fills the kernel cache
        steps, fixed = 16 * first, self.train(first).training
        while (taken := self.train(steps).training - fixed) < seconds / 8:
            steps *= 4 if taken > seconds / 100 else 16
        self.steps = max(SHORT, int(steps * seconds / taken))

    def train(self, steps):
        return self.grokcl.train(self.spec, steps=steps, **self.options)

    def measure(self):
        """The long run, and the rates by name."""
        short, long = self.train(self.steps // SHORT), self.train(self.steps)
        return long, {
            "timings": long.run_steps / long.training,
            "batch": long.batch_rate,
            "difference": (long.run_steps - short.run_steps) / (long.wall - short.wall),
            "steps": (long.run_steps - short.run_steps) / (long.training - short.training),
            "setup_seconds": long.setup,
        }
