// Implements gradient descent on factored matrices for matrix completion, computing observed entries only.
//
// FORM 0: W = U V^T; the nodes are the rows of U, then those of V. FORM 1: W = U U^T - V V^T; node i is row i of U and
// row i of V side by side. In both, entry e = (i, j) of W is the product of two nodes (in FORM 1 with sign + for U and
// - for V), and a node's gradient is a sum of r_e times the other node over the entries it is part of:
// r_e = w_e (W_e - y_e), pull_e = -rate c r_e, x_i <- x_i + (sum of +-pull_e x_j) - rate (l2 x_i + l1 sign x_i).
//
// A problem's graph lists for each node pairs (neighbour, entry), ascending by neighbour, then by entry:
// bounds [2 NODES + 1]: the pairs of node i are bounds[2 i] ... bounds[2 i + 2] - 1; those before bounds[2 i + 1] have
// an earlier neighbour (an entry on the diagonal is two pairs of its node, of which the first counts as earlier).
// neighbours, entries [2 ENTRIES]: of the pairs. Entries are numbered by (later node, earlier node), in FORM 1 (i, j)
// before (j, i) for i < j, so that the earlier pairs of all nodes, in order, are entries 0, 1, ...
// ends [2, ENTRIES]: the nodes of each entry.
//
// CPU mappings work on vectors, chunk by chunk: up to CHUNK vectors of every node, few enough to stay in cache, are
// updated together and at once add their share to the next W, so that a step reads the state once, in a fixed order.
// Chunk k's new values go where the old ones of chunk k - 1 were: there are CHUNKS + 1 slots, and the chunks move down
// by one slot (cyclically) each step.
// Defines: FORM; ROWS, COLS, WIDTH; ENTRIES, the most of any problem; CHUNK; LANES_ARE_RUNS 1 (mapping lanes) | 0;
// SCRATCH_GLOBAL 1 where the working copy outgrows private or local memory.
#define NODES (FORM == 0 ? ROWS + COLS : ROWS)
#define NODE_SIZE (FORM == 0 ? WIDTH : 2 * WIDTH)
#define STATE_SIZE (NODES * NODE_SIZE)

#if SCRATCH_GLOBAL
#define WORK __global
#else
#define WORK __private
#endif

typedef struct { realV scale, decay, push; } Hyper;

INLINE Hyper make_hyper(realV rate, realV l1, realV l2, realV c)
{
    return (Hyper){ -rate * c, -rate * l2, -rate * l1 };
}

// sign (+-1) times the change of x without the pulls.
INLINE realV shrinkage(realV x, realV sign, const int penalised, Hyper h)
{
    return penalised ? fma(sign * h.decay, x, signed_like(x, sign * h.push)) : sign * h.decay * x;
}

// Where number k of node i is in U [ROWS, WIDTH], V [COLS, WIDTH], V following U.
INLINE int state_index(const int i, const int k)
{
    return FORM == 0 ? i * WIDTH + k : (k / WIDTH * ROWS + i) * WIDTH + k % WIDTH;
}

#ifdef CHUNK
typedef struct { __global const int *bounds, *neighbours, *entries; } Graph;

INLINE Graph make_graph(__global const int *bounds, __global const int *neighbours, __global const int *entries,
                        const size_t problem)
{
    return (Graph){ bounds + problem * (2 * NODES + 1), neighbours + problem * 2 * ENTRIES,
                    entries + problem * 2 * ENTRIES };
}

#if LANES_ARE_RUNS
#define NODE_VECTORS NODE_SIZE
typedef realV pull;                                     // [ENTRIES]: a number for each lane
#define PULL(pulls, graph, p) ((pulls)[(graph)->entries[p]])
#else
#define NODE_VECTORS DIVIDED_UP(NODE_SIZE, LANES)
typedef real pull;                                      // [2 ENTRIES], in the order of the pairs
#define PULL(pulls, graph, p) ((realV)((pulls)[p]))
#endif
#define CHUNKS DIVIDED_UP(NODE_VECTORS, CHUNK)
#define EACH DIVIDED_UP(NODE_VECTORS, CHUNKS)
#define LAST (NODE_VECTORS - (CHUNKS - 1) * EACH)       // vectors of the last chunk
#define SLOT_SIZE (NODES * EACH)
#define SLOTS_SIZE ((CHUNKS + 1) * SLOT_SIZE)

// Vector v of node i in the slots, when the first chunk is in slot `first`.
INLINE int slot_index(const int i, const int v, const int first)
{
    return (first + v / EACH) % (CHUNKS + 1) * SLOT_SIZE + i * (v / EACH < CHUNKS - 1 ? EACH : LAST) + v % EACH;
}

// The share of one chunk of `count` (a literal) vectors in the entries of node i with earlier nodes: W = if it is the
// first chunk, otherwise W +=. `own` are the node's vectors; e, the first entry, advances.
INLINE void add_products(const int count, const int is_first, const int i, const realV own[EACH],
                         WORK const realV *x, const realV *sign, const Graph *graph, WORK realV *W, int *e)
{
    realV left[EACH];
#pragma unroll
    for (int v = 0; v < count; v++) left[v] = FORM == 0 ? own[v] : sign[v] * own[v];
    const int end = graph->bounds[2 * i + 1];
    for (int p = graph->bounds[2 * i]; p < end; p++, (*e)++) {
        WORK const realV *right = x + graph->neighbours[p] * count;
        realV sum = is_first ? 0 : W[*e];
#pragma unroll
        for (int v = 0; v < count; v++) sum = fma(left[v], right[v], sum);
        W[*e] = sum;
    }
}

// One chunk's update from x to `next`, and its share of the next W.
INLINE void step_chunk(const int count, const int is_first, const int penalised, WORK const realV *x, WORK realV *next,
                       WORK const pull *pulls, const realV *sign, const Graph *graph, const Hyper *h, WORK realV *W)
{
    int e = 0;
    for (int i = 0; i < NODES; i++) {
        realV own[EACH], sum[EACH];
#pragma unroll
        for (int v = 0; v < count; v++) {
            own[v] = x[i * count + v];
            sum[v] = shrinkage(own[v], FORM == 0 ? (realV)1 : sign[v], penalised, *h);
        }
        const int end = graph->bounds[2 * i + 2];
        for (int p = graph->bounds[2 * i]; p < end; p++) {
            WORK const realV *other = x + graph->neighbours[p] * count;
            const realV weight = PULL(pulls, graph, p);
#pragma unroll
            for (int v = 0; v < count; v++) sum[v] = fma(weight, other[v], sum[v]);
        }
#pragma unroll
        for (int v = 0; v < count; v++) {
            own[v] = FORM == 0 ? own[v] + sum[v] : fma(sign[v], sum[v], own[v]);
            next[i * count + v] = own[v];
        }
        add_products(count, is_first, i, own, next, sign, graph, W, &e);
    }
}

// A step, when the first chunk is in slot `first`.
INLINE void step_chunks(const int penalised, const int first, WORK realV *slots, WORK const pull *pulls,
                        const realV *sign, const Graph *graph, const Hyper *h, WORK realV *W)
{
    int to = first == 0 ? CHUNKS : first - 1;
    for (int k = 0; k < CHUNKS; k++) {
        const int from = to == CHUNKS ? 0 : to + 1;
        WORK realV *x = slots + from * SLOT_SIZE, *next = slots + to * SLOT_SIZE;
        if (CHUNKS == 1) step_chunk(LAST, 1, penalised, x, next, pulls, sign, graph, h, W);
        else if (k == 0) step_chunk(EACH, 1, penalised, x, next, pulls, sign, graph, h, W);
        else if (k < CHUNKS - 1) step_chunk(EACH, 0, penalised, x, next, pulls, sign + k * EACH, graph, h, W);
        else step_chunk(LAST, 0, penalised, x, next, pulls, sign + k * EACH, graph, h, W);
        to = from;
    }
}

// One chunk's share of W, exactly as step_chunk finds it.
INLINE void first_products(const int count, const int is_first, WORK const realV *x, const realV *sign,
                           const Graph *graph, WORK realV *W)
{
    int e = 0;
    for (int i = 0; i < NODES; i++) {
        realV own[EACH];
#pragma unroll
        for (int v = 0; v < count; v++) own[v] = x[i * count + v];
        add_products(count, is_first, i, own, x, sign, graph, W, &e);
    }
}

// W of the state, whose first chunk is in slot 0.
INLINE void first_W(WORK const realV *slots, const realV *sign, const Graph *graph, WORK realV *W)
{
    for (int k = 0; k < CHUNKS; k++) {
        WORK const realV *x = slots + k * SLOT_SIZE;
        if (k < CHUNKS - 1) first_products(EACH, k == 0, x, sign + k * EACH, graph, W);
        else first_products(LAST, k == 0, x, sign + k * EACH, graph, W);
    }
}
#endif
