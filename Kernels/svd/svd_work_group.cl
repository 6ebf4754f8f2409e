// Implements the batched SVD with one matrix per work-group of WG work-items, for GPUs.
//
// Pairs are taken in rounds of disjoint pairs (a round-robin tournament), a team of TEAM neighbouring items for each,
// so that neighbours read consecutive numbers of a column. Sums have a fixed order, of which TEAM is part: item l adds
// up numbers l, l + TEAM, ..., then every item adds the team's parts in order. A round has two barriers.
// Defines: those of output.cl, with LANES 1; WG; TEAM, a divisor of WG. Local memory: 3 WG reals.
#define TEAMS (WG / TEAM)
#define FENCE (CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE)

// Scratch of a group: the matrix, columns [count][b: length, v: count], a new basis [count][count], |b|, places.
#define SCRATCH_SIZE(s) ((s).length * (s).count + (s).count * ((s).length + 2 * (s).count + 1))
typedef struct { Shape shape; int item; __global real *matrix, *columns, *fresh, *norms; } Work;

INLINE __global real *column_of(const Work *w, const int p) { return w->columns + p * (w->shape.length + w->shape.count); }
INLINE __global real *basis_of(const Work *w, const int p) { return column_of(w, p) + w->shape.length; }

// V <- V (3/2 - 1/2 V^T V), by way of the matrix's place.
INLINE void polish(const Work *w)
{
    const int count = w->shape.count;
    for (int k = w->item; k < count * count; k += WG) {
        __global const real *p = basis_of(w, k / count), *q = basis_of(w, k % count);
        real sum = 0;
        for (int i = 0; i < count; i++) sum = fma(p[i], q[i], sum);
        w->matrix[k] = sum;
    }
    barrier(FENCE);
    for (int k = w->item; k < count * count; k += WG) {
        const int p = k / count, i = k % count;
        real sum = 0;
        for (int q = 0; q < count; q++) sum = fma(w->matrix[p * count + q], basis_of(w, q)[i], sum);
        w->fresh[k] = (real)1.5 * basis_of(w, p)[i] - (real)0.5 * sum;
    }
    barrier(FENCE);
    for (int k = w->item; k < count * count; k += WG) basis_of(w, k / count)[k % count] = w->fresh[k];
    barrier(FENCE);
}

// Fetches the matrix, scaled; entries that are not finite make all of it NaN. Returns the scale.
INLINE real fetch(const Work *w, __global const real *x, __local real *parts)
{
    const Shape s = w->shape;
    real largest = 0, poison = 0;
    for (int k = w->item; k < s.length * s.count; k += WG) {
        largest = fmax(largest, fabs(x[k]));
        poison = fma(x[k], (real)0, poison);
    }
    parts[w->item] = largest;
    parts[WG + w->item] = poison;
    barrier(FENCE);
    for (int l = 0; l < WG; l++) {
        largest = fmax(largest, parts[l]);
        poison += parts[WG + l];
    }
    barrier(FENCE);
    const real scale = scale_of(largest);
    for (int k = w->item; k < s.length * s.count; k += WG) {
        w->matrix[k] = fma(x[entry_index(s, k % s.length, k / s.length)], scale, poison);
    }
    barrier(FENCE);
    return scale;
}

// b_p = M v_p, eight terms at a time: long sums of equal terms would round the same way every time.
INLINE void make_columns(const Work *w)
{
    const Shape s = w->shape;
    for (int k = w->item; k < s.length * s.count; k += WG) {
        const int p = k / s.length, i = k % s.length;
        __global const real *v = basis_of(w, p);
        real total = 0;
        for (int first = 0; first < s.count; first += 8) {
            real sum = 0;
            for (int q = first; q < min(first + 8, s.count); q++) sum = fma(v[q], w->matrix[q * s.length + i], sum);
            total += sum;
        }
        column_of(w, p)[i] = total;
    }
    barrier(FENCE);
}

// One pair of a round, or none, for the item's team; returns whether it was oblique by more than the tolerance.
INLINE int rotate_pair(const Work *w, const int players, const int round, const int k, __local real *parts)
{
    const Shape s = w->shape;
    const int rank = w->item % TEAM, leader = w->item - rank, within = min(k, players / 2 - 1);
    const int first = first_of(players, round, within), second = second_of(players, round, within);
    const int exists = k < players / 2 && first < s.count;
    __global real *p = column_of(w, exists ? first : 0), *q = column_of(w, exists ? second : 0);
    const int length = exists ? s.length : 0, height = exists ? s.length + s.count : 0;
    real alpha = 0, beta = 0, gamma = 0;
    for (int i = rank; i < length; i += TEAM) {
        alpha = fma(p[i], p[i], alpha);
        beta = fma(q[i], q[i], beta);
        gamma = fma(p[i], q[i], gamma);
    }
    parts[w->item] = alpha;
    parts[WG + w->item] = beta;
    parts[2 * WG + w->item] = gamma;
    barrier(FENCE);
    alpha = beta = gamma = 0;
    for (int l = leader; l < leader + TEAM; l++) {
        alpha += parts[l];
        beta += parts[WG + l];
        gamma += parts[2 * WG + l];
    }
    const Pair pair = scaled(alpha, beta, gamma);
    const Rotation r = rotation_of(pair, is_oblique(pair, EPSILON) & are_large(alpha, beta));
    for (int i = rank; i < height; i += TEAM) {
        const real x = p[i], y = q[i];
        p[i] = fma(-r.sine, y, r.cosine * x);
        q[i] = fma(r.sine, x, r.cosine * y);
    }
    barrier(FENCE);
    return is_oblique(pair, TOLERANCE) & are_large(alpha, beta);
}

INLINE void orthogonalize(const Work *w, __local real *parts)
{
    const int players = w->shape.count + w->shape.count % 2, team = w->item / TEAM;
    int open = 1;
    for (int sweep = 0; open && sweep < SWEEPS; sweep++) {
        int own = 0;
        for (int round = 0; round < players - 1; round++) {
            for (int first = 0; first < players / 2; first += TEAMS) {
                own |= rotate_pair(w, players, round, first + team, parts);
            }
        }
        parts[w->item] = own;
        barrier(FENCE);
        open = 0;
        for (int l = 0; l < WG; l++) open |= parts[l] != 0;
        barrier(FENCE);
    }
}

INLINE real exact_square(__global const real *x, const int count)
{
    real high = 0, low = 0;
    for (int i = 0; i < count; i++) ADD_SQUARE(real, high, low, x[i]);
    return high + low;
}

// |b_p|; `stretched`: over |v_p|, as rotations stretch both by the same rounding errors. Returns how many are not tiny.
INLINE int measure_columns(const Work *w, const int stretched)
{
    const Shape s = w->shape;
    for (int p = w->item; p < s.count; p += WG) {
        const real square = exact_square(column_of(w, p), s.length);
        w->norms[p] = sqrt(stretched ? square / exact_square(basis_of(w, p), s.count) : square);
    }
    barrier(FENCE);
    int known = 0;
    for (int p = 0; p < s.count; p++) known += !(w->norms[p] * w->norms[p] < TINY);
    return known;
}

// U, s and V, singular values descending.
INLINE void write_decomposition(const Work *w, const int known, const real scale, __global real *left,
                                __global real *values, __global real *right)
{
    const Shape s = w->shape;
    __global real *image = s.rows >= s.columns ? left : right, *domain = s.rows >= s.columns ? right : left;
    for (int p = w->item; p < s.count; p += WG) {
        const real own = w->norms[p], length = sqrt(exact_square(column_of(w, p), s.length));
        int place = 0;
        for (int q = 0; q < s.count; q++) place += w->norms[q] > own || (q < p && !(own > w->norms[q]));
        values[place] = own / scale;
        for (int i = 0; i < s.length; i++) image[i * s.count + place] = column_of(w, p)[i] / length;
        for (int i = 0; i < s.count; i++) domain[i * s.count + place] = basis_of(w, p)[i];
    }
    barrier(FENCE);
    if (w->item == 0) complete_columns(image, s.length, s.count, known);
}

__kernel __attribute__((reqd_work_group_size(WG, 1, 1)))
void batch_svd_work_group(const int rows, const int columns, const ulong start, const ulong runs,
                          __global const real *xs,      // [run][rows, columns]
                          __global real *bases,         // [run][count, count]: where to start; replaced
                          __global const real *gammas,  // [run or shared]; read by OPERATION 2
                          const int gamma_stride,
                          __global real *lefts,         // 0: U [run][rows, count]; 1, 2: the result [run][rows, columns]
                          __global real *values,        // 0: [run][count]
                          __global real *rights,        // 0: [run][columns, count]
                          __global real *scratch)       // [group, SCRATCH_SIZE]
{
    const Shape s = make_shape(rows, columns);
    const size_t run = start + get_group_id(0);
    const int item = get_local_id(0), squared = s.count * s.count;
    __local real parts[3 * WG];
    Work w = { s, item, scratch + get_group_id(0) * SCRATCH_SIZE(s), 0, 0, 0 };
    w.columns = w.matrix + s.length * s.count;
    w.fresh = w.columns + s.count * (s.length + s.count);
    w.norms = w.fresh + squared;
    __global real *basis = bases + run * squared, *left = lefts + run * rows * (OPERATION == SVD ? s.count : columns);
    for (int k = item; k < squared; k += WG) basis_of(&w, k % s.count)[k / s.count] = basis[k];
    barrier(FENCE);
    real scale = 1;
    for (int pass = 0; pass < PASSES; pass++) {
        polish(&w);
        scale = fetch(&w, xs + run * rows * columns, parts);
        make_columns(&w);
        orthogonalize(&w, parts);
    }
    const int known = measure_columns(&w, OPERATION == SVD);
    if (OPERATION == SVD) {
        polish(&w);
        write_decomposition(&w, known, scale, left, values + run * s.count, rights + run * columns * s.count);
    } else {
        const real gamma = OPERATION == THRESHOLD ? gammas[run * gamma_stride] : (real)0;
        for (int k = item; k < s.length * s.count; k += WG) {
            real sum = 0;
            for (int p = 0; p < s.count; p++) {
                const real factor = weight_of(w.norms[p], scale, gamma) * basis_of(&w, p)[k / s.length];
                sum = fma(factor, column_of(&w, p)[k % s.length], sum);
            }
            left[entry_index(s, k % s.length, k / s.length)] = OPERATION == THRESHOLD ? sum / scale : sum;
        }
    }
    barrier(FENCE);
    for (int k = item; k < squared; k += WG) basis[k] = basis_of(&w, k % s.count)[k / s.count];
}
