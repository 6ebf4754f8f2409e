// Implements log(mean cross-entropy) and its gradient, finite at any margin (Lyu et al. 2023, Fig. 4): everything is
// formed from logarithms of the samples' losses. After sample_scores.cl.
__kernel void network_log_losses(const ulong count, const int rows, const int columns,
                                 __global const real *outputs,  // [run][rows, columns]
                                 __global const int *labels,    // [run or shared][rows]
                                 const int labels_stride,
                                 __global wide *log_losses)     // [run][rows]
{
    const size_t index = get_global_id(0);
    if (index >= count) return;
    const Place place = place_of(index, rows);
    __global const real *row = outputs + index * columns;
    const int label = OF(labels, labels_stride, place);
    Scores scores = scores_of(row, columns, label, 1);
    // The sum is relative to the largest difference; below -30 log(1 + S) is S to double precision.
    wide log_loss = scores.largest + log(scores.sum);
    if (scores.largest >= -30) {
        if (scores.largest <= 0) scores.sum *= exp(scores.largest);
        log_loss = log(loss_of(scores));
    }
    log_losses[index] = log_loss;
}

// o_c <- exp(d_c - loss - log sum of losses) for c != label, minus their sum at the label.
__kernel void network_log_cross_entropy(const ulong count, const int rows, const int columns,
                                        __global const wide *log_losses,  // [run][rows]
                                        __global const wide *log_sums,    // [run]
                                        __global const int *labels,       // [run or shared][rows]
                                        const int labels_stride,
                                        __global real *outputs)           // [run][rows, columns]
{
    const size_t index = get_global_id(0);
    if (index >= count) return;
    const Place place = place_of(index, rows);
    const int label = OF(labels, labels_stride, place);
    __global real *row = outputs + index * columns;
    const wide own = row[label], shift = exp(log_losses[index]) + log_sums[place.run];
    wide sum = 0;
    for (int c = 0; c < columns; c++) {
        const wide slope = c == label ? 0 : exp(row[c] - own - shift);
        row[c] = (real)slope;
        sum += slope;
    }
    row[label] = (real)-sum;
}
