// Implements y = x.
__kernel void batch_copy(const ulong count, const int per_run,
                         __global const real *x,  // [run or shared][per_run]
                         const int x_stride,
                         __global real *y)        // [run][per_run]
{
    const size_t index = get_global_id(0);
    if (index >= count) return;
    y[index] = OF(x, x_stride, place_of(index, per_run));
}
