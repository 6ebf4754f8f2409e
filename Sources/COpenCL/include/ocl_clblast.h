// This file declares CLBlast's matrix products, found in libclblast.so.1 when first called. The
// arguments travel in a struct of ours, so that a build needs no CLBlast header.
// https://github.com/CNugteren/CLBlast/blob/master/doc/api.md

#ifndef OCL_CLBLAST_H
#define OCL_CLBLAST_H

#include <CL/cl.h>
#include <stdbool.h>
#include <stddef.h>

/// CLBlastLayout.
#define OCL_BLAS_ROW_MAJOR 101
#define OCL_BLAS_COLUMN_MAJOR 102
/// CLBlastTranspose.
#define OCL_BLAS_NO_TRANSPOSE 111
#define OCL_BLAS_TRANSPOSE 112

/// Whether CLBlast and all four routines are there; opens it on first use.
bool ocl_blas_is_available(void);

/// Why CLBlast is not (wholly) there, or "".
const char *_Nonnull ocl_blas_problem(void);

/// Where a matrix, or a batch of them, is; counted in elements.
typedef struct {
  cl_mem _Nullable buffer;
  size_t offset;
  size_t leading_dimension;
  size_t stride;  // batched routines only
  int transpose;  // OCL_BLAS_NO_TRANSPOSE or OCL_BLAS_TRANSPOSE; ignored for C
} ocl_blas_matrix;

/// C (m by n) = alpha op(A) op(B) + beta C.
typedef struct {
  int layout;  // OCL_BLAS_ROW_MAJOR or OCL_BLAS_COLUMN_MAJOR
  size_t m, n, k;
  double alpha, beta;  // rounded to float by the float routines
  ocl_blas_matrix a, b, c;
  size_t batch_count;  // batched routines only
} ocl_blas_gemm;

/// One of CLBlastSgemm, CLBlastDgemm, CLBlastSgemmStridedBatched, CLBlastDgemmStridedBatched. The
/// status is OpenCL's, CLBlast's, OCL_STATUS_NO_CLBLAST or OCL_STATUS_NO_CLBLAST_SYMBOL; `event`
/// gets the last kernel's.
int ocl_blas_run(const ocl_blas_gemm *_Nonnull gemm, bool is_double, bool is_batched,
                 cl_command_queue _Nonnull queue, cl_event _Nullable *_Nonnull event);

#endif
