// Implements x = S_gamma(x) = sign(x) max(|x| - gamma, 0) with one gamma per run; NaN stays NaN.
__kernel void batch_soft_threshold(const ulong count, const int per_run,
                                   __global const real *gamma,  // [run or shared]
                                   const int gamma_stride,
                                   __global real *x)            // [run][per_run]
{
    const size_t index = get_global_id(0);
    if (index >= count) return;
    x[index] = soft_threshold(x[index], OF_RUN(gamma, gamma_stride, place_of(index, per_run)));
}
