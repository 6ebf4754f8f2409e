// Implements x *= alpha with one alpha per run.
__kernel void batch_scale(const ulong count, const int per_run,
                          __global const real *alpha,  // [run or shared]
                          const int alpha_stride,
                          __global real *x)            // [run][per_run]
{
    const size_t index = get_global_id(0);
    if (index >= count) return;
    x[index] *= OF_RUN(alpha, alpha_stride, place_of(index, per_run));
}
