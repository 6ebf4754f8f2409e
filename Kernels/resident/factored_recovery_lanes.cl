// Implements factored recovery with one run per SIMD lane: a work-item trains a group of LANES runs of one problem.
//
// A vector holds one number of LANES runs; a lane's arithmetic depends on nothing but its own run.
// Defines: those of factored_recovery_step.cl with LANES_ARE_RUNS 1.
#define WORK_SIZE (SLOTS_SIZE + 2 * ENTRIES)

// Turns W into pulls.
INLINE void make_pulls(WORK const realV *W, __global const real *weights, __global const real *y, WORK realV *pulls,
                       const Hyper *h)
{
    for (int e = 0; e < ENTRIES; e++) pulls[e] = h->scale * ((realV)weights[e] * (W[e] - (realV)y[e]));
}

// The state, whose first chunk is in slot `first`, to `out` [STATE_SIZE].
INLINE void write_state(WORK const realV *slots, const int first, __global realV *out)
{
    for (int i = 0; i < NODES; i++) {
        for (int k = 0; k < NODE_SIZE; k++) out[state_index(i, k)] = slots[slot_index(i, k, first)];
    }
}

__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void factored_recovery_lanes(__global realV *restrict states,           // [group, STATE_SIZE, LANES]: U, V; in place
                             __global const int *restrict bounds,       // [problem, 2 NODES + 1]
                             __global const int *restrict neighbours,   // [problem, 2 ENTRIES]
                             __global const int *restrict entries,      // [problem, 2 ENTRIES]
                             __global const int *restrict ends,         // [problem, 2, ENTRIES], not read
                             __global const real *restrict weights,     // [problem, ENTRIES], padded with 0
                             __global const real *restrict ys,          // [problem, ENTRIES], padded with 0
                             __global const int *restrict problems,     // [group]
                             __global const realV *restrict hypers,     // [group, 4, LANES]: learning rate, l1, l2, c
                             __global const int *restrict active,       // [launched]: group
                             const int steps,
                             const int evaluations,
                             __global const int *restrict at,           // [evaluation]: ascending, 0 ... steps
                             __global realV *restrict trace,            // [evaluation, launched, STATE_SIZE, LANES]
                             __global realV *restrict scratch)          // [launched, WORK_SIZE, LANES], or unused
{
    const size_t slot = get_global_id(0), launched = get_global_size(0), group = active[slot];
    const size_t problem = problems[group];
    __global realV *state = states + group * STATE_SIZE;
    __global const real *weight = weights + problem * ENTRIES, *y = ys + problem * ENTRIES;
    __global const realV *own = hypers + group * 4;
    int penalised = 0;
    for (int lane = 0; lane < LANES; lane++) penalised |= ((__global const real *)(own + 1))[lane] != 0;
    const Hyper h = make_hyper(own[0], own[1], own[2], own[3]);
    const Graph graph = make_graph(bounds, neighbours, entries, problem);
#if SCRATCH_GLOBAL
    __global realV *slots = scratch + slot * WORK_SIZE;
#else
    realV slots[WORK_SIZE];
#endif
    WORK realV *W = slots + SLOTS_SIZE, *pulls = W + ENTRIES;
    realV sign[NODE_VECTORS];
    for (int k = 0; k < NODE_VECTORS; k++) sign[k] = k < WIDTH ? 1 : -1;
    for (int e = 0; e < ENTRIES; e++) W[e] = 0;
    for (int i = 0; i < NODES; i++) {
        for (int k = 0; k < NODE_SIZE; k++) slots[slot_index(i, k, 0)] = state[state_index(i, k)];
    }
    first_W(slots, sign, &graph, W);

    int evaluation = 0, first = 0;
    for (int t = 0; t < steps || evaluation < evaluations; t++) {
        if (evaluation < evaluations && at[evaluation] == t) {
            write_state(slots, first, trace + (evaluation * launched + slot) * STATE_SIZE);
            evaluation++;
        }
        if (t >= steps) break;
        make_pulls(W, weight, y, pulls, &h);
        if (penalised) step_chunks(1, first, slots, pulls, sign, &graph, &h, W);
        else step_chunks(0, first, slots, pulls, sign, &graph, &h, W);
        first = first == 0 ? CHUNKS : first - 1;
    }
    write_state(slots, first, state);
}
