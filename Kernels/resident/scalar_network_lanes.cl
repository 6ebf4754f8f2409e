// Implements gradient descent on f(x) = sum_j u_j relu(v_j x + b_j) with one run per SIMD lane: a work-item trains a group
// of LANES runs (Boursier et al. 2025, arXiv 2505.20172, section 5).
//
// Loss 1/(2N) sum (f(x_i) - y_i)^2; with e_i = (f(x_i) - y_i)/N and active a_ij = [v_j x_i + b_j > 0]:
// du_j = sum e_i relu_ij, dv_j = u_j sum e_i a_ij x_i, db_j = u_j sum e_i a_ij; each theta -= rate (d + l1 sign + l2 theta).
// A unit is read, stepped and written back on its own, from the old values of all units.
// Defines: WIDTH units, SAMPLES; COMPENSATED 1 (PRECISION 32) keeps what sums of steps lost to rounding (Kahan 1965).
#define STATE_SIZE (3 * WIDTH)  // v, b, u
#define HYPERS 7                // rate; l1 and l2 of v, b, u

typedef struct { realV rate, l1[3], l2[3], sign_of_zero; int penalised; } Hyper;

// relu(z), where NaN stays NaN.
INLINE realV relu(const realV z) { return z < (realV)0 ? (realV)0 : z; }

INLINE void step_number(__global realV *state, __global realV *rounding, const realV slope, const int kind, const Hyper *h)
{
    const realV value = *state;
    realV g = fma(h->l2[kind], value, slope);
    if (h->penalised) g += value == (realV)0 ? h->sign_of_zero * h->l1[kind] : signed_like(value, h->l1[kind]);
    const realV step = -h->rate * g;
#if COMPENSATED
    const realV whole = step + *rounding, next = normal_or_zero(value + whole);
    *rounding = normal_or_zero(whole - (next - value));
    *state = next;
#else
    *state = normal_or_zero(value + step);
#endif
}

// e_i of all samples.
INLINE void errors(__global const realV *state, const realV *x, const realV *y, realV *e)
{
    for (int i = 0; i < SAMPLES; i++) e[i] = -y[i];
    for (int j = 0; j < WIDTH; j++) {
        const realV v = state[j], b = state[WIDTH + j], u = state[2 * WIDTH + j];
        for (int i = 0; i < SAMPLES; i++) e[i] = fma(u, relu(fma(v, x[i], b)), e[i]);
    }
    for (int i = 0; i < SAMPLES; i++) e[i] *= (real)1 / SAMPLES;
}

INLINE void step_unit(__global realV *state, __global realV *rounding, const int j, const realV *x, const realV *e,
                      const Hyper *h)
{
    const realV v = state[j], b = state[WIDTH + j], u = state[2 * WIDTH + j];
    realV du = 0, dv = 0, db = 0;
    for (int i = 0; i < SAMPLES; i++) {
        const realV z = fma(v, x[i], b), active = z > (realV)0 ? e[i] : (realV)0;
        du = fma(e[i], relu(z), du);
        dv = fma(active, x[i], dv);
        db += active;
    }
    step_number(state + j, rounding + j, u * dv, 0, h);
    step_number(state + WIDTH + j, rounding + WIDTH + j, u * db, 1, h);
    step_number(state + 2 * WIDTH + j, rounding + 2 * WIDTH + j, du, 2, h);
}

__kernel __attribute__((reqd_work_group_size(1, 1, 1)))
void scalar_network_lanes(__global realV *states,           // [group, STATE_SIZE, LANES], in place
                          __global realV *roundings,        // likewise; unused unless COMPENSATED
                          __global const realV *points,     // [group, 2, SAMPLES, LANES]: x, y
                          __global const realV *hypers,     // [group, HYPERS, LANES]
                          const real sign_of_zero,
                          __global const int *active,       // [launched]: group
                          const int steps,
                          const int evaluations,
                          __global const int *at,           // [evaluation]: ascending, 0 ... steps
                          __global realV *trace)            // [evaluation, launched, STATE_SIZE, LANES]
{
    const size_t slot = get_global_id(0), launched = get_global_size(0), group = active[slot];
    __global realV *state = states + group * STATE_SIZE, *rounding = roundings + group * STATE_SIZE;
    __global const realV *own = hypers + group * HYPERS, *point = points + group * 2 * SAMPLES;
    Hyper h;
    h.rate = own[0];
    h.sign_of_zero = (realV)sign_of_zero;
    h.penalised = 0;
    for (int kind = 0; kind < 3; kind++) {
        h.l1[kind] = own[1 + 2 * kind];
        h.l2[kind] = own[2 + 2 * kind];
        for (int lane = 0; lane < LANES; lane++) h.penalised |= ((const real *)&h.l1[kind])[lane] != 0;
    }
    realV x[SAMPLES], y[SAMPLES], e[SAMPLES];
    for (int i = 0; i < SAMPLES; i++) {
        x[i] = point[i];
        y[i] = point[SAMPLES + i];
    }
    int evaluation = 0;
    for (int t = 0; t < steps || evaluation < evaluations; t++) {
        if (evaluation < evaluations && at[evaluation] == t) {
            __global realV *out = trace + (evaluation * launched + slot) * STATE_SIZE;
            for (int i = 0; i < STATE_SIZE; i++) out[i] = state[i];
            evaluation++;
        }
        if (t >= steps) break;
        errors(state, x, y, e);
        for (int j = 0; j < WIDTH; j++) step_unit(state, rounding, j, x, e, &h);
    }
}
