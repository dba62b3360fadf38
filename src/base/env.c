/* SPDX-License-Identifier: Apache-2.0 */
/* The environment: where the text of the last error lives and where log lines go. It holds no state
 * of its own beyond sc_env, so that two contexts in one process never meet. */
#include "base/env.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CACHE_LINE = 64 };

static void *default_allocate(void *user, size_t bytes) {
    (void)user;
    void *memory = NULL;
    return posix_memalign(&memory, CACHE_LINE, bytes) == 0 ? memory : NULL;
}

static void default_release(void *user, void *memory) {
    (void)user;
    free(memory);
}

void sc_env_init(sc_env *env, const socle_allocator *allocator, const socle_logger *logger) {
    memset(env, 0, sizeof *env);
    if (allocator)
        env->allocator = *allocator;
    else
        env->allocator = (socle_allocator){default_allocate, default_release, NULL};
    if (logger) env->logger = *logger;
}

void sc_env_child(sc_env *child, const sc_env *parent) {
    sc_env_init(child, &parent->allocator, &parent->logger);
    child->progress = parent->progress;
}

void sc_env_adopt_error(sc_env *parent, const sc_env *child) {
    if (child->status == SOCLE_OK) return;
    parent->status = child->status;
    memcpy(parent->text, child->text, sizeof parent->text);
}

/* Marks a text that did not fit, so that it is not taken for the whole. */
static void mark_truncation(char *text, size_t capacity, int length) {
    if (length >= 0 && (size_t)length >= capacity) memcpy(text + capacity - 4, "...", 4);
}

socle_status sc_fail_v(sc_env *env, socle_status status, const char *format, va_list arguments) {
    /* The arguments may point into the stored text. */
    char text[SC_ERROR_TEXT];
    int length = vsnprintf(text, sizeof text, format, arguments);
    if (length < 0) text[0] = '\0';
    mark_truncation(text, sizeof text, length);
    memcpy(env->text, text, sizeof text);
    env->status = status;
    return status;
}

socle_status sc_fail(sc_env *env, socle_status status, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    sc_fail_v(env, status, format, arguments);
    va_end(arguments);
    return status;
}

socle_status sc_fail_prefix(sc_env *env, socle_status status, const char *format, ...) {
    char prefix[SC_ERROR_TEXT];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(prefix, sizeof prefix, format, arguments);
    va_end(arguments);
    if (length < 0) prefix[0] = '\0';
    mark_truncation(prefix, sizeof prefix, length);
    const char *text = env->text[0] ? env->text : socle_status_text(status);
    return sc_fail(env, status, "%s: %s", prefix, text);
}

void sc_log_line(const sc_env *env, socle_log_level level, const char *format, ...) {
    if (!env->logger.line || level > env->logger.level) return;
    char text[SC_ERROR_TEXT];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (length < 0) return;
    mark_truncation(text, sizeof text, length);
    env->logger.line(env->logger.user, level, text);
}

void sc_tell_building(const sc_env *env, const char *what, int number, int total) {
    if (env->progress.building) env->progress.building(env->progress.user, what, number, total);
}
