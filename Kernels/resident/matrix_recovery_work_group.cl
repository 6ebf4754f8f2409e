// Implements matrix recovery with one run per work-group of WG work-items, for GPUs.
//
// Entries of A, B and Q are dealt to the items. In a round of the tournament a team of TEAM items makes one pair of
// columns orthogonal: each sums every TEAM-th row of the three inner products, then all add the team's sums in the same
// order, form the same rotation and apply it to their own rows. A round has two barriers. HEIGHT_ODD keeps the columns
// of different teams in different banks of local memory.
// Defines: those of matrix_recovery_step.cl, with LANES 1; WG, a power of two. Local memory: WORK_SIZE reals.
#define PAIRS (PLAYERS / 2)
#define HEIGHT_ODD (HEIGHT + 1 - HEIGHT % 2)
#define SHARE (WG / PAIRS)              // items for each pair
#define TEAM (SHARE >= 32 ? 32 : SHARE >= 16 ? 16 : SHARE >= 8 ? 8 : SHARE >= 4 ? 4 : SHARE >= 2 ? 2 : 1)
#define TEAMS (WG / TEAM)
#define PAIRS_EACH DIVIDED_UP(PAIRS, TEAMS)
#define SUMS (PAIRS_EACH * WG)
#define WORK_SIZE (2 * SIZE + COLS * HEIGHT_ODD + 3 * SUMS + PAIRS + COLS + COLS * COLS + (KIND == DENSE ? N : 0))
#define LOOSE (PRECISION == 64 ? (real)1e-8 : (real)3e-4)   // what the last sweep may find: it leaves about its square
#define MEET barrier(CLK_LOCAL_MEM_FENCE)

typedef struct {
    __local real *A, *Q;                    // [SIZE]
    __local real *columns;                  // [COLS, HEIGHT_ODD]
    __local real *alpha, *beta, *gamma;     // [PAIRS_EACH, WG]: parts of inner products
    __local real *open;                     // [PAIRS]: 1 where a pair was oblique by more than LOOSE in this sweep
    __local real *weight;                   // [COLS]
    __local real *product;                  // [COLS, COLS]
    __local real *r;                        // [N] if KIND 1
} Work;

// Makes all columns orthogonal once; ready for all on return.
INLINE void sweep_columns(const Work *w, const int item)
{
    const int team = item / TEAM, member = item % TEAM;
    for (int k = item; k < PAIRS; k += WG) w->open[k] = 0;
    for (int round = 0; round < PLAYERS - 1; round++) {
        for (int each = 0; each < PAIRS_EACH; each++) {
            const int k = min(team + each * TEAMS, PAIRS - 1);
            __local const real *p = w->columns + COLUMN_P(round, k) * HEIGHT_ODD;
            __local const real *q = w->columns + min(COLUMN_Q(round, k), COLS - 1) * HEIGHT_ODD;
            real alpha = 0, beta = 0, gamma = 0;
            for (int i = member; i < ROWS; i += TEAM) {
                alpha = fma(p[i], p[i], alpha);
                beta = fma(q[i], q[i], beta);
                gamma = fma(p[i], q[i], gamma);
            }
            w->alpha[each * WG + item] = alpha;
            w->beta[each * WG + item] = beta;
            w->gamma[each * WG + item] = gamma;
        }
        MEET;
        for (int each = 0; each < PAIRS_EACH; each++) {
            const int k = team + each * TEAMS, first = each * WG + team * TEAM;
            const int first_column = COLUMN_P(round, min(k, PAIRS - 1)), second_column = COLUMN_Q(round, min(k, PAIRS - 1));
            if (k < PAIRS && second_column < COLS) {
                __local real *p = w->columns + first_column * HEIGHT_ODD;
                __local real *q = w->columns + second_column * HEIGHT_ODD;
                real alpha = 0, beta = 0, gamma = 0;
                for (int m = 0; m < TEAM; m++) {
                    alpha += w->alpha[first + m];
                    beta += w->beta[first + m];
                    gamma += w->gamma[first + m];
                }
                const Pair pair = scaled(alpha, beta, gamma);
                const Rotation r = rotation_of(pair, is_known(pair) & is_oblique(pair, EPSILON));
                if (member == 0 && is_oblique(pair, LOOSE)) w->open[k] = 1;
                for (int i = member; i < HEIGHT; i += TEAM) {
                    const real x = p[i], y = q[i];
                    p[i] = fma(-r.sine, y, r.cosine * x);
                    q[i] = fma(r.sine, x, r.cosine * y);
                }
            }
        }
        MEET;
    }
}

// Q of the state; ready for all on return.
INLINE void factor(const Work *w, const Hyper h, const int item)
{
    for (int s = item; s < SIZE; s += WG) {
        const int i = s % ROWS, p = s / ROWS;
        real sum = 0;
        for (int j = 0; j < COLS; j++) sum = fma(w->A[i * COLS + j], w->columns[p * HEIGHT_ODD + ROWS + j], sum);
        w->columns[p * HEIGHT_ODD + i] = sum;
    }
    MEET;
    int open = 1;
    for (int sweep = 0; sweep < SWEEPS && open; sweep++) {
        sweep_columns(w, item);
        open = 0;
        for (int k = 0; k < PAIRS; k++) open |= w->open[k] != 0;
        MEET;
    }
    for (int p = item; p < COLS; p += WG) {
        real square = 0;
        __local const real *b = w->columns + p * HEIGHT_ODD;
        for (int i = 0; i < ROWS; i++) square = fma(b[i], b[i], square);
        const real length = sqrt(square);
        w->weight[p] = weight_of_column(length, square == 0 ? (real)0 : 1 / length, h);
    }
    MEET;
    for (int s = item; s < SIZE; s += WG) {
        const int i = s / COLS, j = s % COLS;
        real sum = 0;
        for (int p = 0; p < COLS; p++) {
            __local const real *column = w->columns + p * HEIGHT_ODD;
            sum = fma(w->weight[p] * column[i], column[ROWS + j], sum);
        }
        w->Q[s] = sum;
    }
    MEET;
}

// V <- V (3/2 - 1/2 V^T V); ready for all on return.
INLINE void polish(const Work *w, const int item)
{
    for (int s = item; s < COLS * COLS; s += WG) {
        __local const real *p = w->columns + s / COLS * HEIGHT_ODD + ROWS;
        __local const real *q = w->columns + s % COLS * HEIGHT_ODD + ROWS;
        real sum = 0;
        for (int i = 0; i < COLS; i++) sum = fma(p[i], q[i], sum);
        w->product[s] = (s / COLS == s % COLS ? (real)1.5 : (real)0) - (real)0.5 * sum;
    }
    MEET;
    for (int s = item; s < COLS * COLS; s += WG) {      // into the rows of B, of which there are enough
        const int i = s % COLS, p = s / COLS;
        real sum = 0;
        for (int q = 0; q < COLS; q++) sum = fma(w->product[p * COLS + q], w->columns[q * HEIGHT_ODD + ROWS + i], sum);
        w->columns[p * HEIGHT_ODD + i] = sum;
    }
    MEET;
    for (int s = item; s < COLS * COLS; s += WG) {
        __local real *column = w->columns + s / COLS * HEIGHT_ODD;
        column[ROWS + s % COLS] = column[s % COLS];
    }
    MEET;
}

// KIND 1: r = X A - y, ready for all on return.
INLINE void residual(const Work *w, __global const real *X, __global const real *y, const int item)
{
#if KIND == DENSE
    for (int n = item; n < N; n += WG) {
        real sum = -y[n];
        for (int j = 0; j < SIZE; j++) sum = fma(X[n * SIZE + j], w->A[j], sum);
        w->r[n] = sum;
    }
    MEET;
#endif
}

// Entry s of M^T r.
INLINE real back_projection(const Work *w, __global const real *M, const int s)
{
    real sum = 0;
    for (int n = 0; n < N; n++) sum = fma(M[n * SIZE + s], w->r[n], sum);
    return sum;
}

// A - X^+ (X A - y); ready for all on return.
INLINE void project(const Work *w, __global const real *X, __global const real *M, __global const real *y, const int item)
{
    residual(w, X, y, item);
    for (int s = item; s < SIZE; s += WG) {
        if (KIND == DENSE) w->A[s] -= back_projection(w, M, s);
        else w->A[s] = projected_entry(w->A[s], X[s], y[s]);
    }
    MEET;
}

// One step of the state; ready for all on return.
INLINE void step(const Work *w, __global const real *X, __global const real *M, __global const real *y, const Hyper h,
                 const int item)
{
    if (PULLED) factor(w, h, item);
    if (METHOD != PROJECTED) residual(w, X, y, item);
    for (int s = item; s < SIZE; s += WG) {
        const real a = w->A[s];
        const real G = METHOD == PROJECTED ? 0 : KIND == DENSE ? back_projection(w, M, s) : pull_of_entry(a, X[s], y[s]);
        w->A[s] = stepped(a, G, w->Q[s], h);
    }
    MEET;
    if (THRESHOLDED) {
        factor(w, h, item);
        for (int s = item; s < SIZE; s += WG) w->A[s] -= w->Q[s];
        MEET;
    }
    if (METHOD == PROJECTED) project(w, X, M, y, item);
}

__kernel __attribute__((reqd_work_group_size(WG, 1, 1)))
void matrix_recovery_work_group(__global real *restrict states,          // [run, ROWS, COLS]: A, in place
                                __global real *restrict bases,           // [run, COLS, COLS]: V, in place
                                __global const real *restrict Xs,        // [problem, SIZE] weights; [problem, N, SIZE]
                                __global const real *restrict inverses,  // as Xs: (X^+)^T; METHOD 1, KIND 1 only
                                __global const real *restrict ys,        // [problem, SIZE] or [problem, N]
                                __global const int *restrict problems,   // [run]
                                __global const real *restrict hypers,    // [run, 4]: learning rate, nuclear, l1, l2
                                __global const int *restrict active,     // [launched]: run
                                const ulong start,                       // step count of the states
                                const int steps,
                                const int evaluations,
                                __global const int *restrict at,         // [evaluation]: ascending, 0 ... steps
                                __global real *restrict trace,           // [evaluation, launched, ROWS, COLS]
                                __global real *restrict scratch)         // not read
{
    const int item = get_local_id(0);
    const size_t slot = get_group_id(0), launched = get_num_groups(0), run = active[slot], problem = problems[run];
    __global const real *X = Xs + problem * DATA, *M = METHOD == PROJECTED ? inverses + problem * DATA : X;
    __global const real *y = ys + problem * OBSERVATIONS;
    __global real *state = states + run * SIZE, *basis = bases + run * COLS * COLS;
    const Hyper h = { hypers[run * 4], hypers[run * 4 + 1], hypers[run * 4 + 2], hypers[run * 4 + 3] };
    __local real local_work[WORK_SIZE];
    Work w;
    w.A = local_work;
    w.Q = w.A + SIZE;
    w.columns = w.Q + SIZE;
    w.alpha = w.columns + COLS * HEIGHT_ODD;
    w.beta = w.alpha + SUMS;
    w.gamma = w.beta + SUMS;
    w.open = w.gamma + SUMS;
    w.weight = w.open + PAIRS;
    w.product = w.weight + COLS;
    w.r = w.product + COLS * COLS;
    for (int s = item; s < SIZE; s += WG) {
        w.A[s] = state[s];
        w.Q[s] = 0;
    }
    for (int s = item; s < COLS * COLS; s += WG) w.columns[s % COLS * HEIGHT_ODD + ROWS + s / COLS] = basis[s];
    MEET;

    // A segment of steps up to each evaluation and one up to the end, whose evaluation is not written: barriers then
    // stand under loops only, never under a condition.
    int t = 0;
    for (int evaluation = 0; evaluation <= evaluations; evaluation++) {
        const int wanted = evaluation < evaluations, end = wanted ? at[evaluation] : steps;
        while (t < end) {
#if NUCLEAR
            for (int due = (start + t) % POLISH == 0; due > 0; due--) polish(&w, item);
#endif
            // up to the next polish
            const int until = (int)min((ulong)(end - t), POLISH - (start + t) % POLISH) + t;
            for (; t < until; t++) step(&w, X, M, y, h, item);
        }
        for (int s = item; s < SIZE && wanted; s += WG) trace[(evaluation * launched + slot) * SIZE + s] = w.A[s];
    }
    for (int s = item; s < SIZE; s += WG) state[s] = w.A[s];
    for (int s = item; s < COLS * COLS; s += WG) basis[s] = w.columns[s % COLS * HEIGHT_ODD + ROWS + s / COLS];
}
