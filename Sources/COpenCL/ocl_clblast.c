// This file implements the opening of CLBlast and the passing of arguments to it. CLBlast itself
// links libOpenCL.so.1, so ours is opened first: that sets the environment its ICD loader reads,
// and obeys GROKCL_NO_OPENCL.

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>

#include "ocl_library.h"

// CLBlast's C interface, with int for its enumerations: four bytes wide and passed alike.
#define OCL_BLAS_TYPES(real, plain, batched)                                                 \
  typedef int plain(int layout, int a_transpose, int b_transpose, size_t m, size_t n,        \
                    size_t k, real alpha, cl_mem a, size_t a_offset, size_t a_ld, cl_mem b,  \
                    size_t b_offset, size_t b_ld, real beta, cl_mem c, size_t c_offset,      \
                    size_t c_ld, cl_command_queue *queue, cl_event *event);                  \
  typedef int batched(int layout, int a_transpose, int b_transpose, size_t m, size_t n,      \
                      size_t k, real alpha, cl_mem a, size_t a_offset, size_t a_ld,          \
                      size_t a_stride, cl_mem b, size_t b_offset, size_t b_ld,               \
                      size_t b_stride, real beta, cl_mem c, size_t c_offset, size_t c_ld,    \
                      size_t c_stride, size_t batch_count, cl_command_queue *queue,          \
                      cl_event *event);
OCL_BLAS_TYPES(float, sgemm, sgemm_batched)
OCL_BLAS_TYPES(double, dgemm, dgemm_batched)

#if __has_include(<clblast_c.h>)
#include <clblast_c.h>
_Static_assert(OCL_BLAS_ROW_MAJOR == CLBlastLayoutRowMajor, "layout");
_Static_assert(OCL_BLAS_COLUMN_MAJOR == CLBlastLayoutColMajor, "layout");
_Static_assert(OCL_BLAS_NO_TRANSPOSE == CLBlastTransposeNo, "transpose");
_Static_assert(OCL_BLAS_TRANSPOSE == CLBlastTransposeYes, "transpose");
_Static_assert(sizeof(CLBlastLayout) == sizeof(int), "enumerations are passed as int");
_Static_assert(sizeof(CLBlastStatusCode) == sizeof(int), "statuses are returned as int");
#endif

static struct {
  bool loaded;
  char problem[512];
  sgemm *sgemm;
  dgemm *dgemm;
  sgemm_batched *sgemm_batched;
  dgemm_batched *dgemm_batched;
} blas;
static pthread_once_t blas_once = PTHREAD_ONCE_INIT;

static void *find(void *handle, const char *name) {
  void *symbol = dlsym(handle, name);
  if (symbol == NULL) {
    snprintf(blas.problem, sizeof blas.problem, "libclblast.so.1 lacks %s", name);
  }
  return symbol;
}

static void load_blas(void) {
  const ocl_library *opencl = ocl_library_default();
  if (!ocl_library_is_loaded(opencl)) {
    snprintf(blas.problem, sizeof blas.problem, "no OpenCL library: %s",
             ocl_library_problem(opencl));
    return;
  }
  void *handle = dlopen("libclblast.so.1", RTLD_NOW | RTLD_LOCAL);
  if (handle == NULL) {
    const char *error = dlerror();
    snprintf(blas.problem, sizeof blas.problem, "%s", error ? error : "libclblast.so.1");
    return;
  }
  blas.loaded = true;
  blas.sgemm = (sgemm *)find(handle, "CLBlastSgemm");
  blas.dgemm = (dgemm *)find(handle, "CLBlastDgemm");
  blas.sgemm_batched = (sgemm_batched *)find(handle, "CLBlastSgemmStridedBatched");
  blas.dgemm_batched = (dgemm_batched *)find(handle, "CLBlastDgemmStridedBatched");
}

static void ensure_blas(void) { pthread_once(&blas_once, load_blas); }

bool ocl_blas_is_available(void) {
  ensure_blas();
  return blas.loaded && blas.problem[0] == '\0';
}

const char *ocl_blas_problem(void) {
  ensure_blas();
  return blas.problem;
}

#define OCL_BLAS_PLAIN(routine, real)                                                          \
  routine(g->layout, g->a.transpose, g->b.transpose, g->m, g->n, g->k, (real)g->alpha,         \
          g->a.buffer, g->a.offset, g->a.leading_dimension, g->b.buffer, g->b.offset,          \
          g->b.leading_dimension, (real)g->beta, g->c.buffer, g->c.offset,                     \
          g->c.leading_dimension, &queue, event)

#define OCL_BLAS_BATCHED(routine, real)                                                        \
  routine(g->layout, g->a.transpose, g->b.transpose, g->m, g->n, g->k, (real)g->alpha,         \
          g->a.buffer, g->a.offset, g->a.leading_dimension, g->a.stride, g->b.buffer,          \
          g->b.offset, g->b.leading_dimension, g->b.stride, (real)g->beta, g->c.buffer,        \
          g->c.offset, g->c.leading_dimension, g->c.stride, g->batch_count, &queue, event)

static int run(const ocl_blas_gemm *g, bool is_double, bool is_batched, cl_command_queue queue,
               cl_event *event) {
  if (is_batched && is_double && blas.dgemm_batched != NULL) {
    return OCL_BLAS_BATCHED(blas.dgemm_batched, double);
  }
  if (is_batched && !is_double && blas.sgemm_batched != NULL) {
    return OCL_BLAS_BATCHED(blas.sgemm_batched, float);
  }
  if (!is_batched && is_double && blas.dgemm != NULL) {
    return OCL_BLAS_PLAIN(blas.dgemm, double);
  }
  if (!is_batched && !is_double && blas.sgemm != NULL) {
    return OCL_BLAS_PLAIN(blas.sgemm, float);
  }
  return OCL_STATUS_NO_CLBLAST_SYMBOL;
}

// One call at a time: CLBlast 1.5.3 fills its database of tuned parameters on first use without a
// lock (heap-use-after-free in DatabaseVendor, seen with the address sanitizer).
int ocl_blas_run(const ocl_blas_gemm *g, bool is_double, bool is_batched,
                 cl_command_queue queue, cl_event *event) {
  ensure_blas();
  if (!blas.loaded) return OCL_STATUS_NO_CLBLAST;
  static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
  pthread_mutex_lock(&turn);
  const int status = run(g, is_double, is_batched, queue, event);
  pthread_mutex_unlock(&turn);
  return status;
}
