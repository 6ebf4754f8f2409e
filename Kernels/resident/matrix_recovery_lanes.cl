// Implements matrix recovery with one run per SIMD lane: a work-item trains a group of LANES runs.
//
// A lane's arithmetic depends on nothing but its own run: sums are single chains in ascending order.
// Defines: those of warm_jacobi_lanes.cl; SHARED_DATA 1 | 0 (every run its own problem).
#if SHARED_DATA
typedef real entry;                         // [problem, ...]: one number for all lanes
#else
typedef realV entry;                        // [group, ..., LANES]
#endif
#define BLOCK(count, most) DIVIDED_UP(count, DIVIDED_UP(count, most))
#define DOWN BLOCK(ROWS, 10)                // rows and columns that are summed at once in registers
#define ACROSS BLOCK(COLS, 10)

// Calls `function(count, first, ...)` for blocks of up to `each`, a literal, that cover `size`.
#define IN_BLOCKS(each, size, function, ...)                                                                           \
    do {                                                                                                               \
        for (int first_ = 0; first_ + (each) <= (size); first_ += (each)) function(each, first_, __VA_ARGS__);         \
        if ((size) % (each)) function((size) % (each), (size) - (size) % (each), __VA_ARGS__);                         \
    } while (0)

// b_p = M v_p for `rows` rows from `first` on, and for column p and the one after it.
INLINE void image_rows(const int rows, const int first, const realV *M, realV *p, realV *q)
{
    realV x[DOWN], y[DOWN];
#pragma unroll
    for (int i = 0; i < rows; i++) x[i] = y[i] = 0;
    for (int j = 0; j < COLS; j++) {
        const realV v = p[ROWS + j], w = q[ROWS + j];
#pragma unroll
        for (int i = 0; i < rows; i++) {
            const realV m = M[(first + i) * COLS + j];
            x[i] = fma(m, v, x[i]);
            y[i] = fma(m, w, y[i]);
        }
    }
#pragma unroll
    for (int i = 0; i < rows; i++) { p[first + i] = x[i]; q[first + i] = y[i]; }
}

#if KIND == DENSE
// r = X a - y for `rows` rows from `first` on.
INLINE void residual_rows(const int rows, const int first, __global const entry *X, __global const entry *y,
                          const realV *a, realV *r)
{
    realV sum[BLOCK(N, 10)];
#pragma unroll
    for (int i = 0; i < rows; i++) sum[i] = -(realV)y[first + i];
    for (int j = 0; j < SIZE; j++) {
#pragma unroll
        for (int i = 0; i < rows; i++) sum[i] = fma((realV)X[(first + i) * SIZE + j], a[j], sum[i]);
    }
#pragma unroll
    for (int i = 0; i < rows; i++) r[first + i] = sum[i];
}

// G = X^T r for `cols` entries from `first` on.
INLINE void gradient_columns(const int cols, const int first, __global const entry *X, const realV *r, realV *G)
{
    realV sum[BLOCK(SIZE, 10)];
#pragma unroll
    for (int j = 0; j < cols; j++) sum[j] = 0;
    for (int i = 0; i < N; i++) {
#pragma unroll
        for (int j = 0; j < cols; j++) sum[j] = fma((realV)X[i * SIZE + first + j], r[i], sum[j]);
    }
#pragma unroll
    for (int j = 0; j < cols; j++) G[first + j] = sum[j];
}
#endif

// A problem: X and y, M = X or (X^+)^T, or weights and values of all entries.
typedef struct { __global const entry *X, *M, *y; } Data;

// KIND 1: G = M^T (X A - y).
INLINE void gradient(const Data *data, const realV *A, realV *G)
{
#if KIND == DENSE
    realV r[N];
    IN_BLOCKS(BLOCK(N, 10), N, residual_rows, data->X, data->y, A, r);
    IN_BLOCKS(BLOCK(SIZE, 10), SIZE, gradient_columns, data->M, r, G);
#endif
}

// An entry of the data gradient, where A has a; METHOD 1: 0.
INLINE realV pull_of(const Data *data, const realV *G, const int s, const realV a)
{
    if (METHOD == PROJECTED) return 0;
    return KIND == DENSE ? G[s] : pull_of_entry(a, (realV)data->X[s], (realV)data->y[s]);
}

// A - X^+ (X A - y): observed entries take their values.
INLINE void project(const Data *data, realV *A, realV *G)
{
    gradient(data, A, G);
    for (int s = 0; s < SIZE; s++) {
        if (KIND == DENSE) A[s] -= G[s];
        else A[s] = projected_entry(A[s], (realV)data->X[s], (realV)data->y[s]);
    }
}

// sum_p weight_p b_p v_p^T for `cols` columns from `first` on, in row i and the one after it, and what it does to A:
// the step, METHOD 2: the threshold.
INLINE void compose_columns(const int cols, const int first, realV columns[COLS][HEIGHT], const realV *weights,
                            const int i, const int k, const Data *data, const realV *G, realV *A, const Hyper h)
{
    realV x[ACROSS], y[ACROSS];
#pragma unroll
    for (int j = 0; j < cols; j++) x[j] = y[j] = 0;
    for (int p = 0; p < COLS; p++) {
        const realV b = weights[p] * columns[p][i], c = weights[p] * columns[p][k];
#pragma unroll
        for (int j = 0; j < cols; j++) {
            x[j] = fma(b, columns[p][ROWS + first + j], x[j]);
            y[j] = fma(c, columns[p][ROWS + first + j], y[j]);
        }
    }
#pragma unroll
    for (int j = 0; j < cols; j++) {
        const int s = i * COLS + first + j, t = k * COLS + first + j;
        const realV a = A[s], b = A[t];
        A[s] = METHOD == PROXIMAL ? a - x[j] : stepped(a, pull_of(data, G, s, a), x[j], h);
        if (ROWS % 2 == 0 || k != i) A[t] = METHOD == PROXIMAL ? b - y[j] : stepped(b, pull_of(data, G, t, b), y[j], h);
    }
}

// Makes the columns b_p of A orthogonal, from the basis that `columns` holds, and takes the step (METHOD 2: threshold).
INLINE void factored_step(realV columns[COLS][HEIGHT], const Data *data, const realV *G, realV *A, const Tournament pairs,
                          const Hyper h)
{
    Length lengths[COLS];
    realV weights[COLS], cosines[COLS][COLS];
    for (int p = 0; p < COLS; p += 2) IN_BLOCKS(DOWN, ROWS, image_rows, A, columns[p], columns[min(p + 1, COLS - 1)]);
    orthogonalize(columns, lengths, cosines, pairs, h);
    for (int p = 0; p < COLS; p++) weights[p] = weight_of_column(lengths[p].length, lengths[p].inverse, h);
    if (REFINED) {
        refine(columns, lengths, cosines, weights, h);
        for (int p = 0; p < COLS; p++) weights[p] = 1;
    }
    for (int i = 0; i < ROWS; i += 2) {
        IN_BLOCKS(ACROSS, COLS, compose_columns, columns, weights, i, min(i + 1, ROWS - 1), data, G, A, h);
    }
}

__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void matrix_recovery_lanes(__global realV *restrict states,          // [group, ROWS, COLS, LANES]: A, in place
                           __global realV *restrict bases,           // [group, COLS, COLS, LANES]: V, in place
                           __global const entry *restrict Xs,        // [problem, SIZE] weights or [problem, N, SIZE]
                           __global const entry *restrict inverses,  // as Xs: (X^+)^T; read by METHOD 1, KIND 1 only
                           __global const entry *restrict ys,        // [problem, SIZE] or [problem, N]
                           __global const int *restrict problems,    // [group]; read if SHARED_DATA
                           __global const realV *restrict hypers,    // [group, 4, LANES]: learning rate, nuclear, l1, l2
                           __global const int *restrict active,      // [launched]: group
                           const ulong start,                        // step count of the states
                           const int steps,
                           const int evaluations,
                           __global const int *restrict at,          // [evaluation]: ascending, 0 ... steps
                           __global realV *restrict trace,           // [evaluation, launched, ROWS, COLS, LANES]
                           __global realV *restrict scratch)         // not read
{
    const size_t slot = get_global_id(0), launched = get_global_size(0), group = active[slot];
    const size_t problem = SHARED_DATA ? (size_t)problems[group] : group;
    __global const entry *X = Xs + problem * DATA;
    const Data data = { X, METHOD == PROJECTED ? inverses + problem * DATA : X, ys + problem * OBSERVATIONS };
    __global realV *state = states + group * SIZE, *basis = bases + group * COLS * COLS;
    __global const realV *own = hypers + group * 4;
    const Hyper h = { own[0], own[1], own[2], own[3] };
    realV A[SIZE], G[KIND == DENSE ? SIZE : 1], columns[COLS][HEIGHT];
    for (int j = 0; j < SIZE; j++) A[j] = state[j];
    for (int p = 0; p < COLS; p++) {
        for (int j = 0; j < COLS; j++) columns[p][ROWS + j] = basis[j * COLS + p];
    }
    Tournament pairs;
    draw(pairs);
    int evaluation = 0;
    for (int t = 0; t < steps || evaluation < evaluations; t++) {
        if (evaluation < evaluations && at[evaluation] == t) {
            __global realV *out = trace + (evaluation * launched + slot) * SIZE;
            for (int j = 0; j < SIZE; j++) out[j] = A[j];
            evaluation++;
        }
        if (t >= steps) break;
        if (NUCLEAR && (start + t) % POLISH == 0) polish(columns);
        if (METHOD != PROJECTED) gradient(&data, A, G);
        if (!PULLED) {
            for (int j = 0; j < SIZE; j++) A[j] = stepped(A[j], pull_of(&data, G, j, A[j]), 0, h);
        }
        if (NUCLEAR) factored_step(columns, &data, G, A, pairs, h);
        if (METHOD == PROJECTED) project(&data, A, G);
    }
    for (int j = 0; j < SIZE; j++) state[j] = A[j];
    for (int p = 0; p < COLS; p++) {
        for (int j = 0; j < COLS; j++) basis[j * COLS + p] = columns[p][ROWS + j];
    }
}
