// Implements factored recovery with one run per work-item and vector lanes across a node's numbers.
//
// Each entry of W is kept as a vector of partial sums (lane l adds up columns l, l + LANES, ...); once a step the lanes
// of LANES entries at a time are summed by a tree. LANES is part of the order of summation, CHUNK is not.
// Defines: those of factored_recovery_step.cl with LANES_ARE_RUNS 0; LANES, at least 4.
#define ENTRY_VECTORS DIVIDED_UP(ENTRIES, LANES)
#define ENTRIES_PADDED (ENTRY_VECTORS * LANES)
#define WORK_SIZE (SLOTS_SIZE + ENTRIES_PADDED + 3 * ENTRY_VECTORS)

// One level of the tree: x[k] = sums of two neighbouring lanes each of x[2 k], then of x[2 k + 1], for k < n.
#define FOLD(n)                                                                                                        \
    _Pragma("unroll") for (int k = 0; k < (n); k++)                                                                    \
        x[k] = (realV)(x[2 * k].even, x[2 * k + 1].even) + (realV)(x[2 * k].odd, x[2 * k + 1].odd)

// Lane l of the result is the sum of the lanes of W[l].
INLINE realV lane_sums(WORK const realV *W)
{
    realV x[LANES];
#pragma unroll
    for (int k = 0; k < LANES; k++) x[k] = W[k];
    if (LANES >= 16) FOLD(LANES / 2);
    if (LANES >= 8) FOLD(LANES >= 16 ? 4 : LANES / 2);
    if (LANES >= 4) FOLD(2);
    FOLD(1);
    return x[0];
}

// Turns W into pulls: first by entry, in `by_entry`, then in the order of the pairs.
INLINE void make_pulls(WORK const realV *W, __global const realV *weights, __global const realV *y,
                       WORK realV *by_entry, WORK real *pulls, const Graph *graph, const Hyper *h)
{
    for (int v = 0; v < ENTRY_VECTORS; v++) {
        by_entry[v] = h->scale * (weights[v] * (lane_sums(W + v * LANES) - y[v]));
    }
    const int pairs = graph->bounds[2 * NODES];
    for (int p = 0; p < pairs; p++) pulls[p] = ((WORK const real *)by_entry)[graph->entries[p]];
}

// The state, whose first chunk is in slot `first`, to `out` [STATE_SIZE].
INLINE void write_state(WORK const realV *slots, const int first, __global real *out)
{
    for (int i = 0; i < NODES; i++) {
        for (int k = 0; k < NODE_SIZE; k++) {
            out[state_index(i, k)] = ((WORK const real *)(slots + slot_index(i, k / LANES, first)))[k % LANES];
        }
    }
}

__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void factored_recovery_components(__global real *restrict states,            // [run, STATE_SIZE]: U, V; in place
                                  __global const int *restrict bounds,       // [problem, 2 NODES + 1]
                                  __global const int *restrict neighbours,   // [problem, 2 ENTRIES]
                                  __global const int *restrict entries,      // [problem, 2 ENTRIES]
                                  __global const int *restrict ends,         // [problem, 2, ENTRIES], not read
                                  __global const realV *restrict weights,    // [problem, ENTRIES_PADDED], padded with 0
                                  __global const realV *restrict ys,         // [problem, ENTRIES_PADDED], padded with 0
                                  __global const int *restrict problems,     // [run]
                                  __global const real *restrict hypers,      // [run, 4]: learning rate, l1, l2, c
                                  __global const int *restrict active,       // [launched]: run
                                  const int steps,
                                  const int evaluations,
                                  __global const int *restrict at,           // [evaluation]: ascending, 0 ... steps
                                  __global real *restrict trace,             // [evaluation, launched, STATE_SIZE]
                                  __global realV *restrict scratch)          // [launched, WORK_SIZE, LANES], or unused
{
    const size_t slot = get_global_id(0), launched = get_global_size(0), run = active[slot], problem = problems[run];
    __global real *state = states + run * STATE_SIZE;
    __global const realV *weight = weights + problem * ENTRY_VECTORS, *y = ys + problem * ENTRY_VECTORS;
    __global const real *own = hypers + run * 4;
    const int penalised = own[1] != 0;
    const Hyper h = make_hyper((realV)own[0], (realV)own[1], (realV)own[2], (realV)own[3]);
    const Graph graph = make_graph(bounds, neighbours, entries, problem);
#if SCRATCH_GLOBAL
    __global realV *slots = scratch + slot * WORK_SIZE;
#else
    realV slots[WORK_SIZE];
#endif
    WORK realV *W = slots + SLOTS_SIZE, *by_entry = W + ENTRIES_PADDED;
    WORK real *pulls = (WORK real *)(by_entry + ENTRY_VECTORS);
    realV sign[NODE_VECTORS];
    for (int k = 0; k < NODE_VECTORS * LANES; k++) ((real *)sign)[k] = k < WIDTH ? 1 : -1;
    for (int e = 0; e < ENTRIES_PADDED; e++) W[e] = 0;
    for (int i = 0; i < NODES; i++) {
        for (int k = 0; k < NODE_VECTORS * LANES; k++) {
            ((WORK real *)(slots + slot_index(i, k / LANES, 0)))[k % LANES] =
                k < NODE_SIZE ? state[state_index(i, k)] : 0;
        }
    }
    first_W(slots, sign, &graph, W);

    int evaluation = 0, first = 0;
    for (int t = 0; t < steps || evaluation < evaluations; t++) {
        if (evaluation < evaluations && at[evaluation] == t) {
            write_state(slots, first, trace + (evaluation * launched + slot) * STATE_SIZE);
            evaluation++;
        }
        if (t >= steps) break;
        make_pulls(W, weight, y, by_entry, pulls, &graph, &h);
        if (penalised) step_chunks(1, first, slots, pulls, sign, &graph, &h, W);
        else step_chunks(0, first, slots, pulls, sign, &graph, &h, W);
        first = first == 0 ? CHUNKS : first - 1;
    }
    write_state(slots, first, state);
}
