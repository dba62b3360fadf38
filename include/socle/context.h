/* SPDX-License-Identifier: Apache-2.0 */
/* Contexts and devices. A context holds the devices it was opened on, the text of the last error, the allocator and the logger;
 * everything else is made from one. Thread: a context and what was made from it is used by one thread at a time; different
 * contexts are independent. */
#ifndef SOCLE_CONTEXT_H
#define SOCLE_CONTEXT_H

#include "types.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct socle_context socle_context;

typedef struct socle_open_opts {
    const socle_allocator *allocator; /* NULL: malloc */
    const socle_logger *logger;       /* NULL: silent */
    int threads;                      /* of the cpu backend; 0: all that the process may use */
} socle_open_opts;
#define SOCLE_OPEN_OPTS_DEFAULT { 0 }

/* Opens a device by name: "auto" (best GPU, else the OpenCL CPU device, else cpu), "cpu", "gpu", "opencl:0", a stable id or a name
 * as `socle devices` lists them. NULL: $SOCLE_DEVICE, else "auto".
 * owns: *out is the caller's, also on failure (then it only serves socle_error and socle_close), but NULL when memory ran out.
 * errors: NO_DEVICE (lists what there is), CONFIG. */
SOCLE_API socle_status socle_open(socle_context **out, const char *device);
SOCLE_API socle_status socle_open_with(socle_context **out, const char *device, const socle_open_opts *opts);
/* Closes the context after everything made from it was destroyed. NULL is fine. */
SOCLE_API void socle_close(socle_context *context);
/* Text of the last failure in this context: what, where, with which values. "" when none; borrowed until the next call. */
SOCLE_API const char *socle_error(const socle_context *context);

typedef enum socle_device_class { SOCLE_DEVICE_CPU, SOCLE_DEVICE_GPU, SOCLE_DEVICE_OTHER } socle_device_class;

typedef struct socle_device_info {
    char name[128], vendor[128], driver[128];
    char id[160];                /* stable across runs; accepted by socle_open */
    char backend[32];            /* "cpu" or "opencl" */
    int index;                   /* within its backend: "opencl:0" */
    socle_device_class device_class;
    int compute_units;
    uint64_t memory;             /* bytes, as the driver reports */
    uint64_t max_allocation;     /* bytes of one buffer */
} socle_device_info;

/* The device that the context runs on. */
SOCLE_API void socle_context_device(const socle_context *context, socle_device_info *out);
/* Every device of this machine, without opening any: writes up to `capacity` entries and the number found to *count.
 * errors: OUT_OF_MEMORY. */
SOCLE_API socle_status socle_devices(socle_device_info *out, int capacity, int *count);

/* "0.1.0" */
SOCLE_API const char *socle_version(void);

#ifdef __cplusplus
}
#endif
#endif
