/* SPDX-License-Identifier: Apache-2.0 */
/* See frame.h: a table once it is read. */
#include "data/frame.h"
#include "base/text.h"
#include "io/quote.h"

#include <stdio.h>
#include <string.h>

void sc_frame_free(sc_frame *frame) {
    if (!frame->env) return;
    sc_release(frame->env, frame->label);
    for (size_t p = 0; p < frame->parts; p++) sc_release(frame->env, frame->part[p].label);
    sc_release(frame->env, frame->part);
    sc_release(frame->env, frame->name);
    sc_release(frame->env, frame->cell);
    sc_release(frame->env, frame->line);
    sc_release(frame->env, frame->text);
    *frame = (sc_frame){0};
}

const char *sc_frame_name(const sc_frame *frame, size_t column) {
    return frame->text + frame->name[column];
}

const char *sc_frame_cell(const sc_frame *frame, size_t row, size_t column) {
    return frame->text + frame->cell[(row + frame->header) * frame->columns + column];
}

int64_t sc_frame_find(const sc_frame *frame, const char *name) {
    for (size_t c = 0; c < frame->columns; c++)
        if (strcmp(sc_frame_name(frame, c), name) == 0) return (int64_t)c;
    return -1;
}

static const char *label_of(const sc_frame *frame, size_t row) {
    const char *label = frame->label;
    for (size_t p = 0; p < frame->parts && frame->part[p].row <= row; p++)
        label = frame->part[p].label;
    return label;
}

socle_status sc_frame_fail(const sc_frame *frame, size_t row, size_t column, const char *format,
                           ...) {
    char text[SC_ERROR_TEXT];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return sc_fail(frame->env, SOCLE_STATUS_DATA, "%s:%lld: column %zu '%s': %s",
                   label_of(frame, row), (long long)frame->line[row + frame->header], column + 1,
                   sc_quote(sc_frame_name(frame, column)).text, text);
}

enum { MOST_WORDS = 1000 };

socle_status sc_frame_fail_name(const sc_frame *frame, const char *name) {
    const char *words[MOST_WORDS];
    size_t count = 0;
    for (; count < frame->columns && count < MOST_WORDS; count++)
        words[count] = sc_frame_name(frame, count);
    const char *nearest = sc_nearest_word(name, words, count);
    sc_quoted found = sc_quote(nearest ? nearest : "");
    return sc_fail(frame->env, SOCLE_STATUS_DATA, "%s: has no column '%s'%s%s%s", frame->label,
                   sc_quote(name).text, nearest ? "; did you mean '" : "",
                   nearest ? found.text : "", nearest ? "'?" : "");
}
