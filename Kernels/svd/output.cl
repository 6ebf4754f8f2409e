// Implements what all SVD kernels do with a matrix beside the sweeps: where its numbers are, its scale, the pairs of a
// round, its completion.
//
// A matrix [m, n] is worked on in its taller orientation: `length` = max(m, n) numbers in each of `count` = min(m, n)
// columns. Defines: OPERATION 0 thin SVD | 1 polar factor | 2 soft threshold of singular values.
#define SVD 0
#define POLAR 1
#define THRESHOLD 2
#define SWEEPS 40                     // at most; cold matrices need about eight
#define PASSES (OPERATION == SVD ? 2 : 1)  // the second starts from a basis without the rounding errors of the first
#define TOLERANCE ((real)(4 * EPSILON))      // cosines that a last sweep may find

// Squared lengths below count as zero: the largest entry is scaled to 1, and columns below EPSILON^2 of it are rounding
// errors of rounding errors, which would take many sweeps to part.
#define TINY (PRECISION == 64 ? (real)0x1p-208 : (real)0x1p-92)

typedef struct { int rows, columns, length, count; } Shape;

INLINE Shape make_shape(const int rows, const int columns)
{
    return (Shape){ rows, columns, max(rows, columns), min(rows, columns) };
}

// Number i of column p of the taller orientation, in the row-major matrix.
INLINE int entry_index(const Shape s, const int i, const int p)
{
    return s.rows >= s.columns ? i * s.columns + p : p * s.columns + i;
}

// A power of two that brings the largest magnitude of a matrix to between 1 and 2; 1 for zeros. Squares of columns are
// then in range down to far below the rounding of the largest.
INLINE realV scale_of(realV largest)
{
    const realV far = PRECISION == 64 ? (realV)(real)0x1p500 : (realV)(real)0x1p60;
    const realV near = largest > far ? 1 / far : largest * far < (realV)1 ? far : (realV)1;
    // The scale itself stays a normal number.
    const real rest = PRECISION == 64 ? (real)0x1p522 : (real)0x1p66;
    const realV moderate = fmin(fmax(largest * near, (realV)(1 / rest)), (realV)rest);
    return largest > (realV)0 ? near * inverse_power_of_two(moderate) : (realV)1;
}

// What a column b_p of length `norm`, scaled by `scale`, is multiplied by in operations 1 and 2.
INLINE realV weight_of(realV norm, realV scale, realV gamma)
{
    const realV kept = OPERATION == THRESHOLD ? norm - gamma * scale : (realV)1;
    return norm * norm < TINY || kept < 0 ? (realV)0 : kept / norm;
}

// Adds x^2 to high + low with all of its rounding errors: sums of equal numbers round the same way every time.
#define ADD_SQUARE(type, high, low, x)                                                                                 \
    do {                                                                                                               \
        const type x_ = (x), square_ = x_ * x_, sum_ = (high) + square_, part_ = sum_ - (high);                        \
        (low) += (((high) - (sum_ - part_)) + (square_ - part_)) + fma(x_, x_, -square_);                              \
        (high) = sum_;                                                                                                 \
    } while (0)

// The columns of the k-th pair of a round among `players`, an even number.
INLINE int first_of(const int players, const int round, const int k)
{
    return k == 0 ? players - 1 : (round + k) % (players - 1);
}

INLINE int second_of(const int players, const int round, const int k)
{
    return (round + players - 1 - k) % (players - 1);
}

// Whether both columns count.
INLINE maskV are_large(realV alpha, realV beta) { return fmin(alpha, beta) >= TINY; }

// Replaces the columns from `known` on of Q [length, count], row-major, by unit vectors made orthogonal to the others.
INLINE void complete_columns(__global real *Q, const int length, const int count, const int known)
{
    int axis = 0;
    for (int p = known; p < count && axis < length; axis++) {
        for (int i = 0; i < length; i++) Q[i * count + p] = i == axis;
        for (int pass = 0; pass < 2; pass++) {
            for (int q = 0; q < p; q++) {
                real inner = 0;
                for (int i = 0; i < length; i++) inner = fma(Q[i * count + p], Q[i * count + q], inner);
                for (int i = 0; i < length; i++) Q[i * count + p] = fma(-inner, Q[i * count + q], Q[i * count + p]);
            }
        }
        real square = 0, rest = 0;
        for (int i = 0; i < length; i++) ADD_SQUARE(real, square, rest, Q[i * count + p]);
        // Of the axes at least one keeps more than 1 / length of its square outside the span of the others.
        if (4 * square * length < 1) continue;
        const real norm = sqrt(square + rest);
        for (int i = 0; i < length; i++) Q[i * count + p] /= norm;
        p++;
    }
}
