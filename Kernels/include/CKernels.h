// The sources of all OpenCL kernels, embedded in the binary: no path to lose at run time.
#ifndef CKERNELS_H
#define CKERNELS_H

#include <stddef.h>

/// Number of embedded sources.
size_t ckernels_count(void);

/// Path of a source below Kernels/, such as "elementwise/axpy.cl"; NULL past the end.
const char *ckernels_name(size_t index);

/// The text of a source, not terminated; NULL past the end.
const unsigned char *ckernels_text(size_t index, size_t *length);

#endif
