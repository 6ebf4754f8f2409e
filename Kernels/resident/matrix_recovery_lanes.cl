// Implements matrix recovery with one run per SIMD lane: a work-item trains a group of LANES runs.
//
// A lane's arithmetic depends on nothing but its own run: sums are single chains in ascending order, and a lane whose
// columns are orthogonal is left alone while others are swept on. Pairs of columns are taken in rounds of disjoint
// pairs (a round-robin tournament), so that several are in flight at once.
// Defines: those of matrix_recovery_step.cl; LANES; SHARED_DATA 1 | 0 (every run its own problem).
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

INLINE realV inner_product(const realV *p, const realV *q)
{
    realV even = 0, odd = 0;
#pragma unroll
    for (int i = 0; i + 1 < ROWS; i += 2) { even = fma(p[i], q[i], even); odd = fma(p[i + 1], q[i + 1], odd); }
    if (ROWS % 2) even = fma(p[ROWS - 1], q[ROWS - 1], even);
    return even + odd;
}

// A column is kept up to a factor: a rotation is then two multiply-adds an entry. `factor` and its inverse.
typedef struct { realV square, factor, inverse; } Norm;

// What of the other column each column of a pair takes in a rotation.
typedef struct { realV from_q, from_p; } Shear;

// The rotation of two columns with inner product `inner` of what is kept; none where `wanted` does not hold.
INLINE Shear rotate_norms(Norm *p, Norm *q, const realV inner, maskV done, maskV *open, maskV *inexact)
{
    const realV gamma = inner * p->factor * q->factor;
    const Pair pair = scaled(p->square, q->square, gamma);
    const realV t = tangent_of(pair, is_oblique(pair, EPSILON) & is_known(pair) & NOT(done));
    const realV w = fma(t, t, (realV)1), cosine = inverse_root(w), secant = w * cosine;
    const Shear shear = { -t * q->factor * p->inverse, t * p->factor * q->inverse };
    *open |= is_oblique(pair, SETTLED);
    if (REFINED) *inexact |= is_oblique(pair, EXACT) & NOT(done);
    *p = (Norm){ fmax(fma(-t, gamma, p->square), (realV)0), p->factor * cosine, p->inverse * secant };
    *q = (Norm){ fmax(fma(t, gamma, q->square), (realV)0), q->factor * cosine, q->inverse * secant };
    return shear;
}

INLINE void shear_columns(realV *p, realV *q, const Shear shear)
{
#pragma unroll
    for (int i = 0; i < HEIGHT; i++) {
        const realV x = p[i], y = q[i];
        p[i] = fma(shear.from_q, y, x);
        q[i] = fma(shear.from_p, x, y);
    }
}

INLINE void start_sweep(realV columns[COLS][HEIGHT], Norm norms[COLS])
{
    for (int p = 0; p < COLS; p++) norms[p] = (Norm){ inner_product(columns[p], columns[p]), 1, 1 };
}

INLINE void end_sweep(realV columns[COLS][HEIGHT], const Norm norms[COLS])
{
    for (int p = 0; p < COLS; p++) {
#pragma unroll
        for (int i = 0; i < HEIGHT; i++) columns[p][i] *= norms[p].factor;
    }
}

#define FOR_PAIRS(round, k, p, q)                                                                                      \
    for (int k = 0, p = COLUMN_P(round, 0), q = COLUMN_Q(round, 0); k < PLAYERS / 2;                                   \
         k++, p = COLUMN_P(round, k), q = COLUMN_Q(round, k))                                                          \
        if (COLS % 2 == 0 || q < COLS)

// Rotates the columns until they are orthogonal in every lane; returns where the last sweep found a cosine above EXACT: in each round first all inner products, then all
// rotations, so that their long chains of operations overlap.
INLINE maskV orthogonalize(realV columns[COLS][HEIGHT], Norm norms[COLS])
{
    maskV done = 0, inexact = 0;
    for (int sweep = 0; sweep < SWEEPS; sweep++) {
        maskV open = 0;
        inexact &= done;
        start_sweep(columns, norms);
        for (int round = 0; round < PLAYERS - 1; round++) {
            realV inner[PLAYERS / 2];
            Shear shear[PLAYERS / 2];
            FOR_PAIRS(round, k, p, q) inner[k] = inner_product(columns[p], columns[q]);
            FOR_PAIRS(round, k, p, q) shear[k] = rotate_norms(&norms[p], &norms[q], inner[k], done, &open, &inexact);
            FOR_PAIRS(round, k, p, q) shear_columns(columns[p], columns[q], shear[k]);
        }
        end_sweep(columns, norms);
        open &= NOT(done);
        if (!ANY(open)) break;
        done = NOT(open);
    }
    start_sweep(columns, norms);
    return inexact;
}

// V <- V (3/2 - 1/2 V^T V)
INLINE void polish(realV columns[COLS][HEIGHT])
{
    realV product[COLS][COLS];
    for (int p = 0; p < COLS; p++) {
        for (int q = 0; q < COLS; q++) {
            realV sum = 0;
            for (int i = 0; i < COLS; i++) sum = fma(columns[p][ROWS + i], columns[q][ROWS + i], sum);
            product[p][q] = sum;
        }
    }
    for (int i = 0; i < COLS; i++) {
        realV row[COLS];
        for (int p = 0; p < COLS; p++) {
            realV sum = 0;
            for (int q = 0; q < COLS; q++) sum = fma(product[p][q], columns[q][ROWS + i], sum);
            row[p] = (realV)1.5f * columns[p][ROWS + i] - (realV)0.5f * sum;
        }
        for (int p = 0; p < COLS; p++) columns[p][ROWS + i] = row[p];
    }
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

// 1 / x to single precision: enough for a small correction.
INLINE realV rough_inverse(const realV x)
{
#if PRECISION == 64
    return to_wide(1 / VECTOR(convert_float)(x));
#else
    return 1 / x;
#endif
}

#define NEGLIGIBLE ((real)1e-30)  // columns too short for single precision are not corrected

// B <- B g(B^T B), g(s^2) = weight_of_column, to first order in what B^T B has off its diagonal, the squares of d; lanes
// where `wanted` does not hold are only weighted. Off the diagonal g is H_pq (g_p - g_q) / (d_p^2 - d_q^2).
INLINE void refine(realV columns[COLS][HEIGHT], const Norm norms[COLS], const realV *weights, const maskV wanted,
                   const Hyper h)
{
    realV d[COLS], change[COLS][COLS];
    for (int p = 0; p < COLS; p++) d[p] = sqrt(norms[p].square);
    for (int p = 0; p < COLS; p++) {
        change[p][p] = weights[p];
        for (int q = 0; q < p; q++) {
            const realV low = fmin(d[p], d[q]), high = fmax(d[p], d[q]);
            realV slope = rough_inverse(low) * rough_inverse(high) * rough_inverse(low + high);
            if (METHOD == PROXIMAL) {
                const realV threshold = h.rate * h.nuclear, part = (high - threshold) * rough_inverse(high - low);
                const realV mixed = part * rough_inverse(high) * rough_inverse(low + high);
                slope = low >= threshold ? threshold * slope : high > threshold ? mixed : (realV)0;
            }
            const realV value = -inner_product(columns[p], columns[q]) * slope;
            change[p][q] = change[q][p] = wanted && low > (realV)NEGLIGIBLE ? value : (realV)0;
        }
    }
    for (int i = 0; i < ROWS; i += 2) {
        const int k = min(i + 1, ROWS - 1);
        realV b[COLS], c[COLS];
        for (int p = 0; p < COLS; p++) { b[p] = columns[p][i]; c[p] = columns[p][k]; }
        for (int p = 0; p < COLS; p++) {
            realV x = 0, y = 0;
#pragma unroll
            for (int q = 0; q < COLS; q++) { x = fma(b[q], change[p][q], x); y = fma(c[q], change[p][q], y); }
            columns[p][i] = x;
            columns[p][k] = y;
        }
    }
}
// Makes the columns b_p of A orthogonal, from the basis that `columns` holds, and takes the step (METHOD 2: threshold).
INLINE void factored_step(realV columns[COLS][HEIGHT], const Data *data, const realV *G, realV *A, const Hyper h)
{
    Norm norms[COLS];
    realV weights[COLS];
    for (int p = 0; p < COLS; p += 2) IN_BLOCKS(DOWN, ROWS, image_rows, A, columns[p], columns[min(p + 1, COLS - 1)]);
    const maskV inexact = orthogonalize(columns, norms);
    for (int p = 0; p < COLS; p++) weights[p] = weight_of_column(norms[p].square, h);
    if (REFINED && ANY(inexact)) {
        refine(columns, norms, weights, inexact, h);
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
        if (NUCLEAR) factored_step(columns, &data, G, A, h);
        if (METHOD == PROJECTED) project(&data, A, G);
    }
    for (int j = 0; j < SIZE; j++) state[j] = A[j];
    for (int p = 0; p < COLS; p++) {
        for (int j = 0; j < COLS; j++) basis[j * COLS + p] = columns[p][ROWS + j];
    }
}
