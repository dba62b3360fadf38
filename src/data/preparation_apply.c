/* SPDX-License-Identifier: Apache-2.0 */
/* Makes a data set of a table by a preparation. */
#include "data/column_kind.h"
#include "data/preparation.h"
#include "io/quote.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool is(const char *word, const char *other) {
    return strcmp(word, other) == 0;
}

typedef struct applying {
    const sc_frame *frame;
    const sc_preparation *preparation;
    size_t *column; /* of the table, per field */
    bool targets;
    float *input, *value;
    int32_t **number; /* per field: its categories by number; NULL: it is not embedded */
    int32_t *label;
} applying;

/* A file without names has the columns of the one that was learnt, or the inputs alone. */
static int64_t column_of(const applying *to, size_t field, size_t inputs) {
    const sc_frame *frame = to->frame;
    if (!frame->header && frame->columns == inputs) return field < inputs ? (int64_t)field : -1;
    return sc_frame_find(frame, to->preparation->field[field].name);
}

static socle_status find_columns(applying *to, bool targets) {
    const sc_preparation *preparation = to->preparation;
    size_t inputs = preparation->fields - sc_preparation_targets(preparation);
    to->targets = preparation->fields > inputs;
    SC_TRY(sc_allocate(to->frame->env, &to->column, preparation->fields, sizeof *to->column));
    for (size_t f = 0; f < preparation->fields; f++) {
        int64_t column = column_of(to, f, inputs);
        if (column < 0 && (targets || f < inputs))
            return sc_frame_fail_name(to->frame, preparation->field[f].name);
        if (column < 0) to->targets = false;
        to->column[f] = column < 0 ? 0 : (size_t)column;
    }
    return SOCLE_OK;
}

static socle_status find_category(double *out, const applying *to, size_t f, size_t row) {
    const sc_field *field = &to->preparation->field[f];
    const char *cell = sc_frame_cell(to->frame, row, to->column[f]);
    size_t low = 0, high = field->categories;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int order = sc_cell_compare(cell, field->category[middle]);
        if (order == 0) {
            *out = (double)middle;
            return SOCLE_OK;
        }
        if (order < 0) high = middle;
        if (order > 0) low = middle + 1;
    }
    return sc_frame_fail(
        to->frame, row, to->column[f], "'%s' is none of the %zu %s of the training data: %s, %s%s",
        sc_quote(cell).text, field->categories, field->target ? "classes" : "categories",
        sc_quote(field->category[0]).text, sc_quote(field->category[field->categories - 1]).text,
        field->categories > 2 ? " and those between" : "");
}

static socle_status find_number(double *out, const applying *to, size_t f, size_t row) {
    const sc_field *field = &to->preparation->field[f];
    const char *cell = sc_frame_cell(to->frame, row, to->column[f]);
    bool date = is(field->kind, "date");
    if (date ? sc_cell_date(out, cell) : sc_cell_number(out, cell, to->frame->decimal))
        return SOCLE_OK;
    bool comma = !date && sc_cell_number(out, cell, ',');
    return sc_frame_fail(to->frame, row, to->column[f], "'%s' is no %s%s", sc_quote(cell).text,
                         date ? "day as 2024-02-29 or 29.2.2024 are" : "number",
                         comma ? "; if the comma is a decimal one, say decimal: \",\"" : "");
}

static socle_status value_of(double *out, bool *missing, const applying *to, size_t f, size_t row) {
    const sc_field *field = &to->preparation->field[f];
    *missing = sc_cell_is_missing(sc_frame_cell(to->frame, row, to->column[f]));
    *out = field->fill;
    if (*missing && is(field->missing, "refuse"))
        return sc_frame_fail(to->frame, row, to->column[f],
                             "has no value, and none may take its place: there was one in each row "
                             "of the training data");
    if (*missing) return SOCLE_OK;
    return field->categories ? find_category(out, to, f, row) : find_number(out, to, f, row);
}

/* What a float cannot hold is no number to a network. */
static socle_status scaled(float *out, double value, const applying *to, size_t f, size_t row) {
    const sc_field *field = &to->preparation->field[f];
    double number = (value - field->centre) / field->scale;
    if (!(fabs(number) <= (double)FLT_MAX))
        return sc_frame_fail(to->frame, row, to->column[f], "%g is too large for a float", number);
    *out = (float)number;
    return SOCLE_OK;
}

static socle_status put_input(float **at, const applying *to, size_t f, size_t row) {
    const sc_field *field = &to->preparation->field[f];
    size_t width = sc_field_width(field);
    double value;
    bool missing;
    SC_TRY(value_of(&value, &missing, to, f, row));
    if (to->number[f]) to->number[f][row] = (int32_t)value;
    if (field->categories && width)
        (*at)[(size_t)value] = 1;
    else if (!field->categories)
        SC_TRY(scaled(*at, value, to, f, row));
    if (!field->categories && width > 1) (*at)[1] = missing;
    *at += width;
    return SOCLE_OK;
}

static socle_status put_target(float **at, const applying *to, size_t f, size_t row) {
    double value;
    bool missing;
    SC_TRY(value_of(&value, &missing, to, f, row));
    if (!to->label) return scaled((*at)++, value, to, f, row);
    to->label[row] = (int32_t)value;
    return SOCLE_OK;
}

static socle_status fill(const applying *to) {
    float *input = to->input, *value = to->value;
    const sc_preparation *preparation = to->preparation;
    for (size_t row = 0; row < to->frame->rows; row++)
        for (size_t f = 0; f < preparation->fields; f++) {
            if (!preparation->field[f].target)
                SC_TRY(put_input(&input, to, f, row));
            else if (to->targets)
                SC_TRY(put_target(&value, to, f, row));
        }
    return SOCLE_OK;
}

/* An input of the network for each field that is embedded. */
static socle_status add_numbers(sc_dataset *dataset, applying *to) {
    const sc_preparation *preparation = to->preparation;
    const socle_shape one = {.rank = 1, .size = {1}};
    SC_TRY(sc_allocate(to->frame->env, &to->number, preparation->fields, sizeof *to->number));
    for (size_t f = 0; f < preparation->fields; f++) {
        const sc_field *field = &preparation->field[f];
        void *memory;
        if (!sc_field_vocabulary(field)) continue;
        if (sc_column_kind_find(field->name))
            return sc_fail(to->frame->env, SOCLE_STATUS_DATA,
                           "%s: the column '%s' cannot be embedded under that name, which is "
                           "Socle's own: give it another one",
                           to->frame->label, field->name);
        SC_TRY(sc_dataset_add_new(dataset, &memory, field->name, SOCLE_I32, &one));
        to->number[f] = memory;
    }
    return SOCLE_OK;
}

static socle_status add_columns(sc_dataset *dataset, applying *to) {
    const sc_preparation *preparation = to->preparation;
    const socle_shape one = {0},
                      inputs = {.rank = 1, .size = {(int64_t)sc_preparation_width(preparation)}},
                      values = {.rank = 1, .size = {(int64_t)sc_preparation_targets(preparation)}};
    void *memory;
    SC_TRY(
        sc_dataset_add_new(dataset, &memory, sc_column_name(SC_COLUMN_INPUT), SOCLE_F32, &inputs));
    to->input = memory;
    SC_TRY(add_numbers(dataset, to));
    if (!to->targets) return SOCLE_OK;
    if (sc_preparation_classes(preparation)) {
        SC_TRY(
            sc_dataset_add_new(dataset, &memory, sc_column_name(SC_COLUMN_LABEL), SOCLE_I32, &one));
        to->label = memory;
        return SOCLE_OK;
    }
    SC_TRY(
        sc_dataset_add_new(dataset, &memory, sc_column_name(SC_COLUMN_TARGET), SOCLE_F32, &values));
    to->value = memory;
    return SOCLE_OK;
}

static socle_status apply(sc_dataset **out, applying *to, bool targets) {
    char *text;
    const sc_frame *frame = to->frame;
    SC_TRY(find_columns(to, targets));
    SC_TRY(sc_dataset_create(out, frame->env, frame->label, (int64_t)frame->rows));
    SC_TRY(add_columns(*out, to));
    SC_TRY(fill(to));
    SC_TRY(sc_preparation_text(&text, to->preparation));
    socle_status status = sc_dataset_set_preparation(*out, text);
    sc_release(frame->env, text);
    return status;
}

socle_status sc_preparation_apply(sc_dataset **out, const sc_preparation *preparation,
                                  const sc_frame *frame, bool targets) {
    applying to = {.frame = frame, .preparation = preparation};
    *out = NULL;
    SC_TRY(sc_preparation_check(preparation, SC_MADE_OF_ROWS, frame->label));
    socle_status status = apply(out, &to, targets);
    sc_release(frame->env, to.column);
    sc_release(frame->env, to.number);
    if (status == SOCLE_OK) return SOCLE_OK;
    sc_dataset_destroy(*out);
    *out = NULL;
    return status;
}
