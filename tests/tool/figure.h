/* SPDX-License-Identifier: Apache-2.0 */
/* What `socle plot --json` says of a figure, and files of floats to draw figures of. */
#ifndef FIGURE_H
#define FIGURE_H

#include "tool.h"

/* The figure that a command line gives with --json; the caller frees it. */
static SC_UNUSED json_t *figure_of(const char *words) {
    tool_result result = tool_run("plot --json %s", words);
    if (result.code != 0) SC_TEST_FAIL("plot %s: %s", words, result.err);
    json_t *lines = tool_json_lines(result.out), *figure = tool_event(lines, "figure");
    SC_TRUE(figure != NULL);
    json_incref(figure);
    json_decref(lines);
    tool_free(&result);
    return figure;
}

/* The `number`-th mark of a kind in a panel. */
static SC_UNUSED const json_t *mark_of(const json_t *figure, size_t panel, const char *kind,
                                       int number) {
    const json_t *marks =
        json_object_get(json_array_get(json_object_get(figure, "panels"), panel), "marks");
    size_t i;
    json_t *mark;
    json_array_foreach(marks, i, mark) {
        if (strcmp(json_string_value(json_object_get(mark, "kind")), kind) == 0 && number-- == 0)
            return mark;
    }
    SC_TEST_FAIL("no %s", kind);
    return NULL;
}

static SC_UNUSED double number_at(const json_t *mark, const char *key, size_t i) {
    return json_number_value(json_array_get(json_object_get(mark, key), i));
}

static SC_UNUSED void put_u32(unsigned char *to, uint32_t value) {
    for (int i = 0; i < 4; i++) to[i] = (unsigned char)(value >> (24 - 8 * i));
}

/* An IDX file of floats, [rows, columns], or [rows] where there is one. */
static SC_UNUSED void put_floats(const char *name, const float *value, uint32_t rows,
                                 uint32_t columns) {
    const size_t head = columns > 1 ? 12 : 8, count = (size_t)rows * columns;
    unsigned char *data = calloc(1, head + 4 * count);
    put_u32(data, columns > 1 ? 0x0D02 : 0x0D01);
    put_u32(data + 4, rows);
    if (columns > 1) put_u32(data + 8, columns);
    for (size_t i = 0; i < count; i++) {
        uint32_t bits;
        memcpy(&bits, &value[i], sizeof bits);
        put_u32(data + head + 4 * i, bits);
    }
    tool_put(name, data, head + 4 * count);
    free(data);
}

#endif
