// Implements sparse recovery with one run per work-group of WG work-items, for GPUs.
//
// Residual: TASKS = N_ROWS * PARTS dot products of a row with every PARTS-th column, dealt to the items, then added in
// order. Gradient and update: item i owns columns i, i + WG, ... Every sum has a fixed order, of which WG (by way of
// PARTS) is part. A step has three barriers (METHOD 1 four). Metrics are reduced by halving from WG / 2.
// Defines: those of sparse_recovery_step.cl, with LANES 1, and sparse_recovery_view.cl; WG, a power of two;
// N_ROWS_PADDED, N_COLS_PADDED (strides of the buffers; any padding); TRACE. Local memory: WORK_SIZE reals unless
// SCRATCH_GLOBAL, LOCAL_X + LOCAL_M reals and WG accumulators.
#define STATE_PRIVATE (COLUMNS_EACH * DEPTH <= 16)  // more would spill registers
#define ROWS_EACH DIVIDED_UP(N_ROWS, WG)
#define WORK_SIZE (N_COLS + ROWS_EACH * WG + TASKS)
#if SCRATCH_GLOBAL
#define SHARED __global
#define FENCE (CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE)
#else
#define SHARED __local
#define FENCE CLK_LOCAL_MEM_FENCE
#endif
#if STATE_PRIVATE
#define UNROLL_STATE _Pragma("unroll")
#else
#define UNROLL_STATE UNROLL
#endif

// r = X a - y, ready for all on return; r [ROWS_EACH * WG], the last row repeated; `partial` [PARTS, N_ROWS].
INLINE void residual(const View *view, __global const real *y, SHARED const real *a, SHARED real *r,
                     SHARED real *partial, const int item)
{
    UNROLL
    for (int q = 0; q < TASKS_EACH; q++) {
        const int task = item + q * WG, part = task / N_ROWS;
        if (task < TASKS) {
            real sum = 0;
            UNROLL
            for (int c = 0; c < PART_COLUMNS; c++) {
                const int j = part + c * PARTS;
                if (j < N_COLS) sum = fma(ROW_ENTRY(view, q, c, task % N_ROWS, j), a[j], sum);
            }
            partial[task] = sum;
        }
    }
    barrier(FENCE);
    // No condition here: PoCL 3.1 loses the rest of the kernel where the same one guards both sides of a barrier.
    for (int q = 0; q < ROWS_EACH; q++) {
        const int i = min(item + q * WG, N_ROWS - 1);
        real sum = -y[i];
        for (int part = 0; part < PARTS; part++) sum += partial[part * N_ROWS + i];
        r[item + q * WG] = sum;
    }
    barrier(FENCE);
}

// Factors of the item's q-th column j: in own[q] if STATE_PRIVATE, else in `state`.
INLINE void load_factors(real factor[DEPTH], const real own[][DEPTH], __global const real *state, const int q,
                         const int j)
{
#pragma unroll
    for (int k = 0; k < DEPTH; k++) {
        factor[k] = STATE_PRIVATE ? own[STATE_PRIVATE ? q : 0][k] : state[k * N_COLS_PADDED + j];
    }
}

INLINE void store_factors(const real factor[DEPTH], real own[][DEPTH], __global real *state, const int q, const int j)
{
#pragma unroll
    for (int k = 0; k < DEPTH; k++) {
        if (STATE_PRIVATE) own[STATE_PRIVATE ? q : 0][k] = factor[k];
        else state[k * N_COLS_PADDED + j] = factor[k];
    }
}

// Update of the item's own columns from G = M^T r; METHOD 1 finds z in a.
INLINE void step_columns(const View *view, SHARED const real *r, real own[][DEPTH], __global real *state,
                         SHARED real *a, const Hyper h, const int item)
{
    UNROLL_STATE
    for (int q = 0; q < COLUMNS_EACH; q++) {
        const int j = item + q * WG;
        if (j < N_COLS) {
            real factor[DEPTH], G = 0;
            UNROLL
            for (int i = 0; i < N_ROWS; i++) G = fma(COLUMN_ENTRY(view, q, i, j), r[i], G);
            load_factors(factor, own, state, q, j);
            if (METHOD == PROJECTED) factor[0] = a[j];
            a[j] = update_factors(factor, G, h);
            store_factors(factor, own, state, q, j);
        }
    }
    barrier(FENCE);
}

// The seven metrics of the state, whose residual is r, to `out` [METRICS, slots] if `wanted`.
INLINE void evaluate(__global const real *X, __global const real *target, SHARED const real *r,
                     __global const real *state, const Hyper h, __local accV *shared, __global wide *out,
                     const size_t slots, const int wanted, const int item)
{
    accV sum[METRICS];
    for (int q = 0; q < METRICS; q++) sum[q] = acc_zero;
    for (int i = item; i < N_ROWS; i += WG) sum[0] = acc_add_square(sum[0], to_wide(r[i]));
    for (int j = item; j < N_COLS; j += WG) {
        real factor[DEPTH], G = 0;
        for (int i = 0; i < N_ROWS; i++) G = fma(X[i * N_COLS_PADDED + j], r[i], G);
        for (int k = 0; k < DEPTH; k++) factor[k] = state[k * N_COLS_PADDED + j];
        measure_component(sum, factor, G, target[j], h);
    }
    for (int q = 0; q < METRICS; q++) {
        shared[item] = sum[q];
        barrier(CLK_LOCAL_MEM_FENCE);
        for (int span = WG / 2; span > 0; span /= 2) {
            if (item < span) shared[item] = acc_merge(shared[item], shared[item + span]);
            barrier(CLK_LOCAL_MEM_FENCE);
        }
        if (item == 0 && wanted) out[q * slots] = acc_value(shared[0]);
        barrier(CLK_LOCAL_MEM_FENCE);
    }
}

__kernel __attribute__((reqd_work_group_size(WG, 1, 1)))
void sparse_recovery_work_group(__global real *restrict states,            // [run, DEPTH, N_COLS_PADDED], in place
                                __global const real *restrict Xs,          // [problem, N_ROWS, N_COLS_PADDED]
                                __global const real *restrict XTs,         // [problem, N_COLS, N_ROWS_PADDED]
                                __global const real *restrict inverses,    // as Xs, P^T; read by METHOD 1 only
                                __global const real *restrict ys,          // [problem, N_ROWS_PADDED]
                                __global const real *restrict targets,     // [problem, N_COLS_PADDED]
                                __global const int *restrict problems,     // [run]
                                __global const real *restrict hypers,      // [run, 3]: learning rate, l1, l2
                                __global const int *restrict active,       // [launched]: run
                                const int steps,
                                const int evaluations,
                                __global const int *restrict at,           // [evaluation]: ascending, 0 ... steps
                                __global wide *restrict metrics,           // [evaluation, METRICS, launched]
                                __global real *restrict trace,             // [evaluation, launched, N_COLS_PADDED]
                                __global real *restrict scratch)           // [launched, WORK_SIZE], or unused
{
    const int item = get_local_id(0);
    const size_t slot = get_group_id(0), slots = get_num_groups(0), run = active[slot], problem = problems[run];
    __global real *state = states + run * DEPTH * N_COLS_PADDED;
    __global const real *X = Xs + problem * N_ROWS * N_COLS_PADDED;
    __global const real *M = METHOD == PROJECTED ? inverses + problem * N_ROWS * N_COLS_PADDED : X;
    __global const real *y = ys + problem * N_ROWS_PADDED;
    const Hyper h = make_hyper(hypers[run * 3], hypers[run * 3 + 1], hypers[run * 3 + 2]);

    __local accV shared[WG];
    __local real localX[LOCAL_X], localM[LOCAL_M];
#if SCRATCH_GLOBAL
    __global real *a = scratch + slot * WORK_SIZE;
#else
    __local real a[WORK_SIZE];
#endif
    SHARED real *r = a + N_COLS, *partial = r + ROWS_EACH * WG;
    View view;
    make_view(&view, X, XTs + problem * N_COLS * N_ROWS_PADDED, M, localX, localM, item);

    real own[STATE_PRIVATE ? COLUMNS_EACH : 1][DEPTH];
    UNROLL_STATE
    for (int q = 0; q < COLUMNS_EACH; q++) {
        const int j = item + q * WG;
        if (j < N_COLS) {
            real factor[DEPTH];
            for (int k = 0; k < DEPTH; k++) factor[k] = state[k * N_COLS_PADDED + j];
            a[j] = product_without(factor, -1);
            store_factors(factor, own, state, q, j);
        }
    }
    barrier(FENCE);

    // A segment of steps up to each evaluation and one up to the end, whose evaluation is not written: barriers then
    // stand under loops only, never under a condition.
    int t = 0;
    for (int evaluation = 0; evaluation <= evaluations; evaluation++) {
        const int wanted = evaluation < evaluations, end = wanted ? at[evaluation] : steps;
        for (; t < end; t++) {
            if (METHOD == PROJECTED) {
                for (int j = item; j < N_COLS; j += WG) a[j] = shrunk(a[j], h);
                barrier(FENCE);
            }
            residual(&view, y, a, r, partial, item);
            step_columns(&view, r, own, state, a, h, item);
        }
        UNROLL_STATE
        for (int q = 0; q < COLUMNS_EACH; q++) {
            const int j = item + q * WG;
            if (j < N_COLS && TRACE && wanted) trace[(evaluation * slots + slot) * N_COLS_PADDED + j] = a[j];
            for (int k = 0; k < DEPTH && j < N_COLS && STATE_PRIVATE; k++) {
                state[k * N_COLS_PADDED + j] = own[STATE_PRIVATE ? q : 0][k];
            }
        }
        residual(&view, y, a, r, partial, item);
        evaluate(X, targets + problem * N_COLS_PADDED, r, state, h, shared,
                 metrics + evaluation * METRICS * slots + slot, slots, wanted, item);
    }
}
