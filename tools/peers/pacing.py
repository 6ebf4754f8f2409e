"""Measurements of a wanted length."""

import time


def timed(train, steps):
    """Seconds that `train(steps)` takes."""
    start = time.perf_counter()
    train(steps)
    return time.perf_counter() - start


def paced(train, runs, seconds):
    """A function that measures run-steps per second over about `seconds` of training."""
    train(10)
    steps = 100
    while (taken := timed(train, steps)) < seconds / 8:
        steps *= 4
    steps = max(1, int(steps * seconds / taken))
    return lambda: runs * steps / timed(train, steps)
