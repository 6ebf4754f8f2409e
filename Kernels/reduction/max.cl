// Implements, per run, the largest entry; NaN if any entry is NaN.
INLINE real larger(const real a, const real b) { return a != a || a > b ? a : b; }

__kernel __attribute__((reqd_work_group_size(WG, 1, 1)))
void batch_max(const int per_run,
               __global const real *x,  // [run][per_run]
               __global wide *result)   // [run]
{
    __local real shared[WG];
    const size_t run = get_group_id(0);
    const int item = get_local_id(0);
    real largest = -INFINITY;
    for (int i = item; i < per_run; i += WG) largest = larger(largest, x[run * per_run + i]);
    shared[item] = largest;
    barrier(CLK_LOCAL_MEM_FENCE);
    for (int half_size = WG / 2; half_size > 0; half_size /= 2) {
        if (item < half_size) shared[item] = larger(shared[item], shared[item + half_size]);
        barrier(CLK_LOCAL_MEM_FENCE);
    }
    if (item == 0) result[run] = shared[0];
}
