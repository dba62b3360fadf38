/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The scalar mathematics and Philox on every OpenCL device found, as scalars and as vectors: equal
 * to the host to the bit, and Philox equal to Random123. SC_SCALAR_STRIDE=1 tries all 2^32
 * arguments.
 */
#undef CL_TARGET_OPENCL_VERSION
#define CL_TARGET_OPENCL_VERSION 120 /* the floor: nothing newer is used */
#include <CL/cl.h>
#include <criterion/criterion.h>
#include <inttypes.h>
#include <math.h>
#include <Random123/philox.h>
#include <stdio.h>
#include <string.h>

#include "base/scalar_cases.h"

enum { CHUNK = 1 << 17, GROUP = 64, MOST_DEVICES = 32, TEXT = 1 << 16 };

typedef struct device {
    cl_device_id id;
    char name[128];
    bool rounds_division, keeps_subnormals;
    cl_context context;
    cl_command_queue queue;
    cl_mem xs, ys, results;
} device;

#define CHECK(call)                                                                                \
    do {                                                                                           \
        cl_int sc_code = (call);                                                                   \
        cr_assert(sc_code == CL_SUCCESS, "%s returned %d", #call, (int)sc_code);                   \
    } while (0)

#define DEFINE_FUNCTION(name, expression)                                                          \
    static float call_##name(float x, float y) {                                                   \
        (void)x, (void)y;                                                                          \
        return expression;                                                                         \
    }
SC_SCALAR_CASES(DEFINE_FUNCTION)

typedef struct scalar_case {
    const char *name, *text;
    float (*function)(float x, float y);
} scalar_case;

#define ROW(name, expression) {#name, #expression, call_##name},
static const scalar_case cases[] = {SC_SCALAR_CASES(ROW)};
enum { CASES = sizeof cases / sizeof cases[0] };

static int find_devices(cl_device_id *ids) {
    cl_platform_id platforms[16];
    cl_uint platform_count = 0, found = 0;
    if (clGetPlatformIDs(16, platforms, &platform_count) != CL_SUCCESS) return 0;
    if (platform_count > 16) platform_count = 16;
    for (cl_uint p = 0; p < platform_count && found < MOST_DEVICES; p++) {
        cl_uint count = 0, room = MOST_DEVICES - found;
        if (clGetDeviceIDs(platforms[p], CL_DEVICE_TYPE_ALL, room, ids + found, &count) ==
            CL_SUCCESS)
            found += count < room ? count : room;
    }
    return (int)found;
}

static void open_device(device *d, cl_device_id id) {
    *d = (device){.id = id};
    CHECK(clGetDeviceInfo(id, CL_DEVICE_NAME, sizeof d->name, d->name, NULL));
    cl_device_fp_config config = 0;
    CHECK(clGetDeviceInfo(id, CL_DEVICE_SINGLE_FP_CONFIG, sizeof config, &config, NULL));
    d->rounds_division = (config & CL_FP_CORRECTLY_ROUNDED_DIVIDE_SQRT) != 0;
    d->keeps_subnormals = (config & CL_FP_DENORM) != 0;
    cl_int code;
    d->context = clCreateContext(NULL, 1, &id, NULL, NULL, &code);
    CHECK(code);
    d->queue = clCreateCommandQueue(d->context, id, 0, &code);
    CHECK(code);
    d->xs = clCreateBuffer(d->context, CL_MEM_READ_ONLY, CHUNK * sizeof(float), NULL, &code);
    CHECK(code);
    d->ys = clCreateBuffer(d->context, CL_MEM_READ_ONLY, CHUNK * sizeof(float), NULL, &code);
    CHECK(code);
    d->results = clCreateBuffer(d->context, CL_MEM_WRITE_ONLY, CHUNK * sizeof(float), NULL, &code);
    CHECK(code);
}

static void close_device(device *d) {
    CHECK(clReleaseMemObject(d->xs));
    CHECK(clReleaseMemObject(d->ys));
    CHECK(clReleaseMemObject(d->results));
    CHECK(clReleaseCommandQueue(d->queue));
    CHECK(clReleaseContext(d->context));
}

static cl_program build(const device *d, const char *text, int width) {
    cl_int code;
    cl_program program = clCreateProgramWithSource(d->context, 1, &text, NULL, &code);
    CHECK(code);
    char options[1024];
    snprintf(options, sizeof options, "-cl-std=CL1.2 -I%s/cl -DSC_WIDTH=%d%s", SC_SOURCE_DIR, width,
             d->rounds_division ? " -cl-fp32-correctly-rounded-divide-sqrt" : "");
    code = clBuildProgram(program, 1, &d->id, options, NULL, NULL);
    if (code != CL_SUCCESS) {
        static char log[TEXT];
        clGetProgramBuildInfo(program, d->id, CL_PROGRAM_BUILD_LOG, sizeof log, log, NULL);
        cr_assert_fail("%s, width %d: build returned %d\n%s", d->name, width, (int)code, log);
    }
    return program;
}

/* Runs a kernel (xs, ys, results) over CHUNK elements and brings the results back. */
static void run(const device *d, cl_kernel kernel, int width, void *results) {
    const size_t global = CHUNK / (size_t)width, local = GROUP;
    CHECK(clSetKernelArg(kernel, 0, sizeof d->xs, &d->xs));
    CHECK(clSetKernelArg(kernel, 1, sizeof d->ys, &d->ys));
    CHECK(clSetKernelArg(kernel, 2, sizeof d->results, &d->results));
    CHECK(clEnqueueNDRangeKernel(d->queue, kernel, 1, NULL, &global, &local, 0, NULL, NULL));
    CHECK(clEnqueueReadBuffer(d->queue, d->results, CL_TRUE, 0, CHUNK * sizeof(float), results, 0,
                              NULL, NULL));
}

static void write_inputs(const device *d, const void *xs, const void *ys) {
    CHECK(clEnqueueWriteBuffer(d->queue, d->xs, CL_TRUE, 0, CHUNK * sizeof(float), xs, 0, NULL,
                               NULL));
    CHECK(clEnqueueWriteBuffer(d->queue, d->ys, CL_TRUE, 0, CHUNK * sizeof(float), ys, 0, NULL,
                               NULL));
}

static bool subnormal(float x) {
    return fabsf(x) < 0x1p-126f && x != 0;
}

/* Equal bits; what a device may do differently (cl/scalar.h) is let pass on such a device alone. */
static bool acceptable(const device *d, sc_pair in, float got, float expected) {
    if (sc_same_bits(got, expected)) return true;
    if (!d->keeps_subnormals && (subnormal(in.x) || subnormal(in.y) ||
                                 (fabsf(expected) < 0x1p-125f && fabsf(got) < 0x1p-125f)))
        return true;
    return !d->rounds_division && fabsf(got - expected) <= 8 * 0x1p-23f * fabsf(expected);
}

static void compare_case(const device *d, int width, cl_kernel kernel, const scalar_case *c,
                         const sc_pair *inputs, size_t count) {
    static float results[CHUNK];
    run(d, kernel, width, results);
    for (size_t i = 0; i < count; i++) {
        float expected = c->function(inputs[i].x, inputs[i].y);
        if (!acceptable(d, inputs[i], results[i], expected))
            cr_assert_fail(
                "%s, width %d: %s for x = %.9g [0x%08" PRIx32 "], y = %.9g [0x%08" PRIx32
                "] gave %.9g [0x%08" PRIx32 "], the host %.9g [0x%08" PRIx32 "]",
                d->name, width, c->text, (double)inputs[i].x, sc_float_to_bits(inputs[i].x),
                (double)inputs[i].y, sc_float_to_bits(inputs[i].y), (double)results[i],
                sc_float_to_bits(results[i]), (double)expected, sc_float_to_bits(expected));
    }
}

static void compare_all(const device *d, int width, cl_kernel kernels[CASES]) {
    static sc_pair inputs[CHUNK];
    static float xs[CHUNK], ys[CHUNK];
    uint64_t stride = sc_scalar_stride(), total = sc_input_count(stride);
    for (uint64_t start = 0; start < total; start += CHUNK) {
        size_t count = total - start < CHUNK ? (size_t)(total - start) : CHUNK;
        for (size_t i = 0; i < count; i++) {
            inputs[i] = sc_input(start + i, stride);
            xs[i] = inputs[i].x;
            ys[i] = inputs[i].y;
        }
        write_inputs(d, xs, ys);
        for (int c = 0; c < CASES; c++)
            compare_case(d, width, kernels[c], &cases[c], inputs, count);
    }
}

static void scalar_on_device(const device *d, int width) {
    static char text[TEXT];
    int length = snprintf(text, sizeof text, "#include \"philox.h\"\n");
    for (int c = 0; c < CASES; c++)
        length +=
            snprintf(text + length, sizeof text - (size_t)length,
                     "kernel void case_%s(global const SC_REAL *xs, global const SC_REAL *ys, "
                     "global SC_REAL *results) {\n"
                     "    const SC_REAL x = xs[get_global_id(0)], y = ys[get_global_id(0)];\n"
                     "    results[get_global_id(0)] = %s;\n}\n",
                     cases[c].name, cases[c].text);
    cl_program program = build(d, text, width);
    cl_kernel kernels[CASES];
    for (int c = 0; c < CASES; c++) {
        char name[64];
        cl_int code;
        snprintf(name, sizeof name, "case_%s", cases[c].name);
        kernels[c] = clCreateKernel(program, name, &code);
        CHECK(code);
    }
    compare_all(d, width, kernels);
    for (int c = 0; c < CASES; c++) CHECK(clReleaseKernel(kernels[c]));
    CHECK(clReleaseProgram(program));
}

/* Each lane has a counter made of x and y and writes word 0, 1, 2 or 3, as its element says. */
static const char philox_text[] =
    "#include \"philox.h\"\n"
    "kernel void words(global const SC_UINT *xs, global const SC_UINT *ys, global SC_UINT "
    "*results) {\n"
    "    const SC_UINT x = xs[get_global_id(0)], y = ys[get_global_id(0)];\n"
    "    SC_UINT counter[4] = {x, y, x ^ 0x5555u, ~y}, key[2] = {y, x}, words[4];\n"
    "    sc_philox4x32(counter, key, words);\n"
    "    results[get_global_id(0)] = sc_word_at(words, x & 3u);\n"
    "}\n"
    "kernel void normals(global const SC_UINT *xs, global const SC_UINT *ys, global SC_REAL "
    "*results) {\n"
    "    const SC_UINT x = xs[get_global_id(0)], y = ys[get_global_id(0)];\n"
    "    SC_UINT counter[4] = {x, y, x ^ 0x5555u, ~y}, key[2] = {y, x}, words[4];\n"
    "    sc_philox4x32(counter, key, words);\n"
    "    results[get_global_id(0)] = sc_normal(words, x & 3u);\n"
    "}\n";

static void philox_on_device(const device *d, int width) {
    static uint32_t xs[CHUNK], ys[CHUNK], words[CHUNK];
    static float normals[CHUNK];
    for (uint32_t i = 0; i < CHUNK; i++) {
        xs[i] = i;
        ys[i] = i * 2654435761u;
    }
    write_inputs(d, xs, ys);
    cl_program program = build(d, philox_text, width);
    cl_int code;
    cl_kernel kernel = clCreateKernel(program, "words", &code);
    CHECK(code);
    run(d, kernel, width, words);
    CHECK(clReleaseKernel(kernel));
    kernel = clCreateKernel(program, "normals", &code);
    CHECK(code);
    run(d, kernel, width, normals);
    CHECK(clReleaseKernel(kernel));
    CHECK(clReleaseProgram(program));

    for (uint32_t i = 0; i < CHUNK; i++) {
        philox4x32_ctr_t counter = {{xs[i], ys[i], xs[i] ^ 0x5555u, ~ys[i]}};
        philox4x32_key_t key = {{ys[i], xs[i]}};
        philox4x32_ctr_t expected = philox4x32(counter, key);
        cr_assert(words[i] == expected.v[i % 4],
                  "%s, width %d: word %" PRIu32 " of counter %08" PRIx32 " %08" PRIx32
                  "... is %08" PRIx32 ", Random123 has %08" PRIx32,
                  d->name, width, i % 4, xs[i], ys[i], words[i], expected.v[i % 4]);
        float normal = sc_normal(expected.v, i % 4);
        cr_assert(acceptable(d, (sc_pair){0, 0}, normals[i], normal),
                  "%s, width %d: normal %" PRIu32 " is %.9g [0x%08" PRIx32
                  "], the host has %.9g [0x%08" PRIx32 "]",
                  d->name, width, i, (double)normals[i], sc_float_to_bits(normals[i]),
                  (double)normal, sc_float_to_bits(normal));
    }
}

static void on_each_device(void (*check)(const device *d, int width), const int *widths,
                           int count) {
    cl_device_id ids[MOST_DEVICES];
    int devices = find_devices(ids);
    if (devices == 0) cr_skip_test("no OpenCL device");
    for (int i = 0; i < devices; i++) {
        device d;
        open_device(&d, ids[i]);
        cr_log_info("%s: division %s, subnormal numbers %s", d.name,
                    d.rounds_division ? "correctly rounded" : "not correctly rounded",
                    d.keeps_subnormals ? "kept" : "flushed");
        for (int w = 0; w < count; w++) check(&d, widths[w]);
        close_device(&d);
    }
}

Test(scalar_opencl, scalars_equal_the_host, .timeout = 0) {
    on_each_device(scalar_on_device, (const int[]){1}, 1);
}

Test(scalar_opencl, vectors_equal_the_host, .timeout = 0) {
    on_each_device(scalar_on_device, (const int[]){16}, 1);
}

Test(scalar_opencl, philox_equals_random123, .timeout = 0) {
    on_each_device(philox_on_device, (const int[]){1, 16}, 2);
}
