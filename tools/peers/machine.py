"""What the measurements were made on, and how busy others kept it meanwhile."""

import datetime
import os
import platform
import subprocess

import jax
import jaxlib
import numpy as np


def describe(grokcl):
    lscpu = subprocess.run(
        ["lscpu"], capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"})
    fields = dict(line.split(":", 1) for line in lscpu.stdout.splitlines() if ":" in line)
    flags = fields.get("Flags", "").split()
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "cpu": fields.get("Model name", "").strip(),
        "cpu_family_model_stepping": "/".join(
            fields.get(key, "").strip() for key in ("CPU family", "Model", "Stepping")),
        "cores": os.cpu_count(),
        "cores_allowed": len(os.sched_getaffinity(0)),
        "avx2": "avx2" in flags,
        "avx512": sorted(flag for flag in flags if flag.startswith("avx512")),
        "caches": {key: fields[key].strip() for key in fields if key.endswith(" cache")},
        "system": platform.platform(),
        "versions": {
            "python": platform.python_version(), "numpy": np.__version__, "jax": jax.__version__,
            "jaxlib": jaxlib.__version__, "blas": blas(), "grokcl": grokcl.version(),
        },
        "commit": commit(),
        "devices": grokcl.devices(),
    }


def blas():
    found = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
    return f"{found['name']} {found['version']}"


def commit():
    """The commit of the working tree (the binary may be older); "" outside a repository."""
    folder = os.path.dirname(os.path.abspath(__file__))
    done = subprocess.run(
        ["git", "-C", folder, "describe", "--always", "--dirty"], capture_output=True, text=True)
    return done.stdout.strip()


class Bystanders:
    """The share of the machine's time that other processes took, between two calls of `share`."""

    def __init__(self):
        self.last = self.now()

    @staticmethod
    def now():
        """Seconds all cores were busy or stolen, seconds we were, and seconds that passed."""
        with open("/proc/stat") as file:
            user, nice, system, idle, wait, irq, softirq, steal, *_ = map(
                int, file.readline().split()[1:])
        ticks = os.sysconf("SC_CLK_TCK")
        busy = (user + nice + system + irq + softirq + steal) / ticks
        ours = sum(os.times()[:4])
        return busy, ours, busy + (idle + wait) / ticks

    def share(self):
        busy, ours, total = (now - last for now, last in zip(self.now(), self.last))
        self.last = self.now()
        return max(0.0, (busy - ours) / max(total, 1e-9))
