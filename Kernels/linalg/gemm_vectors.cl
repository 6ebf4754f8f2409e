// Implements c = epilogue(op(a) op(b)) per run for CPUs: register blocks of vectors over a packed panel of op(b).
//
// Entry (i, k) of op(a) is a[run * a_stride + i * a_row + k * a_column], likewise b; c is [run][rows, columns]. A work-item
// makes a tile of c, with `inner` cut into chunks: per chunk it packs its columns of op(b) as panels [chunk][PANEL_WIDTH], the
// last panel narrower and padded with zeros, and adds the products to c. One or two columns beyond whole vectors are packed
// one by one, and their entries are dot products along `inner`. An entry's sum depends on rows, inner and columns only.
// Defines: those of gemm_blocks.cl, which precedes; TILE_ROWS, TILE_COLUMNS; A_TRANSPOSED 1 if a_row is 1, 0 if a_column is 1;
// B_TRANSPOSED 1 if b_row is 1, 0 if b_column is 1; EPILOGUE 0 none, 1 + bias, 2 relu(x + bias), 3 x where the mask is
// positive, else 0, 4 relu; INNER_CHUNK, chosen here unless given.
#ifndef INNER_CHUNK
#define INNER_CHUNK 128
#endif
#if A_TRANSPOSED
#define NARROW 0  // most columns beyond whole vectors that are packed one by one
#else
#define NARROW 2
#endif

typedef struct
{
    __global const real *a, *b, *side;       // of the tile's first row and column, in the current chunk
    __global real *c;
    size_t a_row, a_column, b_row, b_column;  // the ones known at compile time are constants after inlining
    int height, depth, columns;              // rows of the tile, length of the chunk, columns of c
    bool first, last;                        // of the chunks
} Tile;

INLINE realV finished(const realV x, const realV side)
{
#if EPILOGUE == 0
    return x;
#elif EPILOGUE == 1
    return x + side;
#elif EPILOGUE == 3
    return side > 0 ? x : (realV)0;
#else
    const realV sum = EPILOGUE == 2 ? x + side : x;
    return sum <= 0 ? (realV)0 : sum;  // NaN stays
#endif
}

INLINE real finished_one(const real x, __global const real *side)
{
    if (EPILOGUE == 3) return *side > 0 ? x : 0;
    const real sum = (EPILOGUE + 1) / 2 == 1 ? x + *side : x;
    if (EPILOGUE < 2) return sum;
    return sum <= 0 ? 0 : sum;
}

// What the epilogue needs at (row, column) of the tile.
INLINE realV side_at(const Tile *t, const int row, const int column, const int count)
{
#if EPILOGUE == 1 || EPILOGUE == 2
    return load_lanes(t->side + column, count);
#elif EPILOGUE == 3
    return load_lanes(t->side + (size_t)row * t->columns + column, count);
#else
    return (realV)0;
#endif
}

// Packs `count` columns from `column` on as a panel whose rows are `width` long.
INLINE void pack_vector(const Tile *t, const int column, const int count, const int width, real *panel)
{
    __global const real *b = t->b + column * t->b_column;
    int k = 0;
#if B_TRANSPOSED
    for (; k + LANES <= t->depth; k += LANES) {
        realV rows[LANES];
#pragma unroll
        for (int i = 0; i < LANES; i++) rows[i] = i < count ? LOAD(b + i * t->b_column + k) : (realV)0;
        transpose_lanes(rows);
#pragma unroll
        for (int i = 0; i < LANES; i++) STORE(rows[i], panel + (k + i) * width);
    }
    for (; k < t->depth; k++) {
        for (int i = 0; i < LANES; i++) panel[k * width + i] = i < count ? b[i * t->b_column + k] : 0;
    }
#else
    for (; k < t->depth; k++) STORE(load_lanes(b + k * t->b_row, count), panel + k * width);
#endif
}

// Rows row ... row + height - 1 of one panel whose last vector has `count` columns of c.
INLINE void multiply_rows(const Tile *t, const int height, const int vectors, const int row, const int column,
                          const int count, PANEL const real *panel)
{
    realV sums[BLOCK_ROWS * BLOCK_VECTORS];
    __global real *c = t->c + (size_t)row * t->columns + column;
#pragma unroll
    for (int i = 0; i < height * vectors; i++) sums[i] = 0;
    if (!t->first) {
#pragma unroll
        for (int i = 0; i < height * vectors; i++) {
            sums[i] = load_lanes(c + i / vectors * (size_t)t->columns + i % vectors * LANES,
                                 i % vectors == vectors - 1 ? count : LANES);
        }
    }
    add_products(height, vectors, t->depth, t->a + row * t->a_row, t->a_row, t->a_column, panel, vectors * LANES, sums);
#pragma unroll
    for (int i = 0; i < height * vectors; i++) {
        const int r = i / vectors, v = i % vectors, lanes = v == vectors - 1 ? count : LANES;
        if (t->last) sums[i] = finished(sums[i], side_at(t, row + r, column + v * LANES, lanes));
        store_lanes(sums[i], c + r * (size_t)t->columns + v * LANES, lanes);
    }
}
INLINE void multiply_panel(const Tile *t, const int vectors, const int column, const int count, PANEL const real *panel)
{
    int row = 0;
    for (; row + BLOCK_ROWS <= t->height; row += BLOCK_ROWS) {
        multiply_rows(t, BLOCK_ROWS, vectors, row, column, count, panel);
    }
    for (; row + 2 <= t->height; row += 2) multiply_rows(t, 2, vectors, row, column, count, panel);
    if (row < t->height) multiply_rows(t, 1, vectors, row, column, count, panel);
}

// Entries (row ... row + height - 1, column) of the tile: dot products with a packed column.
INLINE void multiply_narrow(const Tile *t, const int height, const int row, const int column, PANEL const real *packed)
{
    __global const real *a = t->a + row * t->a_row;
    realV sums[4];
    real rest[4];
#pragma unroll
    for (int r = 0; r < height; r++) sums[r] = 0, rest[r] = 0;
    int k = 0;
    for (; k + LANES <= t->depth; k += LANES) {
#pragma unroll
        for (int r = 0; r < height; r++) sums[r] = fma(LOAD(a + r * t->a_row + k), LOAD(packed + k), sums[r]);
    }
    for (; k < t->depth; k++) {
#pragma unroll
        for (int r = 0; r < height; r++) rest[r] = fma(a[r * t->a_row + k], packed[k], rest[r]);
    }
#pragma unroll
    for (int r = 0; r < height; r++) {
        __global real *c = t->c + (size_t)(row + r) * t->columns + column;
        real sum = sum_of_lanes(sums[r]) + rest[r];
        if (!t->first) sum += *c;
        *c = t->last ? finished_one(sum, t->side + (EPILOGUE == 3 ? (size_t)(row + r) * t->columns : 0) + column) : sum;
    }
}

// One chunk of `inner` over the whole tile.
INLINE void multiply_chunk(const Tile *t, const int width, realV *packed)
{
    const int beyond = width % LANES, narrow = beyond <= NARROW ? beyond : 0, wide_width = width - narrow;
    real *panel = (real *)packed;
    for (int column = 0; column < wide_width; column += PANEL_WIDTH) {
        const int rest = min(PANEL_WIDTH, wide_width - column), vectors = DIVIDED_UP(rest, LANES);
        const int count = rest - (vectors - 1) * LANES;
        for (int v = 0; v < vectors; v++) {
            pack_vector(t, column + v * LANES, v == vectors - 1 ? count : LANES, vectors * LANES, panel + v * LANES);
        }
        if (vectors == 1) multiply_panel(t, 1, column, count, panel);
        else if (BLOCK_VECTORS == 2 || vectors == 2) multiply_panel(t, 2, column, count, panel);
#if BLOCK_VECTORS > 2
        else if (BLOCK_VECTORS == 3 || vectors == 3) multiply_panel(t, 3, column, count, panel);
#endif
#if BLOCK_VECTORS > 3
        else multiply_panel(t, 4, column, count, panel);
#endif
    }
    for (int column = wide_width; column < width; column++) {
        for (int k = 0; k < t->depth; k++) panel[k] = t->b[k * t->b_row + column * t->b_column];
        int row = 0;
        for (; row + 4 <= t->height; row += 4) multiply_narrow(t, 4, row, column, panel);
        for (; row < t->height; row++) multiply_narrow(t, 1, row, column, panel);
    }
}

__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void gemm_vectors(const int rows, const int inner, const int columns,
                  __global const real *a, const ulong a_stride, const int a_row, const int a_column,
                  __global const real *b, const ulong b_stride, const int b_row, const int b_column,
                  __global const real *side,  // [columns] or [rows, columns]: what EPILOGUE adds or masks by
                  const ulong side_stride,
                  __global real *c)           // [run][rows, columns]
{
    const int column = get_global_id(0) * TILE_COLUMNS, row = get_global_id(1) * TILE_ROWS;
    const size_t run = get_global_id(2);
    realV packed[INNER_CHUNK * BLOCK_VECTORS];
    Tile t;
    t.a_row = A_TRANSPOSED ? 1 : a_row;
    t.a_column = A_TRANSPOSED ? a_column : 1;
    t.b_row = B_TRANSPOSED ? 1 : b_row;
    t.b_column = B_TRANSPOSED ? b_column : 1;
    t.height = min(TILE_ROWS, rows - row);
    t.columns = columns;
    t.side = side + run * side_stride + (EPILOGUE == 3 ? (size_t)row * columns : 0) + column;
    t.c = c + (run * rows + row) * columns + column;
    int from = 0;
    do {
        t.depth = min(INNER_CHUNK, inner - from);
        t.first = from == 0;
        t.last = from + t.depth >= inner;
        t.a = a + run * a_stride + row * t.a_row + from * t.a_column;
        t.b = b + run * b_stride + from * t.b_row + column * t.b_column;
        multiply_chunk(&t, min(TILE_COLUMNS, columns - column), packed);
        from += t.depth;
    } while (from < inner);
}
