// Implements factored recovery with one run per work-group of WG work-items, for GPUs.
//
// W: TEAM neighbouring items share an entry, item l adding up columns l, l + TEAM, ...; then one item per entry adds
// the TEAM parts in order. Gradient: neighbouring items own neighbouring numbers of one node, so that a warp reads
// consecutive numbers of the same neighbours and mostly agrees on their count. The state has two copies, old and new,
// which change places each step. A step has three barriers. TEAM alone is part of the order of summation.
// Defines: those of factored_recovery_step.cl with LANES 1, without CHUNK; WG; TEAM, a power of two up to WG. Local
// memory: WORK_SIZE reals unless SCRATCH_GLOBAL.
#define ROUNDS(size) DIVIDED_UP(size, WG)
#define ROUNDED(size) (ROUNDS(size) * WG)
#define WORK_SIZE (2 * ROUNDED(STATE_SIZE) + ROUNDED(ENTRIES * TEAM) + ROUNDED(ENTRIES))
#if SCRATCH_GLOBAL
#define SHARED __global
#define FENCE (CLK_LOCAL_MEM_FENCE | CLK_GLOBAL_MEM_FENCE)
#else
#define SHARED __local
#define FENCE CLK_LOCAL_MEM_FENCE
#endif

typedef struct { __global const int *bounds, *neighbours, *entries, *ends; __global const real *weights, *y; } Problem;

// Items in excess repeat the last task and write beyond it, since conditions do not mix with barriers: PoCL 3.1 loses
// the rest of the kernel where the same one guards both sides of a barrier.
#define FOR_TASKS(s, q, size)                                                                                          \
    for (int q = item, s = min(item, (size) - 1); q < ROUNDED(size) + item; q += WG, s = min(q, (size) - 1))

// Pulls of all entries, ready for all on return; parts [ENTRIES, TEAM].
INLINE void make_pulls(const Problem *problem, SHARED const real *x, SHARED real *parts, SHARED real *pulls,
                       const Hyper h, const int item)
{
    FOR_TASKS(s, q, ENTRIES * TEAM) {
        SHARED const real *left = x + problem->ends[s / TEAM] * NODE_SIZE;
        SHARED const real *right = x + problem->ends[ENTRIES + s / TEAM] * NODE_SIZE;
        real sum = 0;
        for (int k = s % TEAM; k < WIDTH; k += TEAM) {
            sum = fma(left[k], right[k], sum);
            if (FORM == 1) sum = fma(-left[WIDTH + k], right[WIDTH + k], sum);
        }
        parts[q] = sum;
    }
    barrier(FENCE);
    FOR_TASKS(e, q, ENTRIES) {
        real sum = parts[e * TEAM];
        for (int l = 1; l < TEAM; l++) sum += parts[e * TEAM + l];
        pulls[q] = h.scale * (problem->weights[e] * (sum - problem->y[e]));
    }
    barrier(FENCE);
}

// One step of all nodes from x to `next`, ready for all on return.
INLINE void update_nodes(const Problem *problem, SHARED const real *pulls, SHARED const real *x, SHARED real *next,
                         const Hyper h, const int item)
{
    FOR_TASKS(s, q, STATE_SIZE) {
        const int i = s / NODE_SIZE, k = s % NODE_SIZE, end = problem->bounds[2 * i + 2];
        const real sign = FORM == 1 && k >= WIDTH ? -1 : 1;
        real sum = shrinkage(x[s], sign, 1, h);
        for (int p = problem->bounds[2 * i]; p < end; p++) {
            sum = fma(pulls[problem->entries[p]], x[problem->neighbours[p] * NODE_SIZE + k], sum);
        }
        next[q] = fma(sign, sum, x[s]);
    }
    barrier(FENCE);
}

__kernel __attribute__((reqd_work_group_size(WG, 1, 1)))
void factored_recovery_work_group(__global real *restrict states,            // [run, STATE_SIZE]: U, V; in place
                                  __global const int *restrict bounds,       // [problem, 2 NODES + 1]
                                  __global const int *restrict neighbours,   // [problem, 2 ENTRIES]
                                  __global const int *restrict entries,      // [problem, 2 ENTRIES]
                                  __global const int *restrict ends,         // [problem, 2, ENTRIES], padded with 0
                                  __global const real *restrict weights,     // [problem, ENTRIES], padded with 0
                                  __global const real *restrict ys,          // [problem, ENTRIES], padded with 0
                                  __global const int *restrict problems,     // [run]
                                  __global const real *restrict hypers,      // [run, 4]: learning rate, l1, l2, c
                                  __global const int *restrict active,       // [launched]: run
                                  const int steps,
                                  const int evaluations,
                                  __global const int *restrict at,           // [evaluation]: ascending, 0 ... steps
                                  __global real *restrict trace,             // [evaluation, launched, STATE_SIZE]
                                  __global real *restrict scratch)           // [launched, WORK_SIZE], or unused
{
    const int item = get_local_id(0);
    const size_t slot = get_group_id(0), launched = get_num_groups(0), run = active[slot], number = problems[run];
    __global real *state = states + run * STATE_SIZE;
    __global const real *own = hypers + run * 4;
    const Hyper h = make_hyper(own[0], own[1], own[2], own[3]);
    const Problem problem = { bounds + number * (2 * NODES + 1), neighbours + number * 2 * ENTRIES,
                              entries + number * 2 * ENTRIES, ends + number * 2 * ENTRIES,
                              weights + number * ENTRIES, ys + number * ENTRIES };
#if SCRATCH_GLOBAL
    __global real *work = scratch + slot * WORK_SIZE;
#else
    __local real work[WORK_SIZE];
#endif
    SHARED real *parts = work + 2 * ROUNDED(STATE_SIZE), *pulls = parts + ROUNDED(ENTRIES * TEAM);
    for (int s = item; s < STATE_SIZE; s += WG) work[s] = state[state_index(s / NODE_SIZE, s % NODE_SIZE)];
    barrier(FENCE);

    // A segment of steps up to each evaluation and one up to the end, whose state goes to `states`: barriers then stand
    // under loops only, never under a condition.
    int t = 0;
    for (int evaluation = 0; evaluation <= evaluations; evaluation++) {
        const int wanted = evaluation < evaluations, end = wanted ? at[evaluation] : steps;
        for (; t < end; t++) {
            SHARED const real *x = work + t % 2 * ROUNDED(STATE_SIZE);
            make_pulls(&problem, x, parts, pulls, h, item);
            update_nodes(&problem, pulls, x, work + (t + 1) % 2 * ROUNDED(STATE_SIZE), h, item);
        }
        __global real *out = wanted ? trace + (evaluation * launched + slot) * STATE_SIZE : state;
        SHARED const real *x = work + t % 2 * ROUNDED(STATE_SIZE);
        for (int s = item; s < STATE_SIZE; s += WG) out[state_index(s / NODE_SIZE, s % NODE_SIZE)] = x[s];
    }
}
