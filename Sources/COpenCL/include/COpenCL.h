// This file implements the umbrella of COpenCL: Khronos's OpenCL 1.2 types and constants, and our
// own `ocl_…` functions, which find the OpenCL and CLBlast libraries at run time.

#ifndef COPENCL_H
#define COPENCL_H

#ifndef CL_TARGET_OPENCL_VERSION
#define CL_TARGET_OPENCL_VERSION 120
#endif
#include <CL/cl.h>

#include "ocl_calls.h"
#include "ocl_clblast.h"
#include "ocl_loader.h"

#endif
