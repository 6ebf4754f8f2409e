// Implements sparse recovery with one run per SIMD lane: a work-item trains a group of W = LANES * VECTORS runs.
//
// An entry of X is broadcast and used for VECTORS vectors of runs; ROW_BLOCK rows (residual) or COLUMN_BLOCK columns
// (gradient) are summed at once in registers, each in one chain in ascending order, so that a lane's arithmetic depends
// on nothing but its own run. Blocks need not divide N_ROWS or N_COLS: they are evened out and the last one is shorter.
// Defines: those of sparse_recovery_step.cl; VECTORS; ROW_BLOCK, COLUMN_BLOCK; SHARED_X 1 | 0 (every run its own
// problem); TRACE.
#define ROWS_EACH DIVIDED_UP(N_ROWS, DIVIDED_UP(N_ROWS, ROW_BLOCK))
#define COLS_EACH DIVIDED_UP(N_COLS, DIVIDED_UP(N_COLS, COLUMN_BLOCK))
#define W (LANES * VECTORS)

#if SHARED_X
typedef real entry;                         // [problem, ...]: one number for all lanes
#define ENTRY(array, i, v) ((realV)((array)[i]))
#define ENTRIES 1
#else
typedef realV entry;                        // [group, ..., VECTORS]: a number for each lane
#define ENTRY(array, i, v) ((array)[(i) * VECTORS + (v)])
#define ENTRIES VECTORS
#endif
#if DEPTH == 1
#define PRODUCT_SPACE __global  // the only factor is the product
#else
#define PRODUCT_SPACE WORK
#endif
#define WORK_SIZE ((N_ROWS + (DEPTH > 1 ? N_COLS : 0)) * VECTORS)

// r = X a - y for `rows` (a literal) rows from `first` on.
INLINE void residual_rows(const int rows, const int first, __global const entry *X, __global const entry *y,
                          PRODUCT_SPACE const realV *a, WORK realV *r)
{
    realV sum[ROWS_EACH][VECTORS];
#pragma unroll
    for (int i = 0; i < rows; i++) {
#pragma unroll
        for (int v = 0; v < VECTORS; v++) sum[i][v] = -ENTRY(y, first + i, v);
    }
    for (int j = 0; j < N_COLS; j++) {
#pragma unroll
        for (int i = 0; i < rows; i++) {
#pragma unroll
            for (int v = 0; v < VECTORS; v++) {
                sum[i][v] = fma(ENTRY(X, (first + i) * N_COLS + j, v), a[j * VECTORS + v], sum[i][v]);
            }
        }
    }
#pragma unroll
    for (int i = 0; i < rows; i++) {
#pragma unroll
        for (int v = 0; v < VECTORS; v++) r[(first + i) * VECTORS + v] = sum[i][v];
    }
}

INLINE void residual(__global const entry *X, __global const entry *y, PRODUCT_SPACE const realV *a, WORK realV *r)
{
    for (int i = 0; i + ROWS_EACH <= N_ROWS; i += ROWS_EACH) residual_rows(ROWS_EACH, i, X, y, a, r);
    if (N_ROWS % ROWS_EACH) residual_rows(N_ROWS % ROWS_EACH, N_ROWS - N_ROWS % ROWS_EACH, X, y, a, r);
}

INLINE void load_factors(realV factor[DEPTH], __global const realV *state, const int s)
{
#pragma unroll
    for (int k = 0; k < DEPTH; k++) factor[k] = state[k * N_COLS * VECTORS + s];
}

// G = M^T r for `cols` (a literal) columns from `first` on, and their update.
INLINE void step_columns(const int cols, const int first, __global const entry *M, WORK const realV *r,
                         __global realV *state, PRODUCT_SPACE realV *a, const Hyper *h)
{
    realV G[COLS_EACH][VECTORS];
#pragma unroll
    for (int j = 0; j < cols; j++) {
#pragma unroll
        for (int v = 0; v < VECTORS; v++) G[j][v] = 0;
    }
    for (int i = 0; i < N_ROWS; i++) {
#pragma unroll
        for (int j = 0; j < cols; j++) {
#pragma unroll
            for (int v = 0; v < VECTORS; v++) {
                G[j][v] = fma(ENTRY(M, i * N_COLS + first + j, v), r[i * VECTORS + v], G[j][v]);
            }
        }
    }
#pragma unroll
    for (int j = 0; j < cols; j++) {
#pragma unroll
        for (int v = 0; v < VECTORS; v++) {
            const int s = (first + j) * VECTORS + v;
            realV factor[DEPTH];
            load_factors(factor, state, s);
            const realV product = update_factors(factor, G[j][v], h[v]);
#pragma unroll
            for (int k = 0; k < DEPTH; k++) state[k * N_COLS * VECTORS + s] = factor[k];
            if (DEPTH > 1) a[s] = product;
        }
    }
}

// The seven metrics of the state, whose residual is r, to `out` [METRICS, slots].
INLINE void evaluate(__global const entry *X, __global const entry *target, WORK const realV *r,
                     __global const realV *state, const Hyper *h, __global wideV *out, const size_t slots)
{
    for (int v = 0; v < VECTORS; v++) {
        accV sum[METRICS];
        for (int q = 0; q < METRICS; q++) sum[q] = acc_zero;
        for (int i = 0; i < N_ROWS; i++) sum[0] = acc_add_square(sum[0], to_wide(r[i * VECTORS + v]));
        for (int j = 0; j < N_COLS; j++) {
            realV factor[DEPTH], G = 0;
            for (int i = 0; i < N_ROWS; i++) G = fma(ENTRY(X, i * N_COLS + j, v), r[i * VECTORS + v], G);
            load_factors(factor, state, j * VECTORS + v);
            measure_component(sum, factor, G, ENTRY(target, j, v), h[v]);
        }
        for (int q = 0; q < METRICS; q++) out[q * (slots / LANES) + v] = acc_value(sum[q]);
    }
}

__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void sparse_recovery_lanes(__global realV *restrict states,           // [group, DEPTH, N_COLS, W], in place
                           __global const entry *restrict Xs,         // [problem, N_ROWS, N_COLS]; [group, ..., W]
                           __global const entry *restrict inverses,   // as Xs, P^T; read by METHOD 1 only
                           __global const entry *restrict ys,         // [problem, N_ROWS]; [group, ..., W]
                           __global const entry *restrict targets,    // [problem, N_COLS]; [group, ..., W]
                           __global const int *restrict problems,     // [group]; read if SHARED_X
                           __global const realV *restrict hypers,     // [group, 3, W]: learning rate, l1, l2
                           __global const int *restrict active,       // [launched]: group
                           const int steps,
                           const int evaluations,
                           __global const int *restrict at,           // [evaluation]: ascending, 0 ... steps
                           __global wideV *restrict metrics,          // [evaluation, METRICS, launched, W]
                           __global realV *restrict trace,            // [evaluation, N_COLS, launched, W]
                           __global realV *restrict scratch)          // [launched, WORK_SIZE, LANES], or unused
{
    const size_t slot = get_global_id(0), slots = get_global_size(0) * W, group = active[slot];
    const size_t problem = (SHARED_X ? (size_t)problems[group] : group) * ENTRIES;
    __global realV *state = states + group * DEPTH * N_COLS * VECTORS;
    __global const entry *X = Xs + problem * N_ROWS * N_COLS;
    __global const entry *M = METHOD == PROJECTED ? inverses + problem * N_ROWS * N_COLS : X;
    __global const entry *y = ys + problem * N_ROWS;
#if SCRATCH_GLOBAL
    __global realV *r = scratch + slot * WORK_SIZE;
#else
    realV r[WORK_SIZE];
#endif
#if DEPTH == 1
    __global realV *a = state;
#else
    WORK realV *a = r + N_ROWS * VECTORS;
    for (int s = 0; s < N_COLS * VECTORS; s++) {
        realV factor[DEPTH];
        load_factors(factor, state, s);
        a[s] = product_without(factor, -1);
    }
#endif
    Hyper h[VECTORS];
    for (int v = 0; v < VECTORS; v++) {
        __global const realV *own = hypers + group * 3 * VECTORS + v;
        h[v] = make_hyper(own[0], own[VECTORS], own[2 * VECTORS]);
    }

    int evaluation = 0;
    for (int t = 0; t < steps || evaluation < evaluations; t++) {
        const int evaluating = evaluation < evaluations && at[evaluation] == t;
        if (METHOD != PROJECTED || evaluating) residual(X, y, a, r);
        if (evaluating) {
            evaluate(X, targets + problem * N_COLS, r, state, h,
                     metrics + (evaluation * METRICS * slots + slot * W) / LANES, slots);
#if TRACE
            for (int s = 0; s < N_COLS * VECTORS; s++) {
                trace[((evaluation * N_COLS + s / VECTORS) * slots + slot * W) / LANES + s % VECTORS] = a[s];
            }
#endif
            evaluation++;
        }
        if (t >= steps) break;
        if (METHOD == PROJECTED) {
            for (int s = 0; s < N_COLS * VECTORS; s++) a[s] = shrunk(a[s], h[s % VECTORS]);
            residual(X, y, a, r);
        }
        for (int j = 0; j + COLS_EACH <= N_COLS; j += COLS_EACH) step_columns(COLS_EACH, j, M, r, state, a, h);
        if (N_COLS % COLS_EACH) step_columns(N_COLS % COLS_EACH, N_COLS - N_COLS % COLS_EACH, M, r, state, a, h);
    }
}
