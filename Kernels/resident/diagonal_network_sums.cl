// Implements the sums of diagonal networks: vectors of sum over j of M_jk x_j for R runs with an x each.
//
// With SIGNS, row j of M is bit j % 32 of the words in row j / 32. TABLES: for every four numbers of x the 16 sums with all
// signs are made once, and each component picks its sum by four of its bits: one permutation of a register instead of four
// additions. Else signs are moved to the numbers bit by bit. A dense M is multiplied in CHAINS sums that are added in order.
#if TABLES
#define TABLE_VECTORS (16 / LANES)
#define BITS_EACH 4
// Entry `words` % 16 of a table.
INLINE realV entry_of(SHARED const realV *table, const wordV words)
{
#if PRECISION == 64
    return __builtin_ia32_vpermi2varpd512(table[0], bits_of_words(words), table[1]);
#else
    return __builtin_ia32_permvarsf512(table[0], bits_of_words(words));
#endif
}

// tables [count / 4, R, TABLE_VECTORS] from x [R, stride].
INLINE void make_tables(SHARED realV *tables, SHARED const real *x, const int stride, const int count)
{
    for (int j = 0; j < count; j += 4) {
        for (int r = 0; r < R; r++, tables += TABLE_VECTORS, x += stride) {
            for (int part = 0; part < TABLE_VECTORS; part++) {
#if PRECISION == 64
                const wordV lane = (wordV)(0, 1, 2, 3, 4, 5, 6, 7) + (wordV)(ulong)(part * 8);
#else
                const wordV lane = (wordV)(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
#endif
                tables[part] = ((with_signs((realV)x[0], lane, 0) + with_signs((realV)x[1], lane, 1))
                                + with_signs((realV)x[2], lane, 2)) + with_signs((realV)x[3], lane, 3);
            }
        }
        x += 4 - R * stride;
    }
}
#else
#define BITS_EACH 1
#endif

#if SIGNS
// sums [R, vectors] of `count` numbers, a multiple of 32; M from its first row and component on, rows `row` words apart;
// x [R, stride], or their tables.
INLINE void signed_sums(realV *sums, const int vectors, __global const uint *M, const size_t row, SHARED const real *x,
                        const int stride, SHARED const realV *tables, const int count)
{
    for (int j = 0; j < count; j += 32, M += row) {
        wordV words[4];
#pragma unroll
        for (int v = 0; v < vectors; v++) words[v] = to_words(((__global const VECTOR(uint) *)M)[v]);
#pragma unroll
        for (int bit = 0; bit < 32; bit += BITS_EACH) {
#pragma unroll
            for (int v = 0; v < vectors; v++) {
#if TABLES
                const wordV index = words[v] >> (wordV)bit;
#endif
#pragma unroll
                for (int r = 0; r < R; r++) {
#if TABLES
                    sums[r * vectors + v] += entry_of(tables + ((j + bit) / 4 * R + r) * TABLE_VECTORS, index);
#else
                    sums[r * vectors + v] += with_signs((realV)x[r * stride + j + bit], words[v], bit);
#endif
                }
            }
        }
    }
}
#else
// sums [R, vectors] of `count` numbers in `chains` chains; M from its first component on, rows `row` apart; x [R, stride].
INLINE void dense_sums(realV *sums, const int vectors, const int chains, __global const real *M, const size_t row,
                       SHARED const real *x, const int stride, const int count)
{
    realV parts[8 * R * 4];
#pragma unroll
    for (int k = 0; k < chains * R * vectors; k++) parts[k] = 0;
    int j = 0;
    for (; j + chains <= count; j += chains) {
#pragma unroll
        for (int k = 0; k < chains * vectors; k++) {
            const int chain = k / vectors, v = k % vectors;
            const realV m = ((__global const realV *)(M + (j + chain) * row))[v];
#pragma unroll
            for (int r = 0; r < R; r++) {
                realV *part = parts + (chain * R + r) * vectors + v;
                *part = fma(m, (realV)x[r * stride + j + chain], *part);
            }
        }
    }
    for (; j < count; j++) {
#pragma unroll
        for (int k = 0; k < R * vectors; k++) {
            const realV m = ((__global const realV *)(M + j * row))[k % vectors];
            parts[k] = fma(m, (realV)x[k / vectors * stride + j], parts[k]);
        }
    }
#pragma unroll
    for (int k = 0; k < chains * R * vectors; k++) sums[k % (R * vectors)] += parts[k];
}
#endif
