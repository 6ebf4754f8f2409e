// This file declares `ocl_clName` for every OpenCL call we use: the same parameters and result as
// Khronos's `clName` (https://registry.khronos.org/OpenCL/sdk/1.2/docs/man/xhtml/), forwarded to
// the library that `ocl_loader.h` finds. Without library or entry point the status, returned or
// written to `errcode_ret`, is OCL_STATUS_NO_LIBRARY or OCL_STATUS_NO_SYMBOL.

#ifndef OCL_CALLS_H
#define OCL_CALLS_H

#include <CL/cl.h>

/// Every entry point, once: the table, its loading and the declarations follow from this list.
#define OCL_CALLS(X)           \
  X(clGetPlatformIDs)          \
  X(clGetPlatformInfo)         \
  X(clGetDeviceIDs)            \
  X(clGetDeviceInfo)           \
  X(clCreateContext)           \
  X(clReleaseContext)          \
  X(clCreateCommandQueue)      \
  X(clReleaseCommandQueue)     \
  X(clFlush)                   \
  X(clFinish)                  \
  X(clCreateBuffer)            \
  X(clReleaseMemObject)        \
  X(clEnqueueReadBuffer)       \
  X(clEnqueueWriteBuffer)      \
  X(clEnqueueCopyBuffer)       \
  X(clEnqueueFillBuffer)       \
  X(clCreateProgramWithSource) \
  X(clBuildProgram)            \
  X(clGetProgramBuildInfo)     \
  X(clReleaseProgram)          \
  X(clCreateKernel)            \
  X(clSetKernelArg)            \
  X(clGetKernelInfo)           \
  X(clGetKernelArgInfo)        \
  X(clGetKernelWorkGroupInfo)  \
  X(clReleaseKernel)           \
  X(clEnqueueNDRangeKernel)    \
  X(clWaitForEvents)           \
  X(clGetEventInfo)            \
  X(clGetEventProfilingInfo)   \
  X(clReleaseEvent)

// The type is Khronos's own prototype: a forwarder that disagrees with it does not compile.
#define OCL_DECLARE(name) extern __typeof__(name) ocl_##name;
OCL_CALLS(OCL_DECLARE)
#undef OCL_DECLARE

#endif
