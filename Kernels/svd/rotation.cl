// Implements the Jacobi rotation of two columns; every kernel that factors a matrix uses it.
//
// Columns p, q with squared norms alpha, beta and inner product gamma become orthogonal by p' = cosine p - sine q,
// q' = sine p + cosine q with the smaller of the two angles. Source: Demmel, Veselic, SIAM J. Matrix Anal. 13 (1992).
// A mask is all ones (scalars: 1) where it holds.
#if LANES == 1
typedef int maskV;
#define ANY(mask) (mask)
#define NOT(mask) (!(mask))
#elif PRECISION == 64
typedef VECTOR(long) maskV;
#define ANY(mask) any(mask)
#define NOT(mask) (~(mask))
#else
typedef VECTOR(int) maskV;
#define ANY(mask) any(mask)
#define NOT(mask) (~(mask))
#endif
#if PRECISION == 64
#define EPSILON 0x1p-52
#define LOOSE 1e-8   // what a sweep may find before it is the last: it then leaves about the square of that
#else
#define EPSILON 0x1p-23f
#define LOOSE 3e-4f
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

// The tangent of the rotation of a scaled pair, 0 where `wanted` does not hold.
INLINE realV tangent_of(Pair pair, maskV wanted)
{
    const realV d = pair.beta - pair.alpha, g = 2 * pair.gamma;
    const realV u = fabs(d) + sqrt(fma(d, d, g * g));
    return wanted ? (d < 0 ? -g : g) / u : (realV)0;
}

// 1 / sqrt(w) for w from 1 to 2 by Newton's method, exactly 1 for 1: rotations by small angles stretch nothing, however
// many there are.
INLINE realV inverse_root(realV w)
{
    const realV x = w - 1;
    realV y = fma(x, fma(x, (realV)(real)0.14822, (realV)(real)-0.44111), (realV)1);
    const realV half_w = (real)0.5 * w;
#pragma unroll
    for (int i = 0; i < (PRECISION == 64 ? 4 : 2); i++) y *= fma(-half_w * y, y, (realV)(real)1.5);
    return y;
}

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
