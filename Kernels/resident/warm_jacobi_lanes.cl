// Implements the factorisation of matrix recovery with one run per SIMD lane: columns b_p of M V, with v_p below them, are
// made orthogonal by one-sided Jacobi rotations, from the basis V of the step before, which is nearly right.
//
// One sweep is usual: pairs of columns are taken in rounds of disjoint pairs (a round-robin tournament), the operations of a
// round stage by stage, so that their long chains overlap, and pairs that are nearly orthogonal in all lanes wait. A lane's
// arithmetic depends on nothing but its own run: a lane that needs no rotation keeps its numbers.
//
// How orthogonal is enough: the columns' directions enter the step times rate nuclear, so that a cosine of ROUNDING of the
// longest column over rate nuclear changes the step by a few roundings of M at most; in double precision what is left is
// taken out to first order, and its square counts. Shorter columns are not known to more than HAZE of the longest.
// Defines: those of matrix_recovery_step.cl; LANES.
#define REFINED (PRECISION == 64)
#define ROUNDING ((real)EPSILON * (REFINED ? 32 : 4))
#define HAZE ((real)EPSILON / 16)
#define MOST (REFINED ? (real)1e-4 : (real)1e-3)    // bounds of the cosine that may be left
#define LEAST (REFINED ? (real)1e-7 : (real)1e-5)
#define WAITING ((real)1 / 16)                      // of that: a pair that waits
#define SETTLED ((real)1e-3)                        // a sweep that finds no more is the last: it leaves about the squares

typedef VECTOR(float) roughV;
#define to_rough VECTOR(convert_float)

// Rotations without square roots (Gentleman, J. Inst. Maths Applics 12 (1973)): a column is kept up to a factor, whose
// square is `weight`; a rotation is then two multiply-adds an entry. `square` is the column's own squared norm.
typedef struct { realV square, weight; } Norm;

// Two columns p, q that meet in a round, scaled by a power of two: the difference d of their squared norms, twice their
// inner product g and its square; g is still up to the factors. `tangent` is sign d / (|d| + sqrt(d^2 + g^2)), so that
// g times it is the tangent of the rotation.
typedef struct {
    realV weights, g, d, squared_g, tangent;
    maskV wanted;
} Meeting;

// What of the other column each column of a pair takes in a rotation: p loses from_q q, q gains from_p p.
typedef struct { realV from_q, from_p; } Shear;

// 1 / (1 + x) for x from 0 to 1: a polynomial to 6e-5, then Newton's method; exactly 1 for 0, so that rotations by small
// angles stretch nothing, however many there are.
#define INVERSE_OF_ONE_PLUS(type, name, newtons)                                                                       \
    INLINE type name(const type x)                                                                                     \
    {                                                                                                                  \
        type y = fma(x, (type)-0.10911f, (type)0.430771f);                                                             \
        y = fma(x, fma(x, fma(x, y, (type)-0.783536f), (type)0.959153f), (type)-0.997308f);                            \
        y = fma(x, y, (type)1);                                                                                        \
        _Pragma("unroll") for (int i = 0; i < (newtons); i++) y = fma(y, fma(-y, x, (type)1 - y), y);                  \
        return y;                                                                                                      \
    }
INVERSE_OF_ONE_PLUS(realV, inverse_of_one_plus, PRECISION == 64 ? 2 : 1)
INVERSE_OF_ONE_PLUS(roughV, rough_inverse_of_one_plus, 0)

INLINE realV inner_product(const realV *p, const realV *q)
{
    realV even = 0, odd = 0;
#pragma unroll
    for (int i = 0; i + 1 < ROWS; i += 2) { even = fma(p[i], q[i], even); odd = fma(p[i + 1], q[i + 1], odd); }
    if (ROWS % 2) even = fma(p[ROWS - 1], q[ROWS - 1], even);
    return even + odd;
}

// The columns p and q before their rotation, which is wanted where their cosine's square is above `least`; `open` gets where
// they are oblique by more than SETTLED. `inner` is the inner product of what is kept of them.
INLINE Meeting meet(const Norm p, const Norm q, const realV inner, const realV least, maskV *open)
{
    const realV weights = p.weight * q.weight, scale = inverse_power_of_two(p.square + q.square);
    const realV alpha = p.square * scale, beta = q.square * scale, gamma = inner * scale, g = gamma + gamma;
    const realV product = alpha * beta, squared_g = weights * g * g;
    *open |= squared_g > 4 * SETTLED * SETTLED * product;
    const maskV wanted = (squared_g > least * product) & (product > 0);
    return (Meeting){ weights, g, beta - alpha, squared_g, 0, wanted };
}

// The tangent to about 1e-4, which leaves as much of the columns' cosine; without division, as processors divide far more
// slowly than they multiply.
INLINE realV tangent_of(const realV d, const realV squared_g)
{
    const roughV size = to_rough(fabs(d)), x = to_rough(fma(d, d, squared_g)), half_x = 0.5f * x;
    roughV y = VECTOR(as_float)((VECTOR(int))0x5f375a86 - (VECTOR(as_int)(x) >> 1));   // 1 / sqrt(x)
#pragma unroll
    for (int i = 0; i < 2; i++) y *= fma(-half_x * y, y, (roughV)1.5f);
    return copysign(to_realV(y * rough_inverse_of_one_plus(size * y)), d);
}

INLINE Shear rotate_norms(Norm *p, Norm *q, const realV inner, const Meeting *m)
{
    const realV t = m->g * m->tangent;   // up to both factors
    const realV h = m->wanted ? t : (realV)0, part = h * m->weights;
    const realV inverse = inverse_of_one_plus(h * part), change = part * inner;
    const Shear shear = { h * q->weight, h * p->weight };
    *p = (Norm){ p->square - change, p->weight * inverse };
    *q = (Norm){ q->square + change, q->weight * inverse };
    return shear;
}

INLINE void shear_columns(realV *p, realV *q, const Shear shear)
{
#pragma unroll
    for (int i = 0; i < HEIGHT; i++) {
        const realV x = p[i], y = q[i];
        p[i] = fma(-shear.from_q, y, x);
        q[i] = fma(shear.from_p, x, y);
    }
}

// The columns of pair k, FIRST ... PLAYERS / 2 - 1, of every round: where their number is odd, those of pair 0 rest.
#define FIRST (COLS % 2)
typedef struct { int p, q; } Columns;
typedef Columns Tournament[PLAYERS - 1][PLAYERS / 2];

INLINE void draw(Tournament pairs)
{
    for (int round = 0; round < PLAYERS - 1; round++) {
        for (int k = FIRST; k < PLAYERS / 2; k++) pairs[round][k] = (Columns){ COLUMN_P(round, k), COLUMN_Q(round, k) };
    }
}

// The bits of a mask, at most 31, in ascending order.
#define FOR_BITS(mask, k)                                                                                              \
    for (int bits_ = (mask), k = 31 - clz(bits_ & -bits_); bits_; bits_ &= bits_ - 1, k = 31 - clz(bits_ & -bits_))

// The square of the cosine that may be left where the longest column has this square.
INLINE realV allowed_square(const realV longest, const Hyper h)
{
    const realV part = ROUNDING / (h.rate * h.nuclear), allowed = REFINED ? part * sqrt(longest) : part * part * longest;
    return fmin(fmax(allowed, (realV)(LEAST * LEAST)), (realV)(MOST * MOST));
}

// One sweep over the columns with these norms, but for the lanes that are `done`; cosines far below what is `allowed` stay.
// Returns where it found one above SETTLED.
INLINE maskV sweep(realV columns[COLS][HEIGHT], Norm norms[COLS], const realV allowed, const maskV done,
                   const Tournament pairs)
{
    maskV open = 0;
    const realV least = done ? (realV)INFINITY : 4 * WAITING * WAITING * allowed;
    for (int round = 0; round < PLAYERS - 1; round++) {
        const Columns *c = pairs[round];
        realV inner[PLAYERS / 2];
        Meeting met[PLAYERS / 2];
        Shear shear[PLAYERS / 2];
        maskV wanted = 0;   // bit k: pair k is to be rotated
        for (int k = FIRST; k < PLAYERS / 2; k++) inner[k] = inner_product(columns[c[k].p], columns[c[k].q]);
        for (int k = FIRST; k < PLAYERS / 2; k++) {
            met[k] = meet(norms[c[k].p], norms[c[k].q], inner[k], least, &open);
            wanted |= met[k].wanted & (1 << k);
        }
        const int some = united(wanted);
        FOR_BITS(some, k) met[k].tangent = tangent_of(met[k].d, met[k].squared_g);
        FOR_BITS(some, k) shear[k] = rotate_norms(&norms[c[k].p], &norms[c[k].q], inner[k], &met[k]);
        FOR_BITS(some, k) shear_columns(columns[c[k].p], columns[c[k].q], shear[k]);
    }
    for (int p = 0; p < COLS; p++) {
        if (!is_any(norms[p].weight != 1)) continue;   // as after rotations by small angles
        const realV factor = sqrt(norms[p].weight);
#pragma unroll
        for (int i = 0; i < HEIGHT; i++) columns[p][i] *= factor;
    }
    return open & NOT(done);
}

// Lengths of the columns with their inverses, 0 for columns of zeros.
typedef struct { realV length, inverse; } Length;

// Cosines of all columns p with earlier ones; returns where the square of one is above `allowed`.
INLINE maskV measure(realV columns[COLS][HEIGHT], const Length lengths[COLS], const realV allowed,
                     realV cosines[COLS][COLS])
{
    realV longest = 0, largest = 0;
    for (int p = 0; p < COLS; p++) longest = fmax(longest, lengths[p].length);
    const realV haze = HAZE * longest;
    for (int p = 1; p < COLS; p++) {
        for (int q = 0; q < p; q++) {
            const realV inner = inner_product(columns[p], columns[q]);
            const realV cosine = inner * lengths[p].inverse * lengths[q].inverse;
            const realV clear = fabs(cosine) - haze * (lengths[p].inverse + lengths[q].inverse);
            if (REFINED) cosines[p][q] = cosine;
            largest = clear > largest ? clear : largest;
        }
    }
    return largest * largest > allowed;
}

// Rotates the columns until they are orthogonal in every lane, and measures them, in double precision to the cosines that
// are left.
INLINE void orthogonalize(realV columns[COLS][HEIGHT], Length lengths[COLS], realV cosines[COLS][COLS],
                          const Tournament pairs, const Hyper h)
{
    Norm norms[COLS];
    realV longest = 0;
    for (int p = 0; p < COLS; p++) {
        norms[p] = (Norm){ inner_product(columns[p], columns[p]), 1 };
        longest = fmax(longest, norms[p].square);
    }
    const realV allowed = allowed_square(longest, h);
    maskV done = 0;
    for (int i = 0; i < SWEEPS; i++) {
        const maskV open = sweep(columns, norms, allowed, done, pairs);
        for (int p = 0; p < COLS; p++) {
            const realV square = inner_product(columns[p], columns[p]), length = sqrt(square);
            lengths[p] = (Length){ length, square == 0 ? (realV)0 : 1 / length };
            norms[p] = (Norm){ square, 1 };
        }
        if (!REFINED && !is_any(open)) break;
        done = NOT(measure(columns, lengths, allowed, cosines) & open);
        if (!is_any(NOT(done))) break;
    }
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

// Off the diagonal, what g(B^T B) has in first order for two columns, up to their cosine, where g(s^2) is what a column of
// length s is multiplied by: s (g(s) - g(r)) r / (s^2 - r^2).
INLINE realV mixing(const Length p, const Length q, const Hyper h)
{
    const maskV is_p = p.length > q.length;
    const realV low = is_p ? q.length : p.length, high = is_p ? p.length : q.length;
    const realV inverse = is_p ? p.inverse : q.inverse;
    const realV sum = to_realV(rough_inverse_of_one_plus(to_rough(low * inverse))) * inverse;   // 1 / (low + high)
    if (METHOD != PROXIMAL) return -sum;
    const realV threshold = h.rate * h.nuclear;
    const realV part = to_realV(to_rough((high - threshold) * inverse) / to_rough((high - low) * inverse));
    return low >= threshold ? -threshold * sum : high > threshold ? -low * part * sum : (realV)0;
}

// B <- B g(B^T B), g(s^2) = weight_of_column, to first order in the cosines of the columns.
INLINE void refine(realV columns[COLS][HEIGHT], const Length lengths[COLS], realV cosines[COLS][COLS],
                   const realV *weights, const Hyper h)
{
    for (int p = 0; p < COLS; p++) {
        for (int q = 0; q < p; q++) cosines[p][q] = cosines[q][p] = cosines[p][q] * mixing(lengths[p], lengths[q], h);
        cosines[p][p] = weights[p];
    }
    for (int i = 0; i < ROWS; i += 2) {
        const int k = min(i + 1, ROWS - 1);
        realV b[COLS], c[COLS];
        for (int p = 0; p < COLS; p++) { b[p] = columns[p][i]; c[p] = columns[p][k]; }
        for (int p = 0; p < COLS; p++) {
            realV x = 0, y = 0;
#pragma unroll
            for (int q = 0; q < COLS; q++) { x = fma(b[q], cosines[p][q], x); y = fma(c[q], cosines[p][q], y); }
            columns[p][i] = x;
            columns[p][k] = y;
        }
    }
}
