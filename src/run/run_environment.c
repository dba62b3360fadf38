/* SPDX-License-Identifier: Apache-2.0 */
/* env.json: when, on what and by what a run was made; all that may differ between runs that give
 * the same model. */
#include "backend/records.h"
#include "backend/tuning.h"
#include "run/run_directory.h"

#include <string.h>
#include <sys/utsname.h>
#include <time.h>

/* Texts of drivers may be anything. */
static json_t *text_value(const char *text) {
    json_t *value = json_string(text);
    return value ? value : json_string("?");
}

static json_t *describe_device(const sc_device_info *info) {
    json_t *out = json_object();
    json_object_set_new(out, "id", text_value(info->id));
    json_object_set_new(out, "driver", text_value(info->driver->name));
    json_object_set_new(out, "name", text_value(info->name));
    json_object_set_new(out, "vendor", text_value(info->vendor));
    json_object_set_new(out, "platform", text_value(info->platform));
    json_object_set_new(out, "driver_version", text_value(info->driver_version));
    json_object_set_new(out, "language", text_value(info->language));
    json_object_set_new(out, "compute_units", json_integer(info->compute_units));
    json_object_set_new(out, "memory", json_integer((json_int_t)info->memory));
    return out;
}

/* Where a record gave it other values than the standard ones. */
static void describe_tuning(json_t *out, const sc_kernel *kernel) {
    const sc_implementation *implementation = kernel->implementation;
    int standard[SC_TUNING_PARAMETERS];
    sc_text text;
    sc_tuning_read(standard, implementation, NULL);
    if (memcmp(standard, kernel->tuning, sizeof standard) == 0) return;
    sc_text_init(&text, kernel->device->env);
    sc_tuning_print(&text, implementation, kernel->tuning);
    if (text.status == SOCLE_OK) json_object_set_new(out, "tuning", text_value(text.data + 1));
    sc_text_free(&text);
}

/* One launch of the training step, with the values that it was prepared with. */
static json_t *describe_launch(const sc_plan_launch *launch) {
    json_t *out = json_object();
    if (launch->layer) json_object_set_new(out, "layer", text_value(launch->layer));
    json_object_set_new(out, "operation", text_value(sc_op_word(launch->op)));
    json_object_set_new(out, "implementation", text_value(launch->implementation));
    describe_tuning(out, launch->kernel);
    return out;
}

/* Implementations that `socle verify` has set aside on this device. */
static json_t *describe_quarantine(const sc_device *device) {
    json_t *out = json_array();
    for (int i = 0; device->records && device->implementations && device->implementations[i]; i++) {
        const sc_implementation *implementation = device->implementations[i];
        if (!sc_records_quarantined(device->records, &device->info, implementation->op,
                                    implementation->name))
            continue;
        json_t *entry = json_object();
        json_object_set_new(entry, "operation", text_value(sc_op_word(implementation->op)));
        json_object_set_new(entry, "implementation", text_value(implementation->name));
        json_array_append_new(out, entry);
    }
    return out;
}

static json_t *describe_memory(const sc_engine *engine) {
    sc_engine_memory memory = sc_engine_memory_used(engine);
    const struct {
        const char *key;
        size_t bytes;
    } parts[] = {{"parameters", memory.parameters},
                 {"gradients", memory.gradients},
                 {"optimizer", memory.state},
                 {"statistics", memory.statistics},
                 {"inputs", memory.inputs},
                 {"data", memory.data},
                 {"coefficients", memory.coefficients},
                 {"activations", memory.activations}};
    json_t *out = json_object();
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        json_object_set_new(out, parts[i].key, json_integer((json_int_t)parts[i].bytes));
    return out;
}

static json_t *now_text(void) {
    char text[40];
    struct tm parts;
    time_t now = time(NULL);
    gmtime_r(&now, &parts);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
    return json_string(text);
}

socle_status sc_run_environment(json_t **out, sc_trainer *trainer) {
    const sc_fleet *fleet = sc_trainer_fleet(trainer);
    const sc_engine *engine = sc_fleet_engine(fleet);
    if (!engine) return sc_fail(sc_trainer_env(trainer), SOCLE_STATUS_DEVICE, "no device is left");
    const sc_device *device = sc_engine_device(engine);
    const sc_plan *plan = sc_engine_train_plan(engine);
    const sc_prepared prepared = sc_device_prepared(device);
    struct utsname system;
    char record[SC_HASH_TEXT];
    json_t *launches = json_array(), *devices = json_array();
    *out = json_object();
    if (!*out || !launches || !devices) {
        json_decref(*out);
        json_decref(launches);
        json_decref(devices);
        return sc_fail(sc_trainer_env(trainer), SOCLE_STATUS_OUT_OF_MEMORY,
                       "out of memory for env.json");
    }
    for (int i = 0; plan && i < sc_plan_launches(plan); i++) {
        sc_plan_launch launch = sc_plan_launch_info(plan, i);
        json_array_append_new(launches, describe_launch(&launch));
    }
    for (int i = 0; i < sc_fleet_members(fleet); i++)
        json_array_append_new(devices, describe_device(sc_fleet_member_info(fleet, i).info));
    json_object_set_new(*out, "time", now_text());
    json_object_set_new(*out, "version", json_string(SC_VERSION));
    if (uname(&system) == 0) {
        json_object_set_new(*out, "system", text_value(system.sysname));
        json_object_set_new(*out, "release", text_value(system.release));
        json_object_set_new(*out, "machine", text_value(system.machine));
    }
    json_object_set_new(*out, "devices", devices);
    json_object_set_new(*out, "micro_batch", json_integer(sc_engine_capacity(engine)));
    json_object_set_new(*out, "data_on_device", json_boolean(sc_engine_is_resident(engine)));
    json_object_set_new(*out, "memory", describe_memory(engine));
    json_object_set_new(*out, "kernels", json_integer(prepared.kernels));
    json_object_set_new(*out, "programs", json_integer(prepared.programs));
    json_object_set_new(*out, "launches", launches);
    json_object_set_new(*out, "quarantined", describe_quarantine(device));
    if (device->records && sc_records_hash(record, device->records, &device->info))
        json_object_set_new(*out, "record", json_string(record));
    return SOCLE_OK;
}
