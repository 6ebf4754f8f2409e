// Implements sums over the samples' scores; a work-group per run. After reduction/tree.cl.

// Per run: the sum of the losses, the smallest margin, the number of correct samples; a work-group per run.
__kernel __attribute__((reqd_work_group_size(WG, 1, 1)))
void network_score_sums(const int rows,
                        __global const wide *scores,  // [run][rows][3]
                        __global wide *result)        // [run][3]
{
    __local accV shared[WG];
    __local wide margins[WG];
    const size_t run = get_group_id(0);
    const int item = get_local_id(0);
    accV losses = acc_zero, correct = acc_zero;
    wide margin = INFINITY;
    for (int i = item; i < rows; i += WG) {
        __global const wide *own = scores + 3 * (run * rows + i);
        losses = acc_add(losses, own[0]);
        margin = own[1] != own[1] || own[1] < margin ? own[1] : margin;
        correct = acc_add(correct, own[2]);
    }
    margins[item] = margin;
    const wide loss = sum_of_group(losses, shared, item);
    barrier(CLK_LOCAL_MEM_FENCE);
    const wide right = sum_of_group(correct, shared, item);
    for (int half_size = WG / 2; half_size > 0; half_size /= 2) {
        if (item < half_size) {
            const wide other = margins[item + half_size], own = margins[item];
            margins[item] = other != other || other < own ? other : own;
        }
        barrier(CLK_LOCAL_MEM_FENCE);
    }
    if (item == 0) {
        result[3 * run] = loss;
        result[3 * run + 1] = margins[0];
        result[3 * run + 2] = right;
    }
}

// Per run: log of the sum of the losses; a work-group per run.
__kernel __attribute__((reqd_work_group_size(WG, 1, 1)))
void network_log_sum(const int rows,
                     __global const wide *log_losses,  // [run][rows]
                     __global wide *result)            // [run]
{
    __local accV shared[WG];
    __local wide maxima[WG];
    const size_t run = get_group_id(0);
    const int item = get_local_id(0);
    wide largest = -INFINITY;
    for (int i = item; i < rows; i += WG) {
        const wide x = log_losses[run * rows + i];
        largest = x != x || x > largest ? x : largest;
    }
    maxima[item] = largest;
    barrier(CLK_LOCAL_MEM_FENCE);
    for (int half_size = WG / 2; half_size > 0; half_size /= 2) {
        if (item < half_size) {
            const wide other = maxima[item + half_size], own = maxima[item];
            maxima[item] = other != other || other > own ? other : own;
        }
        barrier(CLK_LOCAL_MEM_FENCE);
    }
    accV sum = acc_zero;
    for (int i = item; i < rows; i += WG) sum = acc_add(sum, exp(log_losses[run * rows + i] - maxima[0]));
    const wide total = sum_of_group(sum, shared, item);
    if (item == 0) result[run] = maxima[0] + log(total);
}
