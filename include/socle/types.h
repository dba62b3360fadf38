/* SPDX-License-Identifier: Apache-2.0 */
/* Plain types shared by all of Socle: element types, shapes, the replaceable allocator, the logger.
 * Shape letters used throughout: N batch, C channels, H height, W width, K features in, M features
 * out. */
#ifndef SOCLE_TYPES_H
#define SOCLE_TYPES_H

#include <stddef.h>
#include <stdint.h>

#include "status.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What an element of a tensor is. */
typedef enum socle_dtype {
    SOCLE_F32 = 0, /* IEEE binary32 */
    SOCLE_U8 = 1,  /* unsigned byte: images stay so until the device */
    SOCLE_I32 = 2, /* labels and indices */
    SOCLE_F16 = 3, /* IEEE binary16, bfloat16: half of the bytes; what is computed with is f32 */
    SOCLE_BF16 = 4
} socle_dtype;

enum { SOCLE_MAX_RANK = 6 };

/* A shape: `rank` sizes, outermost first; row-major. Sizes count elements. Rank 0 is one element.
 */
typedef struct socle_shape {
    int rank;
    int64_t size[SOCLE_MAX_RANK];
} socle_shape;

/* SOCLE_SHAPE(1, 28, 28): a shape of these 1 to SOCLE_MAX_RANK sizes. */
#ifdef __cplusplus
extern "C++" {
template <typename... Sizes> inline socle_shape socle_shape_of(Sizes... sizes) {
    return socle_shape{static_cast<int>(sizeof...(sizes)), {static_cast<int64_t>(sizes)...}};
}
}
#define SOCLE_SHAPE(...) socle_shape_of(__VA_ARGS__)
#else
#define SOCLE_SHAPE_COUNT_(...) ((int)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)))
#define SOCLE_SHAPE(...) ((socle_shape){SOCLE_SHAPE_COUNT_(__VA_ARGS__), {__VA_ARGS__}})
#endif

/* Replaceable allocator. Both functions are called with `user`; `allocate` returns memory aligned
 * to at least 64 bytes, or NULL; `release` never gets NULL. Thread: may be called from any thread
 * of the context, several at once. */
typedef struct socle_allocator {
    void *(*allocate)(void *user, size_t bytes);
    void (*release)(void *user, void *memory);
    void *user;
} socle_allocator;

typedef enum socle_log_level {
    SOCLE_LOG_ERROR = 0,
    SOCLE_LOG_WARNING = 1,
    SOCLE_LOG_INFO = 2,
    SOCLE_LOG_DEBUG = 3
} socle_log_level;

/* Receives one line of text without a newline. The library never prints; without a logger lines
 * vanish. Thread: as the allocator. */
typedef struct socle_logger {
    void (*line)(void *user, socle_log_level level, const char *text);
    void *user;
    socle_log_level level; /* lines above this level are not produced */
} socle_logger;

/* Told what keeps a program from working while kernels are built, which takes up to a minute on a
 * device that has not seen a network before: kernel `number` of `total` is next, `what` names it;
 * then number == total with what == NULL. Thread: as the allocator. */
typedef struct socle_progress {
    void (*building)(void *user, const char *what, int number, int total);
    void *user;
} socle_progress;

#ifdef __cplusplus
}
#endif
#endif
