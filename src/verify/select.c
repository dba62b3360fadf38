/* SPDX-License-Identifier: Apache-2.0 */
/* Verification of every device a device string names, one after the other. */
#include "backend/registry.h"
#include "verify/verify.h"

#include <stdio.h>
#include <string.h>

static socle_status run_choice(sc_env *env, const sc_registry *registry,
                               const sc_device_choice *choice,
                               const sc_device_options *device_options,
                               const sc_verify_options *options, sc_verify_sink *sink, void *user,
                               sc_verify_totals *totals) {
    const sc_device_info *info = &registry->info[choice->entry];
    char name[64];
    if (choice->sub_device >= 0)
        snprintf(name, sizeof name, "%s:%d/%d", info->driver->name, info->index,
                 choice->sub_device);
    else
        snprintf(name, sizeof name, "%s:%d", info->driver->name, info->index);
    sc_device *device;
    SC_TRY(sc_registry_open(&device, registry, env, choice, device_options));
    socle_status status = sc_verify_device(env, device, name, options, sink, user, totals);
    sc_device_close(device);
    return status;
}

/* For training, "all" is a choice of devices that work together; to be verified, each one counts.
 */
static socle_status choose(sc_env *env, const sc_registry *registry, const char *devices,
                           sc_device_choice **choices, int *count) {
    if (strcmp(devices, "all") != 0)
        return sc_registry_select(registry, env, devices, choices, count);
    SC_TRY(sc_allocate(env, choices, (size_t)registry->count, sizeof **choices));
    for (int i = 0; i < registry->count; i++)
        (*choices)[i] = (sc_device_choice){.entry = i, .sub_device = -1};
    *count = registry->count;
    return SOCLE_OK;
}

socle_status sc_verify_run(sc_env *env, const char *devices,
                           const sc_device_options *device_options,
                           const sc_verify_options *options, sc_verify_sink *sink, void *user,
                           sc_verify_totals *totals) {
    sc_registry registry;
    sc_device_choice *choices = NULL;
    int count = 0;
    SC_TRY(sc_registry_create_for(&registry, env, devices));
    socle_status status = choose(env, &registry, devices, &choices, &count);
    for (int i = 0; i < count && status == SOCLE_OK; i++)
        status =
            run_choice(env, &registry, &choices[i], device_options, options, sink, user, totals);
    sc_release(env, choices);
    sc_registry_free(&registry, env);
    return status;
}
