/* SPDX-License-Identifier: Apache-2.0 */
/* What is in a column of a table: counts of what its cells can be, and the values that differ. */
#include "data/preparation.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int compare_bytes(const void *a, const void *b) {
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static int compare_values(const void *a, const void *b) {
    return sc_cell_compare(*(const char *const *)a, *(const char *const *)b);
}

static size_t unique(const char **values, size_t count,
                     int (*compare)(const void *, const void *)) {
    size_t kept = 0;
    qsort(values, count, sizeof *values, compare);
    for (size_t i = 0; i < count; i++)
        if (!kept || compare(&values[kept - 1], &values[i]) != 0) values[kept++] = values[i];
    return kept;
}

static void look_at(sc_look *look, const sc_frame *frame, size_t row, const char *cell) {
    double value;
    if (sc_cell_is_missing(cell)) {
        look->missing++;
        return;
    }
    look->distinct[look->values++] = cell;
    if (sc_cell_number(&value, cell, frame->decimal)) {
        look->numbers++;
        look->whole += value == floor(value) && fabs(value) < 0x1p31;
        return;
    }
    if (look->odd == frame->rows) look->odd = row;
    look->dates += sc_cell_date(&value, cell);
}

socle_status sc_frame_look(sc_look *out, const sc_frame *frame, size_t column) {
    *out = (sc_look){.odd = frame->rows};
    SC_TRY(sc_allocate(frame->env, &out->distinct, frame->rows, sizeof *out->distinct));
    for (size_t r = 0; r < frame->rows; r++)
        look_at(out, frame, r, sc_frame_cell(frame, r, column));
    out->distincts = unique(out->distinct, out->values, compare_bytes);
    if (out->distincts <= SC_CATEGORIES)
        out->distincts = unique(out->distinct, out->distincts, compare_values);
    return SOCLE_OK;
}

void sc_look_free(sc_look *look, sc_env *env) {
    sc_release(env, look->distinct);
    *look = (sc_look){0};
}

typedef struct numbered {
    const char *cell;
    uint32_t row;
} numbered;

static int compare_numbered(const void *a, const void *b) {
    return sc_cell_compare(((const numbered *)a)->cell, ((const numbered *)b)->cell);
}

socle_status sc_frame_number_values(uint32_t **out, size_t *values, const sc_frame *frame,
                                    size_t column) {
    numbered *list;
    uint32_t number = 0;
    SC_TRY(sc_allocate(frame->env, out, frame->rows, sizeof **out));
    socle_status status = sc_allocate(frame->env, &list, frame->rows, sizeof *list);
    if (status != SOCLE_OK) {
        sc_release(frame->env, *out);
        *out = NULL;
        return status;
    }
    for (size_t r = 0; r < frame->rows; r++)
        list[r] = (numbered){sc_frame_cell(frame, r, column), (uint32_t)r};
    qsort(list, frame->rows, sizeof *list, compare_numbered);
    for (size_t r = 0; r < frame->rows; r++) {
        number += r && compare_numbered(&list[r - 1], &list[r]) != 0;
        (*out)[list[r].row] = number;
    }
    *values = (size_t)number + 1;
    sc_release(frame->env, list);
    return SOCLE_OK;
}

const char *sc_look_kind(const sc_look *look) {
    if (look->values && look->dates == look->values) return "date";
    return look->values && look->numbers * 10 >= look->values * 9 ? "numeric" : "categorical";
}
