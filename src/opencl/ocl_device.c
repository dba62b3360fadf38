/* SPDX-License-Identifier: Apache-2.0 */
/* An open OpenCL device: a context of its own (a dead device takes its context with it, and nothing
 * else), a queue for the work of prepare, and the driver's row in the table of drivers. It must not
 * know operations. */
#include "opencl/ocl.h"
#include "opencl/ocl_vendors.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static socle_status driver_count(sc_env *env, int *out) {
    sc_ocl_found *found = NULL;
    SC_TRY(sc_ocl_enumerate(env, &found, out));
    sc_release(env, found);
    return SOCLE_OK;
}

static socle_status driver_describe(sc_env *env, int index, sc_device_info *out) {
    sc_ocl_found *found = NULL;
    int count = 0;
    SC_TRY(sc_ocl_enumerate(env, &found, &count));
    socle_status status = sc_ocl_describe(env, found, count, index, out);
    sc_release(env, found);
    return status;
}

const sc_driver sc_ocl_driver = {
    .name = "opencl",
    .settle = sc_ocl_drivers_settle,
    .explain = sc_ocl_drivers_explain,
    .count = driver_count,
    .describe = driver_describe,
    .open = sc_ocl_device_open,
};

/* Any thread of the driver may call this, at any time until the context is gone. */
static void CL_CALLBACK notice(const char *text, const void *data, size_t size, void *user) {
    sc_ocl_notices *notices = user;
    (void)data;
    (void)size;
    if (!notices) return; /* oclgrind calls without it */
    pthread_mutex_lock(&notices->lock);
    size_t used = strlen(notices->text);
    if (text && used + 4 < sizeof notices->text)
        snprintf(notices->text + used, sizeof notices->text - used, "%s%s", used ? "; " : "", text);
    pthread_mutex_unlock(&notices->lock);
}

void sc_ocl_notices_take(sc_ocl_notices *notices, char *text, size_t size) {
    pthread_mutex_lock(&notices->lock);
    snprintf(text, size, "%s", notices->text);
    notices->text[0] = '\0';
    pthread_mutex_unlock(&notices->lock);
}

static void release_context(sc_ocl_device *device) {
    sc_buffer *nothing = device->nothing;
    device->nothing = NULL;
    sc_buffer_destroy(nothing);
    if (device->setup) clReleaseCommandQueue(device->setup);
    device->setup = NULL;
    if (device->context) clReleaseContext(device->context);
    device->context = NULL;
}

static void device_close(sc_device *base) {
    sc_ocl_device *device = sc_ocl_device_of(base);
    sc_ocl_programs_release(device);
    if (base->info.traits & SC_TRAIT_BLAS) sc_ocl_clblast_close();
    release_context(device);
    if (device->is_sub_device) clReleaseDevice(device->handle);
    pthread_mutex_destroy(&device->notices.lock);
    sc_release(base->env, device->cache.directory);
    sc_release(base->env, device);
}

/* "No memory" is also what a lost device may say. */
static socle_status buffer_create(sc_buffer **out, sc_device *base, sc_buffer_kind kind,
                                  size_t bytes) {
    sc_ocl_device *device = sc_ocl_device_of(base);
    *out = NULL;
    SC_TRY(sc_ocl_check_lost(device, base->env));
    socle_status status = sc_ocl_buffer_create(out, base, kind, bytes);
    if (status != SOCLE_STATUS_DEVICE_MEMORY) return status;
    status = sc_ocl_judge(device, CL_MEM_OBJECT_ALLOCATION_FAILURE, SC_OCL_PATH_ALLOCATE);
    if (status == SOCLE_STATUS_DEVICE)
        sc_fail(base->env, status, "%s; the device no longer answers", base->env->text);
    return status;
}

static const sc_device_ops device_ops = {
    .close = device_close,
    .buffer_create = buffer_create,
    .buffer_destroy = sc_ocl_buffer_destroy,
    .queue_open = sc_ocl_queue_open,
    .announce_begin = sc_ocl_announce_begin,
    .announce_end = sc_ocl_announce_end,
    .programs = sc_ocl_programs_count,
    .needs = sc_ocl_kernel_needs,
};

/* Replaces the device's handle by its sub-device number `wanted` of one compute unit. */
static socle_status enter_sub_device(sc_ocl_device *device, int wanted) {
    enum { MOST = 1024 };
    sc_env *env = device->base.env;
    sc_device_info *info = &device->base.info;
    const cl_device_partition_property properties[] = {CL_DEVICE_PARTITION_EQUALLY, 1, 0};
    cl_device_id *list = NULL;
    cl_uint count = 0;
    cl_int code = clCreateSubDevices(device->handle, properties, 0, NULL, &count);
    if (code == CL_SUCCESS && (count == 0 || count > MOST)) code = CL_DEVICE_PARTITION_FAILED;
    if (code == CL_SUCCESS) {
        SC_TRY(sc_allocate(env, &list, count, sizeof *list));
        code = clCreateSubDevices(device->handle, properties, count, list, NULL);
    }
    if (code != CL_SUCCESS) {
        sc_release(env, list);
        return sc_fail(env, SOCLE_STATUS_NO_DEVICE,
                       "%s cannot be divided: clCreateSubDevices gave %s (%d)", info->name,
                       sc_ocl_error_name(code), (int)code);
    }
    for (cl_uint i = 0; i < count; i++) {
        if ((int)i == wanted) {
            device->handle = list[i];
            device->is_sub_device = true;
        } else {
            clReleaseDevice(list[i]);
        }
    }
    sc_release(env, list);
    if (!device->is_sub_device)
        return sc_fail(env, SOCLE_STATUS_NO_DEVICE,
                       "%s has %u sub-devices, number %d was asked for", info->name,
                       (unsigned)count, wanted);
    size_t length = strlen(info->id);
    snprintf(info->id + length, sizeof info->id - length, "/%d", wanted);
    info->compute_units = 1;
    return SOCLE_OK;
}

static socle_status create_context(sc_ocl_device *device) {
    sc_env *env = device->base.env;
    const char *name = device->base.info.name;
    cl_context_properties properties[] = {CL_CONTEXT_PLATFORM,
                                          (cl_context_properties)device->platform, 0};
    cl_int code = CL_SUCCESS;
    device->context =
        clCreateContext(properties, 1, &device->handle, notice, &device->notices, &code);
    if (code != CL_SUCCESS || !device->context) {
        device->context = NULL;
        return sc_ocl_fail(env, name, "clCreateContext", code ? code : CL_INVALID_CONTEXT,
                           SC_OCL_PATH_RUN);
    }
    SC_TRY(sc_ocl_queue_handle(&device->setup, device));
    return sc_buffer_create(&device->nothing, &device->base, SC_BUFFER_DEVICE, 4096);
}

/* A device that is being reset, or that another process has for itself, may be there in a moment.
 */
static socle_status create_context_patiently(sc_ocl_device *device) {
    sc_env *env = device->base.env;
    socle_status status = create_context(device);
    if (status == SOCLE_OK || status == SOCLE_STATUS_OUT_OF_MEMORY) return status;
    release_context(device);
    nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
    status = create_context(device);
    if (status == SOCLE_OK || status == SOCLE_STATUS_OUT_OF_MEMORY) return status;
    return sc_fail(env, SOCLE_STATUS_DEVICE, "%s cannot be opened: %s", device->base.info.name,
                   env->text);
}

/* Without an answer: what OpenCL demands at least. */
static size_t argument_bytes(cl_device_id device) {
    size_t bytes = 0;
    sc_ocl_device_value(device, CL_DEVICE_MAX_PARAMETER_SIZE, &bytes, sizeof bytes);
    return bytes ? bytes : 1024;
}

/* 0.1 s at 340 GFLOP/s. */
static const int64_t launch_products = INT64_C(1) << 34;

static socle_status set_up(sc_ocl_device *device, const sc_device_options *options) {
    sc_device_info *info = &device->base.info;
    device->facts = sc_ocl_facts_of(info->platform, info->device_class);
    if (options->sub_device >= 0) SC_TRY(enter_sub_device(device, options->sub_device));
    snprintf(device->options, sizeof device->options, "-w -cl-std=CL1.2%s",
             info->traits & SC_TRAIT_CORRECT_DIVIDE ? " -cl-fp32-correctly-rounded-divide-sqrt"
                                                    : "");
    SC_TRY(create_context_patiently(device));
    return sc_ocl_cache_open(&device->cache, device->base.env, &device->facts,
                             options->cache_directory);
}

socle_status sc_ocl_device_open(sc_device **out, sc_env *env, int index,
                                const sc_device_options *options) {
    *out = NULL;
    sc_ocl_found *found = NULL;
    sc_ocl_device *device = NULL;
    int count = 0;
    SC_TRY(sc_ocl_enumerate(env, &found, &count));
    socle_status status = sc_allocate(env, &device, 1, sizeof *device);
    if (status != SOCLE_OK || pthread_mutex_init(&device->notices.lock, NULL) != 0) {
        sc_release(env, device);
        sc_release(env, found);
        return status != SOCLE_OK
                   ? status
                   : sc_fail(env, SOCLE_STATUS_OUT_OF_MEMORY, "no mutex for a device");
    }
    device->base = (sc_device){.ops = &device_ops,
                               .env = env,
                               .implementations = sc_ocl_implementations,
                               .records = options->records};
    device->timestamps = options->timestamps;
    status = sc_ocl_describe(env, found, count, index, &device->base.info);
    if (status == SOCLE_OK) {
        device->base.info.driver = &sc_ocl_driver;
        device->base.info.index = index;
        if (sc_ocl_clblast_open(env)) device->base.info.traits |= SC_TRAIT_BLAS;
        device->platform = found[index].platform;
        device->handle = found[index].device;
        device->argument_bytes = argument_bytes(device->handle);
        device->launch_products = launch_products;
        device->blas_elements = INT32_MAX;
        status = set_up(device, options);
    }
    sc_release(env, found);
    if (status != SOCLE_OK) {
        device_close(&device->base);
        return status;
    }
    *out = &device->base;
    return SOCLE_OK;
}
