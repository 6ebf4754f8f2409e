// Implements label-noise descent of diagonal networks and linear regression: as diagonal_network.cl with R = 1, but each
// step learns from one sample i with label y_i + noise * xi, which block `step` of the stream (seed, label noise) draws.
//
// A step needs row i of X for X^T r = r x_i and the next step's row for the next q: n times less work than all samples.
// Order of sums: by D, CHUNKS, LANES and W. Defines: see diagonal_network_step.cl; PURPOSE of the random stream;
// TILE is CHUNK.
#define CHUNK_VECTORS (CHUNK / LANES)

typedef struct { size_t sample; real label_noise; } Draw;

// As LabelNoise.draw in Swift.
INLINE Draw draw(const uint seed, const ulong at)
{
    const uint4 block = philox((uint2)(seed, PURPOSE), (uint4)((uint)at, (uint)(at >> 32), 0, 0));
    // 1 - y / 2^32 without loss: the difference is at least 2^-32.
    const wide u = ((wide)~block.y + (wide)1) * (wide)0x1p-32f, v = (wide)block.z * (wide)0x1p-32f;
    Draw result;
    result.sample = ((ulong)block.x * (ulong)N) >> 32;
    result.label_noise = (real)(sqrt((wide)-2 * log(u)) * cos((wide)6.283185307179586 * v));
    return result;
}

// x times the entries of row `sample` of X for a vector of components; `rows` from these components on.
INLINE realV times_row(const realV x, __global const entry *rows, const size_t sample)
{
#if SIGNS
    const wordV words = to_words(*(__global const VECTOR(uint) *)(rows + sample / 32 * TILE));
    return as_realV(as_bits(x) ^ (bits_of_words(words << (wordV)(PRECISION - 1 - sample % 32)) & SIGN_BIT));
#else
    return x * *(__global const realV *)(rows + sample * TILE);
#endif
}

INLINE real sum_lanes(const realV x)
{
    real sum = 0;
    for (int lane = 0; lane < LANES; lane++) sum += ((const real *)&x)[lane];
    return sum;
}

// Sum over the work-items, for all.
INLINE real sum_items(const real own, __local real *shared, const int item)
{
#if W > 1
    shared[item] = own;
    BARRIER();
    for (int span = W / 2; span > 0; span /= 2) {
        if (item < span) shared[item] += shared[item + span];
        BARRIER();
    }
    const real sum = shared[0];
    BARRIER();
    return sum;
#else
    return own;
#endif
}

// A pass over the chunk's components: a step with slope r of sample `current` if `training`; the item's part of the
// product of the new w with sample `next`.
INLINE real pass(__global realV *state, __global const entry *rows, const real r, const size_t current, const size_t next,
                 const real rate, const real decay, const int training, const int first, const int item)
{
    realV sums[4] = { 0, 0, 0, 0 };
    for (int at = item; at < CHUNK_VECTORS; at += 4 * W) {
#pragma unroll
        for (int k = 0; k < 4; k++) {
            const int v = at + k * W;
            if (v >= CHUNK_VECTORS) continue;
            const realV g = first_lanes(times_row((realV)r, rows + v * LANES, current), D - first - v * LANES);
            sums[k] += times_row(step_components(state + v, g, rate, decay, training), rows + v * LANES, next);
        }
    }
    return sum_lanes((sums[0] + sums[1]) + (sums[2] + sums[3]));
}

__kernel __attribute__((reqd_work_group_size(W, 1, 1)))
void diagonal_network_noise(__global realV *states,             // all as in diagonal_network.cl, but:
                            __global const entry *rows,
                            __global const entry *columns,      // unused
                            __global const real *targets,
                            __global const int *problems,
                            __global const real *hypers,
                            __global const uint *seeds,         // [run]
                            const real weight,
                            const real noise,                   // standard deviation
                            __global const int *members,        // [launched]: run
                            __global const int *at,
                            const int evaluations,
                            __global realV *trace,              // [evaluation, launched, FACTORS, D_PAD]
                            __global realV *scratch,            // unused
                            const ulong start,                  // step count of the state
                            const int steps,
                            const int training,                 // 0: steps is 1, and q that of the step `start`
                            __global const real *from,          // [run, CHUNKS]: parts of the q of the next sample
                            __global real *to)                  // likewise
{
    __local real shared[W];
    const int item = get_local_id(0);
    const size_t slot = get_group_id(0) / CHUNKS, chunk = get_group_id(0) % CHUNKS, launched = get_num_groups(0) / CHUNKS;
    const size_t run = members[slot], problem = problems[run];
    const real rate = hypers[run * 2], decay = hypers[run * 2 + 1];
    __global realV *state = states + run * FACTORS * D_VECTORS + chunk * CHUNK_VECTORS;
    __global const entry *X = rows + (problem * D_PAD + chunk * CHUNK) * ROWS;
    Draw now = draw(seeds[run], start);
    real q = 0;
    for (int c = 0; c < CHUNKS; c++) q += from[run * CHUNKS + c];

    int t = 0;
    for (int evaluation = 0; evaluation <= evaluations; evaluation++) {
        const int wanted = evaluation < evaluations, end = wanted ? at[evaluation] : steps;
        for (; t < end; t++) {
            const real y = fma(noise, now.label_noise, targets[problem * N_PAD + now.sample]);
            const realV slopes = slope((realV)q, (realV)y);
            const real r = weight * ((const real *)&slopes)[0];
            const Draw next = draw(seeds[run], start + t + training);
            const real own = pass(state, X, r, now.sample, next.sample, rate, decay, training, chunk * CHUNK, item);
            q = sum_items(own, shared, item);
            now = next;
        }
        BARRIER();
        for (int k = item; k < FACTORS * D_VECTORS && wanted; k += W) {
            trace[(evaluation * launched + slot) * FACTORS * D_VECTORS + k] = state[k];
        }
        BARRIER();
    }
    if (item == 0) to[run * CHUNKS + chunk] = q;
}
