// Implements the pieces of blocked matrix products on CPUs: the register block, transposition, and sums over lanes.
//
// A register block is BLOCK_ROWS x (BLOCK_VECTORS * LANES) entries, one vector register per LANES of them. Its left operand is
// read entry by entry (broadcast), its right operand by vectors from a panel [inner][up to BLOCK_VECTORS * LANES] in PANEL.
// Defines: those of real.cl with LANES 4 | 8 | 16; BLOCK_ROWS >= 3 and BLOCK_VECTORS 1 ... 4, chosen here unless given.
#ifndef BLOCK_ROWS
#define BLOCK_ROWS 6
#endif
#ifndef BLOCK_VECTORS
#define BLOCK_VECTORS (LANES * PRECISION == 512 ? 4 : 2)  // of 32 or of 16 registers
#endif
#ifndef PANEL
#define PANEL __private
#endif
#if PRECISION == 64
#define REALS(n) JOIN(double, n)
#else
#define REALS(n) JOIN(float, n)
#endif
#define PANEL_WIDTH (BLOCK_VECTORS * LANES)

// vload and vstore at any multiple of a real, but as one instruction each: CPU compilers may take those lane by lane.
typedef realV __attribute__((aligned(PRECISION / 8))) looseV;
#define OVERLOADED INLINE __attribute__((overloadable))
OVERLOADED realV LOAD(__global const real *from) { return *(__global const looseV *)from; }
OVERLOADED realV LOAD(__private const real *from) { return *(__private const looseV *)from; }
OVERLOADED void STORE(const realV x, __global real *to) { *(__global looseV *)to = x; }
OVERLOADED void STORE(const realV x, __private real *to) { *(__private looseV *)to = x; }

// The first `count` lanes at `from`, then zeros.
INLINE realV load_lanes(__global const real *from, const int count)
{
    if (count == LANES) return LOAD(from);
    real lanes[LANES];
    for (int lane = 0; lane < LANES; lane++) lanes[lane] = lane < count ? from[lane] : 0;
    return LOAD(lanes);
}
INLINE void store_lanes(const realV x, __global real *to, const int count)
{
    if (count == LANES) {
        STORE(x, to);
        return;
    }
    real lanes[LANES];
    STORE(x, lanes);
    for (int lane = 0; lane < count; lane++) to[lane] = lanes[lane];
}

// sums[r, v] += sum over k of a[r * a_row + k * a_column] * b[k * b_row + v * LANES ...], in the order of k.
INLINE void add_products(const int height, const int vectors, const int inner, __global const real *a, const size_t a_row,
                         const size_t a_column, PANEL const real *b, const size_t b_row, realV *sums)
{
    for (int k = 0; k < inner; k++, a += a_column, b += b_row) {
        const realV zero = 0;  // no loop: compilers make that a copy of memory
        const realV right[4] = { LOAD(b), vectors > 1 ? LOAD(b + LANES) : zero, vectors > 2 ? LOAD(b + 2 * LANES) : zero,
                                 vectors > 3 ? LOAD(b + 3 * LANES) : zero };
#pragma unroll
        for (int r = 0; r < height; r++) {
            const realV left = (realV)a[r * a_row];
#pragma unroll
            for (int v = 0; v < vectors; v++) sums[r * vectors + v] = fma(left, right[v], sums[r * vectors + v]);
        }
    }
}

// Transposes LANES vectors in place: log2(LANES) perfect shuffles.
INLINE void transpose_lanes(realV *rows)
{
    realV next[LANES];
#pragma unroll
    for (int stage = 1; stage < LANES; stage *= 2) {
#pragma unroll
        for (int i = 0; i < LANES / 2; i++) {
            next[2 * i].even = rows[i].lo;
            next[2 * i].odd = rows[i + LANES / 2].lo;
            next[2 * i + 1].even = rows[i].hi;
            next[2 * i + 1].odd = rows[i + LANES / 2].hi;
        }
#pragma unroll
        for (int i = 0; i < LANES; i++) rows[i] = next[i];
    }
}

// Sum and maximum over the lanes: halves are joined until one lane is left.
#define GREATER(a, b) ((a) < (b) ? (b) : (a))
INLINE real sum_of_lanes(const realV x)
{
#if LANES == 16
    const REALS(8) eight = x.lo + x.hi;
    const REALS(4) four = eight.lo + eight.hi;
#elif LANES == 8
    const REALS(4) four = x.lo + x.hi;
#else
    const realV four = x;
#endif
    const REALS(2) two = four.lo + four.hi;
    return two.x + two.y;
}
INLINE real max_of_lanes(const realV x)
{
#if LANES == 16
    const REALS(8) eight = GREATER(x.lo, x.hi);
    const REALS(4) four = GREATER(eight.lo, eight.hi);
#elif LANES == 8
    const REALS(4) four = GREATER(x.lo, x.hi);
#else
    const realV four = x;
#endif
    const REALS(2) two = GREATER(four.lo, four.hi);
    return GREATER(two.x, two.y);
}
