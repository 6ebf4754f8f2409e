// Implements a sample's cross-entropy from differences of outputs, its margin, and whether its label comes first; a
// work-item per sample, numbers in `wide`.
//
// With d_c = o_c - o_label: loss = log(1 + S), S = sum_{c != label} e^{d_c}; margin = -max d_c. The exponentials are those
// of reals: their relative error is that of a real.
typedef struct { wide largest, sum; int is_first; } Scores;

// The largest d_c, and the sum of e^{d_c - shift} with shift = max(0, largest), or largest if `is_relative`.
INLINE Scores scores_of(__global const real *row, const int columns, const int label, const int is_relative)
{
    const wide own = row[label];
    const real before = row_max(row, label), after = row_max(row + label + 1, columns - label - 1);
    Scores scores = { larger_of(before, after) - own, 0, row[label] > before && row[label] >= after };
    const wide shift = is_relative || scores.largest > 0 ? scores.largest : 0;
    accV sums = acc_zero;
    int c = 0;
    for (; c + LANES <= columns; c += LANES) {
        realV e;
        const wideV d = to_wide(LOAD(row + c)) - own - shift;
        e = exp(to_realV(d));
        if (label >= c && label < c + LANES) ((real *)&e)[label - c] = 0;
        sums = acc_add(sums, to_wide(e));
    }
    scores.sum = acc_sum_lanes(sums);
    for (; c < columns; c++) scores.sum += c == label ? 0 : (wide)exp((real)(row[c] - own - shift));
    return scores;
}

INLINE wide loss_of(const Scores scores)
{
    const wide shift = scores.largest > 0 ? scores.largest : 0;
    return shift > 0 ? shift + log(exp(-shift) + scores.sum) : log1p(scores.sum);
}

__kernel void network_sample_scores(const ulong count, const int rows, const int columns,
                                    __global const real *outputs,  // [run][rows, columns]
                                    __global const int *labels,    // [run or shared][rows]
                                    const int labels_stride,
                                    __global wide *result)         // [run][rows][loss, margin, 1 if correct]
{
    const size_t index = get_global_id(0);
    if (index >= count) return;
    const Place place = place_of(index, rows);
    const Scores scores = scores_of(outputs + index * columns, columns, OF(labels, labels_stride, place), 0);
    result[3 * index] = loss_of(scores);
    result[3 * index + 1] = -scores.largest;
    result[3 * index + 2] = scores.is_first;
}
