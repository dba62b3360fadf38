/* SPDX-License-Identifier: Apache-2.0 */
/* Public contexts and devices, and the lifetime of all objects made from a context. Who may call
 * now, and the way to the device's thread, are in api_run.c. */
#include "api/api.h"

#include "backend/records.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void copy_info(socle_device_info *out, const sc_device_info *info) {
    memset(out, 0, sizeof *out);
    snprintf(out->name, sizeof out->name, "%s", info->name);
    snprintf(out->vendor, sizeof out->vendor, "%s", info->vendor);
    snprintf(out->driver, sizeof out->driver, "%s", info->driver_version);
    snprintf(out->id, sizeof out->id, "%s", info->id);
    snprintf(out->backend, sizeof out->backend, "%s", info->driver->name);
    out->index = info->index;
    out->device_class = (socle_device_class)info->device_class;
    out->compute_units = info->compute_units;
    out->memory = info->memory;
    out->max_allocation = info->max_allocation;
}

/* One of a list that does not open is left out with a line. */
static socle_status open_all(socle_context *context, const sc_device_choice *choice, int count,
                             const sc_device_options *options) {
    sc_env *env = &context->env;
    SC_TRY(sc_allocate(env, &context->device, (size_t)count, sizeof *context->device));
    SC_TRY(sc_allocate(env, &context->lost, (size_t)count, sizeof *context->lost));
    socle_status status = SOCLE_OK;
    for (int i = 0; i < count; i++) {
        sc_fleet_device *device = &context->device[context->devices];
        socle_status one =
            sc_worker_create(&device->worker, env, &context->registry, &choice[i], options);
        if (one == SOCLE_OK) {
            device->share = (double)choice[i].share;
            context->devices++;
            continue;
        }
        status = one;
        context->hangs |= one == SOCLE_STATUS_TIMEOUT;
        if (one == SOCLE_STATUS_OUT_OF_MEMORY) return one;
        if (count > 1)
            sc_log_line(env, SOCLE_LOG_WARNING, "goes on without %s, device %d of the list: %s",
                        context->registry.info[choice[i].entry].name, i + 1, env->text);
    }
    if (!context->devices) return status;
    context->worker = context->device[0].worker;
    context->info = *sc_worker_info(context->worker);
    return SOCLE_OK;
}

static socle_status open_worker(socle_context *context, const char *device,
                                const socle_open_opts *opts) {
    const char *text = device ? device : getenv("SOCLE_DEVICE");
    sc_device_choice *choice;
    int count;
    sc_device_options options = SC_DEVICE_OPTIONS_DEFAULT;
    sc_env *env = &context->env;
    options.threads = opts ? opts->threads : 0;
    options.self_test = true;
    if (options.threads < 0)
        return sc_fail(env, SOCLE_STATUS_INVALID_ARGUMENT, "%d threads; 0 means all",
                       options.threads);
    if (!text) text = "auto";
    SC_TRY(sc_registry_create_for(&context->registry, env, text));
    SC_TRY(sc_records_load(&context->records, env, NULL));
    options.records = context->records;
    SC_TRY(sc_registry_select(&context->registry, env, text, &choice, &count));
    socle_status status = open_all(context, choice, count, &options);
    sc_release(env, choice);
    return status;
}

socle_status socle_open_with(socle_context **out, const char *device, const socle_open_opts *opts) {
    if (!out) return SOCLE_STATUS_INVALID_ARGUMENT;
    *out = NULL;
    const socle_allocator *allocator = opts ? opts->allocator : NULL;
    if (allocator && (!allocator->allocate || !allocator->release))
        return SOCLE_STATUS_INVALID_ARGUMENT;
    sc_env env;
    sc_env_init(&env, allocator, opts ? opts->logger : NULL);
    if (opts && opts->progress) env.progress = *opts->progress;
    socle_context *context;
    SC_TRY(sc_allocate(&env, &context, 1, sizeof *context));
    context->env = env;
    context->users = 1;
    context->process = getpid();
    *out = context;
    return open_worker(context, device, opts);
}

socle_status socle_open(socle_context **out, const char *device) {
    return socle_open_with(out, device, NULL);
}

static void leave(socle_context *context) {
    if (--context->users) return;
    bool hangs = context->hangs;
    for (int i = 0; i < context->devices; i++) {
        sc_worker *worker = context->device[i].worker;
        if (sc_worker_busy(worker)) {
            sc_worker_abandon(worker);
            hangs = true;
        } else {
            sc_worker_destroy(worker);
        }
    }
    if (hangs) return; /* a device that never came back may still touch what it was given */
    sc_release(&context->env, context->device);
    sc_release(&context->env, context->lost);
    sc_records_destroy(context->records);
    sc_registry_free(&context->registry, &context->env);
    sc_env env = context->env;
    sc_release(&env, context);
}

void socle_close(socle_context *context) {
    if (context && sc_api_enter(context) == SOCLE_OK) leave(context);
}

const char *socle_error(const socle_context *context) {
    if (!context) return "there is no context";
    const char *refusal = sc_api_refusal(context);
    return refusal ? refusal : context->env.text;
}

void socle_context_device(const socle_context *context, socle_device_info *out) {
    if (!out) return;
    memset(out, 0, sizeof *out);
    if (context && context->worker) copy_info(out, &context->info);
}

socle_status socle_devices(socle_device_info *out, int capacity, int *count) {
    sc_env env;
    sc_registry registry;
    if (!count || capacity < 0 || (capacity && !out)) return SOCLE_STATUS_INVALID_ARGUMENT;
    *count = 0;
    sc_env_init(&env, NULL, NULL);
    SC_TRY(sc_registry_create(&registry, &env));
    for (int i = 0; i < registry.count && i < capacity; i++) copy_info(&out[i], &registry.info[i]);
    *count = registry.count;
    sc_registry_free(&registry, &env);
    return SOCLE_OK;
}

const char *socle_version(void) {
    return SC_VERSION;
}

socle_status sc_api_create(void *out, socle_context *context, size_t size) {
    SC_TRY(sc_api_enter(context));
    void *object;
    SC_TRY(sc_allocate(&context->env, &object, 1, size));
    memcpy(object, &context, sizeof context);
    memcpy(out, &object, sizeof object);
    context->users++;
    return SOCLE_OK;
}

void sc_api_destroy(socle_context *context, void *object) {
    sc_release(&context->env, object);
    leave(context);
}
