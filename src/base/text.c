/* SPDX-License-Identifier: Apache-2.0 */
/* The growing string, and the nearest word for error messages. */
#include "base/text.h"

#include <stdio.h>
#include <string.h>

void sc_text_init(sc_text *text, sc_env *env) {
    *text = (sc_text){.env = env, .data = "", .status = SOCLE_OK};
}

void sc_text_free(sc_text *text) {
    if (text->capacity > 0) sc_release(text->env, text->data);
    sc_text_init(text, text->env);
}

void sc_text_clear(sc_text *text) {
    text->length = 0;
    if (text->capacity > 0) text->data[0] = '\0';
}

/* Room for `more` bytes and the terminating zero. */
static bool reserve(sc_text *text, size_t more) {
    if (text->status != SOCLE_OK) return false;
    size_t needed;
    if (!sc_add_size(&needed, text->length, more) || !sc_add_size(&needed, needed, 1)) {
        text->status =
            sc_fail(text->env, SOCLE_STATUS_OUT_OF_MEMORY,
                    "out of host memory: a text of %zu and %zu bytes", text->length, more);
        return false;
    }
    char *data = text->capacity > 0 ? text->data : NULL;
    text->status = sc_grow(text->env, &data, &text->capacity, needed, 1);
    if (text->status != SOCLE_OK) return false;
    text->data = data;
    return true;
}

void sc_text_add_bytes(sc_text *text, const char *bytes, size_t length) {
    if (!reserve(text, length)) return;
    if (length > 0) memcpy(text->data + text->length, bytes, length);
    text->length += length;
    text->data[text->length] = '\0';
}

void sc_text_add(sc_text *text, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (length < 0) {
        if (text->status == SOCLE_OK)
            text->status =
                sc_fail(text->env, SOCLE_STATUS_INTERNAL, "cannot format \"%s\"", format);
        return;
    }
    if (!reserve(text, (size_t)length)) return;
    va_start(arguments, format);
    vsnprintf(text->data + text->length, (size_t)length + 1, format, arguments);
    va_end(arguments);
    text->length += (size_t)length;
}

enum { LONGEST_WORD = 64, LARGEST_DISTANCE = 3 };

static size_t smaller(size_t a, size_t b) {
    return a < b ? a : b;
}

/* Edit distance with swaps of neighbours; both words are at most LONGEST_WORD long. */
static size_t edit_distance(const char *a, size_t length_a, const char *b, size_t length_b) {
    size_t rows[3][LONGEST_WORD + 1];
    for (size_t j = 0; j <= length_b; j++) rows[0][j] = j;
    for (size_t i = 1; i <= length_a; i++) {
        size_t *row = rows[i % 3];
        const size_t *above = rows[(i + 2) % 3], *second = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= length_b; j++) {
            size_t changed = above[j - 1] + (a[i - 1] != b[j - 1]);
            row[j] = smaller(changed, smaller(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = smaller(row[j], second[j - 2] + 1);
        }
    }
    return rows[length_a % 3][length_b];
}

const char *sc_nearest_word(const char *word, const char *const *words, size_t count) {
    size_t length = strlen(word);
    if (length > LONGEST_WORD) return NULL;
    size_t limit = length < 3 ? 1 : smaller(LARGEST_DISTANCE, length / 3);
    if (limit >= length) return NULL;
    const char *nearest = NULL;
    for (size_t i = 0; i < count; i++) {
        size_t other = strlen(words[i]);
        if (other > LONGEST_WORD) continue;
        size_t distance = edit_distance(word, length, words[i], other);
        if (distance > limit || (nearest && distance == limit)) continue;
        limit = distance;
        nearest = words[i];
    }
    return nearest;
}
