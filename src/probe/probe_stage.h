/* SPDX-License-Identifier: Apache-2.0 */
/* What socle-probe tries, in this order: the words between it and the library. */
#ifndef SC_PROBE_PROBE_STAGE_H
#define SC_PROBE_PROBE_STAGE_H

#define PROBE_STAGES(X)                                                                            \
    X(PROBE_STARTING, "while it was started")                                                      \
    X(PROBE_LOADING, "while its library was loaded")                                               \
    X(PROBE_PLATFORM_LIST, "while its platforms were listed")                                      \
    X(PROBE_DEVICE_LIST, "while its devices were listed")                                          \
    X(PROBE_CONTEXT, "while a context was made")                                                   \
    X(PROBE_BUILD, "while a kernel was compiled")                                                  \
    X(PROBE_RUN, "while a kernel ran")                                                             \
    X(PROBE_RELEASE, "while a context was released")

typedef enum probe_stage_id {
#define PROBE_STAGE(id, words) id,
    PROBE_STAGES(PROBE_STAGE)
#undef PROBE_STAGE
        PROBE_STAGE_COUNT
} probe_stage_id;

#endif
