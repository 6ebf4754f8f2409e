// Implements the Jacobi rotation of two columns; every kernel that factors a matrix uses it.
//
// Columns p, q with squared norms alpha, beta and inner product gamma become orthogonal by p' = cosine p - sine q,
// q' = sine p + cosine q with the smaller of the two angles. Source: Demmel, Veselic, SIAM J. Matrix Anal. 13 (1992).
// `rotate` applies it by way of the half angle's tangent (Rutishauser, Numer. Math. 9 (1966)): the lengths of columns
// then drift by sine^2 EPSILON, so that small rotations, which are most, leave them alone.
// A mask is all ones (scalars: 1) where it holds.
#if PRECISION == 64
typedef VECTOR(long) bitsV;
#define EPSILON 0x1p-52
#define LOOSE 1e-8   // what a sweep may find before it is the last: it then leaves about the square of that
#define SMALLEST 0x1p-1022
#define EXPONENT 0x7ff0000000000000L
#define TOP 0x7fe0000000000000L
#define MIDDLE 0x1c00000000000000L  // 448 in place of an exponent: 2^448 leaves room for squares and for small numbers
#else
typedef VECTOR(int) bitsV;
#define EPSILON 0x1p-23f
#define LOOSE 3e-4f
#define SMALLEST 0x1p-126f
#define EXPONENT 0x7f800000
#define TOP 0x7f000000
#define MIDDLE 0x1c000000           // 56 in place of an exponent
#endif
#if LANES == 1
typedef int maskV;
#define ANY(mask) (mask)
#define NOT(mask) (!(mask))
#else
typedef bitsV maskV;
#define ANY(mask) any(mask)
#define NOT(mask) (~(mask))
#endif

typedef struct { realV alpha, beta, gamma; } Pair;

// The pair scaled by a power of two, with alpha + beta about 2^MIDDLE: their squares and products neither overflow nor
// vanish. Exact but where a norm is below 2^-91 (double precision: 2^-735) of the other.
INLINE Pair scaled(realV alpha, realV beta, realV gamma)
{
    const bitsV above = max((as_bits(alpha + beta) & (bitsV)EXPONENT) - (bitsV)MIDDLE, (bitsV)0);
    const realV scale = as_realV((bitsV)TOP - above);
    return (Pair){ alpha * scale, beta * scale, gamma * scale };
}

// Whether |gamma| > cosine sqrt(alpha beta) in a scaled pair: false for columns of zeros, and for NaN.
INLINE maskV is_oblique(Pair pair, real cosine)
{
    return pair.gamma * pair.gamma > cosine * cosine * fmax(pair.alpha * pair.beta, (realV)SMALLEST / (EPSILON * EPSILON));
}

typedef struct { realV cosine, sine, tangent; } Rotation;  // tangent of half the angle

// The rotation of a scaled pair; none where `wanted` does not hold, exactly.
INLINE Rotation rotation_of(Pair pair, maskV wanted)
{
    const realV d = pair.beta - pair.alpha, g = 2 * pair.gamma;
    const realV u = fabs(d) + sqrt(fma(d, d, g * g));
    const realV r = 1 / sqrt(fma(u, u, g * g));
    const realV cosine = wanted ? u * r : (realV)1, sine = wanted ? (d < 0 ? -g : g) * r : (realV)0;
    // 1 / (1 + cosine) by Newton's method from a line: cosine is between sqrt(1/2) and 1.
    const realV sum = 1 + cosine;
    realV inverse = fma(sum, (realV)-0.2929f, (realV)1.0843f);
    for (int i = 0; i < (PRECISION == 64 ? 3 : 2); i++) inverse = fma(inverse, fma(-sum, inverse, (realV)1), inverse);
    return (Rotation){ cosine, sine, sine * inverse };
}

// Rotates x, an entry of p, and y, the same entry of q. Where the rotation is none only the sign of a zero may change.
INLINE void rotate(Rotation r, realV *x, realV *y)
{
    const realV p = *x, q = *y;
    *x = fma(-r.sine, fma(r.tangent, p, q), p);
    *y = fma(r.sine, fma(-r.tangent, q, p), q);
}
