// Implements one step of gradient descent or Adam: g += l1 sign(theta) + l2 theta, theta -= rate (direction + decay theta).
//
// Subnormal numbers become 0: decay drives the weights of dead units there, where arithmetic is a hundred times slower.
// COMPENSATED keeps what the sum of steps lost to rounding and adds it back as soon as it counts (Kahan 1965).
// Global sizes: numbers of a parameter, runs.
INLINE void step_by(const size_t index, const real value, const real step, __global real *rounding, __global real *parameter)
{
#if COMPENSATED
    const real whole = step + rounding[index];
    const real next = normal_or_zero(value + whole);
    rounding[index] = normal_or_zero(whole - (next - value));
    parameter[index] = next;
#else
    parameter[index] = normal_or_zero(value + step);
#endif
}

#define RATES /* of [run or shared] each, and what sign(0) is */                                    \
    __global const real *rate, const int rate_stride, __global const real *l1, const int l1_stride, \
    __global const real *l2, const int l2_stride, __global const real *decay, const int decay_stride, \
    const real sign_of_zero

#define PENALIZED(g, value, place) \
    fma(OF_RUN(l2, l2_stride, place), value,               \
        (g) + ((value) == 0 ? sign_of_zero * OF_RUN(l1, l1_stride, place) : signed_like(value, OF_RUN(l1, l1_stride, place))))

__kernel void network_descend(const int per_run, RATES,
                              __global const real *gradient,  // [run][per_run]
                              __global real *rounding,        // likewise; unused unless COMPENSATED
                              __global real *parameter)       // likewise
{
    const Place place = { get_global_id(1), get_global_id(0) };
    if (place.within >= per_run) return;
    const size_t index = place.run * per_run + place.within;
    const real value = parameter[index];
    const real direction = PENALIZED(gradient[index], value, place);
    const real step = -OF_RUN(rate, rate_stride, place) * fma(OF_RUN(decay, decay_stride, place), value, direction);
    step_by(index, value, step, rounding, parameter);
}

// m <- 0.9 m + 0.1 g, v <- 0.999 v + 0.001 g^2, direction = m first_scale / (sqrt(v) second_scale + 1e-8)
__kernel void network_adam(const int per_run, RATES,
                           const real first_scale, const real second_scale,
                           __global const real *gradient,  // [run][per_run]
                           __global real *first,           // likewise: m
                           __global real *second,          // likewise: v
                           __global real *rounding,        // likewise; unused unless COMPENSATED
                           __global real *parameter)       // likewise
{
    const Place place = { get_global_id(1), get_global_id(0) };
    if (place.within >= per_run) return;
    const size_t index = place.run * per_run + place.within;
    const real value = parameter[index];
    const real g = PENALIZED(gradient[index], value, place);
    const real m = normal_or_zero(fma((real)0.9, first[index], (real)(1 - 0.9) * g));
    const real v = normal_or_zero(fma((real)0.999, second[index], (real)(1 - 0.999) * (g * g)));
    first[index] = m;
    second[index] = v;
    const real direction = m * first_scale / fma(sqrt(v), second_scale, (real)1e-8);
    const real step = -OF_RUN(rate, rate_stride, place) * fma(OF_RUN(decay, decay_stride, place), value, direction);
    step_by(index, value, step, rounding, parameter);
}
