// This file implements the forwarders: each looks its entry point up in the current library's
// table and reports a reserved status where there is none.

#include "ocl_library.h"

static cl_int missing(const ocl_library *library) {
  return library->loaded ? OCL_STATUS_NO_SYMBOL : OCL_STATUS_NO_LIBRARY;
}

#define OCL_FORWARD(name, parameters, arguments)              \
  cl_int ocl_##name parameters {                              \
    const ocl_library *library = ocl_library_current();       \
    if (library->name == NULL) return missing(library);       \
    return library->name arguments;                           \
  }

// For calls that give an object and write the status to `error`, which may be NULL.
#define OCL_CREATE(type, name, parameters, arguments)         \
  type ocl_##name parameters {                                \
    const ocl_library *library = ocl_library_current();       \
    if (library->name == NULL) {                              \
      if (error != NULL) *error = missing(library);           \
      return NULL;                                            \
    }                                                         \
    return library->name arguments;                           \
  }

// Platforms and devices

OCL_FORWARD(clGetPlatformIDs, (cl_uint capacity, cl_platform_id *platforms, cl_uint *count),
            (capacity, platforms, count))
OCL_FORWARD(clGetPlatformInfo,
            (cl_platform_id platform, cl_platform_info what, size_t size, void *value,
             size_t *needed),
            (platform, what, size, value, needed))
OCL_FORWARD(clGetDeviceIDs,
            (cl_platform_id platform, cl_device_type type, cl_uint capacity,
             cl_device_id *devices, cl_uint *count),
            (platform, type, capacity, devices, count))
OCL_FORWARD(clGetDeviceInfo,
            (cl_device_id device, cl_device_info what, size_t size, void *value, size_t *needed),
            (device, what, size, value, needed))

// Contexts and queues

OCL_CREATE(cl_context, clCreateContext,
           (const cl_context_properties *properties, cl_uint count, const cl_device_id *devices,
            void(CL_CALLBACK *notify)(const char *, const void *, size_t, void *), void *user,
            cl_int *error),
           (properties, count, devices, notify, user, error))
OCL_FORWARD(clReleaseContext, (cl_context context), (context))
OCL_CREATE(cl_command_queue, clCreateCommandQueue,
           (cl_context context, cl_device_id device, cl_command_queue_properties properties,
            cl_int *error),
           (context, device, properties, error))
OCL_FORWARD(clReleaseCommandQueue, (cl_command_queue queue), (queue))
OCL_FORWARD(clFlush, (cl_command_queue queue), (queue))
OCL_FORWARD(clFinish, (cl_command_queue queue), (queue))

// Memory

OCL_CREATE(cl_mem, clCreateBuffer,
           (cl_context context, cl_mem_flags flags, size_t size, void *host, cl_int *error),
           (context, flags, size, host, error))
OCL_FORWARD(clReleaseMemObject, (cl_mem memory), (memory))
OCL_FORWARD(clEnqueueReadBuffer,
            (cl_command_queue queue, cl_mem buffer, cl_bool blocking, size_t offset, size_t size,
             void *host, cl_uint count, const cl_event *after, cl_event *event),
            (queue, buffer, blocking, offset, size, host, count, after, event))
OCL_FORWARD(clEnqueueWriteBuffer,
            (cl_command_queue queue, cl_mem buffer, cl_bool blocking, size_t offset, size_t size,
             const void *host, cl_uint count, const cl_event *after, cl_event *event),
            (queue, buffer, blocking, offset, size, host, count, after, event))
OCL_FORWARD(clEnqueueCopyBuffer,
            (cl_command_queue queue, cl_mem source, cl_mem target, size_t source_offset,
             size_t target_offset, size_t size, cl_uint count, const cl_event *after,
             cl_event *event),
            (queue, source, target, source_offset, target_offset, size, count, after, event))
OCL_FORWARD(clEnqueueFillBuffer,
            (cl_command_queue queue, cl_mem buffer, const void *pattern, size_t pattern_size,
             size_t offset, size_t size, cl_uint count, const cl_event *after, cl_event *event),
            (queue, buffer, pattern, pattern_size, offset, size, count, after, event))

// Programs and kernels

OCL_CREATE(cl_program, clCreateProgramWithSource,
           (cl_context context, cl_uint count, const char **strings, const size_t *lengths,
            cl_int *error),
           (context, count, strings, lengths, error))
OCL_FORWARD(clBuildProgram,
            (cl_program program, cl_uint count, const cl_device_id *devices, const char *options,
             void(CL_CALLBACK *notify)(cl_program, void *), void *user),
            (program, count, devices, options, notify, user))
OCL_FORWARD(clGetProgramBuildInfo,
            (cl_program program, cl_device_id device, cl_program_build_info what, size_t size,
             void *value, size_t *needed),
            (program, device, what, size, value, needed))
OCL_FORWARD(clReleaseProgram, (cl_program program), (program))
OCL_CREATE(cl_kernel, clCreateKernel, (cl_program program, const char *name, cl_int *error),
           (program, name, error))
OCL_FORWARD(clSetKernelArg,
            (cl_kernel kernel, cl_uint index, size_t size, const void *value),
            (kernel, index, size, value))
OCL_FORWARD(clGetKernelInfo,
            (cl_kernel kernel, cl_kernel_info what, size_t size, void *value, size_t *needed),
            (kernel, what, size, value, needed))
OCL_FORWARD(clGetKernelArgInfo,
            (cl_kernel kernel, cl_uint index, cl_kernel_arg_info what, size_t size, void *value,
             size_t *needed),
            (kernel, index, what, size, value, needed))
OCL_FORWARD(clGetKernelWorkGroupInfo,
            (cl_kernel kernel, cl_device_id device, cl_kernel_work_group_info what, size_t size,
             void *value, size_t *needed),
            (kernel, device, what, size, value, needed))
OCL_FORWARD(clReleaseKernel, (cl_kernel kernel), (kernel))
OCL_FORWARD(clEnqueueNDRangeKernel,
            (cl_command_queue queue, cl_kernel kernel, cl_uint dimensions, const size_t *offset,
             const size_t *global, const size_t *local, cl_uint count, const cl_event *after,
             cl_event *event),
            (queue, kernel, dimensions, offset, global, local, count, after, event))

// Events

OCL_FORWARD(clWaitForEvents, (cl_uint count, const cl_event *events), (count, events))
OCL_FORWARD(clGetEventInfo,
            (cl_event event, cl_event_info what, size_t size, void *value, size_t *needed),
            (event, what, size, value, needed))
OCL_FORWARD(clGetEventProfilingInfo,
            (cl_event event, cl_profiling_info what, size_t size, void *value, size_t *needed),
            (event, what, size, value, needed))
OCL_FORWARD(clReleaseEvent, (cl_event event), (event))
