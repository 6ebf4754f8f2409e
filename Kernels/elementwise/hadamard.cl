// Implements z = x * y, entry by entry.
__kernel void batch_hadamard(const ulong count, const int per_run,
                             __global const real *x,  // [run or shared][per_run]
                             const int x_stride,
                             __global const real *y,  // [run or shared][per_run]
                             const int y_stride,
                             __global real *z)        // [run][per_run]
{
    const size_t index = get_global_id(0);
    if (index >= count) return;
    const Place place = place_of(index, per_run);
    z[index] = OF(x, x_stride, place) * OF(y, y_stride, place);
}
