// Implements where a work-item of sparse_recovery_work_group.cl reads X: global memory, local memory or registers.
//
// Defines: X_PLACE 0 global | 1 local | 2 registers (best for N_COLS <= WG). The arithmetic is the same for all three.
#define PARTS (WG >= N_ROWS ? WG / N_ROWS : 1)
#define TASKS (N_ROWS * PARTS)
#define TASKS_EACH DIVIDED_UP(TASKS, WG)
#define PART_COLUMNS DIVIDED_UP(N_COLS, PARTS)
#define COLUMNS_EACH DIVIDED_UP(N_COLS, WG)
#define LOCAL_STRIDE (N_COLS | 1)                      // odd: neither rows nor columns meet in one bank
#define LOCAL_X (X_PLACE == 1 ? N_ROWS * LOCAL_STRIDE : 1)
#define LOCAL_M (X_PLACE == 1 && METHOD == PROJECTED ? N_ROWS * LOCAL_STRIDE : 1)

// X for the item's q-th task, row i and c-th column j; M (P^T for METHOD 1, else X) for its q-th own column j, row i.
#if X_PLACE == 2
#define UNROLL _Pragma("unroll")                       // registers cannot be indexed
typedef struct { real row[TASKS_EACH][PART_COLUMNS], column[COLUMNS_EACH][N_ROWS]; } View;
#define ROW_ENTRY(view, q, c, i, j) (view)->row[q][c]
#define COLUMN_ENTRY(view, q, i, j) (view)->column[q][i]
#elif X_PLACE == 1
#define UNROLL
typedef struct { __local const real *X, *M; } View;    // [N_ROWS, LOCAL_STRIDE]
#define ROW_ENTRY(view, q, c, i, j) (view)->X[(i) * LOCAL_STRIDE + (j)]
#define COLUMN_ENTRY(view, q, i, j) (view)->M[(i) * LOCAL_STRIDE + (j)]
#else
#define UNROLL
typedef struct { __global const real *XT, *M; } View;  // neighbouring items read neighbouring entries
#define ROW_ENTRY(view, q, c, i, j) (view)->XT[(j) * N_ROWS_PADDED + (i)]
#define COLUMN_ENTRY(view, q, i, j) (view)->M[(i) * N_COLS_PADDED + (j)]
#endif

// Fills the view, and localX [LOCAL_X] and localM [LOCAL_M] if used; a barrier must follow.
INLINE void make_view(View *view, __global const real *X, __global const real *XT, __global const real *M,
                      __local real *localX, __local real *localM, const int item)
{
#if X_PLACE == 2
    UNROLL
    for (int q = 0; q < TASKS_EACH; q++) {
        const int task = item + q * WG, i = task % N_ROWS, part = task / N_ROWS;
        UNROLL
        for (int c = 0; c < PART_COLUMNS; c++) {
            const int j = part + c * PARTS;
            view->row[q][c] = task < TASKS && j < N_COLS ? X[i * N_COLS_PADDED + j] : (real)0;
        }
    }
    UNROLL
    for (int q = 0; q < COLUMNS_EACH; q++) {
        const int j = min(item + q * WG, N_COLS - 1);
        UNROLL
        for (int i = 0; i < N_ROWS; i++) view->column[q][i] = M[i * N_COLS_PADDED + j];
    }
#elif X_PLACE == 1
    for (int s = item; s < N_ROWS * N_COLS; s += WG) {
        const int i = s / N_COLS, j = s % N_COLS;
        localX[i * LOCAL_STRIDE + j] = X[i * N_COLS_PADDED + j];
        if (METHOD == PROJECTED) localM[i * LOCAL_STRIDE + j] = M[i * N_COLS_PADDED + j];
    }
    view->X = localX;
    view->M = METHOD == PROJECTED ? localM : localX;
#else
    view->XT = XT;
    view->M = M;
#endif
}
