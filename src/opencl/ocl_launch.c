/* SPDX-License-Identifier: Apache-2.0 */
/* One kernel of a program and one call of it: arguments in order, explicit local size, rounded
 * global size, every return value looked at. Empty work never reaches the driver, and local memory
 * is checked against the device, because drivers answer both differently. It must not know
 * operations. */
#include "opencl/ocl_program.h"

#include <string.h>

static size_t product(const size_t *value, int count) {
    size_t result = 1;
    for (int i = 0; i < count; i++) result *= value[i];
    return result;
}

/* The most items per work-group that device and kernel allow. */
static size_t group_limit(const sc_ocl_device *device, cl_kernel kernel) {
    size_t limit = 0, most = device->base.info.max_work_group;
    if (clGetKernelWorkGroupInfo(kernel, device->handle, CL_KERNEL_WORK_GROUP_SIZE, sizeof limit,
                                 &limit, NULL) != CL_SUCCESS ||
        limit == 0 || limit > most)
        limit = most;
    return limit;
}

#ifndef CL_KERNEL_SPILL_MEM_SIZE_INTEL
#define CL_KERNEL_SPILL_MEM_SIZE_INTEL 0x4109
#endif

/* 0 where the driver does not say. */
static uint64_t size_of(const sc_ocl_device *device, cl_kernel kernel,
                        cl_kernel_work_group_info what) {
    cl_ulong size = 0;
    return clGetKernelWorkGroupInfo(kernel, device->handle, what, sizeof size, &size, NULL) ==
                   CL_SUCCESS
               ? size
               : 0;
}

static void raise(uint64_t *most, uint64_t size) {
    if (size > *most) *most = size;
}

static void note_needs(sc_ocl_device *device, cl_kernel kernel) {
    raise(&device->needs.local_memory, size_of(device, kernel, CL_KERNEL_LOCAL_MEM_SIZE));
    raise(&device->needs.private_memory, size_of(device, kernel, CL_KERNEL_PRIVATE_MEM_SIZE));
    raise(&device->needs.spilled, size_of(device, kernel, CL_KERNEL_SPILL_MEM_SIZE_INTEL));
}

sc_kernel_needs sc_ocl_kernel_needs(sc_device *base) {
    sc_ocl_device *device = sc_ocl_device_of(base);
    sc_kernel_needs needs = device->needs;
    device->needs = (sc_kernel_needs){0};
    return needs;
}

static void shrink(size_t *local, int dims, size_t limit) {
    while (product(local, dims) > limit) {
        int largest = 0;
        for (int i = 1; i < dims; i++)
            if (local[i] > local[largest]) largest = i;
        local[largest] = local[largest] > 1 ? local[largest] / 2 : 1;
    }
}

socle_status sc_ocl_kernel_create(sc_ocl_kernel *out, sc_ocl_device *device,
                                  const sc_ocl_program *program, const char *name, int dims,
                                  const size_t *local, bool exact) {
    cl_int code = CL_SUCCESS;
    char unit_name[SC_OCL_UNIT_NAME];
    SC_TRY(sc_ocl_announce_check(device));
    *out = (sc_ocl_kernel){.name = name, .dims = dims, .local = {1, 1, 1}};
    if (program->is_unit && !sc_ocl_unit_kernel(unit_name, program->key, name))
        return sc_fail(device->base.env, SOCLE_STATUS_INTERNAL, "the name of kernel %s is too long",
                       name);
    out->handle = clCreateKernel(program->handle, program->is_unit ? unit_name : name, &code);
    if (code != CL_SUCCESS || !out->handle) {
        out->handle = NULL;
        socle_status status =
            sc_ocl_device_fail(device->base.env, device, "clCreateKernel",
                               code ? code : CL_INVALID_KERNEL, SC_OCL_PATH_BUILD);
        return sc_fail_prefix(device->base.env, status, "%s", name);
    }
    note_needs(device, out->handle);
    memcpy(out->local, local, (size_t)dims * sizeof *local);
    size_t limit = group_limit(device, out->handle);
    if (!exact) {
        shrink(out->local, dims, limit);
    } else if (product(local, dims) > limit) {
        sc_ocl_kernel_destroy(out);
        return sc_fail(device->base.env, SOCLE_STATUS_UNSUPPORTED,
                       "%s needs work-groups of %zu items, %s allows %zu", name,
                       product(local, dims), device->base.info.name, limit);
    }
    return SOCLE_OK;
}

void sc_ocl_kernel_destroy(sc_ocl_kernel *kernel) {
    if (kernel->handle) clReleaseKernel(kernel->handle);
    kernel->handle = NULL;
}

void sc_ocl_call_begin(sc_ocl_call *call, sc_ocl_device *device, sc_queue *queue,
                       const sc_ocl_kernel *kernel) {
    *call = (sc_ocl_call){.device = device,
                          .queue = queue ? sc_ocl_queue_of(queue) : NULL,
                          .kernel = kernel,
                          .code = CL_SUCCESS};
}

/* `bytes`: what the argument takes of the room for arguments. What has no room there is not shown
 * to the driver. */
static void set(sc_ocl_call *call, size_t size, const void *value, size_t bytes) {
    call->argument_bytes += bytes;
    if (call->code != CL_SUCCESS || call->argument_bytes > call->device->argument_bytes) return;
    call->code = clSetKernelArg(call->kernel->handle, call->next, size, value);
    if (call->code == CL_SUCCESS) call->next++;
}

void sc_ocl_call_operand(sc_ocl_call *call, sc_operand operand, size_t element) {
    cl_mem memory = sc_ocl_memory(operand);
    cl_ulong offset = operand.offset / element;
    if (operand.offset % element != 0) call->misaligned = true;
    set(call, sizeof memory, memory ? &memory : NULL, sizeof memory);
    set(call, sizeof offset, &offset, sizeof offset);
}

void sc_ocl_call_value(sc_ocl_call *call, const void *value, size_t size) {
    set(call, size, value, size);
}

void sc_ocl_call_local(sc_ocl_call *call, size_t bytes) {
    call->local_bytes += bytes;
    set(call, bytes, NULL, sizeof(cl_mem));
}

static sc_env *env_of(const sc_ocl_call *call) {
    return call->queue ? call->queue->base.env : call->device->base.env;
}

/* An argument that was not taken fails the queue as a command would: launches before this one are
 * under way, those after it must not follow. */
static socle_status argument_failed(const sc_ocl_call *call) {
    static const char name[] = "clSetKernelArg";
    socle_status status = call->queue ? sc_ocl_queue_done(call->queue, name, call->code, NULL)
                                      : sc_ocl_device_fail(env_of(call), call->device, name,
                                                           call->code, SC_OCL_PATH_BUILD);
    return sc_fail_prefix(env_of(call), status, "%s, argument %u", call->kernel->name,
                          (unsigned)call->next);
}

static socle_status check(const sc_ocl_call *call) {
    sc_env *env = env_of(call);
    const sc_device_info *info = &call->device->base.info;
    if (call->code != CL_SUCCESS) return argument_failed(call);
    if (call->argument_bytes > call->device->argument_bytes)
        return sc_fail(env, SOCLE_STATUS_UNSUPPORTED, "%s has %zu bytes of arguments, %s takes %zu",
                       call->kernel->name, call->argument_bytes, info->name,
                       call->device->argument_bytes);
    if (call->misaligned)
        return sc_fail(env, SOCLE_STATUS_INVALID_ARGUMENT,
                       "%s: an operand's offset is not a multiple of its element size",
                       call->kernel->name);
    if (call->local_bytes > info->local_memory)
        return sc_fail(env, SOCLE_STATUS_UNSUPPORTED,
                       "%s needs %zu bytes of local memory, %s has %llu", call->kernel->name,
                       call->local_bytes, info->name, (unsigned long long)info->local_memory);
    return SOCLE_OK;
}

socle_status sc_ocl_call_run(sc_ocl_call *call, const size_t *global) {
    const sc_ocl_kernel *kernel = call->kernel;
    size_t rounded[3] = {1, 1, 1};
    cl_event event = NULL;
    SC_TRY(sc_ocl_queue_check(call->queue));
    for (int i = 0; i < kernel->dims; i++) {
        if (global[i] == 0) return SOCLE_OK;
        rounded[i] = (global[i] + kernel->local[i] - 1) / kernel->local[i] * kernel->local[i];
    }
    SC_TRY(check(call));
    cl_int code = clEnqueueNDRangeKernel(call->queue->handle, kernel->handle, (cl_uint)kernel->dims,
                                         NULL, rounded, kernel->local, 0, NULL, &event);
    return sc_ocl_queue_done(call->queue, kernel->name, code, event);
}

/* Grids below this many items in every dimension are one size class, all others another (PoCL). */
enum { LARGE_GRID = 65536 };

socle_status sc_ocl_call_warm(sc_ocl_call *call, const size_t *largest) {
    const sc_ocl_kernel *kernel = call->kernel;
    sc_ocl_device *device = call->device;
    bool large = false;
    size_t global[3];
    SC_TRY(check(call));
    memcpy(global, kernel->local, sizeof global);
    for (int i = 0; i < kernel->dims; i++) large = large || largest[i] >= LARGE_GRID - 1;
    cl_int code = clEnqueueNDRangeKernel(device->setup, kernel->handle, (cl_uint)kernel->dims, NULL,
                                         global, kernel->local, 0, NULL, NULL);
    if (code == CL_SUCCESS && large) {
        global[0] = (LARGE_GRID + kernel->local[0] - 1) / kernel->local[0] * kernel->local[0];
        code = clEnqueueNDRangeKernel(device->setup, kernel->handle, (cl_uint)kernel->dims, NULL,
                                      global, kernel->local, 0, NULL, NULL);
    }
    if (code == CL_SUCCESS) code = clFinish(device->setup);
    if (code == CL_SUCCESS) return SOCLE_OK;
    socle_status status =
        sc_ocl_device_fail(device->base.env, device, "first launch", code, SC_OCL_PATH_BUILD);
    return sc_fail_prefix(device->base.env, status, "%s", kernel->name);
}
