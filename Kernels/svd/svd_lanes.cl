// Implements the batched SVD with one matrix per SIMD lane: a work-item factors LANES matrices of one shape.
//
// A lane's arithmetic depends on nothing but its own matrix: sums have a fixed order, and a lane whose columns are
// orthogonal is left alone while others are swept on. Pairs are taken in rounds of disjoint pairs (a round-robin
// tournament), AT_ONCE of them side by side, so that their long chains of operations overlap.
// Defines: those of output.cl; LANES.
#define AT_ONCE 5

// Scratch of a work-item: the matrices in their taller orientation, columns [count][b: length, v: count], |b|^2, |v|^2.
#define SCRATCH_SIZE(s) ((s).length * (s).count + (s).count * ((s).length + (s).count + 2))
typedef struct { Shape shape; __global realV *matrix, *columns, *squares, *stretches; } Work;

INLINE __global realV *column_of(const Work *w, const int p) { return w->columns + p * (w->shape.length + w->shape.count); }
INLINE __global realV *basis_of(const Work *w, const int p) { return column_of(w, p) + w->shape.length; }

INLINE realV inner_product(__global const realV *p, __global const realV *q, const int count)
{
    realV sum[4] = { 0, 0, 0, 0 };
    int i = 0;
    for (; i + 4 <= count; i += 4) {
#pragma unroll
        for (int k = 0; k < 4; k++) sum[k] = fma(p[i + k], q[i + k], sum[k]);
    }
    for (; i < count; i++) sum[0] = fma(p[i], q[i], sum[0]);
    return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

// V <- V (3/2 - 1/2 V^T V), by way of the matrices' place.
INLINE void polish(const Work *w)
{
    const int count = w->shape.count;
    for (int p = 0; p < count; p++) {
        __global realV *out = w->matrix + p * count;
        for (int i = 0; i < count; i++) out[i] = (realV)(real)1.5 * basis_of(w, p)[i];
        for (int q = 0; q < count; q++) {
            const realV half_inner = (realV)(real)0.5 * inner_product(basis_of(w, p), basis_of(w, q), count);
            for (int i = 0; i < count; i++) out[i] = fma(-half_inner, basis_of(w, q)[i], out[i]);
        }
    }
    for (int p = 0; p < count; p++) {
        for (int i = 0; i < count; i++) basis_of(w, p)[i] = w->matrix[p * count + i];
    }
}

// Fetches the matrices of `runs` runs from `first` on, the last one repeated, scaled; entries that are not finite make
// all of their matrix NaN. Returns the scales.
INLINE realV fetch(const Work *w, __global const real *x, const size_t first, const int runs)
{
    const Shape s = w->shape;
    realV largest = 0, poison = 0;
    for (int p = 0; p < s.count; p++) {
        for (int i = 0; i < s.length; i++) {
            realV value;
            for (int lane = 0; lane < LANES; lane++) {
                const size_t run = first + min(lane, runs - 1);
                ((real *)&value)[lane] = x[run * s.rows * s.columns + entry_index(s, i, p)];
            }
            w->matrix[p * s.length + i] = value;
            largest = fmax(largest, fabs(value));
            poison = fma(value, (realV)0, poison);
        }
    }
    const realV scale = scale_of(largest);
    for (int k = 0; k < s.length * s.count; k++) w->matrix[k] = fma(w->matrix[k], scale, poison);
    return scale;
}

// b += M v over `terms` columns of M, added up first: long sums of equal terms would round the same way every time.
INLINE void add_image(const int terms, __global const realV *matrix, const int length, __global const realV *v,
                      __global realV *b)
{
    for (int i = 0; i < length; i++) {
        realV sum = v[0] * matrix[i];
#pragma unroll
        for (int q = 1; q < terms; q++) sum = fma(v[q], matrix[q * length + i], sum);
        b[i] += sum;
    }
}

// b_p = M v_p
INLINE void make_columns(const Work *w)
{
    const Shape s = w->shape;
    for (int p = 0; p < s.count; p++) {
        __global realV *b = column_of(w, p), *v = basis_of(w, p);
        for (int i = 0; i < s.length; i++) b[i] = 0;
        int q = 0;
        for (; q + 8 <= s.count; q += 8) add_image(8, w->matrix + q * s.length, s.length, v + q, b);
        for (; q < s.count; q++) add_image(1, w->matrix + q * s.length, s.length, v + q, b);
    }
}

INLINE void rotate_columns(__global realV *p, __global realV *q, const Rotation r, const int height)
{
    for (int i = 0; i < height; i++) {
        const realV x = p[i], y = q[i];
        p[i] = fma(-r.sine, y, r.cosine * x);
        q[i] = fma(r.sine, x, r.cosine * y);
    }
}

INLINE void square_columns(const Work *w)
{
    for (int p = 0; p < w->shape.count; p++) {
        w->squares[p] = inner_product(column_of(w, p), column_of(w, p), w->shape.length);
    }
}

// Some pairs of a round; returns where one was oblique by more than the tolerance.
INLINE maskV rotate_pairs(const Work *w, const int players, const int round, const int from, const int to,
                          const maskV done)
{
    const Shape s = w->shape;
    realV gamma[AT_ONCE];
    Rotation rotation[AT_ONCE];
    maskV open = 0;
    for (int k = from; k < to; k++) {
        const int p = first_of(players, round, k), q = second_of(players, round, k);
        if (p < s.count) gamma[k - from] = inner_product(column_of(w, p), column_of(w, q), s.length);
    }
    for (int k = from; k < to; k++) {
        const int p = first_of(players, round, k), q = second_of(players, round, k);
        if (p >= s.count) continue;
        const realV alpha = w->squares[p], beta = w->squares[q];
        const Pair pair = scaled(alpha, beta, gamma[k - from]);
        const Rotation r = rotation_of(pair, is_oblique(pair, EPSILON) & are_large(alpha, beta) & NOT(done));
        const realV cross = 2 * r.cosine * r.sine * gamma[k - from], cc = r.cosine * r.cosine, ss = r.sine * r.sine;
        w->squares[p] = fmax(fma(cc, alpha, fma(ss, beta, -cross)), (realV)0);
        w->squares[q] = fmax(fma(ss, alpha, fma(cc, beta, cross)), (realV)0);
        rotation[k - from] = r;
        open |= is_oblique(pair, TOLERANCE) & are_large(alpha, beta);
    }
    for (int k = from; k < to; k++) {
        const int p = first_of(players, round, k), q = second_of(players, round, k);
        if (p < s.count) rotate_columns(column_of(w, p), column_of(w, q), rotation[k - from], s.length + s.count);
    }
    return open;
}

INLINE void orthogonalize(const Work *w)
{
    const int players = w->shape.count + w->shape.count % 2;
    maskV done = 0;
    for (int sweep = 0; sweep < SWEEPS; sweep++) {
        maskV open = 0;
        square_columns(w);
        for (int round = 0; round < players - 1; round++) {
            for (int k = 0; k < players / 2; k += AT_ONCE) {
                open |= rotate_pairs(w, players, round, k, min(k + AT_ONCE, players / 2), done);
            }
        }
        open &= NOT(done);
        if (!is_any(open)) break;
        done = NOT(open);
    }
    square_columns(w);
}

INLINE realV exact_square(__global const realV *x, const int count)
{
    realV high = 0, low = 0;
    for (int i = 0; i < count; i++) ADD_SQUARE(realV, high, low, x[i]);
    return high + low;
}

// |b_p|^2, and |v_p|^2 before V is polished: rotations stretch b_p and v_p by the same rounding errors.
INLINE void measure_columns(const Work *w)
{
    for (int p = 0; p < w->shape.count; p++) {
        w->squares[p] = exact_square(column_of(w, p), w->shape.length);
        w->stretches[p] = exact_square(basis_of(w, p), w->shape.count);
    }
}

// U, s and V of one lane, singular values descending.
INLINE void write_decomposition(const Work *w, const int lane, const real scale, __global real *left,
                                __global real *values, __global real *right)
{
    const Shape s = w->shape;
    __global const real *columns = (__global const real *)w->columns + lane;
    __global const real *squares = (__global const real *)w->squares + lane;
    __global real *norms = (__global real *)w->stretches + lane;
    __global real *image = s.rows >= s.columns ? left : right, *domain = s.rows >= s.columns ? right : left;
    int known = 0;
    for (int p = 0; p < s.count; p++) {
        norms[p * LANES] = sqrt(squares[p * LANES] / norms[p * LANES]);
        known += !(squares[p * LANES] < TINY);
    }
    for (int p = 0; p < s.count; p++) {
        __global const real *b = columns + p * (s.length + s.count) * LANES, *v = b + s.length * LANES;
        const real own = norms[p * LANES], length = sqrt(squares[p * LANES]);
        int place = 0;
        for (int q = 0; q < s.count; q++) {
            const real other = norms[q * LANES];
            place += other > own || (q < p && !(own > other));
        }
        values[place] = own / scale;
        for (int i = 0; i < s.length; i++) image[i * s.count + place] = b[i * LANES] / length;
        for (int i = 0; i < s.count; i++) domain[i * s.count + place] = v[i * LANES];
    }
    complete_columns(image, s.length, s.count, known);
}

// sum_p weight_p b_p v_p^T of all lanes, in the place of the matrices.
INLINE void compose(const Work *w, const realV scale, const realV gamma)
{
    const Shape s = w->shape;
    for (int k = 0; k < s.length * s.count; k++) w->matrix[k] = 0;
    for (int p = 0; p < s.count; p++) {
        const realV weight = weight_of(sqrt(w->squares[p]), scale, gamma);
        for (int q = 0; q < s.count; q++) {
            const realV factor = weight * basis_of(w, p)[q];
            for (int i = 0; i < s.length; i++) {
                w->matrix[q * s.length + i] = fma(factor, column_of(w, p)[i], w->matrix[q * s.length + i]);
            }
        }
    }
    if (OPERATION == THRESHOLD) {
        for (int k = 0; k < s.length * s.count; k++) w->matrix[k] /= scale;
    }
}

__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void batch_svd_lanes(const int rows, const int columns, const ulong start, const ulong runs,
                     __global const real *x,       // [run][rows, columns]
                     __global real *bases,         // [run][count, count]: where to start; replaced
                     __global const real *gammas,  // [run or shared]; read by OPERATION 2
                     const int gamma_stride,
                     __global real *left,          // 0: U [run][rows, count]; 1, 2: the result [run][rows, columns]
                     __global real *values,        // 0: [run][count]
                     __global real *right,         // 0: [run][columns, count]
                     __global realV *scratch)      // [work-item, SCRATCH_SIZE, LANES]
{
    const Shape s = make_shape(rows, columns);
    const size_t first = start + get_global_id(0) * LANES;  // of this launch's runs start ... runs - 1
    const int own = min((ulong)LANES, runs - first), squared = s.count * s.count;
    Work w = { s, scratch + get_global_id(0) * SCRATCH_SIZE(s), 0, 0, 0 };
    w.columns = w.matrix + s.length * s.count;
    w.squares = w.columns + s.count * (s.length + s.count);
    w.stretches = w.squares + s.count;
    realV gamma = 0;
    for (int lane = 0; lane < LANES; lane++) {
        const size_t run = first + min(lane, own - 1);
        ((real *)&gamma)[lane] = OPERATION == THRESHOLD ? gammas[run * gamma_stride] : (real)0;
        for (int k = 0; k < squared; k++) {
            ((__global real *)(basis_of(&w, k % s.count) + k / s.count))[lane] = bases[run * squared + k];
        }
    }
    realV scale = 1;
    for (int pass = 0; pass < PASSES; pass++) {
        polish(&w);
        scale = fetch(&w, x, first, own);
        make_columns(&w);
        orthogonalize(&w);
    }
    if (OPERATION == SVD) {
        measure_columns(&w);
        polish(&w);
    } else {
        compose(&w, scale, gamma);
    }
    for (int lane = 0; lane < own; lane++) {
        const size_t run = first + lane;
        for (int k = 0; k < squared; k++) {
            bases[run * squared + k] = ((__global real *)(basis_of(&w, k % s.count) + k / s.count))[lane];
        }
        if (OPERATION == SVD) {
            write_decomposition(&w, lane, ((real *)&scale)[lane], left + run * rows * s.count, values + run * s.count,
                                right + run * columns * s.count);
        } else {
            for (int k = 0; k < s.length * s.count; k++) {
                left[run * rows * columns + entry_index(s, k % s.length, k / s.length)] =
                    ((__global real *)(w.matrix + k))[lane];
            }
        }
    }
}
