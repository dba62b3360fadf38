/* SPDX-License-Identifier: Apache-2.0 */
/* Makes a kernel text ready to lie beside others in one program. A text reads no name that it does
 * not define itself, but for those of the language, and all that it defines at file level begins
 * with sc_ or SC_ or is a kernel: with another beginning in each text no two can meet. Only
 * beginnings change, so that names put together by ## stay the same names. It must not know what a
 * text computes. */
#include "opencl/ocl_program.h"

#include <stdio.h>
#include <string.h>

enum {
    DIGITS = 8
}; /* of the key; two texts of a program that agree in them do not build, and are built apart */

typedef struct unit {
    sc_text *out;
    const char *key;
    bool after_kernel, after_void; /* the next name is that of a kernel */
} unit;

static bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* Where the comment, string, number or name at `from` ends; one character of anything else. */
static const char *token_end(const char *from, const char *end) {
    const char *at = from + 1;
    if (*from == '/' && at < end && *at == '/') {
        const char *newline = memchr(from, '\n', (size_t)(end - from));
        return newline ? newline : end;
    }
    if (*from == '/' && at < end && *at == '*') {
        for (at++; at + 1 < end && !(at[0] == '*' && at[1] == '/'); at++) {
        }
        return at + 1 < end ? at + 2 : end;
    }
    if (*from == '"') {
        while (at < end && *at != '"' && *at != '\n') at += *at == '\\' && at + 1 < end ? 2 : 1;
        return at < end ? at + 1 : end;
    }
    if (is_letter(*from) || is_digit(*from))
        while (at < end && (is_letter(*at) || is_digit(*at) || (is_digit(*from) && *at == '.')))
            at++;
    return at;
}

static bool is_word(const char *name, size_t length, const char *word) {
    return length == strlen(word) && memcmp(name, word, length) == 0;
}

static void add_name(unit *unit, const char *name, size_t length) {
    bool ours = length > 3 && (memcmp(name, "sc_", 3) == 0 || memcmp(name, "SC_", 3) == 0);
    bool kernel = unit->after_void && !ours;
    if (ours) sc_text_add(unit->out, "%c%.*s_", name[0] == 's' ? 'u' : 'U', DIGITS, unit->key);
    if (kernel) sc_text_add(unit->out, "k%.*s_", DIGITS, unit->key);
    sc_text_add_bytes(unit->out, ours ? name + 3 : name, ours ? length - 3 : length);
    if (unit->after_void) unit->after_kernel = false;
    unit->after_void = unit->after_kernel && is_word(name, length, "void");
    unit->after_kernel |= is_word(name, length, "kernel");
}

void sc_ocl_unit_add(sc_text *out, const sc_text *source, const char *key) {
    const char *end = source->data + source->length;
    unit unit = {.out = out, .key = key};
    /* Texts before this one may have turned contraction off to the end of the program; on is how a
     * program begins. */
    sc_text_add(out, "#pragma OPENCL FP_CONTRACT ON\n");
    for (const char *at = source->data, *next; at < end; at = next) {
        next = token_end(at, end);
        if (*at == '/' && next > at + 1)
            sc_text_add_bytes(out, " ", 1);
        else if (is_letter(*at))
            add_name(&unit, at, (size_t)(next - at));
        else
            sc_text_add_bytes(out, at, (size_t)(next - at));
    }
    sc_text_add_bytes(out, "\n", 1);
}

bool sc_ocl_unit_kernel(char out[SC_OCL_UNIT_NAME], const char *key, const char *name) {
    int length = snprintf(out, SC_OCL_UNIT_NAME, "k%.*s_%s", DIGITS, key, name);
    return length > 0 && length < SC_OCL_UNIT_NAME;
}
