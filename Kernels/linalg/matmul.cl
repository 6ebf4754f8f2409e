// Implements c = op(a) op(b) per run, a work-item per entry of c: the plain product, and the oracle of faster ones.
//
// Entry (i, k) of op(a) is a[run * a_stride + i * a_row + k * a_column], so transposes are strides; likewise b.
__kernel void batch_matmul(const int rows, const int inner, const int columns, const ulong count,
                           __global const real *a,  // [run or shared][rows, inner] or transposed
                           const int a_stride, const int a_row, const int a_column,
                           __global const real *b,  // [run or shared][inner, columns] or transposed
                           const int b_stride, const int b_row, const int b_column,
                           __global real *c)        // [run][rows, columns]
{
    const size_t index = get_global_id(0);
    if (index >= count) return;
    const Place place = place_of(index, rows * columns);
    const size_t i = place.within / columns, j = place.within % columns;
    __global const real *left = a + place.run * a_stride + i * a_row;
    __global const real *right = b + place.run * b_stride + j * b_column;
    real sum = 0;
    for (int k = 0; k < inner; k++) sum = fma(left[(size_t)k * a_column], right[(size_t)k * b_row], sum);
    c[index] = sum;
}
