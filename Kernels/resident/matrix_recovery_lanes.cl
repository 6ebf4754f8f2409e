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
#define HEIGHT (ROWS + COLS)                // of a column b_p with v_p below it
#define PLAYERS (COLS + COLS % 2)
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

// The squared norms after a rotation.
INLINE void rotate_squares(realV *p, realV *q, const realV gamma, const Rotation r)
{
    const realV cross = 2 * r.cosine * r.sine * gamma, cc = r.cosine * r.cosine, ss = r.sine * r.sine;
    const realV alpha = *p, beta = *q;
    *p = fmax(fma(cc, alpha, fma(ss, beta, -cross)), (realV)0);
    *q = fmax(fma(ss, alpha, fma(cc, beta, cross)), (realV)0);
}

INLINE void rotate_columns(realV *p, realV *q, const Rotation r)
{
#pragma unroll
    for (int i = 0; i < HEIGHT; i++) {
        const realV x = p[i], y = q[i];
        p[i] = fma(-r.sine, y, r.cosine * x);
        q[i] = fma(r.sine, x, r.cosine * y);
    }
}

INLINE void square_columns(realV columns[COLS][HEIGHT], realV squares[COLS])
{
    for (int p = 0; p < COLS; p++) squares[p] = inner_product(columns[p], columns[p]);
}

// The columns of the k-th pair of a round; COLS % 2: one of them may be a dummy, COLS.
#define FIRST(round, k) ((k) == 0 ? PLAYERS - 1 : ((round) + (k)) % (PLAYERS - 1))
#define SECOND(round, k) (((round) + PLAYERS - 1 - (k)) % (PLAYERS - 1))
#define FOR_PAIRS(round, k, p, q)                                                                                      \
    for (int k = 0, p = FIRST(round, 0), q = SECOND(round, 0); k < PLAYERS / 2;                                        \
         k++, p = FIRST(round, k), q = SECOND(round, k))                                                               \
        if (COLS % 2 == 0 || (p < COLS && q < COLS))

// Rotates the columns until they are orthogonal in every lane: in each round first all inner products, then all
// rotations, so that their long chains of operations overlap.
INLINE void orthogonalize(realV columns[COLS][HEIGHT], realV squares[COLS])
{
    maskV done = 0;
    for (int sweep = 0; sweep < SWEEPS; sweep++) {
        maskV open = 0;
        square_columns(columns, squares);
        for (int round = 0; round < PLAYERS - 1; round++) {
            realV gamma[PLAYERS / 2];
            Rotation rotation[PLAYERS / 2];
            FOR_PAIRS(round, k, p, q) gamma[k] = inner_product(columns[p], columns[q]);
            FOR_PAIRS(round, k, p, q) {
                const Pair pair = scaled(squares[p], squares[q], gamma[k]);
                rotation[k] = rotation_of(pair, is_oblique(pair, EPSILON) & is_known(pair) & NOT(done));
                rotate_squares(&squares[p], &squares[q], gamma[k], rotation[k]);
                open |= is_oblique(pair, LOOSE);
            }
            FOR_PAIRS(round, k, p, q) rotate_columns(columns[p], columns[q], rotation[k]);
        }
        open &= NOT(done);
        if (!ANY(open)) break;
        done = NOT(open);
    }
    square_columns(columns, squares);
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

// sum_p b_p v_p^T for `cols` columns from `first` on, in row i and the one after it.
INLINE void compose_columns(const int cols, const int first, realV columns[COLS][HEIGHT], const int i, const int k,
                            realV *out)
{
    realV x[ACROSS], y[ACROSS];
#pragma unroll
    for (int j = 0; j < cols; j++) x[j] = y[j] = 0;
    for (int p = 0; p < COLS; p++) {
        const realV b = columns[p][i], c = columns[p][k];
#pragma unroll
        for (int j = 0; j < cols; j++) {
            x[j] = fma(b, columns[p][ROWS + first + j], x[j]);
            y[j] = fma(c, columns[p][ROWS + first + j], y[j]);
        }
    }
#pragma unroll
    for (int j = 0; j < cols; j++) { out[i * COLS + first + j] = x[j]; out[k * COLS + first + j] = y[j]; }
}

// Q = sum_p weight_p b_p v_p^T of M, whose columns start from the basis that `columns` holds. M may be Q.
INLINE void factor(const realV *M, realV columns[COLS][HEIGHT], realV *Q, Hyper h)
{
    realV squares[COLS];
    for (int p = 0; p < COLS; p += 2) IN_BLOCKS(DOWN, ROWS, image_rows, M, columns[p], columns[min(p + 1, COLS - 1)]);
    orthogonalize(columns, squares);
    for (int p = 0; p < COLS; p++) {
        const realV weight = weight_of_column(squares[p], h);
        for (int i = 0; i < ROWS; i++) columns[p][i] *= weight;
    }
    for (int i = 0; i < ROWS; i += 2) IN_BLOCKS(ACROSS, COLS, compose_columns, columns, i, min(i + 1, ROWS - 1), Q);
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

// G = M^T (X A - y), with M = X or X^+ transposed; KIND 0: weights * (A - y), METHOD 1 without the weights.
INLINE void pull(__global const entry *X, __global const entry *M, __global const entry *y, const realV *A, realV *G)
{
#if KIND == DENSE
    realV r[N];
    IN_BLOCKS(BLOCK(N, 10), N, residual_rows, X, y, A, r);
    IN_BLOCKS(BLOCK(SIZE, 10), SIZE, gradient_columns, M, r, G);
#else
    for (int j = 0; j < SIZE; j++) {
        const realV weight = (realV)X[j], difference = A[j] - (realV)y[j];
        G[j] = METHOD == PROJECTED ? (weight > 0 ? difference : (realV)0) : weight * difference;
    }
#endif
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
    const size_t data = KIND == DENSE ? N * SIZE : SIZE, observations = KIND == DENSE ? N : SIZE;
    __global const entry *X = Xs + problem * data, *M = METHOD == PROJECTED ? inverses + problem * data : X;
    __global const entry *y = ys + problem * observations;
    __global realV *state = states + group * SIZE, *basis = bases + group * COLS * COLS;
    __global const realV *own = hypers + group * 4;
    const Hyper h = { own[0], own[1], own[2], own[3] };
    realV A[SIZE], G[SIZE], Q[SIZE], columns[COLS][HEIGHT];
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
        if (METHOD != PROJECTED) pull(X, M, y, A, G);
        if (NUCLEAR && METHOD != PROXIMAL) factor(A, columns, Q, h);
        for (int j = 0; j < SIZE; j++) {
            realV g = penalised(METHOD == PROJECTED ? (realV)0 : G[j], A[j], h);
            if (NUCLEAR && METHOD != PROXIMAL) g = fma(h.nuclear, Q[j], g);
            A[j] = stepped(A[j], g, h);
        }
        if (NUCLEAR && METHOD == PROXIMAL) factor(A, columns, A, h);
        if (METHOD == PROJECTED) {
            pull(X, M, y, A, G);
            for (int j = 0; j < SIZE; j++) A[j] -= G[j];
        }
    }
    for (int j = 0; j < SIZE; j++) state[j] = A[j];
    for (int p = 0; p < COLS; p++) {
        for (int j = 0; j < COLS; j++) basis[j * COLS + p] = columns[p][ROWS + j];
    }
}
