/* SPDX-License-Identifier: Apache-2.0 */
/* Public contexts and devices. */
#include "api/api.h"

#include "backend/records.h"

#include <stdlib.h>
#include <stdio.h>
#include <string.h>

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

static socle_status choose(socle_context *context, const char *device, sc_device_choice *out) {
    const char *text = device ? device : getenv("SOCLE_DEVICE");
    sc_device_choice *choices;
    int count;
    SC_TRY(sc_registry_select(&context->registry, &context->env, text ? text : "auto", &choices, &count));
    *out = choices[0];
    sc_release(&context->env, choices);
    if (count > 1)
        return sc_fail(&context->env, SOCLE_STATUS_UNSUPPORTED, "\"%s\" names %d devices; a context runs on one", text, count);
    return SOCLE_OK;
}

static socle_status open_worker(socle_context *context, const char *device, const socle_open_opts *opts) {
    sc_device_choice choice;
    SC_TRY(sc_registry_create(&context->registry, &context->env));
    SC_TRY(choose(context, device, &choice));
    SC_TRY(sc_records_load(&context->records, &context->env, NULL));
    sc_device_options options = SC_DEVICE_OPTIONS_DEFAULT;
    options.records = context->records;
    options.threads = opts ? opts->threads : 0;
    SC_TRY(sc_worker_create(&context->worker, &context->env, &context->registry, &choice, &options));
    context->info = *sc_worker_info(context->worker);
    return SOCLE_OK;
}

socle_status socle_open_with(socle_context **out, const char *device, const socle_open_opts *opts) {
    if (!out) return SOCLE_STATUS_INVALID_ARGUMENT;
    *out = NULL;
    sc_env env;
    sc_env_init(&env, opts ? opts->allocator : NULL, opts ? opts->logger : NULL);
    socle_context *context;
    SC_TRY(sc_allocate(&env, &context, 1, sizeof *context));
    context->env = env;
    *out = context;
    return open_worker(context, device, opts);
}

socle_status socle_open(socle_context **out, const char *device) {
    return socle_open_with(out, device, NULL);
}

void socle_close(socle_context *context) {
    if (!context) return;
    sc_worker_destroy(context->worker);
    sc_records_destroy(context->records);
    sc_registry_free(&context->registry, &context->env);
    sc_env env = context->env;
    sc_release(&env, context);
}

const char *socle_error(const socle_context *context) {
    return context ? context->env.text : "out of host memory";
}

void socle_context_device(const socle_context *context, socle_device_info *out) {
    if (context && context->worker)
        copy_info(out, &context->info);
    else
        memset(out, 0, sizeof *out);
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
