// Implements the features of pairs of tokens: u_i = aggregation of first[t_i0] and second[t_i1]; a work-item per feature,
// the features of a sample side by side: global sizes features, samples of all runs.
//
// The matrix product reshapes embeddings of Q^2 numbers to Q x Q, row by row; DIRECT is relu of the sum (and a bias).
enum { SUM, HADAMARD, CONCATENATION, MATRIX_PRODUCT, DIRECT_BIAS, DIRECT };

INLINE int square_root(const int d) { return (int)(sqrt((float)d) + 0.5f); }

__kernel void network_embed(const int rows, const int columns, const int embedding, const int aggregation,
                            __global const real *first,    // [run or shared][vocabulary, embedding]
                            __global const real *second,   // likewise
                            const ulong table_stride,
                            __global const int *tokens,    // [run or shared][rows, 2]
                            const int tokens_stride,
                            __global const real *bias,     // [run or shared][embedding]; read by DIRECT_BIAS only
                            const int bias_stride,
                            __global real *features)       // [run][rows, columns]
{
    const int j = get_global_id(0);
    const size_t sample = get_global_id(1);
    if (j >= columns) return;
    const Place place = place_of(sample, rows);
    __global const int *pair = tokens + place.run * tokens_stride + 2 * place.within;
    __global const real *a = first + place.run * table_stride + (size_t)pair[0] * embedding;
    __global const real *b = second + place.run * table_stride + (size_t)pair[1] * embedding;
    real u;
    if (aggregation == SUM || aggregation == DIRECT) u = a[j] + b[j];
    else if (aggregation == DIRECT_BIAS) u = a[j] + b[j] + bias[place.run * bias_stride + j];
    else if (aggregation == HADAMARD) u = a[j] * b[j];
    else if (aggregation == CONCATENATION) u = j < embedding ? a[j] : b[j - embedding];
    else {
        const int q = square_root(embedding), row = j / q, column = j % q;
        u = 0;
        for (int k = 0; k < q; k++) u = fma(a[row * q + k], b[k * q + column], u);
    }
    if (aggregation >= DIRECT_BIAS) u = u < 0 ? 0 : u;
    features[sample * columns + j] = u;
}

// The gradient with respect to a table: for each token the sum over its samples, in the order of `segments`; global sizes
// embedding, vocabulary of all runs.
__kernel void network_embedding_gradient(const int rows, const int columns, const int vocabulary,
                                         const int embedding, const int aggregation, const int slot, const int accumulates,
                                         __global const real *slopes,   // [run][rows, columns]
                                         __global const real *first,    // [run or shared][vocabulary, embedding]
                                         __global const real *second,   // likewise
                                         const ulong table_stride,
                                         __global const int *tokens,    // [run or shared][rows, 2]
                                         const int tokens_stride,
                                         __global const int *segments,  // [run or shared][vocabulary + 1 starts, rows samples]
                                         const int segments_stride,
                                         __global real *gradient)       // [run][vocabulary, embedding]
{
    const int j = get_global_id(0);
    if (j >= embedding) return;
    const Place place = place_of(get_global_id(1), vocabulary);
    const int token = place.within;
    __global const int *starts = segments + place.run * segments_stride, *samples = starts + vocabulary + 1;
    __global const int *pairs = tokens + place.run * tokens_stride;
    __global const real *other = (slot == 0 ? second : first) + place.run * table_stride;
    __global const real *g = slopes + place.run * rows * columns + (aggregation == CONCATENATION ? slot * embedding : 0);
    const int q = square_root(embedding), row = j / q, column = j % q;
    real sum = 0;
    for (int position = starts[token]; position < starts[token + 1]; position++) {
        const int i = samples[position];
        __global const real *slope = g + (size_t)i * columns;
        __global const real *partner = other + (size_t)pairs[2 * i + 1 - slot] * embedding;
        if (aggregation == HADAMARD) sum = fma(slope[j], partner[j], sum);
        else if (aggregation != MATRIX_PRODUCT) sum += slope[j];
        else {
            // dA = G B^T, dB = A^T G
            for (int k = 0; k < q; k++) {
                sum = slot == 0 ? fma(slope[row * q + k], partner[column * q + k], sum)
                                : fma(partner[k * q + row], slope[k * q + column], sum);
            }
        }
    }
    __global real *entry = gradient + get_global_id(1) * embedding + j;
    *entry = accumulates ? *entry + sum : sum;
}
