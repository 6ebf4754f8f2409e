// Implements `real`, vectors of LANES reals, sign and soft threshold, and the accumulator of metrics.
//
// Defines: PRECISION 32 | 64; LANES 1 | 2 | 4 | 8 | 16; NO_FP64 where the device lacks doubles (PRECISION 32 only).
#pragma OPENCL FP_CONTRACT OFF
#ifndef NO_FP64
#pragma OPENCL EXTENSION cl_khr_fp64 : enable
#endif
#ifndef LANES
#define LANES 1
#endif

#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
#if LANES == 1
#define VECTOR(type) type
#else
#define VECTOR(type) JOIN(type, LANES)
#endif
#define DIVIDED_UP(a, b) (((a) + (b) - 1) / (b))
#define INLINE static inline __attribute__((always_inline, unused))  // shared sources: not every program uses all

#if PRECISION == 64
typedef double real;
typedef VECTOR(double) realV;
#define SIGN_BIT ((VECTOR(long))(long)0x8000000000000000UL)
#define as_bits VECTOR(as_long)
#define as_realV VECTOR(as_double)
#define to_realV VECTOR(convert_double)
#define LEAST_NORMAL 2.2250738585072014e-308
#else
typedef float real;
typedef VECTOR(float) realV;
#define SIGN_BIT ((VECTOR(int))(int)0x80000000U)
#define as_bits VECTOR(as_int)
#define as_realV VECTOR(as_float)
#define to_realV VECTOR(convert_float)
#define LEAST_NORMAL 1.17549435e-38f
#endif

// x, or 0 for a subnormal number, with which arithmetic is a hundred times slower; NaN stays NaN.
INLINE realV normal_or_zero(realV x) { return fabs(x) < (realV)LEAST_NORMAL ? (realV)0 : x; }

// sign(x) * magnitude, with sign(0) = 0; for NaN any number, as what it is added to is NaN already. Bit operations, since
// CPU compilers may call `sign` lane by lane.
INLINE realV signed_like(realV x, realV magnitude)
{
#if LANES == 1
    return x > 0 ? magnitude : x < 0 ? -magnitude : (real)0;
#else
    return as_realV(((as_bits(x) & SIGN_BIT) ^ as_bits(magnitude)) & (x != (realV)0));
#endif
}

// S_g(z) = z - clamp(z, -g, g); a NaN fails both comparisons and stays NaN.
INLINE realV soft_threshold(realV z, realV g)
{
    const realV low = z < -g ? -g : z;
    return z - (low > g ? g : low);
}

// Metrics are formed in `wide` and summed in `accV`: plain double sums, or two-sum pairs of floats without doubles.
#ifndef NO_FP64
typedef double wide;
typedef VECTOR(double) wideV;
typedef wideV accV;
#define to_wide VECTOR(convert_double)
#define acc_zero ((accV)0)

INLINE accV acc_add(accV sum, wideV x) { return sum + x; }
INLINE accV acc_merge(accV sum, accV other) { return sum + other; }
INLINE wideV acc_value(accV sum) { return sum; }
INLINE wide acc_lane(const accV *sum, int lane) { return ((const wide *)sum)[lane]; }
#else
typedef float wide;
typedef VECTOR(float) wideV;
typedef struct { wideV high, low; } accV;
#define to_wide(x) (x)
#define acc_zero ((accV){ (wideV)0, (wideV)0 })

// Knuth's two-sum: the rounding error of high + x is exact and goes to low. Where high is not finite, low is NaN.
INLINE accV acc_add(accV sum, wideV x)
{
    const wideV high = sum.high + x;
    const wideV part = high - sum.high;
    const wideV error = (sum.high - (high - part)) + (x - part);
    return (accV){ high, sum.low + error };
}
INLINE accV acc_merge(accV sum, accV other)
{
    sum.low += other.low;
    return acc_add(sum, other.high);
}
INLINE wideV acc_value(accV sum) { return sum.low == sum.low ? sum.high + sum.low : sum.high; }
INLINE wide acc_lane(const accV *sum, int lane)
{
    const wide high = ((const wide *)&sum->high)[lane], low = ((const wide *)&sum->low)[lane];
    return low == low ? high + low : high;
}
#endif

INLINE accV acc_add_square(accV sum, wideV x) { return acc_add(sum, x * x); }

// Sum over the lanes, in lane order.
INLINE wide acc_sum_lanes(accV sum)
{
    wide total = 0;
    for (int lane = 0; lane < LANES; lane++) total += acc_lane(&sum, lane);
    return total;
}
