// Implements o <- (softmax(o) - onehot(label)) / N, the gradient of the mean cross-entropy; a work-item per sample.
__kernel void network_softmax_cross_entropy(const ulong count, const int rows, const int columns,
                                            __global const int *labels,  // [run or shared][rows]
                                            const int labels_stride,
                                            __global real *outputs)      // [run][rows, columns]
{
    const size_t index = get_global_id(0);
    if (index >= count) return;
    const Place place = place_of(index, rows);
    __global real *row = outputs + index * columns;
    const real largest = row_max(row, columns), weight = (real)1 / rows;
    realV sums = (realV)0;
    int c = 0;
    for (; c + LANES <= columns; c += LANES) {
        const realV e = exp(LOAD(row + c) - largest);
        sums += e;
        STORE(e, row + c);
    }
    real sum = 0;
    for (; c < columns; c++) sum += row[c] = exp(row[c] - largest);
    for (int lane = 0; lane < LANES; lane++) sum += ((const real *)&sums)[lane];
    const real scale = weight / sum;
    for (c = 0; c + LANES <= columns; c += LANES) STORE(LOAD(row + c) * scale, row + c);
    for (; c < columns; c++) row[c] *= scale;
    row[OF(labels, labels_stride, place)] -= weight;
}
