// Implements gradient descent of diagonal networks and linear regression on F = weight * sum_i l(<w, x_i>, y_i): a
// work-group takes R runs of one problem, or one of CHUNKS chunks of their components, through `steps` steps.
//
// A step: q = X w of the old state, from `from`; r = weight l'(q, y); for each block of components g = X^T r, a step of the
// factors and the block's w, whose products with X are added to the next q. More than one chunk: a step per launch, which
// writes its part of q to `to`. `training` 0: the state stays as it is and q is that of the state.
// Order of sums: by N, D, CHUNKS, LANES and BLOCK. Defines: see diagonal_network_step.cl; VECTORS 1 | 2 | 4 side by side.
// Global size: launched * CHUNKS * W. Layouts: columns [problem, D_PAD, N_PAD]; rows [problem, D_PAD / TILE, ROWS, TILE]
// with ROWS = N, so that a pass reads both from end to end. SIGNS: words, columns [problem, D_PAD / 32, N_PAD] with a
// component per bit, rows with ROWS = N_PAD / 32 and a sample per bit.
#if SIGNS
#define COLUMN_BLOCKS(j) ((j) / 32)
#else
#define COLUMN_BLOCKS(j) (j)
#endif
#define GRADIENT_CHAINS 2
#define PRODUCT_CHAINS (N_VECTORS > 3 ? 2 : N_VECTORS > 1 ? 4 : 8)
#if TABLES
#define ROW_TABLES (R * N_PAD / 4 * TABLE_VECTORS)
#define BLOCK_TABLES (R * BLOCK / 4 * TABLE_VECTORS)
#else
#define ROW_TABLES 0
#define BLOCK_TABLES 0
#endif
#define BLOCK_VECTORS (BLOCK / LANES)
#define WORK_VECTORS (2 * R * N_VECTORS + R * BLOCK_VECTORS + ROW_TABLES + BLOCK_TABLES)

typedef struct {
    __global realV *state[R];               // of the chunk
    real rate[R], decay[R], weight;
    __global const entry *rows, *columns;   // of the chunk
    __global const realV *targets;
    SHARED realV *q, *r, *w;                // [R, N_VECTORS] twice, [R, BLOCK_VECTORS]
    SHARED realV *row_tables, *block_tables;
    int first, item, training;              // component of the chunk's start
} Group;

// r = weight l'(q, y), 0 for padding.
INLINE void residuals(const Group *group)
{
    for (int i = group->item; i < N_VECTORS; i += W) {
        for (int r = 0; r < R; r++) {
            const realV d = slope(group->q[r * N_VECTORS + i], group->targets[i]);
            group->r[r * N_VECTORS + i] = first_lanes((realV)group->weight * d, N - i * LANES);
            group->q[r * N_VECTORS + i] = 0;
        }
    }
    BARRIER();
#if TABLES
    make_tables(group->row_tables, (SHARED const real *)group->r, N_PAD, N_PAD);
#endif
}

// Steps of `vectors` vectors of components from vector `at` of the chunk on, and their w.
INLINE void step_vectors(const Group *group, const int at, const int vectors)
{
    realV g[R * VECTORS];
#pragma unroll
    for (int k = 0; k < R * vectors; k++) g[k] = 0;
    if (group->training) {
        const size_t component = at * LANES;
        __global const entry *M = group->rows + component / TILE * TILE * ROWS + component % TILE;
#if SIGNS
        signed_sums(g, vectors, M, TILE, (SHARED const real *)group->r, N_PAD, group->row_tables,
                    N_PAD);
#else
        dense_sums(g, vectors, GRADIENT_CHAINS, M, TILE, (SHARED const real *)group->r, N_PAD, N);
#endif
    }
#pragma unroll
    for (int k = 0; k < R * vectors; k++) {
        const int r = k / vectors, v = at + k % vectors;
        // Padding stays 0 whatever its g: bits have no 0, and 0 * NaN is none.
        const realV own = first_lanes(g[k], D - group->first - v * LANES);
        group->w[r * BLOCK_VECTORS + v % BLOCK_VECTORS] =
            step_components(group->state[r] + v, own, group->rate[r], group->decay[r], group->training);
    }
}

// q += X w of `count` components from vector `at` of the chunk on, for `vectors` vectors of samples from `i` on.
INLINE void add_samples(const Group *group, const int at, const int count, const int i, const int vectors)
{
    realV sums[R * VECTORS];
#pragma unroll
    for (int k = 0; k < R * vectors; k++) sums[k] = 0;
    __global const entry *M = group->columns + (size_t)COLUMN_BLOCKS(at * LANES) * N_PAD + i * LANES;
#if SIGNS
    signed_sums(sums, vectors, M, N_PAD, (SHARED const real *)group->w, BLOCK, group->block_tables, count);
#else
    dense_sums(sums, vectors, PRODUCT_CHAINS, M, N_PAD, (SHARED const real *)group->w, BLOCK, count);
#endif
#pragma unroll
    for (int k = 0; k < R * vectors; k++) group->q[k / vectors * N_VECTORS + i + k % vectors] += sums[k];
}

// One pass over the chunk's components.
INLINE void pass(const Group *group)
{
    for (int first = 0; first < CHUNK; first += BLOCK) {
        const int count = min(BLOCK, CHUNK - first), at = first / LANES;
        for (int v = group->item * VECTORS; v < count / LANES; v += W * VECTORS) step_vectors(group, at + v, VECTORS);
        BARRIER();
#if TABLES
        make_tables(group->block_tables, (SHARED const real *)group->w, BLOCK, count);
#endif
        int i = group->item * VECTORS;
        for (; i + VECTORS <= N_VECTORS; i += W * VECTORS) add_samples(group, at, count, i, VECTORS);
#if VECTORS > 2
        if (i + 2 <= N_VECTORS) {
            add_samples(group, at, count, i, 2);
            i += 2;
        }
#endif
#if VECTORS > 1
        if (i < N_VECTORS) add_samples(group, at, count, i, 1);
#endif
        BARRIER();
    }
}

// States, rates and q of the group's runs.
INLINE void load_runs(Group *group, __global const int *members, const size_t chunk, __global realV *states,
                      __global const real *hypers, __global const realV *from)
{
    for (int r = 0; r < R; r++) {
        const size_t run = members[r];
        group->state[r] = states + run * FACTORS * D_VECTORS + chunk * CHUNK / LANES;
        group->rate[r] = hypers[run * 2];
        group->decay[r] = hypers[run * 2 + 1];
        for (int i = group->item; i < N_VECTORS; i += W) {
            realV q = 0;
            for (int c = 0; c < CHUNKS; c++) q += from[(run * CHUNKS + c) * N_VECTORS + i];
            group->q[r * N_VECTORS + i] = q;
        }
    }
}

INLINE void place_work(Group *group, SHARED realV *work)
{
    group->q = work;
    group->r = group->q + R * N_VECTORS;
    group->w = group->r + R * N_VECTORS;
    group->row_tables = group->w + R * BLOCK_VECTORS;
    group->block_tables = group->row_tables + ROW_TABLES;
}

// The states [R, FACTORS, D_PAD] of the only chunk.
INLINE void write_states(const Group *group, __global realV *trace)
{
    for (int k = group->item; k < FACTORS * D_VECTORS * R; k += W) {
        trace[k] = group->state[k / (FACTORS * D_VECTORS)][k % (FACTORS * D_VECTORS)];
    }
}

__kernel __attribute__((reqd_work_group_size(W, 1, 1)))
void diagonal_network(__global realV *states,             // [run, FACTORS, D_PAD], in place
                      __global const entry *rows,         // see above
                      __global const entry *columns,      // see above
                      __global const realV *targets,      // [problem, N_PAD]
                      __global const int *problems,       // [run]
                      __global const real *hypers,        // [run, 2]: learning rate, weight decay
                      __global const uint *seeds,         // [run]; unused here
                      const real weight,
                      const real noise,                   // unused here
                      __global const int *members,        // [launched, R]: runs of a problem
                      __global const int *at,             // [evaluation]: ascending, 0 ... steps
                      const int evaluations,              // 0 for more than one chunk
                      __global realV *trace,              // [evaluation, launched, R, FACTORS, D_PAD]
                      __global realV *scratch,            // [launched, CHUNKS, WORK_VECTORS] if SCRATCH_GLOBAL
                      const ulong start,                  // step count of the state; unused here
                      const int steps,
                      const int training,
                      __global const realV *from,         // [run, CHUNKS, N_PAD]: parts of q
                      __global realV *to)                 // likewise
{
    const size_t slot = get_group_id(0) / CHUNKS, chunk = get_group_id(0) % CHUNKS, launched = get_num_groups(0) / CHUNKS;
    const size_t problem = problems[members[slot * R]];
#if SCRATCH_GLOBAL
    __global realV *work = scratch + get_group_id(0) * WORK_VECTORS;
#else
    __local realV work[WORK_VECTORS];
#endif
    Group group;
    group.item = get_local_id(0);
    group.first = chunk * CHUNK;
    group.training = training;
    group.weight = weight;
    group.rows = rows + (problem * D_PAD + chunk * CHUNK) * ROWS;
    group.columns = columns + (problem * COLUMN_BLOCKS(D_PAD) + COLUMN_BLOCKS(chunk * CHUNK)) * N_PAD;
    group.targets = targets + problem * N_VECTORS;
    place_work(&group, work);
    load_runs(&group, members + slot * R, chunk, states, hypers, from);

    // A segment of steps up to each evaluation and one up to the end: barriers then stand under loops only.
    int t = 0;
    for (int evaluation = 0; evaluation <= evaluations; evaluation++) {
        const int wanted = evaluation < evaluations, end = wanted ? at[evaluation] : steps;
        for (; t < end; t++) {
            residuals(&group);
            pass(&group);
        }
        if (wanted) write_states(&group, trace + (evaluation * launched + slot) * R * FACTORS * D_VECTORS);
        BARRIER();
    }
    for (int r = 0; r < R; r++) {
        const size_t run = members[slot * R + r];
        for (int i = group.item; i < N_VECTORS; i += W) {
            to[(run * CHUNKS + chunk) * N_VECTORS + i] = group.q[r * N_VECTORS + i];
        }
    }
}
