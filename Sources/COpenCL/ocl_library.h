// This file declares the inside of an opened OpenCL library: its table of entry points.

#ifndef OCL_LIBRARY_H
#define OCL_LIBRARY_H

#include "COpenCL.h"

struct ocl_library {
  bool loaded;
  char name[64];       // as given to dlopen
  char problem[512];   // dlerror's text
  char nvidia[512];    // path handed to the ICD loader
#define OCL_MEMBER(name) __typeof__(name) *name;
  OCL_CALLS(OCL_MEMBER)
#undef OCL_MEMBER
};

#endif
