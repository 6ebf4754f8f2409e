// Implements one entry's gradient and update in matrix recovery, for every method; all mappings use it.
//
// Defines: METHOD 0 subgradient | 1 projected | 2 proximal; KIND 0 entries | 1 dense measurements; NUCLEAR 1 | 0 (every
// run's nuclear is 0: nothing is factored); PENALTIES 1 | 0 (every run's l1 and l2 are 0); ROWS >= COLS; N, the number of
// dense measurements.
// The step factors M = A (METHOD 2: A after its gradient step) from the basis V of the step before: the columns of M V
// are made orthogonal, b_p, which rotates V along; then U V^T = sum b_p / |b_p| v_p^T.
#define SUBGRADIENT 0
#define PROJECTED 1
#define PROXIMAL 2
#define ENTRIES 0
#define DENSE 1
#define SIZE (ROWS * COLS)
#define HEIGHT (ROWS + COLS)        // of a column b_p with v_p below it
#define PULLED (NUCLEAR & (METHOD != PROXIMAL))       // the nuclear norm's gradient is part of the step
#define THRESHOLDED (NUCLEAR & (METHOD == PROXIMAL))  // or follows it
#define POLISH 64   // steps after which rounding errors are taken out of V
#define SWEEPS 30   // at most; one to three are usual

#define PLAYERS (COLS + COLS % 2)   // of a round-robin tournament: in each round all columns meet in disjoint pairs
#define OBSERVATIONS (KIND == DENSE ? N : SIZE)
#define DATA (KIND == DENSE ? N * SIZE : SIZE)

typedef struct { realV rate, nuclear, l1, l2; } Hyper;

// Columns of pair k, 0 ... PLAYERS / 2 - 1, in a round, 0 ... PLAYERS - 2; q = COLS where one of an odd number rests.
#define COLUMN_P(round, k) (((round) + PLAYERS - 1 - (k)) % (PLAYERS - 1))
#define COLUMN_Q(round, k) ((k) == 0 ? PLAYERS - 1 : ((round) + (k)) % (PLAYERS - 1))

// G of an observed entry, and what METHOD 1 makes of it.
INLINE realV pull_of_entry(realV a, realV weight, realV y) { return weight * (a - y); }
INLINE realV projected_entry(realV a, realV weight, realV y) { return weight > 0 ? y : a; }

// What a column b_p with this length and its inverse (0 for zeros) is multiplied by: 1 / |b_p|, METHOD 2:
// min(|b_p|, rate nuclear) / |b_p|, as thresholding takes that much away from it.
INLINE realV weight_of_column(realV length, realV inverse, Hyper h)
{
    if (METHOD != PROXIMAL) return inverse;
    const realV threshold = h.rate * h.nuclear;
    return length < threshold ? (realV)1 : threshold * inverse;
}

// The entry after the step, from its data gradient g (METHOD 1: 0, as the projection comes after) and its q, an entry of
// sum_p weight_p b_p v_p^T (METHOD 2: 0, as the threshold comes after).
INLINE realV stepped(realV a, realV g, realV q, Hyper h)
{
    if (PULLED) g = fma(h.nuclear, q, g);
    if (PENALTIES) g = fma(h.l2, a, g) + signed_like(a, h.l1);
    return fma(-h.rate, g, a);
}
