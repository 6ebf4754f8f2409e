// Implements operations on activations [run][rows, columns]: epilogues of products, sums of columns, choice of rows, gates.
enum { EPILOGUE_NONE, EPILOGUE_BIAS, EPILOGUE_BIAS_RELU, EPILOGUE_MASK, EPILOGUE_RELU };

// x <- epilogue(x), for products by routines that have none; NaN stays NaN.
__kernel void network_epilogue(const ulong count, const int per_run, const int columns, const int epilogue,
                               __global const real *side,  // [run or shared]: bias [columns] or mask [per_run]
                               const int side_stride,
                               __global real *x)           // [run][per_run]
{
    const size_t index = get_global_id(0);
    if (index >= count) return;
    const Place place = place_of(index, per_run);
    real value = x[index];
    if (epilogue == EPILOGUE_MASK) value = OF(side, side_stride, place) > 0 ? value : 0;
    else if (epilogue != EPILOGUE_RELU) value += side[place.run * side_stride + place.within % columns];
    if (epilogue == EPILOGUE_RELU || epilogue == EPILOGUE_BIAS_RELU) value = value < 0 ? 0 : value;
    x[index] = value;
}

// y_j = sum_i x_ij
__kernel void network_column_sums(const ulong count, const int rows, const int columns,
                                  __global const real *x,  // [run][rows, columns]
                                  __global real *y)        // [run][columns]
{
    const size_t index = get_global_id(0);
    if (index >= count) return;
    const Place place = place_of(index, columns);
    __global const real *column = x + place.run * rows * columns + place.within;
    real sum = 0;
    for (int i = 0; i < rows; i++) sum += column[(size_t)i * columns];
    y[index] = sum;
}

// y_i = x_rows(i)
__kernel void network_select_rows(const ulong count, const int per_run, const int columns,
                                  __global const real *x,    // [run or shared][any rows, columns]
                                  const ulong x_stride,
                                  __global const int *rows,  // [run or shared][per_run / columns]
                                  const int rows_stride,
                                  __global real *y)          // [run][per_run]
{
    const size_t index = get_global_id(0);
    if (index >= count) return;
    const Place place = place_of(index, per_run);
    const int row = rows[place.run * rows_stride + place.within / columns];
    y[index] = x[place.run * x_stride + (size_t)row * columns + place.within % columns];
}

// y_ij = w_row,j where gate_ij > 0, otherwise 0
__kernel void network_gate_row(const ulong count, const int per_run, const int columns, const int row,
                               __global const real *gate,     // [run][per_run]
                               __global const real *weights,  // [run][any rows, columns]
                               const int weights_stride,
                               __global real *y)              // [run][per_run]
{
    const size_t index = get_global_id(0);
    if (index >= count) return;
    const Place place = place_of(index, per_run);
    const int j = place.within % columns;
    y[index] = gate[index] > 0 ? weights[place.run * weights_stride + (size_t)row * columns + j] : 0;
}

// y_row,j += alpha sum_i x_ij over the i with gate_ij > 0
__kernel void network_add_gated_sums(const ulong count, const int rows, const int columns, const int row,
                                     __global const real *alpha,  // [run or shared]
                                     const int alpha_stride,
                                     __global const real *gate,   // [run][rows, columns]
                                     __global const real *x,      // likewise
                                     __global real *y,            // [run][any rows, columns]
                                     const int y_stride)
{
    const size_t index = get_global_id(0);
    if (index >= count) return;
    const Place place = place_of(index, columns);
    const size_t start = place.run * rows * columns + place.within;
    real sum = 0;
    for (int i = 0; i < rows; i++) sum += gate[start + (size_t)i * columns] > 0 ? x[start + (size_t)i * columns] : 0;
    __global real *target = y + place.run * y_stride + (size_t)row * columns + place.within;
    *target = fma(OF_RUN(alpha, alpha_stride, place), sum, *target);
}
