/* SPDX-License-Identifier: Apache-2.0 */
/* Status codes: every fallible call of Socle returns one. The text that goes with a failure (which
 * layer, which shapes, which device) is kept in the context: socle_error(). This header and types.h
 * are plain vocabulary, so every floor of the library may include them. */
#ifndef SOCLE_STATUS_H
#define SOCLE_STATUS_H

#ifdef __cplusplus
extern "C" {
#endif

#if defined(_WIN32)
#define SOCLE_API
#else
#define SOCLE_API __attribute__((visibility("default")))
#endif

/* X(name, value, text) */
#define SOCLE_STATUS_MAP(X)                                                                        \
    X(OK, 0, "success")                                                                            \
    X(OUT_OF_MEMORY, -1, "out of host memory")                                                     \
    X(INVALID_ARGUMENT, -2, "invalid argument")                                                    \
    X(SHAPE, -3, "shapes do not fit")                                                              \
    X(UNSUPPORTED, -4, "not supported by this device or implementation")                           \
    X(NOT_FOUND, -5, "not found")                                                                  \
    X(IO, -6, "reading or writing a file failed")                                                  \
    X(DATA, -7, "bad data or model file")                                                          \
    X(CONFIG, -8, "bad configuration")                                                             \
    X(NO_DEVICE, -9, "no usable device")                                                           \
    X(DEVICE, -10, "the device failed")                                                            \
    X(DEVICE_MEMORY, -11, "out of device memory")                                                  \
    X(BUILD, -12, "kernel build failed")                                                           \
    X(TIMEOUT, -13, "the device did not answer in time")                                           \
    X(DIVERGED, -14, "the loss is not finite")                                                     \
    X(INTERRUPTED, -15, "interrupted")                                                             \
    X(STATE, -16, "call not valid in this state")                                                  \
    X(WRONG_RESULT, -17, "the device computed a wrong result")                                     \
    X(INTERNAL, -18, "internal error")

typedef enum socle_status {
#define SOCLE_STATUS_ENUM(name, value, text) SOCLE_STATUS_##name = (value),
    SOCLE_STATUS_MAP(SOCLE_STATUS_ENUM)
#undef SOCLE_STATUS_ENUM
        SOCLE_OK = 0
} socle_status;

/* Returns the fixed one-line text of a status code, or "unknown status"; never NULL. */
SOCLE_API const char *socle_status_text(socle_status status);

#ifdef __cplusplus
}
#endif
#endif
