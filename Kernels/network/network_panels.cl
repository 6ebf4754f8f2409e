// Implements what network_blocks.cl is made of: where its matrices are, products of matrices in panels, copies in panels.
//
// Defines: those of network_blocks.cl. A matrix in panels is [panel][rows][PANEL_WIDTH], the last panel narrower: what a
// register block reads by vectors. Padded columns of weights are 0.
#define PADDED(n) (DIVIDED_UP(n, LANES) * LANES)
#define F_PADDED PADDED(FEATURES)
#define H_PADDED PADDED(HIDDEN)
#define O_PADDED PADDED(OUTPUTS)
#define NARROW (OUTPUTS % LANES <= 2 ? OUTPUTS % LANES : 0)  // outputs beyond whole vectors that are dot products
#define O_WIDE (NARROW ? OUTPUTS - NARROW : O_PADDED)        // the others, padded
#define PANELS_AT_ONCE 2                                     // of hidden units summed before an output is stored
#define O_BEYOND (O_PADDED - LANES)                          // of the vector that has the narrow ones
#if INPUT == 1
#define E_PADDED PADDED(EMBEDDING)
#define TABLES (2 - SHARED)
#else
#define E_PADDED 0
#define VOCABULARY 0
#define TABLES 0
#endif

#define AT_E0 0  // in the partial gradients
#define AT_E1 ((TABLES - 1) * VOCABULARY * E_PADDED)
#define AT_W1 (TABLES * VOCABULARY * E_PADDED)
#define AT_B1 (AT_W1 + (DIRECT ? 0 : HIDDEN * F_PADDED))
#define AT_W2 (AT_B1 + H_PADDED)
#define AT_B2 (AT_W2 + OUTPUTS * H_PADDED)
#define PARTIAL_SIZE (AT_B2 + O_PADDED)
#define SUM_ROWS (TABLES * VOCABULARY + (DIRECT ? 0 : HIDDEN) + OUTPUTS + 2)

#define W1_TURNED 0  // in the scratch: W1 transposed, in panels
#define W1_PANELS (W1_TURNED + (DIRECT ? 0 : FEATURES * H_PADDED))
#define W2_TURNED (W1_PANELS + (DIRECT ? 0 : HIDDEN * F_PADDED))
#define W2_PANELS (W2_TURNED + HIDDEN * O_PADDED)
#define B1_PADDED (W2_PANELS + OUTPUTS * H_PADDED)
#define B2_PADDED (B1_PADDED + H_PADDED)
#define U_PANELS (B2_PADDED + O_PADDED)
#define H_PANELS (U_PANELS + (DIRECT ? 0 : BLOCK_SAMPLES * F_PADDED))  // h, then dz
#define O_ROWS (H_PANELS + BLOCK_SAMPLES * H_PADDED)                   // o, then g
#define SCRATCH_SIZE (O_ROWS + BLOCK_SAMPLES * O_PADDED)

typedef struct
{
    __global const int *order, *tokens, *labels;
    __global const real *x, *y, *e0, *e1;
    __global real *scratch, *partial;
    real weight, all, share;  // all: count of the pass; share: 1 / all
    int first, count;    // samples of the block
} Pass;

// Where a product finds or puts a matrix: row r of panel p is at + p * panel + r * (row, or the panel's width if that is 0).
typedef struct { __global real *at; size_t panel, row; int first; } Matrix;
// Entry (r, k) of a left operand; with `panel` not 0, k is within a panel and the next panel is so far away.
typedef struct { __global const real *at; size_t row, column, panel; } Left;
enum { FROM_ZERO, FROM_BIAS, FROM_RESULT };
enum { AS_IS, RELU, MASKED };  // MASKED: 0 where the number replaced is not positive

INLINE Matrix in_panels(__global real *at, const int rows, const int first)
{
    return (Matrix){ at, (size_t)rows * PANEL_WIDTH, 0, first };
}
INLINE size_t panel_index(const int rows, const int padded, const int row, const int vector)
{
    const int column = vector / BLOCK_VECTORS * PANEL_WIDTH, width = min(PANEL_WIDTH, padded - column);
    return (size_t)column * rows + row * width + vector % BLOCK_VECTORS * LANES;
}
INLINE int sample_of(const Pass *p, const int i) { return HAS_ORDER ? p->order[p->first + i] : p->first + i; }

INLINE void multiply_rows(const int height, const int vectors, const int inner, Left a, __global const real *b,
                          __global const real *bias, __global real *c, const size_t c_row, const int from, const int then)
{
    realV sums[BLOCK_ROWS * BLOCK_VECTORS];
#pragma unroll
    for (int i = 0; i < height * vectors; i++) {
        sums[i] = from == FROM_RESULT ? LOAD(c + i / vectors * c_row + i % vectors * LANES)
                : from == FROM_BIAS ? LOAD(bias + i % vectors * LANES) : (realV)0;
    }
    const int step = a.panel ? PANEL_WIDTH : inner;
    for (int k = 0; k < inner; k += step, a.at += a.panel, b += step * vectors * LANES) {
        add_products(height, vectors, min(step, inner - k), a.at, a.row, a.column, b, vectors * LANES, sums);
    }
#pragma unroll
    for (int i = 0; i < height * vectors; i++) {
        __global real *to = c + i / vectors * c_row + i % vectors * LANES;
        if (then == RELU) sums[i] = sums[i] <= 0 ? (realV)0 : sums[i];
        if (then == MASKED) sums[i] = LOAD(to) > 0 ? sums[i] : (realV)0;
        STORE(sums[i], to);
    }
}

INLINE void multiply_panel(const int panel, const int vectors, const int rows, const int inner, Left a, const Matrix b,
                           __global const real *bias, const Matrix c, const int from, const int then)
{
    const size_t width = vectors * LANES, c_row = c.row ? c.row : width;
    __global const real *right = b.at + panel * b.panel + b.first * width;
    __global real *to = c.at + panel * c.panel + c.first * c_row;
    bias += panel * PANEL_WIDTH;
    int row = 0;
    for (; row + BLOCK_ROWS <= rows; row += BLOCK_ROWS, a.at += BLOCK_ROWS * a.row, to += BLOCK_ROWS * c_row) {
        multiply_rows(BLOCK_ROWS, vectors, inner, a, right, bias, to, c_row, from, then);
    }
    for (; row + 2 <= rows; row += 2, a.at += 2 * a.row, to += 2 * c_row) {
        multiply_rows(2, vectors, inner, a, right, bias, to, c_row, from, then);
    }
    if (row < rows) multiply_rows(1, vectors, inner, a, right, bias, to, c_row, from, then);
}

// c = then(start + a b), all panels of `padded` columns.
INLINE void multiply(const int rows, const int inner, const int padded, const Left a, const Matrix b,
                     __global const real *bias, const Matrix c, const int from, const int then)
{
    const int whole = padded / PANEL_WIDTH, rest = padded % PANEL_WIDTH / LANES;
    for (int panel = 0; panel < whole; panel++) {
        multiply_panel(panel, BLOCK_VECTORS, rows, inner, a, b, bias, c, from, then);
    }
    if (rest) multiply_panel(whole, rest, rows, inner, a, b, bias, c, from, then);
}

// W [rows, columns] in panels, and transposed in panels.
INLINE void make_panels(__global const real *from, const int rows, const int columns, __global real *to)
{
    for (int row = 0; row < rows; row++, from += columns) {
        for (int v = 0; v < DIVIDED_UP(columns, LANES); v++) {
            STORE(load_lanes(from + v * LANES, min(LANES, columns - v * LANES)),
                  to + panel_index(rows, PADDED(columns), row, v));
        }
    }
}
INLINE void make_turned(__global const real *from, const int rows, const int columns, __global real *to)
{
    for (int v = 0; v < DIVIDED_UP(rows, LANES); v++) {
        for (int k = 0; k < columns; k += LANES) {
            realV lines[LANES];
            for (int i = 0; i < LANES; i++) {
                const int row = v * LANES + i;
                lines[i] = row < rows ? load_lanes(from + (size_t)row * columns + k, min(LANES, columns - k)) : (realV)0;
            }
            transpose_lanes(lines);
            for (int i = 0; i < LANES && k + i < columns; i++) {
                STORE(lines[i], to + panel_index(columns, PADDED(rows), k + i, v));
            }
        }
    }
}
INLINE void make_bias(const bool given, __global const real *from, const int count, const real beyond, __global real *to)
{
    for (int i = 0; i < PADDED(count); i++) to[i] = i >= count ? beyond : given ? from[i] : 0;
}

// to [vectors * LANES] += sums of the columns of a panel.
INLINE void add_columns(const int vectors, const int rows, __global const real *from, const int row, __global real *to)
{
    realV sums[BLOCK_VECTORS];
#pragma unroll
    for (int v = 0; v < vectors; v++) sums[v] = LOAD(to + v * LANES);
    for (int r = 0; r < rows; r++) {
#pragma unroll
        for (int v = 0; v < vectors; v++) sums[v] += LOAD(from + r * row + v * LANES);
    }
#pragma unroll
    for (int v = 0; v < vectors; v++) STORE(sums[v], to + v * LANES);
}

INLINE void load_row(__global const real *from, const int count, real *to)
{
    for (int i = 0; i < count; i += LANES) STORE(load_lanes(from + i, min(LANES, count - i)), to + i);
}

// `from`, a matrix of samples in panels with `padded` columns, from panel `panel` on: by rows, or that panel transposed.
INLINE Left samples_of(__global const real *from, const int padded, const int panel, const bool transposed)
{
    const int column = panel * PANEL_WIDTH, width = min(PANEL_WIDTH, padded - column);
    from += (size_t)column * BLOCK_SAMPLES;
    return transposed ? (Left){ from, 1, width, 0 } : (Left){ from, width, 1, BLOCK_SAMPLES * PANEL_WIDTH };
}
