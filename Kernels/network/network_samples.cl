// Implements what network_blocks.cl does sample by sample: u from x or embeddings, the pull g of the loss, du to embeddings.
//
// Defines: those of network_blocks.cl; network_panels.cl precedes.
#if INPUT == 1
// c (+)= op(a) op(b) of SIDE x SIDE matrices: entries a[i * a_row + k * a_column], b[k * b_row + j * b_column].
INLINE void multiply_sides(const real *a, const int a_row, const int a_column, const real *b, const int b_row,
                           const int b_column, real *c)
{
#if AGGREGATION == 3
    for (int i = 0; i < SIDE; i++) {
        real sums[SIDE];
        for (int j = 0; j < SIDE; j++) sums[j] = 0;
        for (int k = 0; k < SIDE; k++) {
            for (int j = 0; j < SIDE; j++) {
                sums[j] = fma(a[i * a_row + k * a_column], b[k * b_row + j * b_column], sums[j]);
            }
        }
        for (int j = 0; j < SIDE; j++) c[i * SIDE + j] = sums[j];
    }
#endif
}

// The rows of the embedding tables a sample reads.
INLINE __global const real *row_of(const Pass *p, const int sample, const int slot)
{
    const size_t token = p->tokens[2 * (size_t)sample + slot];
    return ((SHARED ? 0 : slot) ? p->e1 : p->e0) + token * EMBEDDING;
}
INLINE __global real *gradient_of(const Pass *p, const int sample, const int slot)
{
    const size_t token = p->tokens[2 * (size_t)sample + slot];
    return p->partial + (slot ? AT_E1 : AT_E0) + token * E_PADDED;
}
#endif

// u of a sample, and zeros up to F_PADDED, to `line` [F_PADDED + LANES].
INLINE void make_input(const Pass *p, const int sample, real *line)
{
#if INPUT == 0
    load_row(p->x + (size_t)sample * FEATURES, FEATURES, line);
#else
    __global const real *from[2] = { row_of(p, sample, 0), row_of(p, sample, 1) };
#if AGGREGATION == 2
    for (int i = F_PADDED - LANES; i < F_PADDED; i++) line[i] = 0;
    load_row(from[0], EMBEDDING, line);
    load_row(from[1], EMBEDDING, line + EMBEDDING);
#elif AGGREGATION == 3
    real e0[E_PADDED], e1[E_PADDED];
    load_row(from[0], EMBEDDING, e0);
    load_row(from[1], EMBEDDING, e1);
    for (int i = F_PADDED - LANES; i < F_PADDED; i++) line[i] = 0;
    multiply_sides(e0, SIDE, 1, e1, SIDE, 1, line);
#else
    for (int i = 0; i < EMBEDDING; i += LANES) {
        const int count = min(LANES, EMBEDDING - i);
        const realV e0 = load_lanes(from[0] + i, count), e1 = load_lanes(from[1] + i, count);
        STORE(e0 * e1, line + i);
    }
#endif
#endif
}

INLINE void add_row(const real *line, __global real *to)
{
    for (int i = 0; i < E_PADDED; i += LANES) STORE(LOAD(to + i) + LOAD(line + i), to + i);
}

// Adds what du of a sample, `line` [F_PADDED + LANES], is to its embeddings.
INLINE void add_embeddings(const Pass *p, const int sample, const real *line)
{
#if INPUT == 1
    __global real *to[2] = { gradient_of(p, sample, 0), gradient_of(p, sample, 1) };
#if AGGREGATION == 2
    add_row(line, to[0]);
    add_row(line + EMBEDDING, to[1]);
#else
    real e0[E_PADDED], e1[E_PADDED], d0[E_PADDED], d1[E_PADDED];
    load_row(row_of(p, sample, 0), EMBEDDING, e0);
    load_row(row_of(p, sample, 1), EMBEDDING, e1);
    for (int i = 0; i < E_PADDED; i++) {
        d0[i] = AGGREGATION == 1 ? line[i] * e1[i] : 0;
        d1[i] = AGGREGATION == 1 ? line[i] * e0[i] : 0;
    }
    if (AGGREGATION == 3) {
        multiply_sides(line, SIDE, 1, e1, 1, SIDE, d0);
        multiply_sides(e0, 1, SIDE, line, SIDE, 1, d1);
    }
    add_row(d0, to[0]);
    add_row(d1, to[1]);
#endif
#endif
}

// A vector of u in the panels of the block; DIRECT: of h.
INLINE void put_input(const Pass *p, const int s, const int vector, realV u)
{
    if (DIRECT) {
        u += LOAD(p->scratch + B1_PADDED + vector * LANES);
        u = u <= 0 ? (realV)0 : u;
    }
    STORE(u, p->scratch + (DIRECT ? H_PANELS : U_PANELS) + panel_index(BLOCK_SAMPLES, F_PADDED, s, vector));
}
INLINE realV pull_of_input(const Pass *p, const int s, const int vector)
{
    return LOAD(p->scratch + (DIRECT ? H_PANELS : U_PANELS) + panel_index(BLOCK_SAMPLES, F_PADDED, s, vector));
}

#if INPUT == 1 && AGGREGATION == 0
// Sums of embeddings go panel by panel, so that the columns of the tables stay in cache; DIRECT: just before their use.
INLINE void make_panel(const Pass *p, const int panel, const int vectors)
{
    for (int s = 0; s < p->count; s++) {
        const int sample = sample_of(p, s);
        __global const real *e0 = row_of(p, sample, 0), *e1 = row_of(p, sample, 1);
#pragma unroll
        for (int i = 0; i < vectors; i++) {
            const int v = panel * BLOCK_VECTORS + i, count = min(LANES, EMBEDDING - v * LANES);
            put_input(p, s, v, load_lanes(e0 + v * LANES, count) + load_lanes(e1 + v * LANES, count));
        }
    }
}
INLINE void make_inputs(const Pass *p)
{
    const int whole = F_PADDED / PANEL_WIDTH;
    for (int panel = 0; panel < whole; panel++) make_panel(p, panel, BLOCK_VECTORS);
    if (F_PADDED % PANEL_WIDTH) make_panel(p, whole, F_PADDED % PANEL_WIDTH / LANES);
}
// The tables' gradients are in panels. A row of the first is added to when another token follows: samples of one token come
// together.
INLINE void add_panel(const Pass *p, const int panel, const int vectors)
{
    const int column = panel * PANEL_WIDTH;
    __global real *d0 = p->partial + AT_E0 + column * VOCABULARY, *d1 = p->partial + AT_E1 + column * VOCABULARY;
    __global const real *pull = p->scratch + (DIRECT ? H_PANELS : U_PANELS) + column * BLOCK_SAMPLES;
    realV sums[BLOCK_VECTORS];
    int held = -1;
    for (int s = 0; s <= p->count; s++) {
        __global const int *tokens = p->tokens + 2 * (size_t)sample_of(p, min(s, p->count - 1));
        if (s == p->count || tokens[0] != held) {
#pragma unroll
            for (int v = 0; v < vectors; v++) {
                __global real *to = d0 + (held * vectors + v) * LANES;
                if (held >= 0) STORE(LOAD(to) + sums[v], to);
                sums[v] = 0;
            }
            held = tokens[0];
        }
        if (s == p->count) break;
#pragma unroll
        for (int v = 0; v < vectors; v++, pull += LANES) {
            __global real *to = d1 + (tokens[1] * vectors + v) * LANES;
            sums[v] += LOAD(pull);
            STORE(LOAD(to) + LOAD(pull), to);
        }
    }
}
INLINE void add_inputs(const Pass *p)
{
    const int whole = F_PADDED / PANEL_WIDTH;
    for (int panel = 0; panel < whole; panel++) add_panel(p, panel, BLOCK_VECTORS);
    if (F_PADDED % PANEL_WIDTH) add_panel(p, whole, F_PADDED % PANEL_WIDTH / LANES);
}
#else
INLINE void make_inputs(const Pass *p)
{
    for (int s = 0; s < p->count; s++) {
        real line[F_PADDED + LANES];
        make_input(p, sample_of(p, s), line);
        for (int v = 0; v < F_PADDED / LANES; v++) put_input(p, s, v, LOAD(line + v * LANES));
    }
}
INLINE void add_inputs(const Pass *p)
{
#if INPUT == 1
    for (int s = 0; s < p->count; s++) {
        real line[F_PADDED + LANES];
        STORE((realV)0, line + F_PADDED);
        for (int v = 0; v < F_PADDED / LANES; v++) STORE(pull_of_input(p, s, v), line + v * LANES);
        add_embeddings(p, sample_of(p, s), line);
    }
#endif
}
#endif

#if PRECISION == 64
#define SHIFT 6755399441055744.0  // 1.5 * 2^52: adding it rounds to an integer, in the low bits
#define FRACTION_BITS 52
#define ONE_BITS 0x3ff0000000000000L
#define LOG2_HIGH 6.93147180369123816490e-01
#define LOG2_LOW 1.90821492927058770002e-10
#define LEAST_EXPONENT (-708.0)
#define TERMS 13
#else
#define SHIFT 12582912.0f
#define FRACTION_BITS 23
#define ONE_BITS 0x3f800000
#define LOG2_HIGH 0.693359375f
#define LOG2_LOW (-2.12194440e-4f)
#define LEAST_EXPONENT (-87.0f)
#define TERMS 7
#endif
constant real inverse_factorials[14] = {
    1, 1, 0.5, 1.6666666666666666e-1, 4.1666666666666664e-2, 8.333333333333333e-3, 1.388888888888889e-3,
    1.984126984126984e-4, 2.48015873015873e-5, 2.7557319223985893e-6, 2.755731922398589e-7, 2.505210838544172e-8,
    2.08767569878681e-9, 1.6059043836821613e-10 };

// exp(x) for x <= 0: 2^n exp(r) with |r| <= log(2) / 2 by its series. 0 below LEAST_EXPONENT, NaN for NaN.
INLINE realV exp_of_negative(const realV x)
{
    const realV shifted = fma(x, (realV)1.4426950408889634, (realV)SHIFT), n = shifted - SHIFT;
    const realV r = fma(n, (realV)-LOG2_LOW, fma(n, (realV)-LOG2_HIGH, x));
    realV sum = inverse_factorials[TERMS];
#pragma unroll
    for (int k = TERMS - 1; k >= 0; k--) sum = fma(sum, r, (realV)inverse_factorials[k]);
    const realV power = as_realV((as_bits(shifted) << FRACTION_BITS) + ONE_BITS);
    return x < LEAST_EXPONENT ? (realV)0 : sum * power;
}

// o of a sample to g.
INLINE void make_pull(const Pass *p, const int sample, __global real *o)
{
#if LOSS == 0
    realV most = LOAD(o), total = 0;
    for (int i = LANES; i < OUTPUTS; i += LANES) {
        const realV x = LOAD(o + i);
        most = most < x ? x : most;
    }
    const realV shift = (realV)max_of_lanes(most);
    for (int i = 0; i < OUTPUTS; i += LANES) {
        const realV x = exp_of_negative(LOAD(o + i) - shift);
        total += x;
        STORE(x, o + i);
    }
    const real sum = sum_of_lanes(total), scale = p->share / sum;
    const realV least = (realV)(LEAST_NORMAL * sum * p->all);  // what would be less than a normal number is 0: such are slow
    for (int i = 0; i < OUTPUTS; i += LANES) {
        const realV x = LOAD(o + i);
        STORE((x < least ? (realV)0 : x) * scale, o + i);
    }
    o[p->labels[sample]] -= p->share;
#else
    __global const real *y = p->y + (size_t)sample * OUTPUTS;
    for (int i = 0; i < OUTPUTS; i += LANES) {
        STORE(p->weight * (LOAD(o + i) - load_lanes(y + i, min(LANES, OUTPUTS - i))), o + i);
    }
#endif
}
