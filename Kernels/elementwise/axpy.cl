// Implements y += alpha x with one alpha per run.
__kernel void batch_axpy(const ulong count, const int per_run,
                         __global const real *alpha,  // [run or shared]
                         const int alpha_stride,
                         __global const real *x,      // [run or shared][per_run]
                         const int x_stride,
                         __global real *y)            // [run][per_run]
{
    const size_t index = get_global_id(0);
    if (index >= count) return;
    const Place place = place_of(index, per_run);
    y[index] = fma(OF_RUN(alpha, alpha_stride, place), OF(x, x_stride, place), y[index]);
}
