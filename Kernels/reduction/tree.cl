// Implements the sum of a work-group's partial sums: a halving tree of fixed order.
//
// Defines: WG, the work-group size, a power of two; the loop's bound is a literal (PoCL 3.1 miscompiles others).
INLINE wide sum_of_group(const accV own, __local accV *shared, const int item)
{
    shared[item] = own;
    barrier(CLK_LOCAL_MEM_FENCE);
    for (int half_size = WG / 2; half_size > 0; half_size /= 2) {
        if (item < half_size) shared[item] = acc_merge(shared[item], shared[item + half_size]);
        barrier(CLK_LOCAL_MEM_FENCE);
    }
    return acc_value(shared[0]);
}
