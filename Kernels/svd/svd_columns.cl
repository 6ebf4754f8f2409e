// Implements the batched SVD with one matrix per work-item and SIMD lanes along its columns, for large matrices on CPUs.
//
// Columns are stored one after the other, padded with zeros to whole vectors. Pairs are taken in rounds of at most LANES
// disjoint ones: their inner products, summed up in a fixed order, and their rotations are lanes of vectors; columns are
// turned vector by vector.
// Defines: those of output.cl; LANES. Local size 1; global size: matrices.
//
// Scratch of a matrix, in reals, with span = ceil(length / LANES), reach = ceil(count / LANES):
// LANES * (max(count * span, length * reach) + count * (((span + reach) | 1) + reach) + 2 * reach)
#define CHAINS (LANES < 4 ? LANES : 4)  // sums in flight
#define CACHED 40000                    // bytes of columns that are turned against each other
#define BLOCK 4                         // rows of a product made at once
#define EACH(k, count) _Pragma("unroll") for (int k = 0; k < (count); k++)
#define LANE(vector, k) (((real *)&(vector))[k])
#if LANES == 1
#define ADD_NEIGHBOURS(a, b) ((a) + (b))
#else
#define ADD_NEIGHBOURS(a, b) ((realV)((a).even, (b).even) + (realV)((a).odd, (b).odd))
#endif

typedef struct {
    Shape shape;
    int span, reach, step;             // vectors of a b, of a v, and from a column to the next
    __global realV *matrix, *columns;  // [count][length], then products; [count][b: length, v: count, padding]
    __global realV *rows;              // V [count][count], row-major
    __global real *squares, *norms;    // |b|^2; |b| / |v|
} Work;

INLINE __global realV *column_of(const Work *w, const int p) { return w->columns + p * w->step; }
INLINE __global realV *basis_of(const Work *w, const int p) { return column_of(w, p) + w->span; }

INLINE Work make_work(const Shape s, __global realV *scratch, const size_t index)
{
    const int span = DIVIDED_UP(s.length, LANES), reach = DIVIDED_UP(s.count, LANES), step = (span + reach) | 1;
    const int matrix = max(s.count * span, s.length * reach);
    Work w = { s, span, reach, step, scratch + index * (matrix + s.count * (step + reach) + 2 * reach), 0, 0, 0, 0 };
    w.columns = w.matrix + matrix;
    w.rows = w.columns + s.count * step;
    w.squares = (__global real *)(w.rows + s.count * reach);
    w.norms = w.squares + reach * LANES;
    return w;
}

// Up to LANES of `known` numbers; zeros behind them.
INLINE realV load_part(__global const real *x, const int known)
{
    realV value = 0;
#if LANES > 1
    if (known >= LANES) return JOIN(vload, LANES)(0, x);
#endif
    for (int lane = 0; lane < min(known, LANES); lane++) LANE(value, lane) = x[lane];
    return value;
}

// [height][width] numbers / divisor
INLINE void store_rows(const int height, const int width, __global const realV *from, const realV divisor,
                       __global real *to)
{
    for (int row = 0; row < height; row++) {
        for (int i = 0; i < width; i += LANES, from++) {
            realV value = *from / divisor;
            for (int lane = 0; lane < min(LANES, width - i); lane++) to[row * width + i + lane] = LANE(value, lane);
        }
    }
}

INLINE void load_rows(const int height, const int width, __global const real *from, __global realV *to)
{
    for (int row = 0; row < height; row++) {
        for (int i = 0; i < width; i += LANES, to++) *to = load_part(from + row * width + i, width - i);
    }
}

INLINE void transpose_vectors(realV *x)
{
#if LANES > 1
#pragma unroll
    for (int width = 1; width < LANES; width *= 2) {
        realV y[LANES];
        EACH(k, LANES) {
            y[k].even = k % 2 ? x[k / 2].hi : x[k / 2].lo;
            y[k].odd = k % 2 ? x[(k + LANES) / 2].hi : x[(k + LANES) / 2].lo;
        }
        EACH(k, LANES) x[k] = y[k];
    }
#endif
}

// to[p][i] = from[i][p], i < height, p < width; rows of `to` are padded with zeros.
INLINE void transpose(const int height, const int width, __global const real *from, const int distance,
                      __global realV *to, const int step)
{
    for (int i = 0; i < height; i += LANES) {
        for (int p = 0; p < width; p += LANES) {
            realV block[LANES];
            for (int k = 0; k < LANES; k++) {
                block[k] = i + k < height ? load_part(from + (i + k) * distance + p, width - p) : (realV)0;
            }
            transpose_vectors(block);
            for (int k = 0; k < min(LANES, width - p); k++) to[(p + k) * step + i / LANES] = block[k];
        }
    }
}

// Rows of vectors, and numbers (k, q) of a matrix of factors.
typedef struct { __global realV *first; int step; } Rows;
typedef struct { __global const real *first; int row, term; } Factors;

// BLOCK rows of a product, for `wide` vectors from `at` on; past the last row it is made again.
INLINE void combine_block(const int wide, const int at, const int row, const int count, const int terms,
                          const Factors factors, const Rows in, const Rows out)
{
    realV total[BLOCK][4] = { { 0 } };
    for (int start = 0; start < terms; start += 8) {
        realV sum[BLOCK][4] = { { 0 } };
        for (int q = start; q < min(start + 8, terms); q++) {
            EACH(k, BLOCK) {
                const realV factor = factors.first[min(row + k, count - 1) * factors.row + q * factors.term];
                EACH(v, wide) sum[k][v] = fma(factor, in.first[q * in.step + at + v], sum[k][v]);
            }
        }
        EACH(k, BLOCK) EACH(v, wide) total[k][v] += sum[k][v];
    }
    EACH(k, BLOCK) EACH(v, wide) out.first[min(row + k, count - 1) * out.step + at + v] = total[k][v];
}

// out_k = sum_q factor(k, q) in_q for rows k < count of `width` vectors; eight terms are added up first: long sums of
// equal terms would round the same way every time.
INLINE void combine(const int count, const int terms, const int width, const Factors factors, const Rows in, const Rows out)
{
    for (int row = 0; row < count; row += BLOCK) {
        int at = 0;
        for (; at + 4 <= width; at += 4) combine_block(4, at, row, count, terms, factors, in, out);
        if (at + 3 == width) combine_block(3, at, row, count, terms, factors, in, out);
        if (at + 2 == width) combine_block(2, at, row, count, terms, factors, in, out);
        if (at + 1 == width) combine_block(1, at, row, count, terms, factors, in, out);
    }
}

// V <- V - V (V^T V - 1) / 2 of the rows, by way of the places of the matrix and the columns.
INLINE void polish(const Work *w)
{
    const int count = w->shape.count, reach = w->reach;
    const __global real *v = (const __global real *)w->rows;
    const Rows rows = { w->rows, reach }, square = { w->matrix, reach }, change = { w->columns, w->step };
    combine(count, count, reach, (Factors){ v, 1, reach * LANES }, rows, square);
    for (int p = 0; p < count; p++) ((__global real *)(w->matrix + p * reach))[p] -= 1;
    combine(count, count, reach, (Factors){ v, reach * LANES, 1 }, square, change);
    for (int p = 0; p < count; p++) {
        for (int i = 0; i < reach; i++) {
            w->rows[p * reach + i] = fma((realV)(real)-0.5, column_of(w, p)[i], w->rows[p * reach + i]);
        }
    }
}

// Fetches the matrix, scaled; entries that are not finite make all of it NaN. Returns the scale.
INLINE real fetch(const Work *w, __global const real *x)
{
    const Shape s = w->shape;
    realV largest = 0, poison = 0;
    for (int k = 0; k < s.rows * s.columns; k += LANES) {
        const realV value = load_part(x + k, s.rows * s.columns - k);
        largest = fmax(largest, fabs(value));
        poison = fma(value, (realV)0, poison);
    }
    real most = 0, spoilt = 0;
    for (int lane = 0; lane < LANES; lane++) {
        most = fmax(most, LANE(largest, lane));
        spoilt += LANE(poison, lane);
    }
    realV scale = scale_of((realV)most);
    if (s.rows >= s.columns) transpose(s.length, s.count, x, s.count, w->matrix, w->span);
    if (s.rows < s.columns) load_rows(s.count, s.length, x, w->matrix);
    for (int k = 0; k < s.count * w->span; k++) w->matrix[k] = fma(w->matrix[k], scale, (realV)spoilt);
    return LANE(scale, 0);
}

// Pairs of columns, all different; columns 0 behind the known ones.
typedef struct { int first[LANES + 1], second[LANES + 1], known; } Pairs;

INLINE void add_pair(Pairs *pairs, const int p, const int q, const int exists)
{
    pairs->first[pairs->known] = exists ? p : 0;
    pairs->second[pairs->known] = exists ? q : 0;
    pairs->known += exists;
}

// The inner products of pair k in lane k.
INLINE realV inner_products(const Work *w, const Pairs *pairs)
{
    realV sum[LANES];
#pragma unroll
    for (int from = 0; from < LANES; from += CHAINS) {
        __global const realV *p[CHAINS], *q[CHAINS];
        EACH(k, CHAINS) {
            sum[from + k] = 0;
            p[k] = column_of(w, pairs->first[from + k]);
            q[k] = column_of(w, pairs->second[from + k]);
        }
        for (int i = 0; i < (from < pairs->known ? w->span : 0); i++) {
            EACH(k, CHAINS) sum[from + k] = fma(p[k][i], q[k][i], sum[from + k]);
        }
    }
#pragma unroll
    for (int width = LANES / 2; width > 0; width /= 2) {
        EACH(k, width) sum[k] = ADD_NEIGHBOURS(sum[2 * k], sum[2 * k + 1]);
    }
    return sum[0];
}

INLINE void square_columns(const Work *w)
{
    for (int from = 0; from < w->shape.count; from += LANES) {
        Pairs pairs = { { 0 }, { 0 }, 0 };
        for (int p = from; p < min(from + LANES, w->shape.count); p++) add_pair(&pairs, p, p, 1);
        ((__global realV *)w->squares)[from / LANES] = inner_products(w, &pairs);
    }
}

INLINE void rotate_columns(__global realV *p, __global realV *q, const realV c, const realV s, const int height)
{
    for (int i = 0; i < height; i++) {
        const realV x = p[i], y = q[i];
        p[i] = fma(-s, y, c * x);
        q[i] = fma(s, x, c * y);
    }
}

// Returns where a pair was oblique by more than the tolerance.
INLINE maskV rotate_pairs(const Work *w, const Pairs *pairs)
{
    const int *first = pairs->first, *second = pairs->second;
    realV alpha = 0, beta = 0;
    for (int k = 0; k < pairs->known; k++) {
        LANE(alpha, k) = w->squares[first[k]];
        LANE(beta, k) = w->squares[second[k]];
    }
    const realV gamma = inner_products(w, pairs);
    const Pair pair = scaled(alpha, beta, gamma);
    Rotation r = rotation_of(pair, is_oblique(pair, EPSILON) & are_large(alpha, beta));
    const realV cross = 2 * r.cosine * r.sine * gamma, cc = r.cosine * r.cosine, ss = r.sine * r.sine;
    realV square_p = fmax(fma(cc, alpha, fma(ss, beta, -cross)), (realV)0);
    realV square_q = fmax(fma(ss, alpha, fma(cc, beta, cross)), (realV)0);
    for (int k = 0; k < pairs->known; k++) {
        if (LANE(r.sine, k) == 0) continue;
        w->squares[first[k]] = LANE(square_p, k);
        w->squares[second[k]] = LANE(square_q, k);
        rotate_columns(column_of(w, first[k]), column_of(w, second[k]), LANE(r.cosine, k), LANE(r.sine, k),
                       w->span + w->reach);
    }
    return is_oblique(pair, TOLERANCE) & are_large(alpha, beta);
}

// The pairs among the columns from `start` on.
INLINE maskV rotate_within(const Work *w, const int start, const int count)
{
    const int players = count + count % 2;
    maskV oblique = 0;
    for (int round = 0; round < players - 1; round++) {
        Pairs pairs = { { 0 }, { 0 }, 0 };
        for (int k = 0; k < players / 2; k++) {
            const int p = first_of(players, round, k), q = second_of(players, round, k);
            add_pair(&pairs, start + p, start + q, p < count);
        }
        oblique |= rotate_pairs(w, &pairs);
    }
    return oblique;
}

// The pairs of `width` columns from p on with `height` from q on.
INLINE maskV rotate_across(const Work *w, const int p, const int width, const int q, const int height)
{
    const int rounds = max(width, height);
    maskV oblique = 0;
    for (int round = 0; round < rounds; round++) {
        Pairs pairs = { { 0 }, { 0 }, 0 };
        for (int k = 0; k < width; k++) {
            const int opposite = k + round < rounds ? k + round : k + round - rounds;
            add_pair(&pairs, p + k, q + opposite, opposite < height);
        }
        oblique |= rotate_pairs(w, &pairs);
    }
    return oblique;
}

// Block by block, of sizes that differ by one at most, so that the columns at work stay in a CPU's first cache.
INLINE void orthogonalize(const Work *w)
{
    const int count = w->shape.count, fitting = CACHED / (2 * w->step * LANES * (int)sizeof(real));
    const int blocks = DIVIDED_UP(count, clamp(fitting, 1, LANES));
    for (int sweep = 0; sweep < SWEEPS; sweep++) {
        maskV oblique = 0;
        square_columns(w);
        for (int one = 0; one < blocks; one++) {
            const int p = one * count / blocks, next = (one + 1) * count / blocks;
            if (one % 2 == 0) oblique |= rotate_within(w, p, min(one + 2, blocks) * count / blocks - p);
            for (int other = (one | 1) + 1; other < blocks; other++) {
                const int q = other * count / blocks;
                oblique |= rotate_across(w, p, next - p, q, (other + 1) * count / blocks - q);
            }
        }
        if (!is_any(oblique)) break;
    }
    square_columns(w);
}

INLINE real exact_square(__global const realV *x, const int width)
{
    realV high = 0, low = 0;
    for (int i = 0; i < width; i++) ADD_SQUARE(realV, high, low, x[i]);
    real total = 0, rest = 0;
    for (int lane = 0; lane < LANES; lane++) {
        const real term = LANE(high, lane), sum = total + term, part = sum - total;
        rest += ((total - (sum - part)) + (term - part)) + LANE(low, lane);
        total = sum;
    }
    return total + rest;
}

// U, s and V, of which `rows` is a copy, singular values descending. |v_p|^2 counts before V is polished: rotations
// stretch b_p and v_p by the same rounding errors.
INLINE void write_decomposition(const Work *w, const real scale, __global real *left, __global real *values,
                                __global real *right)
{
    const Shape s = w->shape;
    __global real *image = s.rows >= s.columns ? left : right, *domain = s.rows >= s.columns ? right : left;
    int known = 0;
    for (int p = 0; p < s.count; p++) {
        w->squares[p] = exact_square(column_of(w, p), w->span);
        w->norms[p] = sqrt(w->squares[p] / exact_square(basis_of(w, p), w->reach));
        known += !(w->squares[p] < TINY);
    }
    for (int pass = 0; pass < 2; pass++) {
        // The columns make way for the polishing of V.
        if (pass == 1) polish(w);
        for (int p = 0; p < s.count; p++) {
            const real own = w->norms[p], length = sqrt(w->squares[p]);
            __global const real *b = (__global const real *)column_of(w, p), *v = (__global const real *)w->rows + p;
            int place = 0;
            for (int q = 0; q < s.count; q++) place += w->norms[q] > own || (q < p && !(own > w->norms[q]));
            values[place] = own / scale;
            for (int i = 0; pass == 0 && i < s.length; i++) image[i * s.count + place] = b[i] / length;
            for (int i = 0; pass == 1 && i < s.count; i++) domain[i * s.count + place] = v[i * w->reach * LANES];
        }
    }
    complete_columns(image, s.length, s.count, known);
}

// sum_p weight_p b_p v_p^T
INLINE void write_composition(const Work *w, const realV scale, const realV gamma, __global real *result)
{
    const Shape s = w->shape;
    const int tall = s.rows >= s.columns, width = tall ? w->reach : w->span;
    const Rows inner = { w->columns + (tall ? w->span : 0), w->step }, product = { w->matrix, width };
    const Factors outer = { (__global const real *)(w->columns + (tall ? 0 : w->span)), 1, w->step * LANES };
    for (int p = 0; p < s.count; p++) {
        const realV weight = weight_of(sqrt((realV)w->squares[p]), scale, gamma);
        for (int i = 0; i < width; i++) inner.first[p * w->step + i] *= weight;
    }
    combine(s.rows, s.count, width, outer, inner, product);
    store_rows(s.rows, s.columns, w->matrix, OPERATION == THRESHOLD ? scale : (realV)1, result);
}

__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void batch_svd_columns(const int rows, const int columns, const ulong start, const ulong runs,
                       __global const real *x,       // [run][rows, columns]
                       __global real *bases,         // [run][count, count]: where to start; replaced
                       __global const real *gammas,  // [run or shared]; read by OPERATION 2
                       const int gamma_stride,
                       __global real *left,          // 0: U [run][rows, count]; 1, 2: the result [run][rows, columns]
                       __global real *values,        // 0: [run][count]
                       __global real *right,         // 0: [run][columns, count]
                       __global realV *scratch)      // [matrix of the launch, see above]
{
    const Shape s = make_shape(rows, columns);
    const size_t run = start + get_global_id(0);  // of this launch's runs start ... runs - 1
    const Work w = make_work(s, scratch, get_global_id(0));
    __global real *basis = bases + run * s.count * s.count;
    const Rows v = { w.columns + w.span, w.step };
    if (run >= runs) return;
    load_rows(s.count, s.count, basis, w.rows);
    real scale = 1;
    for (int pass = 0; pass < PASSES; pass++) {
        polish(&w);
        transpose(s.count, s.count, (__global const real *)w.rows, w.reach * LANES, v.first, w.step);
        scale = fetch(&w, x + run * rows * columns);
        combine(s.count, s.count, w.span, (Factors){ (__global const real *)v.first, w.step * LANES, 1 },
                (Rows){ w.matrix, w.span }, (Rows){ w.columns, w.step });
        orthogonalize(&w);
        transpose(s.count, s.count, (__global const real *)v.first, w.step * LANES, w.rows, w.reach);
    }
    if (OPERATION == SVD)
        write_decomposition(&w, scale, left + run * rows * s.count, values + run * s.count, right + run * columns * s.count);
    store_rows(s.count, s.count, w.rows, (realV)1, basis);
    const real gamma = OPERATION == THRESHOLD ? gammas[run * gamma_stride] : (real)0;
    if (OPERATION != SVD) write_composition(&w, (realV)scale, (realV)gamma, left + run * rows * columns);
}
