// Implements sparse recovery with one run per work-item and vector lanes across its components.
//
// r = X a - y accumulates columns of X (rows of its transpose), G accumulates rows of X, so that a step has no sum over
// lanes. ROW_BLOCK (residual) or COLUMN_BLOCK (gradient) vectors are summed at once in registers; RESIDUAL_CHAINS and
// GRADIENT_CHAINS split each sum into interleaved parts, to hide the latency of fma where vectors are
// few. The chains fix the order of summation; LANES and the blocks do not change a bit of the state.
// Defines: those of sparse_recovery_step.cl; the four above; N_ROWS_PADDED, N_COLS_PADDED, multiples of LANES (padding
// is zero and stays zero); TRANSPOSE_PRIVATE 1 where X^T fits private memory (XTs is not read then); TRACE.
#define ROW_VECTORS (N_ROWS_PADDED / LANES)
#define COLUMN_VECTORS (N_COLS_PADDED / LANES)
#define ROWS_EACH DIVIDED_UP(ROW_VECTORS, DIVIDED_UP(ROW_VECTORS, ROW_BLOCK))
#define COLS_EACH DIVIDED_UP(COLUMN_VECTORS, DIVIDED_UP(COLUMN_VECTORS, COLUMN_BLOCK))
#define WORK_SIZE (ROW_VECTORS + COLUMN_VECTORS)
#define LARGER(a, b) ((a) > (b) ? (a) : (b))

#if TRANSPOSE_PRIVATE
#define TRANSPOSE __private
#else
#define TRANSPOSE __global
#endif

// sum[v] += sum_k weight[k] M[k, v] over `terms` terms, for `count` vectors of rows of `stride` vectors: term k goes to
// chain k mod chains, then the chains are added in order. count, chains and terms are literals. OpenCL C 1.2 has no
// generic address space, so there is one function for M in global memory and one for the transpose.
#define DEFINE_ADD_WEIGHTED(name, SPACE)                                                                               \
    INLINE void name(realV *sum, const int count, const int chains, const int terms, SPACE const realV *M,             \
                     const int stride, WORK const realV *weights)                                                      \
    {                                                                                                                  \
        WORK const real *weight = (WORK const real *)weights;                                                          \
        realV part[LARGER(RESIDUAL_CHAINS, GRADIENT_CHAINS)][LARGER(ROWS_EACH, COLS_EACH)];                            \
        UNROLL for (int c = 0; c < chains; c++)                                                                        \
            UNROLL for (int v = 0; v < count; v++) part[c][v] = c == 0 ? sum[v] : (realV)0;                            \
        for (int k = 0; k + chains <= terms; k += chains) {                                                            \
            UNROLL for (int c = 0; c < chains; c++)                                                                    \
                UNROLL for (int v = 0; v < count; v++)                                                                 \
                    part[c][v] = fma((realV)weight[k + c], M[(k + c) * stride + v], part[c][v]);                       \
        }                                                                                                              \
        const int rest = terms - terms % chains;                                                                       \
        UNROLL for (int c = 0; c < terms % chains; c++)                                                                \
            UNROLL for (int v = 0; v < count; v++)                                                                     \
                part[c][v] = fma((realV)weight[rest + c], M[(rest + c) * stride + v], part[c][v]);                     \
        UNROLL for (int v = 0; v < count; v++) {                                                                       \
            sum[v] = part[0][v];                                                                                       \
            UNROLL for (int c = 1; c < chains; c++) sum[v] += part[c][v];                                              \
        }                                                                                                              \
    }
#define UNROLL _Pragma("unroll")
DEFINE_ADD_WEIGHTED(add_weighted, __global)
#if TRANSPOSE_PRIVATE
DEFINE_ADD_WEIGHTED(add_weighted_transpose, TRANSPOSE)
#else
#define add_weighted_transpose add_weighted
#endif

// r = X a - y for `count` (a literal) row vectors from `first` on.
INLINE void residual_rows(const int count, const int first, TRANSPOSE const realV *XT, __global const realV *y,
                          WORK const realV *a, WORK realV *r)
{
    realV sum[ROWS_EACH];
#pragma unroll
    for (int v = 0; v < count; v++) sum[v] = -y[first + v];
    add_weighted_transpose(sum, count, RESIDUAL_CHAINS, N_COLS, XT + first, ROW_VECTORS, a);
#pragma unroll
    for (int v = 0; v < count; v++) r[first + v] = sum[v];
}

INLINE void residual(TRANSPOSE const realV *XT, __global const realV *y, WORK const realV *a, WORK realV *r)
{
    for (int v = 0; v + ROWS_EACH <= ROW_VECTORS; v += ROWS_EACH) residual_rows(ROWS_EACH, v, XT, y, a, r);
    if (ROW_VECTORS % ROWS_EACH) {
        residual_rows(ROW_VECTORS % ROWS_EACH, ROW_VECTORS - ROW_VECTORS % ROWS_EACH, XT, y, a, r);
    }
}

// G = M^T r for `count` (a literal) column vectors from `first` on.
INLINE void gradient_columns(const int count, const int first, __global const realV *M, WORK const realV *r, realV *G)
{
#pragma unroll
    for (int v = 0; v < count; v++) G[v] = 0;
    add_weighted(G, count, GRADIENT_CHAINS, N_ROWS, M + first, COLUMN_VECTORS, r);
}

INLINE void load_factors(realV factor[DEPTH], __global const realV *state, const int v)
{
#pragma unroll
    for (int k = 0; k < DEPTH; k++) factor[k] = state[k * COLUMN_VECTORS + v];
}

INLINE void step_columns(const int count, const int first, __global const realV *M, WORK const realV *r,
                         __global realV *state, WORK realV *a, const Hyper h)
{
    realV G[COLS_EACH];
    gradient_columns(count, first, M, r, G);
#pragma unroll
    for (int v = 0; v < count; v++) {
        realV factor[DEPTH];
        load_factors(factor, state, first + v);
        a[first + v] = update_factors(factor, G[v], h);
#pragma unroll
        for (int k = 0; k < DEPTH; k++) state[k * COLUMN_VECTORS + first + v] = factor[k];
    }
}

// The seven metrics of the state, whose residual is r, to `out` [METRICS, slots].
INLINE void evaluate(__global const realV *X, __global const realV *target, WORK const realV *r,
                     __global const realV *state, const Hyper h, __global wide *out, const size_t slots)
{
    accV sum[METRICS];
    for (int q = 0; q < METRICS; q++) sum[q] = acc_zero;
    for (int v = 0; v < ROW_VECTORS; v++) sum[0] = acc_add_square(sum[0], to_wide(r[v]));
    for (int v = 0; v < COLUMN_VECTORS; v++) {
        realV factor[DEPTH], G[1];
        gradient_columns(1, v, X, r, G);
        load_factors(factor, state, v);
        measure_component(sum, factor, G[0], target[v], h);
    }
    for (int q = 0; q < METRICS; q++) out[q * slots] = acc_sum_lanes(sum[q]);
}

__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void sparse_recovery_components(__global realV *restrict states,           // [run, DEPTH, N_COLS_PADDED], in place
                                __global const realV *restrict Xs,         // [problem, N_ROWS, N_COLS_PADDED]
                                __global const realV *restrict XTs,        // [problem, N_COLS, N_ROWS_PADDED]
                                __global const realV *restrict inverses,   // as Xs, P^T; read by METHOD 1 only
                                __global const realV *restrict ys,         // [problem, N_ROWS_PADDED]
                                __global const realV *restrict targets,    // [problem, N_COLS_PADDED]
                                __global const int *restrict problems,     // [run]
                                __global const real *restrict hypers,      // [run, 3]: learning rate, l1, l2
                                __global const int *restrict active,       // [launched]: run
                                const int steps,
                                const int evaluations,
                                __global const int *restrict at,           // [evaluation]: ascending, 0 ... steps
                                __global wide *restrict metrics,           // [evaluation, METRICS, launched]
                                __global realV *restrict trace,            // [evaluation, launched, N_COLS_PADDED]
                                __global realV *restrict scratch)          // [launched, WORK_SIZE, LANES], or unused
{
    const size_t slot = get_global_id(0), slots = get_global_size(0), run = active[slot], problem = problems[run];
    __global realV *state = states + run * DEPTH * COLUMN_VECTORS;
    __global const realV *X = Xs + problem * N_ROWS * COLUMN_VECTORS;
#if TRANSPOSE_PRIVATE
    realV XT[N_COLS * ROW_VECTORS];  // made anew by every launch, for half the memory of a batch with its own X per run
    for (int s = 0; s < N_COLS * N_ROWS_PADDED; s++) {
        const int j = s / N_ROWS_PADDED, i = s % N_ROWS_PADDED;
        ((real *)XT)[s] = i < N_ROWS ? ((__global const real *)X)[i * N_COLS_PADDED + j] : (real)0;
    }
#else
    __global const realV *XT = XTs + problem * N_COLS * ROW_VECTORS;
#endif
    __global const realV *M = METHOD == PROJECTED ? inverses + problem * N_ROWS * COLUMN_VECTORS : X;
    __global const realV *y = ys + problem * ROW_VECTORS;
#if SCRATCH_GLOBAL
    __global realV *r = scratch + slot * WORK_SIZE;
#else
    realV r[WORK_SIZE];
#endif
    WORK realV *a = r + ROW_VECTORS;
    for (int v = 0; v < COLUMN_VECTORS; v++) {
        realV factor[DEPTH];
        load_factors(factor, state, v);
        a[v] = product_without(factor, -1);
    }
    const Hyper h = make_hyper((realV)hypers[run * 3], (realV)hypers[run * 3 + 1], (realV)hypers[run * 3 + 2]);

    int evaluation = 0;
    for (int t = 0; t < steps || evaluation < evaluations; t++) {
        const int evaluating = evaluation < evaluations && at[evaluation] == t;
        if (METHOD != PROJECTED || evaluating) residual(XT, y, a, r);
        if (evaluating) {
            evaluate(X, targets + problem * COLUMN_VECTORS, r, state, h, metrics + evaluation * METRICS * slots + slot,
                     slots);
#if TRACE
            for (int v = 0; v < COLUMN_VECTORS; v++) trace[(evaluation * slots + slot) * COLUMN_VECTORS + v] = a[v];
#endif
            evaluation++;
        }
        if (t >= steps) break;
        if (METHOD == PROJECTED) {
            for (int v = 0; v < COLUMN_VECTORS; v++) state[v] = a[v] = shrunk(a[v], h);
            residual(XT, y, a, r);
        }
        for (int v = 0; v + COLS_EACH <= COLUMN_VECTORS; v += COLS_EACH) step_columns(COLS_EACH, v, M, r, state, a, h);
        if (COLUMN_VECTORS % COLS_EACH) {
            step_columns(COLUMN_VECTORS % COLS_EACH, COLUMN_VECTORS - COLUMN_VECTORS % COLS_EACH, M, r, state, a, h);
        }
    }
}
