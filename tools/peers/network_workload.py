"""The work of the network peers: full-batch training on modular addition, p = 97, N = 3763 pairs.

- `sum`, `hadamard` (Notsawo et al. 2025, section 4): u = E_x + E_y or E_x * E_y, one table for both
  tokens, o = W2 relu(W1 u + b1) + b2, d1 = d2 = 64, mean cross-entropy + l2 sum theta^2, Adam.
- `one-hot` (Lyu et al. 2023, section 3.1): o = W2 relu(W1 (x, y) + b1), h = 1024, on one-hot pairs,
  gradient descent with weight decay.

Tensors: x [N, 2], y [N], E [p, d1], W1 [d2, d1] or [h, 2p], W2 [p, d2] or [p, h]; a batch adds a
leading axis.
"""

from dataclasses import dataclass

P, PAIRS, EMBEDDING, WIDTH, ONE_HOT_WIDTH = 97, 3763, 64, 64, 1024
ADAM_RATE, L2 = 1e-3, 1e-6
GD_RATE, DECAY = 0.002, 1e-4


@dataclass(frozen=True)
class Workload:
    """`runs` runs of one kind, with the seeds 1, 2, ...: each has its own pairs and start."""

    kind: str  # sum, hadamard, one-hot
    runs: int

    @property
    def name(self):
        return f"{self.kind}/{self.runs}"

    @property
    def is_one_hot(self):
        return self.kind == "one-hot"

    @property
    def flops(self):
        """Of a run-step: the matrix products, forward and twice backward; the rest, and layer 1 of
        the one-hot net, is not counted."""
        if self.is_one_hot:
            return 6 * PAIRS * ONE_HOT_WIDTH * P
        return 6 * PAIRS * (EMBEDDING * WIDTH + WIDTH * P)

    def gflops(self, run_steps_per_second):
        return run_steps_per_second * self.flops / 1e9

    def milliseconds(self, run_steps_per_second):
        """Of a step of all runs."""
        return 1e3 * self.runs / run_steps_per_second

    def spec(self, seed=None, steps=1000, evaluated=(0,)):
        """A spec of grokcl: evaluated at its ends only, so that the steps are what is timed.

        `seed`: of a single run instead of them all.
        """
        seeds = f"sweep:\n  seed: {{range: [1, {self.runs + 1}]}}\n"
        return f"""\
experiment: network
{self.model}
problem: {{p: {P}, operation: add, train_fraction: 0.4}}
record: {{nuclear_norm: false}}
steps: {steps}
evaluate: {{at: {list(evaluated)}}}
""" + (seeds if seed is None else f"seed: {seed}\n")

    @property
    def model(self):
        if self.is_one_hot:
            return f"""\
model: {{kind: one-hot, width: {ONE_HOT_WIDTH}, bias: hidden}}
optimizer: gd
learning_rate: {GD_RATE}
weight_decay: {DECAY}"""
        return f"""\
aggregation: {self.kind}
model: {{embedding: {EMBEDDING}, width: {WIDTH}, encoders: shared, bias: both}}
optimizer: adam
learning_rate: {ADAM_RATE}
regularizer: {{l2: {L2}}}"""
