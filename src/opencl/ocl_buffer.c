/* SPDX-License-Identifier: Apache-2.0 */
/* Device memory, and host-mapped staging memory that stays mapped for its whole life. Drivers
 * accept sizes they cannot serve (PoCL and NVIDIA reserve lazily, some ignore their own limit), so
 * the limit is checked before asking. Budgets are the caller's. */
#include "opencl/ocl.h"

#include <inttypes.h>

static socle_status check_limit(sc_device *device, size_t bytes) {
    const sc_device_info *info = &device->info;
    if (bytes <= info->max_allocation && bytes <= info->memory) return SOCLE_OK;
    return sc_fail(device->env, SOCLE_STATUS_DEVICE_MEMORY,
                   "%zu bytes in one buffer of %s: it allows %" PRIu64
                   " per buffer and has %" PRIu64 "; use a smaller batch or memory budget",
                   bytes, info->name, info->max_allocation, info->memory);
}

static socle_status map_for_life(sc_ocl_buffer *buffer, sc_ocl_device *device) {
    cl_int code = CL_SUCCESS;
    buffer->base.host =
        clEnqueueMapBuffer(device->setup, buffer->handle, CL_TRUE, CL_MAP_READ | CL_MAP_WRITE, 0,
                           buffer->base.bytes, 0, NULL, NULL, &code);
    if (code == CL_SUCCESS && buffer->base.host) return SOCLE_OK;
    buffer->base.host = NULL;
    return sc_ocl_fail(device->base.env, device->base.info.name, "clEnqueueMapBuffer",
                       code ? code : CL_MAP_FAILURE, SC_OCL_PATH_ALLOCATE);
}

socle_status sc_ocl_buffer_create(sc_buffer **out, sc_device *base, sc_buffer_kind kind,
                                  size_t bytes) {
    *out = NULL;
    sc_ocl_device *device = sc_ocl_device_of(base);
    sc_ocl_buffer *buffer = NULL;
    SC_TRY(check_limit(base, bytes));
    SC_TRY(sc_allocate(base->env, &buffer, 1, sizeof *buffer));
    buffer->base = (sc_buffer){.device = base, .kind = kind, .bytes = bytes};
    cl_mem_flags flags =
        CL_MEM_READ_WRITE | (kind == SC_BUFFER_STAGING ? CL_MEM_ALLOC_HOST_PTR : 0);
    cl_int code = CL_SUCCESS;
    buffer->handle = clCreateBuffer(device->context, flags, bytes, NULL, &code);
    socle_status status = SOCLE_OK;
    if (code != CL_SUCCESS || !buffer->handle) {
        buffer->handle = NULL;
        status = sc_ocl_fail(base->env, base->info.name, "clCreateBuffer",
                             code ? code : CL_MEM_OBJECT_ALLOCATION_FAILURE, SC_OCL_PATH_ALLOCATE);
        sc_fail_prefix(base->env, status, "%zu bytes", bytes);
    } else if (kind == SC_BUFFER_STAGING) {
        status = map_for_life(buffer, device);
    }
    if (status != SOCLE_OK) {
        sc_ocl_buffer_destroy(&buffer->base);
        return status;
    }
    *out = &buffer->base;
    return SOCLE_OK;
}

void sc_ocl_buffer_destroy(sc_buffer *base) {
    sc_ocl_buffer *buffer = (sc_ocl_buffer *)base;
    sc_ocl_device *device = sc_ocl_device_of(base->device);
    if (base->kind == SC_BUFFER_STAGING && base->host &&
        clEnqueueUnmapMemObject(device->setup, buffer->handle, base->host, 0, NULL, NULL) ==
            CL_SUCCESS)
        clFinish(device->setup);
    if (buffer->handle) clReleaseMemObject(buffer->handle);
    sc_release(base->device->env, buffer);
}
