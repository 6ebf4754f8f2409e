// Implements, per run, the sum of x_i y_i, accumulated in double (two-sum floats without doubles).
__kernel __attribute__((reqd_work_group_size(WG, 1, 1)))
void batch_dot(const int per_run,
               __global const real *x,  // [run][per_run]
               __global const real *y,  // [run or shared][per_run]
               const int y_stride,
               __global wide *result)   // [run]
{
    __local accV shared[WG];
    const size_t run = get_group_id(0);
    const int item = get_local_id(0);
    accV sum = acc_zero;
    for (int i = item; i < per_run; i += WG) {
        sum = acc_add(sum, to_wide(x[run * per_run + i]) * to_wide(y[run * y_stride + i]));
    }
    const wide total = sum_of_group(sum, shared, item);
    if (item == 0) result[run] = total;
}
