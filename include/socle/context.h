/* SPDX-License-Identifier: Apache-2.0 */
/* Contexts and devices. A context holds one open device or several, the text of the last error, the
 * allocator and the logger; everything else is made from one. With several devices socle_fit trains
 * on all of them at once; everything else runs on the first.
 *
 * Errors: a call that can fail returns a socle_status and leaves a text, socle_error(). NULL where
 * a handle is required is INVALID_ARGUMENT. A call made from a callback of the same context is
 * STATE, and so is one from another thread while the context is at work, and one from a child
 * process after fork(): a child opens a context of its own. A destroy function that is called at
 * such a moment does nothing: the object still has to be destroyed. Owns: what a function writes to
 * its first argument belongs to the caller, who destroys it once; on failure it is NULL, but for
 * socle_open. Objects may be destroyed in any order: what another one still uses lives on unseen
 * until that one is gone. Host pointers are not kept after return. Thread: a context and what was
 * made from it is used by one thread at a time; different contexts are independent. */
#ifndef SOCLE_CONTEXT_H
#define SOCLE_CONTEXT_H

#include "types.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct socle_context socle_context;

typedef struct socle_open_opts {
    const socle_allocator *allocator; /* NULL: malloc. Copied */
    const socle_logger *logger;       /* NULL: silent. Copied */
    int threads;                      /* of the cpu backend; 0: all that the process may use */
    const socle_progress *progress;   /* NULL: not told. Copied */
} socle_open_opts;
#ifdef __cplusplus
#define SOCLE_OPEN_OPTS_DEFAULT                                                                    \
    {}
#else
#define SOCLE_OPEN_OPTS_DEFAULT                                                                    \
    { 0 }
#endif

/* Opens a device by name: "auto" (best GPU, else the OpenCL CPU device, else cpu), "cpu", "gpu",
 * "opencl:0", a stable id or a name as socle_devices tells them, a list of these ("opencl:0,cpu"),
 * each with its share if that shall be fixed ("opencl:0=3,cpu=1"), or "all". Of several, those
 * that do not open are left out, which the logger is told. NULL: $SOCLE_DEVICE, else "auto".
 * owns: *out is the caller's, also on failure (then it serves socle_error and socle_close); it is
 * NULL when memory ran out.
 * errors: NO_DEVICE (the text lists what there is), CONFIG (a name that cannot be read),
 * BUILD, OUT_OF_MEMORY, DEVICE_MEMORY, DEVICE. NO_DEVICE also for one that gives wrong results to
 * known questions; SOCLE_SELF_TEST=off in the environment leaves these out. */
SOCLE_API socle_status socle_open(socle_context **out, const char *device);
/* The same with options; NULL: all standard. errors: also INVALID_ARGUMENT. */
SOCLE_API socle_status socle_open_with(socle_context **out, const char *device,
                                       const socle_open_opts *opts);
/* Closes the context, once everything made from it is destroyed too. NULL is fine. After fork()
 * this and every destroy function do nothing in the child. */
SOCLE_API void socle_close(socle_context *context);
/* Text of the last failure in this context: what, where, with which values. "" while there was
 * none. owns: borrowed until the next call on the context. */
SOCLE_API const char *socle_error(const socle_context *context);

typedef enum socle_device_class {
    SOCLE_DEVICE_CPU,
    SOCLE_DEVICE_GPU,
    SOCLE_DEVICE_OTHER
} socle_device_class;

typedef struct socle_device_info {
    char name[128], vendor[128], driver[128];
    char id[160];     /* stable across runs; accepted by socle_open */
    char backend[32]; /* "cpu" or "opencl" */
    int index;        /* within its backend: "opencl:0" */
    socle_device_class device_class;
    int compute_units;
    uint64_t memory;         /* bytes, as the driver reports */
    uint64_t max_allocation; /* bytes of one buffer */
} socle_device_info;

/* Describes the first device that the context runs on; all zero when it could not be opened. */
SOCLE_API void socle_context_device(const socle_context *context, socle_device_info *out);
/* Lists the devices of this machine without opening any: writes up to `capacity` entries to out
 * (may be NULL when capacity is 0) and the number found, which may be larger, to *count.
 * errors: INVALID_ARGUMENT, OUT_OF_MEMORY; there is no text. */
SOCLE_API socle_status socle_devices(socle_device_info *out, int capacity, int *count);

/* The library's version, "0.1.0". owns: static text. */
SOCLE_API const char *socle_version(void);

#ifdef __cplusplus
}
#endif
#endif
