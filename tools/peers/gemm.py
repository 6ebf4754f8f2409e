"""The machine's matrix product rate: what NumPy's BLAS reaches on 2048 x 2048 matrices."""

import time

import numpy as np

SIZE = 2048


def gemm_gflops(dtype, repeats=5):
    """The best of `repeats` products."""
    a = np.random.default_rng(0).random((SIZE, SIZE)).astype(dtype)
    b = a.T.copy()
    out = a @ b
    seconds = []
    for _ in range(repeats):
        start = time.perf_counter()
        np.matmul(a, b, out=out)
        seconds.append(time.perf_counter() - start)
    return 2 * SIZE**3 / min(seconds) / 1e9
