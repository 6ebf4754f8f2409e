// Implements one component's update and metrics in sparse recovery, for every method and depth; all mappings use it.
//
// Defines: METHOD 0 subgradient | 1 projected (DEPTH 1) | 2 proximal; DEPTH, the number of factors; N_ROWS, N_COLS;
// SCRATCH_GLOBAL 1 where the working vectors (residual, product) outgrow private or local memory.
// a = A_1 * ... * A_DEPTH elementwise, r = X a - y, G = X^T r (METHOD 1: G = P (X z - y) and a = z - G).
#define SUBGRADIENT 0
#define PROJECTED 1
#define PROXIMAL 2
#define METRICS 7

#if SCRATCH_GLOBAL
#define WORK __global
#else
#define WORK __private
#endif

typedef struct { realV rate, l1, l2, threshold; } Hyper;  // threshold = rate * l1

INLINE Hyper make_hyper(realV rate, realV l1, realV l2)
{
    return (Hyper){ rate, l1, l2, rate * l1 };
}

// Product of the factors, leaving out number `skip` (none if negative), in ascending order.
INLINE realV product_without(const realV factor[DEPTH], const int skip)
{
    realV product = 1;
#pragma unroll
    for (int k = 0; k < DEPTH; k++) {
        if (k != skip) product = k == (skip == 0) ? factor[k] : product * factor[k];
    }
    return product;
}

// gradient of the l2 and l1 terms added to g: g + l2 A + l1 sign(A)
INLINE realV penalised(realV g, realV factor, Hyper h)
{
    return fma(h.l2, factor, g) + signed_like(factor, h.l1);
}

// METHOD 1, before the residual: z = a - rate (l2 a + l1 sign(a)).
INLINE realV shrunk(realV a, Hyper h)
{
    return fma(-h.rate, penalised((realV)0, a, h), a);
}

// All factors of one component from their old values; returns the new product a.
INLINE realV update_factors(realV factor[DEPTH], realV G, Hyper h)
{
    realV updated[DEPTH];
#pragma unroll
    for (int k = 0; k < DEPTH; k++) {
        const realV g = DEPTH == 1 ? G : product_without(factor, k) * G;
#if METHOD == SUBGRADIENT
        updated[k] = fma(-h.rate, penalised(g, factor[k], h), factor[k]);
#elif METHOD == PROJECTED
        updated[k] = factor[k] - g;
#else
        updated[k] = soft_threshold(fma(-h.rate, fma(h.l2, factor[k], g), factor[k]), h.threshold);
#endif
    }
#pragma unroll
    for (int k = 0; k < DEPTH; k++) factor[k] = updated[k];
    return product_without(factor, -1);
}

// Adds metrics 1 to 6 of one component: (a - target)^2, |a|, a^2 on and off the target's support, |g|^2 and
// |l2 A + l1 sign(A)|^2 over the factors. Metric 0, the sum of r^2, is over rows and is added by the caller.
INLINE void measure_component(accV sum[METRICS], const realV factor[DEPTH], realV G, realV target, Hyper h)
{
    const wideV zero = 0;
    wideV a = to_wide(factor[0]);
    for (int k = 1; k < DEPTH; k++) a *= to_wide(factor[k]);
    const wideV goal = to_wide(target);
    sum[1] = acc_add_square(sum[1], a - goal);
    sum[2] = acc_add(sum[2], a < zero ? -a : a);
    sum[3] = acc_add_square(sum[3], goal != zero ? a : zero);
    sum[4] = acc_add_square(sum[4], goal != zero ? zero : a);
    for (int k = 0; k < DEPTH; k++) {
        wideV g = to_wide(G);
        for (int m = 0; m < DEPTH; m++) g *= m == k ? (wideV)1 : to_wide(factor[m]);
        sum[5] = acc_add_square(sum[5], g);
        sum[6] = acc_add_square(sum[6], to_wide(h.l2) * to_wide(factor[k]) + to_wide(signed_like(factor[k], h.l1)));
    }
}
