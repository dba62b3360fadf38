/* SPDX-License-Identifier: Apache-2.0 */
/* What a driver must live through to be let into the process: its devices are listed, and one of
 * each name makes a context, compiles a kernel and runs it. Calls go through the driver's own table
 * of functions, as the loader makes them. Errors are answers; only what no driver may answer is
 * garbage. */
#include "probe/probe.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { NAME = 256, ITEMS = 64 };

/* Every OpenCL object begins with its driver's table. */
typedef struct object {
    const cl_icd_dispatch *calls;
} object;

typedef struct session {
    const cl_icd_dispatch *calls;
    cl_device_id device;
    cl_context context;
    cl_command_queue queue;
    cl_program program;
    cl_kernel kernel;
    cl_mem memory;
} session;

/* %ld: a number that was never here before. Drivers keep what they compiled on disk, and a kernel
 * that only had to be loaded would say nothing about the room that the compiler takes. */
static const char source[] =
    "__kernel void probe(__global float *out, float scale) {\n"
    "    size_t i = get_global_id(0);\n"
    "    float sum = %ld.0f;\n"
    "    for (int k = 0; k < 64; k++) sum += scale * (float)(i + (size_t)k);\n"
    "    out[i] = sum;\n"
    "}\n";

static long new_number(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (long)now.tv_sec ^ now.tv_nsec ^ (long)getpid() << 32;
}

static bool build(session *s) {
    char words[sizeof source + 24];
    const char *text = words;
    cl_int code = CL_SUCCESS;
    snprintf(words, sizeof words, source, new_number());
    s->program = s->calls->clCreateProgramWithSource(s->context, 1, &text, NULL, &code);
    if (code != CL_SUCCESS || !s->program) return false;
    if (s->calls->clBuildProgram(s->program, 1, &s->device, "-cl-std=CL1.2", NULL, NULL) !=
        CL_SUCCESS)
        return false;
    s->kernel = s->calls->clCreateKernel(s->program, "probe", &code);
    return code == CL_SUCCESS && s->kernel;
}

static void run(session *s) {
    float result[ITEMS], scale = 0.5f;
    size_t items = ITEMS, group = 8;
    cl_int code = CL_SUCCESS;
    s->memory = s->calls->clCreateBuffer(s->context, CL_MEM_READ_WRITE, sizeof result, NULL, &code);
    if (code != CL_SUCCESS || !s->memory) return;
    if (s->calls->clSetKernelArg(s->kernel, 0, sizeof s->memory, &s->memory) != CL_SUCCESS) return;
    if (s->calls->clSetKernelArg(s->kernel, 1, sizeof scale, &scale) != CL_SUCCESS) return;
    code = s->calls->clEnqueueNDRangeKernel(s->queue, s->kernel, 1, NULL, &items, &group, 0, NULL,
                                            NULL);
    if (code != CL_SUCCESS || s->calls->clFinish(s->queue) != CL_SUCCESS) return;
    s->calls->clEnqueueReadBuffer(s->queue, s->memory, CL_TRUE, 0, sizeof result, result, 0, NULL,
                                  NULL);
}

static void release(session *s) {
    if (s->memory) s->calls->clReleaseMemObject(s->memory);
    if (s->kernel) s->calls->clReleaseKernel(s->kernel);
    if (s->program) s->calls->clReleaseProgram(s->program);
    if (s->queue) s->calls->clReleaseCommandQueue(s->queue);
    if (s->context) s->calls->clReleaseContext(s->context);
}

static void compute(const cl_icd_dispatch *calls, cl_platform_id platform, cl_device_id device) {
    session s = {.calls = calls, .device = device};
    cl_context_properties properties[] = {CL_CONTEXT_PLATFORM, (cl_context_properties)platform, 0};
    cl_int code = CL_SUCCESS;
    probe_stage(PROBE_CONTEXT);
    s.context = calls->clCreateContext(properties, 1, &device, NULL, NULL, &code);
    if (code == CL_SUCCESS && s.context)
        s.queue = calls->clCreateCommandQueue(s.context, device, 0, &code);
    if (code == CL_SUCCESS && s.queue) {
        probe_stage(PROBE_BUILD);
        if (build(&s)) {
            probe_stage(PROBE_RUN);
            run(&s);
        }
    }
    probe_stage(PROBE_RELEASE);
    release(&s);
}

static bool is_usable(const cl_icd_dispatch *calls, cl_device_id device) {
    cl_bool available = CL_FALSE, compiler = CL_FALSE;
    calls->clGetDeviceInfo(device, CL_DEVICE_AVAILABLE, sizeof available, &available, NULL);
    calls->clGetDeviceInfo(device, CL_DEVICE_COMPILER_AVAILABLE, sizeof compiler, &compiler, NULL);
    return available && compiler;
}

static void read_name(char name[NAME], const cl_icd_dispatch *calls, cl_device_id device) {
    size_t given = 0;
    cl_int code = calls->clGetDeviceInfo(device, CL_DEVICE_NAME, NAME - 1, name, &given);
    if (code == CL_SUCCESS && given > NAME - 1) probe_end("garbage");
    name[code == CL_SUCCESS ? given : 0] = '\0';
}

cl_uint probe_platform(cl_platform_id platform) {
    static char names[PROBE_DEVICES][NAME];
    cl_device_id devices[PROBE_DEVICES] = {0};
    const cl_icd_dispatch *calls = ((const object *)platform)->calls;
    cl_uint count = 0;
    probe_stage(PROBE_DEVICE_LIST);
    if (!calls || !calls->clGetDeviceIDs || !calls->clGetDeviceInfo || !calls->clCreateContext)
        probe_end("garbage");
    if (calls->clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, PROBE_DEVICES, devices, &count) !=
        CL_SUCCESS)
        return 0;
    if (count > PROBE_DEVICES) probe_end("garbage");
    for (cl_uint i = 0; i < count; i++) {
        if (!devices[i]) probe_end("garbage");
        read_name(names[i], calls, devices[i]);
        bool seen = false;
        for (cl_uint k = 0; k < i && !seen; k++) seen = strcmp(names[k], names[i]) == 0;
        if (!seen && is_usable(calls, devices[i])) compute(calls, platform, devices[i]);
    }
    return count;
}
