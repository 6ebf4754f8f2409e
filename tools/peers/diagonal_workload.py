"""The work of the diagonal peers: sparse classification of signs (Lyu et al. 2023, Fig. 1a).

X of +-1 [n, d], y the sign of a sparse teacher, w = u^2 - v^2, q = X w, r_i = l'(q_i, y_i) / n of
the logistic loss, g = X^T r:
    u <- u - rate (2 u g + decay u)
    v <- v - rate (-2 v g + decay v)

Runs of a batch share X and y and differ in decay. Tensors: u, v [d]; a batch adds an axis.
"""

from dataclasses import dataclass

import numpy as np

SAMPLES, FEATURES, SPARSITY = 256, 100_000, 3
RATE, DECAY, INIT = 0.01, 1e-3, 128
# Decays of a batch.
DECAYS = (1e-4, 1e-2)


@dataclass(frozen=True)
class Workload:
    runs: int
    features: int = FEATURES

    @property
    def name(self):
        return f"signs/{self.runs}"

    @property
    def decays(self):
        """Ascending, one per run."""
        if self.runs == 1:
            return [DECAY]
        return [float(f"{decay:.4g}") for decay in np.geomspace(*DECAYS, self.runs)]

    @property
    def flops(self):
        """Of a run-step: two products with a dense X, whatever a peer does instead; the rest is not
        counted. As many numbers of X are read, so that one run that reads X twice from memory at
        b GB/s has b / 2 GFLOP/s."""
        return 4 * SAMPLES * self.features

    @property
    def dense_bytes(self):
        """Of X in f32."""
        return 4 * SAMPLES * self.features

    def gflops(self, run_steps_per_second):
        return run_steps_per_second * self.flops / 1e9

    def milliseconds(self, run_steps_per_second):
        """Of a step of all runs."""
        return 1e3 * self.runs / run_steps_per_second

    def spec(self, steps=1000):
        """A spec of grokcl: evaluated at its ends only, so that the steps are what is timed."""
        sweep = f"sweep:\n  weight_decay: {self.decays}\n" if self.runs > 1 else ""
        return f"""\
experiment: diagonal-network
depth: 2
loss: logistic
problem: {{kind: signs, n: {SAMPLES}, d: {self.features}, sparsity: {SPARSITY}, n_test: 0}}
init: {{kind: norm, scale: {INIT}}}
learning_rate: {RATE}
weight_decay: {DECAY}
precision: f32
steps: {steps}
evaluate: {{at: [0]}}
seed: 1
""" + sweep


def random_instance(features=FEATURES):
    """An instance of the same distribution, which needs no grokcl; for rates."""
    bits = np.random.default_rng(1).integers(0, 2, (SAMPLES, features), np.int8)
    X = 1 - 2 * bits.astype(np.float32)
    return {
        "X": X, "y": np.sign(X[:, :SPARSITY].sum(1)),
        "init": np.full((2, features), INIT / np.sqrt(2 * features)),
    }
