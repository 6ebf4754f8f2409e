// This file declares how the OpenCL and CLBlast libraries are found: with dlopen, on first use.
// Nothing links them, so that a program starts on a machine that has neither.
//
// Environment:
//   GROKCL_NO_OPENCL=1  behave as if there were no library at all (CLBlast neither).
//   OCL_ICD_VENDORS, OCL_ICD_FILENAMES, OPENCL_VENDOR_PATH  the ICD loader's own; when one is set,
//                       or /etc/OpenCL/vendors holds an .icd file, nothing is changed. Otherwise,
//                       if a libnvidia-opencl.so.1 is there (containers get the driver without its
//                       .icd file), OCL_ICD_VENDORS and OCL_ICD_FILENAMES are set to its path.

#ifndef OCL_LOADER_H
#define OCL_LOADER_H

#include <stdbool.h>
#include <stddef.h>

// Status codes of our own, far away from Khronos's (0 to -1142) and CLBlast's (down to -2050).

/// No OpenCL library could be opened (or GROKCL_NO_OPENCL is set).
#define OCL_STATUS_NO_LIBRARY (-90001)
/// The OpenCL library lacks the called entry point.
#define OCL_STATUS_NO_SYMBOL (-90002)
/// No CLBlast library could be opened.
#define OCL_STATUS_NO_CLBLAST (-90003)
/// The CLBlast library lacks the called entry point (its releases differ).
#define OCL_STATUS_NO_CLBLAST_SYMBOL (-90004)

/// The entry points of one opened (or missing) OpenCL library.
typedef struct ocl_library ocl_library;

/// The library of the process, opened on the first call; the same pointer ever after, never NULL.
const ocl_library *_Nonnull ocl_library_default(void);

/// Opens the library of this name. The result is never a crash: with no library it answers
/// OCL_STATUS_NO_LIBRARY to everything. NULL only when memory is exhausted. For tests.
ocl_library *_Nullable ocl_library_open(const char *_Nonnull name);

/// Frees what `ocl_library_open` gave. The shared object stays loaded: drivers start threads.
void ocl_library_free(ocl_library *_Nullable library);

/// Makes the calling thread (only) use `library`; NULL returns it to the default one. For tests.
void ocl_library_use(const ocl_library *_Nullable library);

/// The library that the calling thread uses.
const ocl_library *_Nonnull ocl_library_current(void);

/// Whether a shared object was opened.
bool ocl_library_is_loaded(const ocl_library *_Nonnull library);

/// The name under which it was opened, or "".
const char *_Nonnull ocl_library_name(const ocl_library *_Nonnull library);

/// Why it could not be opened, or "".
const char *_Nonnull ocl_library_problem(const ocl_library *_Nonnull library);

/// The NVIDIA driver handed to the ICD loader because no vendor was registered, or "".
const char *_Nonnull ocl_library_nvidia(const ocl_library *_Nonnull library);

/// Writes the path of an NVIDIA OpenCL driver to `path` if `vendors` (a folder such as
/// /etc/OpenCL/vendors) holds no .icd file and such a driver can be opened; returns whether it did.
bool ocl_find_lone_nvidia(const char *_Nonnull vendors, char *_Nonnull path, size_t capacity);

/// Writes a line to standard error in one piece.
void ocl_log(const char *_Nonnull line);

#endif
