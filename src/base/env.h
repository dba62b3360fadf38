/* SPDX-License-Identifier: Apache-2.0 */
/* The environment every object of the library lives in: allocator, logger and the text of the last
 * error. An env belongs to one thread at a time; a worker thread gets its own (sc_env_child) and
 * its error is copied over when it is joined. There is no global state. */
#ifndef SC_BASE_ENV_H
#define SC_BASE_ENV_H

#include <socle/types.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SC_ERROR_TEXT = 2048 };

typedef struct sc_env {
    socle_allocator allocator;
    socle_logger logger;
    socle_progress progress;
    socle_status status;      /* of the last sc_fail */
    char text[SC_ERROR_TEXT]; /* of the last sc_fail; "" when none */
} sc_env;

#if defined(__GNUC__)
#define SC_PRINTF(text, first) __attribute__((format(printf, text, first)))
#else
#define SC_PRINTF(text, first)
#endif

/* Passes a failure up: the only macro that hides control flow. */
#define SC_TRY(expression)                                                                         \
    do {                                                                                           \
        socle_status sc_try_status = (expression);                                                 \
        if (sc_try_status != SOCLE_OK) return sc_try_status;                                       \
    } while (0)

/* NULL allocator = malloc-based default; NULL logger = silent. */
void sc_env_init(sc_env *env, const socle_allocator *allocator, const socle_logger *logger);
/* A child shares allocator, logger and progress and starts without an error. */
void sc_env_child(sc_env *child, const sc_env *parent);
/* Copies status and text of a failed child into its parent. */
void sc_env_adopt_error(sc_env *parent, const sc_env *child);

/* Stores status and text, returns status. Text: what, where, with which values, what to do. */
socle_status sc_fail(sc_env *env, socle_status status, const char *format, ...) SC_PRINTF(3, 4);
socle_status sc_fail_v(sc_env *env, socle_status status, const char *format, va_list arguments);
/* Puts "PREFIX: " before the text of the stored error ("net.yaml:12: layers[3]"); returns `status`.
 */
socle_status sc_fail_prefix(sc_env *env, socle_status status, const char *format, ...)
    SC_PRINTF(3, 4);
/* One line to the logger. (sc_log is the logarithm, in cl/scalar.h.) */
void sc_log_line(const sc_env *env, socle_log_level level, const char *format, ...) SC_PRINTF(3, 4);

/* Calls back, where a function was set: kernel `number` of `total` is built next; what NULL: all
 * are built. */
void sc_tell_building(const sc_env *env, const char *what, int number, int total);

/* Memory, zeroed, aligned to 64 bytes. 0 elements gives a valid pointer. On failure *out = NULL and
 * SOCLE_STATUS_OUT_OF_MEMORY; count * size is checked for overflow. */
socle_status sc_allocate(sc_env *env, void *out, size_t count, size_t size);
void sc_release(const sc_env *env, void *memory); /* NULL is fine */
/* Grows *array (of `size`-byte elements) so that it holds at least `needed`; keeps contents, zeroes
 * the rest; *capacity is updated. */
socle_status sc_grow(sc_env *env, void *array, size_t *capacity, size_t needed, size_t size);
socle_status sc_copy_string(sc_env *env, char **out, const char *text);

/* Checked arithmetic: false on overflow (and *out untouched). */
bool sc_mul_size(size_t *out, size_t a, size_t b);
bool sc_add_size(size_t *out, size_t a, size_t b);
bool sc_mul_i64(int64_t *out, int64_t a, int64_t b);
bool sc_add_i64(int64_t *out, int64_t a, int64_t b);

static inline int64_t sc_round_up(int64_t value, int64_t multiple) {
    return (value + multiple - 1) / multiple * multiple;
}
static inline int64_t sc_ceil_div(int64_t value, int64_t divisor) {
    return (value + divisor - 1) / divisor;
}

#endif
