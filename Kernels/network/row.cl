// Implements walks along a row of numbers, LANES at a time, for kernels with a row per work-item.
#if LANES == 1
#define LOAD(pointer) (*(pointer))
#define STORE(value, pointer) (*(pointer) = (value))
#else
#define LOAD(pointer) JOIN(vload, LANES)(0, pointer)
#define STORE(value, pointer) JOIN(vstore, LANES)(value, 0, pointer)
#endif

// The larger of two numbers; NaN if either is.
INLINE real larger_of(const real a, const real b) { return a != a || a > b ? a : b; }

// The largest number of a row; NaN if any is.
INLINE real row_max(__global const real *row, const int columns)
{
    realV largest = (realV)(-INFINITY);
    int c = 0;
    for (; c + LANES <= columns; c += LANES) {
        const realV x = LOAD(row + c);
        largest = x != x || x > largest ? x : largest;
    }
    real result = -INFINITY;
    for (int lane = 0; lane < LANES; lane++) result = larger_of(((const real *)&largest)[lane], result);
    for (; c < columns; c++) result = larger_of(row[c], result);
    return result;
}
