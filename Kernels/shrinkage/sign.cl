// Implements y = sign(x) with sign(0) = 0; NaN stays NaN.
__kernel void batch_sign(const ulong count, const int per_run,
                         __global const real *x,  // [run or shared][per_run]
                         const int x_stride,
                         __global real *y)        // [run][per_run]
{
    const size_t index = get_global_id(0);
    if (index >= count) return;
    const real value = OF(x, x_stride, place_of(index, per_run));
    y[index] = value > 0 ? (real)1 : value < 0 ? (real)-1 : value;
}
