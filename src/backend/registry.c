/* SPDX-License-Identifier: Apache-2.0 */
/* The list of devices of all drivers. A driver that fails to enumerate is left out with a warning:
 * a broken OpenCL installation must not keep anybody from the cpu. It must not know any driver by
 * name. */
#include "backend/registry.h"

#include <string.h>

/* Appends the devices of one driver; a device that cannot be described is left out. */
static socle_status add_driver(sc_registry *registry, size_t *capacity, sc_env *env,
                               const sc_driver *driver) {
    int count = 0;
    socle_status status = driver->count(env, &count);
    if (status == SOCLE_STATUS_OUT_OF_MEMORY) return status;
    if (status != SOCLE_OK) {
        sc_log_line(env, SOCLE_LOG_WARNING, "driver %s is left out: %s", driver->name, env->text);
        return SOCLE_OK;
    }
    for (int index = 0; index < count; index++) {
        SC_TRY(sc_grow(env, &registry->info, capacity, (size_t)registry->count + 1,
                       sizeof *registry->info));
        sc_device_info *info = &registry->info[registry->count];
        memset(info, 0, sizeof *info);
        status = driver->describe(env, index, info);
        if (status == SOCLE_STATUS_OUT_OF_MEMORY) return status;
        if (status != SOCLE_OK) {
            sc_log_line(env, SOCLE_LOG_WARNING, "device %s:%d is left out: %s", driver->name, index,
                        env->text);
            continue;
        }
        info->driver = driver;
        info->index = index;
        registry->count++;
    }
    return SOCLE_OK;
}

socle_status sc_registry_create(sc_registry *out, sc_env *env) {
    return sc_registry_create_for(out, env, NULL);
}

socle_status sc_registry_create_for(sc_registry *out, sc_env *env, const char *text) {
    *out = (sc_registry){0};
    size_t capacity = 0;
    for (const sc_driver *const *driver = sc_builtin_drivers(); *driver; driver++) {
        if (text && sc_registry_covers(out, text)) break;
        socle_status status = add_driver(out, &capacity, env, *driver);
        if (status != SOCLE_OK) {
            sc_registry_free(out, env);
            return status;
        }
    }
    return SOCLE_OK;
}

socle_status sc_registry_settle(sc_env *env, const char *text, const sc_environment *environment) {
    sc_registry known = {0};
    size_t capacity = 0;
    socle_status status = SOCLE_OK;
    for (const sc_driver *const *driver = sc_builtin_drivers(); *driver && status == SOCLE_OK;
         driver++) {
        if (text && sc_registry_covers(&known, text)) break;
        status = (*driver)->settle ? (*driver)->settle(env, environment)
                                   : add_driver(&known, &capacity, env, *driver);
    }
    sc_registry_free(&known, env);
    return status;
}

void sc_registry_explain(sc_text *out) {
    for (const sc_driver *const *driver = sc_builtin_drivers(); *driver; driver++)
        if ((*driver)->explain) (*driver)->explain(out);
}

void sc_registry_free(sc_registry *registry, sc_env *env) {
    sc_release(env, registry->info);
    *registry = (sc_registry){0};
}

socle_status sc_registry_open(sc_device **out, const sc_registry *registry, sc_env *env,
                              const sc_device_choice *choice, const sc_device_options *options) {
    *out = NULL;
    if (choice->entry < 0 || choice->entry >= registry->count)
        return sc_fail(env, SOCLE_STATUS_INVALID_ARGUMENT, "device entry %d of %d", choice->entry,
                       registry->count);
    const sc_device_info *info = &registry->info[choice->entry];
    sc_device_options chosen = options ? *options : SC_DEVICE_OPTIONS_DEFAULT;
    chosen.sub_device = choice->sub_device;
    SC_TRY(info->driver->open(out, env, info->index, &chosen));
    sc_device_set_budget(*out, sc_memory_safe_share(&(*out)->info, 1));
    return SOCLE_OK;
}
