// This file implements the finding and opening of libOpenCL, and the remedy for containers that
// have NVIDIA's OpenCL driver but no registration of it.

#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ocl_library.h"

static const char *const vendors_folder = "/etc/OpenCL/vendors";
static const char *const nvidia_name = "libnvidia-opencl.so.1";

static ocl_library default_library;
static pthread_once_t default_once = PTHREAD_ONCE_INIT;
static _Thread_local const ocl_library *thread_library = NULL;

static bool is_set(const char *variable) {
  const char *value = getenv(variable);
  return value != NULL && value[0] != '\0';
}

static bool is_switched_off(void) {
  const char *value = getenv("GROKCL_NO_OPENCL");
  return value != NULL && value[0] != '\0' && strcmp(value, "0") != 0;
}

static void load(ocl_library *library, const char *const *names, size_t count) {
  void *handle = NULL;
  for (size_t i = 0; i < count && handle == NULL; i++) {
    handle = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
    if (handle != NULL) {
      snprintf(library->name, sizeof library->name, "%s", names[i]);
    } else if (library->problem[0] == '\0') {  // the first name is the one worth explaining
      const char *error = dlerror();
      snprintf(library->problem, sizeof library->problem, "%s", error ? error : names[i]);
    }
  }
  if (handle == NULL) return;
  library->problem[0] = '\0';
  library->loaded = true;
#define OCL_LOAD(name) library->name = (__typeof__(name) *)dlsym(handle, #name);
  OCL_CALLS(OCL_LOAD)
#undef OCL_LOAD
}

static bool folder_has_icd(const char *folder) {
  DIR *directory = opendir(folder);
  if (directory == NULL) return false;
  bool found = false;
  for (struct dirent *entry = readdir(directory); entry != NULL && !found;
       entry = readdir(directory)) {
    const size_t length = strlen(entry->d_name);
    found = length > 4 && strcmp(entry->d_name + length - 4, ".icd") == 0;
  }
  closedir(directory);
  return found;
}

// The dynamic linker's own search first; then where containers put the driver off its path.
static bool find_nvidia(char *path, size_t capacity) {
  void *handle = dlopen(nvidia_name, RTLD_LAZY | RTLD_LOCAL);
  if (handle != NULL) {
    struct link_map *map = NULL;
    const bool found = dlinfo(handle, RTLD_DI_LINKMAP, &map) == 0 && map != NULL &&
                       map->l_name != NULL && map->l_name[0] == '/';
    if (found) snprintf(path, capacity, "%s", map->l_name);
    dlclose(handle);
    if (found) return true;
  }
  static const char *const folders[] = {
      "/usr/local/nvidia/lib64",   "/usr/local/nvidia/lib",      "/usr/lib/x86_64-linux-gnu",
      "/usr/lib/aarch64-linux-gnu", "/usr/lib64",                 "/usr/lib/wsl/lib",
      "/usr/lib/nvidia",
  };
  for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
    snprintf(path, capacity, "%s/%s", folders[i], nvidia_name);
    if (access(path, R_OK) == 0) return true;
  }
  path[0] = '\0';
  return false;
}

bool ocl_find_lone_nvidia(const char *vendors, char *path, size_t capacity) {
  if (capacity == 0) return false;
  path[0] = '\0';
  return !folder_has_icd(vendors) && find_nvidia(path, capacity);
}

// ocl-icd takes a library's path in OCL_ICD_VENDORS, Khronos's loader in OCL_ICD_FILENAMES; both
// read the environment at the first OpenCL call, so this comes before.
static void offer_lone_nvidia(ocl_library *library) {
  if (is_set("OCL_ICD_VENDORS") || is_set("OCL_ICD_FILENAMES") || is_set("OPENCL_VENDOR_PATH")) {
    return;
  }
  if (!ocl_find_lone_nvidia(vendors_folder, library->nvidia, sizeof library->nvidia)) return;
  setenv("OCL_ICD_VENDORS", library->nvidia, 1);
  setenv("OCL_ICD_FILENAMES", library->nvidia, 1);
}

static void load_default(void) {
  if (is_switched_off()) {
    snprintf(default_library.problem, sizeof default_library.problem,
             "switched off by GROKCL_NO_OPENCL");
    return;
  }
  offer_lone_nvidia(&default_library);
  static const char *const names[] = {"libOpenCL.so.1", "libOpenCL.so"};
  load(&default_library, names, sizeof names / sizeof names[0]);
}

const ocl_library *ocl_library_default(void) {
  pthread_once(&default_once, load_default);
  return &default_library;
}

ocl_library *ocl_library_open(const char *name) {
  ocl_library *library = calloc(1, sizeof *library);
  if (library != NULL) load(library, &name, 1);
  return library;
}

void ocl_library_free(ocl_library *library) { free(library); }

void ocl_library_use(const ocl_library *library) { thread_library = library; }

const ocl_library *ocl_library_current(void) {
  return thread_library != NULL ? thread_library : ocl_library_default();
}

bool ocl_library_is_loaded(const ocl_library *library) { return library->loaded; }
const char *ocl_library_name(const ocl_library *library) { return library->name; }
const char *ocl_library_problem(const ocl_library *library) { return library->problem; }
const char *ocl_library_nvidia(const ocl_library *library) { return library->nvidia; }

void ocl_log(const char *line) { fprintf(stderr, "%s\n", line); }
