// Implements forward and backward pass of batched two-layer ReLU networks on CPUs, block by block of samples in cache.
//
// Per run, over the samples of a pass: z = W1 u + b1 (DIRECT: z = u + b1), h = relu(z), relu'(0) = 0, o = W2 h + b2;
// g = (softmax(o) - onehot(label)) / count or weight (o - y); gradients of the sums over the samples. u is a row of x, or
// made of two embeddings e0 = E0[t0], e1 = E1[t1]. A work-item takes part p of PARTS: samples count * p / PARTS and on.
//
// Defines: those of gemm_blocks.cl, with PANEL __global; FEATURES, HIDDEN, OUTPUTS; PARTS; BLOCK_SAMPLES; INPUT 0 rows of x,
// 1 tokens, then EMBEDDING, VOCABULARY, SHARED (E1 is E0), AGGREGATION 0 sum, 1 Hadamard product, 2 concatenation, 3 product
// of SIDE x SIDE matrices; DIRECT (FEATURES is HIDDEN, no W1); BIAS1, BIAS2; LOSS 0 softmax cross entropy, 1 squared;
// HAS_ORDER: sample i of the pass is order[i]. network_panels.cl and network_samples.cl precede. Sums depend on the defines
// and on count, not on the batch.
// Global sizes: network_blocks PARTS, runs; network_sum any 1 ... SUM_ROWS, runs. Local size 1. Reals, P(n) = n rounded up to
// a multiple of LANES: partials runs * PARTS * PARTIAL_SIZE with PARTIAL_SIZE = (INPUT ? (2 - SHARED) VOCABULARY P(EMBEDDING)
// : 0) + (DIRECT ? 0 : HIDDEN P(FEATURES)) + P(HIDDEN) + OUTPUTS P(HIDDEN) + P(OUTPUTS); scratch runs * PARTS * SCRATCH_SIZE
// with SCRATCH_SIZE = (DIRECT ? 0 : FEATURES P(HIDDEN) + HIDDEN P(FEATURES) + BLOCK_SAMPLES P(FEATURES))
// + (HIDDEN + 1 + BLOCK_SAMPLES) P(OUTPUTS) + (OUTPUTS + 1 + BLOCK_SAMPLES) P(HIDDEN).

// The outputs beyond whole vectors: dot products of h and rows of W2, a panel at a time while it is in cache.
INLINE void add_narrow_outputs(const Pass *p, const int k, const int vectors, realV *sums)
{
    __global const real *h = p->scratch + H_PANELS + (size_t)k * BLOCK_SAMPLES;
    __global const real *w2 = p->scratch + W2_PANELS + (size_t)k * OUTPUTS + O_WIDE * vectors * LANES;
    for (int j = 0; j < NARROW; j++, w2 += vectors * LANES) {
        for (int s = 0; s < p->count; s++) {
#pragma unroll
            for (int v = 0; v < vectors; v++) {
                sums[s * NARROW + j] = fma(LOAD(h + (s * vectors + v) * LANES), LOAD(w2 + v * LANES), sums[s * NARROW + j]);
            }
        }
    }
}
INLINE void put_narrow_outputs(const Pass *p, const realV *sums)
{
    for (int s = 0; s < p->count; s++) {
        __global real *o = p->scratch + O_ROWS + s * O_PADDED + O_BEYOND;
        STORE(LOAD(p->scratch + B2_PADDED + O_BEYOND), o);
        for (int j = 0; j < NARROW; j++) o[j] += sum_of_lanes(sums[s * NARROW + j]);
    }
}

INLINE void forward(const Pass *p)
{
    __global real *base = p->scratch;
    const Matrix hidden = in_panels(base + H_PANELS, BLOCK_SAMPLES, 0);
    const Matrix outputs = { base + O_ROWS, PANEL_WIDTH, O_PADDED, 0 };
    for (int k = 0; k < (DIRECT ? 0 : FEATURES); k += PANEL_WIDTH) {
        multiply(p->count, min(PANEL_WIDTH, FEATURES - k), H_PADDED,
                 samples_of(base + U_PANELS, F_PADDED, k / PANEL_WIDTH, false), in_panels(base + W1_TURNED, FEATURES, k),
                 base + B1_PADDED, hidden, k ? FROM_RESULT : FROM_BIAS, k + PANEL_WIDTH >= FEATURES ? RELU : AS_IS);
    }
    realV narrow[BLOCK_SAMPLES * NARROW + 1];
    for (int i = 0; i < p->count * NARROW; i++) narrow[i] = 0;
    const int whole = H_PADDED / PANEL_WIDTH * PANEL_WIDTH;
    for (int k = 0, end; k < HIDDEN; k = end) {
        end = min(HIDDEN, k < whole ? min(k + PANELS_AT_ONCE * PANEL_WIDTH, whole) : H_PADDED);
#if DIRECT
        for (int at = k; at < end; at += PANEL_WIDTH) {
            if (at < whole) make_panel(p, at / PANEL_WIDTH, BLOCK_VECTORS);
            else make_panel(p, at / PANEL_WIDTH, (H_PADDED - whole) / LANES);
        }
#endif
        multiply(p->count, end - k, O_WIDE, samples_of(base + H_PANELS, H_PADDED, k / PANEL_WIDTH, false),
                 in_panels(base + W2_TURNED, HIDDEN, k), base + B2_PADDED, outputs, k ? FROM_RESULT : FROM_BIAS, AS_IS);
        for (int at = k; NARROW && at < end; at += PANEL_WIDTH) {
            if (at < whole) add_narrow_outputs(p, at, BLOCK_VECTORS, narrow);
            else add_narrow_outputs(p, at, (H_PADDED - whole) / LANES, narrow);
        }
    }
    if (NARROW) put_narrow_outputs(p, narrow);
}

// g to the gradients of layer 2 and, in the place of h, dz, a panel at a time.
INLINE void backward_panel(const Pass *p, const int panel, const int vectors)
{
    __global real *base = p->scratch, *h = base + H_PANELS + (size_t)panel * PANEL_WIDTH * BLOCK_SAMPLES;
    const Left g = { base + O_ROWS, O_PADDED, 1 }, turned = { base + O_ROWS, 1, O_PADDED };
    const Matrix hidden = in_panels(base + H_PANELS, BLOCK_SAMPLES, 0);
    multiply_panel(panel, vectors, OUTPUTS, p->count, turned, hidden, base, in_panels(p->partial + AT_W2, OUTPUTS, 0),
                   FROM_RESULT, AS_IS);
    multiply_panel(panel, vectors, p->count, OUTPUTS, g, in_panels(base + W2_PANELS, OUTPUTS, 0), base, hidden, FROM_ZERO,
                   MASKED);
    if (BIAS1) add_columns(vectors, p->count, h, vectors * LANES, p->partial + AT_B1 + panel * PANEL_WIDTH);
#if DIRECT
    add_panel(p, panel, vectors);
#endif
}

INLINE void backward(const Pass *p)
{
    __global real *base = p->scratch, *g = base + O_ROWS;
    for (int s = 0; s < p->count; s++) make_pull(p, sample_of(p, s), g + s * O_PADDED);
    for (int i = 0; BIAS2 && i < O_PADDED; i += LANES) add_columns(1, p->count, g + i, O_PADDED, p->partial + AT_B2 + i);
    for (int panel = 0; panel < H_PADDED / PANEL_WIDTH; panel++) backward_panel(p, panel, BLOCK_VECTORS);
    if (H_PADDED % PANEL_WIDTH) backward_panel(p, H_PADDED / PANEL_WIDTH, H_PADDED % PANEL_WIDTH / LANES);
    const Matrix inputs = in_panels(base + U_PANELS, BLOCK_SAMPLES, 0);
    for (int k = 0; k < (DIRECT ? 0 : HIDDEN); k += PANEL_WIDTH) {
        multiply(min(PANEL_WIDTH, HIDDEN - k), p->count, F_PADDED,
                 samples_of(base + H_PANELS, H_PADDED, k / PANEL_WIDTH, true), inputs, base,
                 in_panels(p->partial + AT_W1, HIDDEN, k), FROM_RESULT, AS_IS);
    }
    for (int k = 0; k < (DIRECT ? 0 : INPUT * HIDDEN); k += PANEL_WIDTH) {
        multiply(p->count, min(PANEL_WIDTH, HIDDEN - k), F_PADDED,
                 samples_of(base + H_PANELS, H_PADDED, k / PANEL_WIDTH, false), in_panels(base + W1_PANELS, HIDDEN, k), base,
                 inputs, k ? FROM_RESULT : FROM_ZERO, AS_IS);
    }
    if (!DIRECT) add_inputs(p);
}

__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void network_blocks(const int count,                 // samples of the pass
                    __global const int *order,       // [run][at least count], or not read
                    const ulong order_stride,        // distances of runs, 0 if all share
                    __global const real *x,          // [run or shared][N, FEATURES], or not read
                    __global const int *tokens,      // [run or shared][N, 2], or not read
                    const ulong input_stride,        // of x or tokens
                    __global const int *labels,      // [run or shared][N], or not read
                    __global const real *y,          // [run or shared][N, OUTPUTS], or not read
                    const ulong target_stride,       // of labels or y
                    const real weight,               // of the squared loss
                    __global const real *e0,         // [run][VOCABULARY, EMBEDDING], or not read, as all that follow
                    __global const real *e1,
                    __global const real *w1,         // [run][HIDDEN, FEATURES]
                    __global const real *b1,         // [run][HIDDEN]
                    __global const real *w2,         // [run][OUTPUTS, HIDDEN]
                    __global const real *b2,         // [run][OUTPUTS]
                    __global real *scratch,          // [run][PARTS][SCRATCH_SIZE]
                    __global real *partials)         // [run][PARTS][PARTIAL_SIZE]
{
    const size_t part = get_global_id(0), run = get_global_id(1), slot = run * PARTS + part;
    __global real *own = scratch + slot * SCRATCH_SIZE;
    Pass p;
    p.order = order + run * order_stride;
    p.x = x + (INPUT == 0 ? run * input_stride : 0);
    p.tokens = tokens + (INPUT == 1 ? run * input_stride : 0);
    p.labels = labels + (LOSS == 0 ? run * target_stride : 0);
    p.y = y + (LOSS == 1 ? run * target_stride : 0);
#if INPUT == 1
    p.e0 = e0 + run * VOCABULARY * EMBEDDING;
    p.e1 = e1 + (SHARED ? 0 : run * VOCABULARY * EMBEDDING);
#endif
    p.scratch = own;
    p.partial = partials + slot * PARTIAL_SIZE;
    p.weight = weight;
    p.all = count;
    p.share = 1 / p.all;
    if (!DIRECT) make_turned(w1 + run * HIDDEN * FEATURES, HIDDEN, FEATURES, own + W1_TURNED);
    if (DIRECT ? 0 : INPUT) make_panels(w1 + run * HIDDEN * FEATURES, HIDDEN, FEATURES, own + W1_PANELS);
    w2 += run * OUTPUTS * HIDDEN;
    make_panels(w2, OUTPUTS, HIDDEN, own + W2_PANELS);
    if (O_WIDE) make_turned(w2, min(OUTPUTS, O_WIDE), HIDDEN, own + W2_TURNED);
    make_bias(BIAS1, b1 + run * HIDDEN, HIDDEN, 0, own + B1_PADDED);
    make_bias(BIAS2, b2 + run * OUTPUTS, OUTPUTS, LOSS == 0 ? -INFINITY : 0, own + B2_PADDED);
    for (int i = 0; i < PARTIAL_SIZE; i += LANES) STORE((realV)0, p.partial + i);
    const int end = (ulong)count * (part + 1) / PARTS;
    for (p.first = (ulong)count * part / PARTS; p.first < end; p.first += BLOCK_SAMPLES) {
        p.count = min(BLOCK_SAMPLES, end - p.first);
        if (!DIRECT) make_inputs(&p);
        forward(&p);
        backward(&p);
    }
}

// Sums row `row` of a gradient [rows, columns], at `at` in the partials, over the parts in order.
INLINE void sum_row(__global const real *partials, const size_t at, const int rows, const int columns, const int row,
                    const bool panels, __global real *to)
{
    for (int v = 0; v < DIVIDED_UP(columns, LANES); v++) {
        const size_t index = at + (panels ? panel_index(rows, PADDED(columns), row, v)
                                          : (size_t)row * PADDED(columns) + v * LANES);
        realV sum = LOAD(partials + index);
        for (int part = 1; part < PARTS; part++) sum += LOAD(partials + part * (size_t)PARTIAL_SIZE + index);
        store_lanes(sum, to + (size_t)row * columns + v * LANES, min(LANES, columns - v * LANES));
    }
}

__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void network_sum(__global const real *partials,  // [run][PARTS][PARTIAL_SIZE]
                 __global real *e0,              // the gradients [run][...], like the parameters; the absent not written
                 __global real *e1, __global real *w1, __global real *b1, __global real *w2, __global real *b2)
{
    const size_t run = get_global_id(1);
    partials += run * PARTS * PARTIAL_SIZE;
    for (int item = get_global_id(0); item < SUM_ROWS; item += get_global_size(0)) {
        int row = item;
        if (row < OUTPUTS) {
            sum_row(partials, AT_W2, OUTPUTS, HIDDEN, row, true, w2 + run * OUTPUTS * HIDDEN);
            continue;
        }
        row -= OUTPUTS;
        if (row == 0 && BIAS1) sum_row(partials, AT_B1, 1, HIDDEN, 0, false, b1 + run * HIDDEN);
        if (row == 1 && BIAS2) sum_row(partials, AT_B2, 1, OUTPUTS, 0, false, b2 + run * OUTPUTS);
        row -= 2;
        if (row < 0) continue;
        if (!DIRECT && row < HIDDEN) sum_row(partials, AT_W1, HIDDEN, FEATURES, row, true, w1 + run * HIDDEN * FEATURES);
        row -= DIRECT ? 0 : HIDDEN;
#if INPUT == 1
        if (row < 0) continue;
        __global real *to = row < VOCABULARY ? e0 : e1;
        sum_row(partials, row < VOCABULARY ? AT_E0 : AT_E1, VOCABULARY, EMBEDDING, row % VOCABULARY,
                AGGREGATION == 0, to + run * VOCABULARY * EMBEDDING);
#endif
    }
}
