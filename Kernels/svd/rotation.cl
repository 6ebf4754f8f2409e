// Implements the Jacobi rotation of two columns; every kernel that factors a matrix uses it.
//
// Columns p, q with squared norms alpha, beta and inner product gamma become orthogonal by p' = cosine p - sine q,
// q' = sine p + cosine q with the smaller of the two angles. Source: Demmel, Veselic, SIAM J. Matrix Anal. 13 (1992).
// A mask is all ones (scalars: 1) where it holds.
#if LANES == 1
typedef int maskV;
#define NOT(mask) (!(mask))
#else
#if PRECISION == 64
typedef VECTOR(long) maskV;
#define VECTOR_OF(n) JOIN(long, n)
#else
typedef VECTOR(int) maskV;
#define VECTOR_OF(n) JOIN(int, n)
#endif
#define NOT(mask) (~(mask))
#endif

// All lanes of a mask or'ed. Not `any`, which CPU compilers may turn into a branch per lane.
INLINE int united(maskV mask)
{
#if LANES == 1
    return mask;
#else
#if LANES == 16
    const VECTOR_OF(8) eight = mask.lo | mask.hi;
#elif LANES == 8
    const maskV eight = mask;
#endif
#if LANES == 4
    const maskV four = mask;
#else
    const VECTOR_OF(4) four = eight.lo | eight.hi;
#endif
    const VECTOR_OF(2) two = four.lo | four.hi;
    return (int)(two.x | two.y);
#endif
}

INLINE int is_any(maskV mask) { return united(mask) != 0; }

#if PRECISION == 64
#define EPSILON 0x1p-52
#else
#define EPSILON 0x1p-23f
#endif

// 2^-e for normal x = m 2^e, 1 <= m < 2: scaling by it is exact and brings x between 1 and 2.
INLINE realV inverse_power_of_two(realV x)
{
#if PRECISION == 64
    return as_realV((VECTOR(long))0x7fe0000000000000L - (as_bits(x) & (VECTOR(long))0x7ff0000000000000L));
#else
    return as_realV((VECTOR(int))0x7f000000 - (as_bits(x) & (VECTOR(int))0x7f800000));
#endif
}

typedef struct { realV alpha, beta, gamma; } Pair;

// The pair scaled by a power of two, so that its squares neither overflow nor vanish.
INLINE Pair scaled(realV alpha, realV beta, realV gamma)
{
    const realV scale = inverse_power_of_two(alpha + beta);
    return (Pair){ alpha * scale, beta * scale, gamma * scale };
}

// Whether |gamma| > cosine sqrt(alpha beta): false for columns of zeros, and for NaN. Squared norms that are followed
// through rotations may be zero by rounding where columns are not: such a pair is oblique, but has to wait.
INLINE maskV is_oblique(Pair pair, real cosine)
{
    return pair.gamma * pair.gamma > cosine * cosine * (pair.alpha * pair.beta);
}

INLINE maskV is_known(Pair pair) { return pair.alpha * pair.beta > 0; }

typedef struct { realV cosine, sine; } Rotation;

// The rotation of a scaled pair; none where `wanted` does not hold, exactly.
INLINE Rotation rotation_of(Pair pair, maskV wanted)
{
    const realV d = pair.beta - pair.alpha, g = 2 * pair.gamma;
    const realV u = fabs(d) + sqrt(fma(d, d, g * g));
    const realV r = 1 / sqrt(fma(u, u, g * g));
    const realV s = g * r;
    return (Rotation){ wanted ? u * r : (realV)1, wanted ? (d < 0 ? -s : s) : (realV)0 };
}
