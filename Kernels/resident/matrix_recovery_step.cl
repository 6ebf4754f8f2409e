// Implements one entry's gradient and update in matrix recovery, for every method; all mappings use it.
//
// Defines: METHOD 0 subgradient | 1 projected | 2 proximal; KIND 0 entries | 1 dense measurements; NUCLEAR 1 | 0 (every
// run's nuclear is 0: nothing is factored); ROWS >= COLS; N, the number of dense measurements.
// The step factors M = A (METHOD 2: A after its gradient step) from the basis V of the step before: the columns of M V
// are made orthogonal, b_p, which rotates V along; then U V^T = sum b_p / |b_p| v_p^T.
#define SUBGRADIENT 0
#define PROJECTED 1
#define PROXIMAL 2
#define ENTRIES 0
#define DENSE 1
#define SIZE (ROWS * COLS)
#define POLISH 64   // steps after which rounding errors are taken out of V
#define SWEEPS 30   // at most; one to three are usual

typedef struct { realV rate, nuclear, l1, l2; } Hyper;

// G of an observed entry, times its weight.
INLINE realV pull_of_entry(realV a, realV weight, realV y) { return weight * (a - y); }

// The l1 and l2 terms' gradient added to g.
INLINE realV penalised(realV g, realV a, Hyper h) { return fma(h.l2, a, g) + signed_like(a, h.l1); }

// The entry after the step, whose gradient g includes everything; METHOD 1: before the projection.
INLINE realV stepped(realV a, realV g, Hyper h) { return fma(-h.rate, g, a); }

// What a column b_p with squared norm `square` is multiplied by: 1 / |b_p|, METHOD 2: S(|b_p|) / |b_p|.
INLINE realV weight_of_column(realV square, Hyper h)
{
    const realV norm = sqrt(square);
#if METHOD == PROXIMAL
    const realV kept = norm - h.rate * h.nuclear;
    return square == 0 ? (realV)0 : kept < 0 ? (realV)0 : kept / norm;
#else
    return square == 0 ? (realV)0 : 1 / norm;
#endif
}
