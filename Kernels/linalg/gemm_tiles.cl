// Implements C = epilogue(op(A) op(B)) per run with tiles in local memory, for GPUs.
//
// A work-group makes a tile of TILE_ROWS x TILE_COLUMNS numbers of C, an item ITEM x ITEM of them, in quads of four
// neighbours. It goes through the inner size in chunks of DEPTH: the next chunk is on its way to registers while the
// items work on the last one. Every number of C is a chain of fma in the order of the inner index; tiles are padded with
// zeros. For small C with a long inner size SPLIT parts of it make partial products, which `gemm_sum_parts` adds up in
// order: SPLIT may depend on the sizes only, never on the number of runs.
//
// Number (i, k) of op(A) is a[run * a_stride + i * a_row + k * a_column], (k, j) of op(B) likewise; a stride of 0: shared
// by all runs. Of each pair of steps one is 1: the second, or the first with A_TRANSPOSED, B_TRANSPOSED.
// Defines: A_TRANSPOSED, B_TRANSPOSED 0 | 1; EPILOGUE 0 none | 1 + bias[j] | 2 relu(x + bias[j]) | 3 x where side[i, j] > 0
// | 4 relu; TILE_ROWS, TILE_COLUMNS, multiples of ITEM; ITEM 4 | 8; DEPTH; SPLIT, 1 for whole products;
// WG = TILE_ROWS / ITEM * TILE_COLUMNS / ITEM. Local memory: DEPTH * (TILE_ROWS + TILE_COLUMNS + 8) reals.
// Groups: x tiles of columns, y tiles of rows, z run * SPLIT + part.
#define ITEMS_ACROSS (TILE_COLUMNS / ITEM)
#define ITEMS_DOWN (TILE_ROWS / ITEM)
#define A_PITCH (TILE_ROWS + 4)  // reals from a k to the next in local memory: against bank conflicts
#define B_PITCH (TILE_COLUMNS + 4)
#define A_SHARE DIVIDED_UP(TILE_ROWS * DEPTH, WG)  // numbers that an item fetches
#define B_SHARE DIVIDED_UP(TILE_COLUMNS * DEPTH, WG)

// Where number `rank` of a chunk is; the last of an item's may be none. Neighbouring items fetch neighbouring numbers.
typedef struct { int along, k; } Spot;

INLINE Spot spot_of(const int rank, const int width, const int along_first)
{
    return along_first ? (Spot){ rank % width, rank / width } : (Spot){ rank / DEPTH, rank % DEPTH };
}

// An operand of a tile: `size` rows or columns from `start` on, the inner index below `end`.
typedef struct { __global const real *first; int start, size, end, step, inner_step; } Operand;

INLINE void fetch(const Operand from, const int chunk, const int item, const int width, const int along_first,
                  const int share, real *values)
{
#pragma unroll
    for (int t = 0; t < share; t++) {
        const Spot spot = spot_of(item + t * WG, width, along_first);
        const int along = from.start + spot.along, k = chunk + spot.k;
        const int exists = along < from.size && k < from.end;
        const real value = from.first[exists ? along * from.step + k * from.inner_step : 0];
        values[t] = exists ? value : (real)0;
    }
}

INLINE void keep(__local real *tile, const int pitch, const int item, const int width, const int along_first,
                 const int share, const real *values)
{
#pragma unroll
    for (int t = 0; t < share; t++) {
        const Spot spot = spot_of(item + t * WG, width, along_first);
        if (spot.along < width && spot.k < DEPTH) tile[spot.k * pitch + spot.along] = values[t];
    }
}

// Where number t of an item's ITEM is in a tile that `items` of them share: neighbouring items have neighbouring quads.
INLINE int within_tile(const int t, const int place, const int items) { return t / 4 * 4 * items + place * 4 + t % 4; }

INLINE void multiply(__local const real *a, __local const real *b, const int down, const int across, real sums[ITEM][ITEM])
{
    for (int k = 0; k < DEPTH; k++) {
        real left[ITEM], right[ITEM];
#pragma unroll
        for (int t = 0; t < ITEM; t++) {
            left[t] = a[k * A_PITCH + within_tile(t, down, ITEMS_DOWN)];
            right[t] = b[k * B_PITCH + within_tile(t, across, ITEMS_ACROSS)];
        }
#pragma unroll
        for (int s = 0; s < ITEM; s++) {
#pragma unroll
            for (int t = 0; t < ITEM; t++) sums[s][t] = fma(left[s], right[t], sums[s][t]);
        }
    }
}

// `side` is that of the run. A NaN stays NaN.
INLINE real finish(const real x, __global const real *side, const int entry, const int column)
{
#if EPILOGUE == 1
    return x + side[column];
#elif EPILOGUE == 2
    const real value = x + side[column];
    return value < 0 ? (real)0 : value;
#elif EPILOGUE == 3
    return side[entry] > 0 ? x : (real)0;
#elif EPILOGUE == 4
    return x < 0 ? (real)0 : x;
#else
    return x;
#endif
}

__kernel __attribute__((reqd_work_group_size(WG, 1, 1)))
void gemm_tiles(const int rows, const int inner, const int columns,
                __global const real *a, const ulong a_stride, const int a_row, const int a_column,
                __global const real *b, const ulong b_stride, const int b_row, const int b_column,
                __global const real *side,  // bias [run or shared][columns] or mask [run or shared][rows, columns]
                const ulong side_stride,
                __global real *c)           // [run][rows, columns], or parts [run][SPLIT][rows, columns]
{
    const int item = get_local_id(0), down = item / ITEMS_ACROSS, across = item % ITEMS_ACROSS;
    const int row = get_group_id(1) * TILE_ROWS, column = get_group_id(0) * TILE_COLUMNS;
    const size_t run = get_group_id(2) / SPLIT;
    const int part = DIVIDED_UP(DIVIDED_UP(inner, SPLIT), DEPTH) * DEPTH, begin = get_group_id(2) % SPLIT * part;
    const int end = min(inner, begin + part);
    const Operand left = { a + run * a_stride, row, rows, end, a_row, a_column };
    const Operand right = { b + run * b_stride, column, columns, end, b_column, b_row };
    __local real a_tile[DEPTH * A_PITCH] __attribute__((aligned(32))), b_tile[DEPTH * B_PITCH] __attribute__((aligned(32)));
    real a_next[A_SHARE], b_next[B_SHARE], sums[ITEM][ITEM] = { { 0 } };
    fetch(left, begin, item, TILE_ROWS, A_TRANSPOSED, A_SHARE, a_next);
    fetch(right, begin, item, TILE_COLUMNS, !B_TRANSPOSED, B_SHARE, b_next);
    for (int chunk = begin; chunk < end; chunk += DEPTH) {
        keep(a_tile, A_PITCH, item, TILE_ROWS, A_TRANSPOSED, A_SHARE, a_next);
        keep(b_tile, B_PITCH, item, TILE_COLUMNS, !B_TRANSPOSED, B_SHARE, b_next);
        barrier(CLK_LOCAL_MEM_FENCE);
        fetch(left, chunk + DEPTH, item, TILE_ROWS, A_TRANSPOSED, A_SHARE, a_next);
        fetch(right, chunk + DEPTH, item, TILE_COLUMNS, !B_TRANSPOSED, B_SHARE, b_next);
        multiply(a_tile, b_tile, down, across, sums);
        barrier(CLK_LOCAL_MEM_FENCE);
    }
    __global real *out = c + get_group_id(2) * (size_t)rows * columns;
#pragma unroll
    for (int s = 0; s < ITEM; s++) {
#pragma unroll
        for (int t = 0; t < ITEM; t++) {
            const int i = row + within_tile(s, down, ITEMS_DOWN), j = column + within_tile(t, across, ITEMS_ACROSS);
            if (i >= rows || j >= columns) continue;
            const int entry = i * columns + j;
            out[entry] = SPLIT > 1 ? sums[s][t] : finish(sums[s][t], side + run * side_stride, entry, j);
        }
    }
}

// Adds the parts of `count` numbers of C, `per_run` = rows * columns of them a run.
__kernel void gemm_sum_parts(const ulong count, const int per_run, const int columns,
                             __global const real *parts,  // [run][SPLIT][rows, columns]
                             __global const real *side, const ulong side_stride,
                             __global real *c)            // [run][rows, columns]
{
    const size_t index = get_global_id(0);
    if (index >= count) return;
    const size_t run = index / per_run;
    const int entry = index % per_run;
    real sum = 0;
    for (int part = 0; part < SPLIT; part++) sum += parts[(run * SPLIT + part) * per_run + entry];
    c[index] = finish(sum, side + run * side_stride, entry, entry % columns);
}
