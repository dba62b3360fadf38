/* SPDX-License-Identifier: Apache-2.0 */
/* A layer between the OpenCL loader and its drivers that makes a GPU of a device and keeps the
 * texts of programs instead of building them: OPENCL_LAYERS=<this shared object> SOURCES=<folder>.
 * Each text that is to be built lies in the folder afterwards as HASH.cl, its options in the first
 * line, and the kernels that were asked of it in HASH.kernels, a line each; while SOURCE_SHAPE is
 * set, in HASH.shapes, followed by its value. Every program builds, every kernel exists and
 * computes nothing: so whatever the library would build for a GPU can be gathered in seconds. It
 * must not know what the texts are. */
#define CL_USE_DEPRECATED_OPENCL_1_2_APIS
#include <CL/cl_layer.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const cl_icd_dispatch *driver;
static cl_icd_dispatch table;

/* FNV-1a. */
static uint64_t hash_of(const char *text) {
    uint64_t hash = 0xcbf29ce484222325u;
    for (; *text; text++) hash = (hash ^ (unsigned char)*text) * 0x100000001b3u;
    return hash;
}

/* A folder without one of the texts would prove less than it says. */
static void give_up(const char *what, const char *path) {
    fprintf(stderr, "source layer: cannot %s %s\n", what, path);
    exit(2);
}

/* FOLDER/HASH.suffix, opened to be written from the start or on from its end. */
static FILE *open_of(uint64_t hash, const char *suffix, const char *mode) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%016llx.%s", getenv("SOURCES"), (unsigned long long)hash,
             suffix);
    FILE *file = fopen(path, mode);
    if (!file) give_up("open", path);
    return file;
}

static void close_of(FILE *file) {
    if (fclose(file) != 0) give_up("write", "a file");
}

/* The program's text; the caller's. */
static char *text_of(cl_program program) {
    size_t size = 0;
    cl_int code = driver->clGetProgramInfo(program, CL_PROGRAM_SOURCE, 0, NULL, &size);
    char *text = code == CL_SUCCESS ? malloc(size + 1) : NULL;
    if (!text || driver->clGetProgramInfo(program, CL_PROGRAM_SOURCE, size, text, NULL))
        give_up("read", "a program");
    text[size] = '\0';
    return text;
}

static cl_int CL_API_CALL build(cl_program program, cl_uint count, const cl_device_id *devices,
                                const char *options,
                                void(CL_CALLBACK *then)(cl_program program, void *user),
                                void *user) {
    (void)count, (void)devices;
    char *text = text_of(program);
    FILE *file = open_of(hash_of(text), "cl", "w");
    fprintf(file, "// options: %s\n%s", options ? options : "", text);
    close_of(file);
    free(text);
    if (then) then(program, user);
    return CL_SUCCESS;
}

static void add_line(uint64_t hash, const char *suffix, const char *name, const char *more) {
    FILE *file = open_of(hash, suffix, "a");
    fprintf(file, "%s %s\n", name, more);
    close_of(file);
}

static void note_kernel(cl_program program, const char *name) {
    const char *shape = getenv("SOURCE_SHAPE");
    char *text = text_of(program);
    const uint64_t hash = hash_of(text);
    add_line(hash, "kernels", name, "");
    if (shape) add_line(hash, "shapes", name, shape);
    free(text);
}

/* The program of the kernels there are. It belongs to the first context and is never released: the
 * process has no other. */
static cl_program program_of_nothing(cl_program asked, cl_int *code) {
    static cl_program own;
    const char *text = "kernel void nothing(void) {}";
    cl_context context;
    if (own) return own;
    *code = driver->clGetProgramInfo(asked, CL_PROGRAM_CONTEXT, sizeof context, &context, NULL);
    if (*code == CL_SUCCESS) own = driver->clCreateProgramWithSource(context, 1, &text, NULL, code);
    if (*code == CL_SUCCESS) *code = driver->clBuildProgram(own, 0, NULL, NULL, NULL, NULL);
    return own;
}

/* Any kernel: one that does nothing. */
static cl_kernel CL_API_CALL create_kernel(cl_program program, const char *name, cl_int *given) {
    cl_int code = CL_SUCCESS;
    note_kernel(program, name);
    cl_program own = program_of_nothing(program, &code);
    cl_kernel kernel = code == CL_SUCCESS ? driver->clCreateKernel(own, "nothing", &code) : NULL;
    if (given) *given = code;
    return kernel;
}

static cl_int CL_API_CALL set_argument(cl_kernel kernel, cl_uint index, size_t size,
                                       const void *value) {
    (void)kernel, (void)index, (void)size, (void)value;
    return CL_SUCCESS;
}

static cl_int CL_API_CALL launch(cl_command_queue queue, cl_kernel kernel, cl_uint dimensions,
                                 const size_t *offset, const size_t *global, const size_t *local,
                                 cl_uint waits, const cl_event *list, cl_event *event) {
    (void)kernel, (void)dimensions, (void)offset, (void)global, (void)local;
    return driver->clEnqueueBarrierWithWaitList(queue, waits, list, event);
}

/* ---- What a GPU says of itself ---- */

static const struct {
    cl_device_info key;
    size_t size;
    cl_ulong value;
} said[] = {
    {CL_DEVICE_TYPE, sizeof(cl_device_type), CL_DEVICE_TYPE_GPU},
    {CL_DEVICE_LOCAL_MEM_TYPE, sizeof(cl_device_local_mem_type), CL_LOCAL},
    {CL_DEVICE_LOCAL_MEM_SIZE, sizeof(cl_ulong), 48 << 10},
    {CL_DEVICE_MAX_WORK_GROUP_SIZE, sizeof(size_t), 1024},
    {CL_DEVICE_NATIVE_VECTOR_WIDTH_FLOAT, sizeof(cl_uint), 1},
    {CL_DEVICE_HOST_UNIFIED_MEMORY, sizeof(cl_bool), CL_FALSE},
};

/* The vendors whose compilers are known, with the compute units of a card that predict.py knows. */
static const struct {
    const char *word, *vendor;
    cl_ulong units;
} vendors[] = {
    {"nvidia", "NVIDIA Corporation", 108},
    {"amd", "Advanced Micro Devices, Inc.", 96},
    {"intel", "Intel(R) Corporation", 512},
};

static int vendor(void) {
    const char *word = getenv("SOURCE_VENDOR");
    for (size_t i = 0; word && i < sizeof vendors / sizeof vendors[0]; i++)
        if (strcmp(word, vendors[i].word) == 0) return (int)i;
    give_up("know", "the vendor that SOURCE_VENDOR names");
    return 0;
}

static cl_int tell(const void *answer, size_t needed, size_t size, void *value, size_t *given) {
    if (value && size < needed) return CL_INVALID_VALUE;
    if (value) memcpy(value, answer, needed); /* little-endian, as all devices */
    if (given) *given = needed;
    return CL_SUCCESS;
}

static cl_int CL_API_CALL device_info(cl_device_id device, cl_device_info key, size_t size,
                                      void *value, size_t *given) {
    const char *name = vendors[vendor()].vendor;
    if (key == CL_DEVICE_VENDOR) return tell(name, strlen(name) + 1, size, value, given);
    if (key == CL_DEVICE_MAX_COMPUTE_UNITS)
        return tell(&vendors[vendor()].units, sizeof(cl_uint), size, value, given);
    for (size_t i = 0; i < sizeof said / sizeof said[0]; i++)
        if (said[i].key == key) return tell(&said[i].value, said[i].size, size, value, given);
    return driver->clGetDeviceInfo(device, key, size, value, given);
}

__attribute__((visibility("default"))) cl_int CL_API_CALL clGetLayerInfo(cl_layer_info key,
                                                                         size_t size, void *value,
                                                                         size_t *given) {
    static const char name[] = "source layer";
    const cl_layer_api_version version = CL_LAYER_API_VERSION_100;
    const void *from = key == CL_LAYER_API_VERSION ? (const void *)&version : name;
    size_t needed = key == CL_LAYER_API_VERSION ? sizeof version : sizeof name;
    if (key != CL_LAYER_API_VERSION && key != CL_LAYER_NAME) return CL_INVALID_VALUE;
    if (value && size < needed) return CL_INVALID_VALUE;
    if (value) memcpy(value, from, needed);
    if (given) *given = needed;
    return CL_SUCCESS;
}

__attribute__((visibility("default"))) cl_int CL_API_CALL clInitLayer(
    cl_uint count, const cl_icd_dispatch *target, cl_uint *given, const cl_icd_dispatch **layer) {
    const cl_uint entries = sizeof table / sizeof(void *);
    const size_t last = offsetof(cl_icd_dispatch, clEnqueueBarrierWithWaitList) / sizeof(void *);
    if (!target || !given || !layer || count <= last) return CL_INVALID_VALUE;
    if (!getenv("SOURCES")) give_up("find", "the folder that SOURCES names");
    *given = count < entries ? count : entries;
    driver = target;
    memcpy(&table, target, *given * sizeof(void *)); /* all others stay the driver's */
    table.clGetDeviceInfo = device_info;
    table.clBuildProgram = build;
    table.clCreateKernel = create_kernel;
    table.clSetKernelArg = set_argument;
    table.clEnqueueNDRangeKernel = launch;
    *layer = &table;
    return CL_SUCCESS;
}
