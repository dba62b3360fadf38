/* SPDX-License-Identifier: Apache-2.0 */
/* Finding devices: every driver's devices in one list, with stable ids, and the one grammar for
 * naming them
 * (--device, SOCLE_DEVICE): cpu | gpu | opencl:0 | a stable id | a name | a comma list | all |
 * auto; each entry may carry a share: "opencl:0=3,cpu=1". "opencl:0/1" is the second
 * one-compute-unit sub-device of a CPU-class device. */
#ifndef SC_BACKEND_REGISTRY_H
#define SC_BACKEND_REGISTRY_H

#include "backend/backend.h"

typedef struct sc_registry {
    int count;
    sc_device_info *info; /* cpu first, then OpenCL in platform order */
} sc_registry;

typedef struct sc_device_choice {
    int entry;      /* into the registry */
    int sub_device; /* -1 = whole */
    float share;    /* 0 = measured */
} sc_device_choice;

/* The devices of all drivers. */
socle_status sc_registry_create(sc_registry *out, sc_env *env);
/* The same for one device string: drivers that it cannot mean are not asked, so that "cpu" loads no
 * OpenCL. NULL: all. */
socle_status sc_registry_create_for(sc_registry *out, sc_env *env, const char *text);
/* For a program that owns its process and has no other thread yet: before either, lets the drivers
 * that the text may mean put into the environment what their libraries shall find there. */
socle_status sc_registry_settle(sc_env *env, const char *text, const sc_environment *environment);
/* What keeps devices away that could be here, a line each; nothing when all is well. After
 * sc_registry_create. */
void sc_registry_explain(sc_text *out);
/* Whether every entry of the text names a device that is in this registry already, whole: other
 * drivers' devices cannot change what it means. */
bool sc_registry_covers(const sc_registry *registry, const char *text);
void sc_registry_free(sc_registry *registry, sc_env *env);
/* Resolves a device string. *choices is allocated (sc_release). Errors: NO_DEVICE listing what
 * exists and the nearest name; CONFIG for a bad share. `auto` falls back to cpu with one log line
 * when no OpenCL device is there. */
socle_status sc_registry_select(const sc_registry *registry, sc_env *env, const char *text,
                                sc_device_choice **choices, int *count);
socle_status sc_registry_open(sc_device **out, const sc_registry *registry, sc_env *env,
                              const sc_device_choice *choice, const sc_device_options *options);

#endif
