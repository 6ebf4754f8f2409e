// Implements the pieces of training <w, x> with w made entry by entry of a run's factors: slopes, sums, updates.
//
// Defines: those of real.cl; N samples, N_PAD of them with padding; D components, D_PAD = CHUNKS * CHUNK of them with
// padding; FACTORS 1: w itself, 2: w = u^DEPTH - v^DEPTH, or u v with DEPTH 0; LOSS 0 logistic | 1 exponential | 2 squared;
// R runs of one problem side by side; W work-items; SIGNS 1: X is +-1, as bits; BLOCK components in a go; SIGN_TABLES 1
// (W 1, vectors of 512 bits): sums of four signed numbers come from tables where the compiler has them; TILE: components
// side by side in rows of X, a divisor of CHUNK; SCRATCH_GLOBAL 1: working numbers in global memory.
#define N_VECTORS (N_PAD / LANES)
#define D_VECTORS (D_PAD / LANES)
#if SIGNS
typedef uint entry;  // bit j % 32 of word j / 32 is 1 where X is -1
#define ROWS (N_PAD / 32)
#else
typedef real entry;
#define ROWS N
#endif
#if PRECISION == 64
#define to_words VECTOR(convert_ulong)
typedef VECTOR(ulong) wordV;
typedef VECTOR(long) bitsV;
#define bits_of_words VECTOR(as_long)
#else
#define to_words
typedef VECTOR(uint) wordV;
typedef VECTOR(int) bitsV;
#define bits_of_words VECTOR(as_int)
#endif
#if SCRATCH_GLOBAL
#define SHARED __global
#else
#define SHARED __local
#endif
#if W > 1
#define BARRIER() barrier(CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE)
#else
#define BARRIER()
#endif
#if SIGNS && SIGN_TABLES && defined(__AVX512F__)
#define TABLES 1
#else
#define TABLES 0
#endif

// l'(q, y)
INLINE realV slope(const realV q, const realV y)
{
    if (LOSS == 0) return -y / ((realV)1 + exp(y * q));
    if (LOSS == 1) return -y * exp(-y * q);
    return (realV)2 * (q - y);
}

INLINE realV power(const realV x, const int exponent)
{
    realV result = 1;
    for (int k = 0; k < exponent; k++) result = k ? result * x : x;
    return result;
}

INLINE realV predictor(const realV u, const realV v)
{
    if (FACTORS == 1) return u;
    return DEPTH == 0 ? u * v : power(u, DEPTH) - power(v, DEPTH);
}

// The state of a vector of components takes a step with g of X^T r if `training`; its w.
INLINE realV step_components(__global realV *state, const realV g, const real rate, const real decay, const int training)
{
    realV u = state[0], v = FACTORS > 1 ? state[D_VECTORS] : (realV)0;
    if (training) {
        const realV du = FACTORS == 1 ? g : DEPTH == 0 ? v * g : (realV)DEPTH * power(u, DEPTH - 1) * g;
        const realV dv = DEPTH == 0 ? u * g : (realV)-DEPTH * power(v, DEPTH - 1) * g;
        u = normal_or_zero(fma((realV)-rate, fma((realV)decay, u, du), u));
        state[0] = u;
        if (FACTORS > 1) {
            v = normal_or_zero(fma((realV)-rate, fma((realV)decay, v, dv), v));
            state[D_VECTORS] = v;
        }
    }
    return predictor(u, v);
}

// x in its first `count` lanes, 0 in the others.
INLINE realV first_lanes(const realV x, const int count)
{
    if (count >= LANES) return x;
    realV result = x;
    for (int lane = max(count, 0); lane < LANES; lane++) ((real *)&result)[lane] = 0;
    return result;
}

// x times the signs of bit `bit` of the words.
INLINE realV with_signs(const realV x, const wordV words, const int bit)
{
    return as_realV(as_bits(x) ^ (bits_of_words(words << (wordV)(PRECISION - 1 - bit)) & SIGN_BIT));
}
