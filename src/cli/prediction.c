/* SPDX-License-Identifier: Apache-2.0 */
/* See prediction.h: the ways in which predictions are written. */
#include "cli/prediction.h"
#include "base/shown.h"
#include "io/json_text.h"
#include "io/quote.h"

#include <math.h>
#include <string.h>

static const struct {
    const char *word, *ending;
    sc_prediction_way way;
} ways[] = {{"lines", NULL, SC_PREDICT_LINES},
            {"jsonl", ".jsonl", SC_PREDICT_EVENTS},
            {"json", ".json", SC_PREDICT_JSON},
            {"csv", ".csv", SC_PREDICT_CSV},
            {"npy", ".npy", SC_PREDICT_NPY}};

enum { WAYS = sizeof ways / sizeof *ways };

bool sc_prediction_way_of_file(sc_prediction_way *out, const char *path) {
    size_t length = strlen(path);
    for (int i = 0; i < WAYS; i++) {
        size_t size = ways[i].ending ? strlen(ways[i].ending) : length;
        if (length <= size || strcmp(path + length - size, ways[i].ending) != 0) continue;
        *out = ways[i].way;
        return true;
    }
    return false;
}

bool sc_prediction_way_of_word(sc_prediction_way *out, const char *word) {
    for (int i = 0; i < WAYS; i++) {
        if (strcmp(ways[i].word, word) != 0) continue;
        *out = ways[i].way;
        return true;
    }
    return false;
}

/* ---- Writing ---- */

static void put(sc_prediction_form *form, const void *bytes, size_t size) {
    if (!form->writer)
        fwrite(bytes, 1, size, stdout);
    else if (form->status == SOCLE_OK)
        form->status = sc_file_writer_write(form->writer, bytes, size);
}

static void put_text(sc_prediction_form *form, const sc_text *text) {
    if (form->status == SOCLE_OK) form->status = text->status;
    put(form, text->data, text->length);
}

/* ---- JSON ---- */

static json_t *number(double value) {
    return isfinite(value) ? json_real(value) : json_null();
}

static void add_values(const sc_prediction_form *form, json_t *event, const float *row,
                       int64_t size) {
    json_t *outputs = json_array(), *values = json_object(), *deviations = json_array();
    for (int64_t i = 0; i < size; i++) {
        const char *name = form->classes ? NULL : sc_prediction_name(form, i, size);
        json_array_append_new(outputs, number(sc_number_of_float(row[i])));
        if (form->deviation)
            json_array_append_new(deviations, number(sc_number_of_float(form->deviation[i])));
        if (name)
            json_object_set_new(values, name, number(sc_prediction_value(form, row, i, size)));
    }
    sc_report_value(event, "outputs", outputs);
    if (form->deviation)
        sc_report_value(event, "deviations", deviations);
    else
        json_decref(deviations);
    if (json_object_size(values))
        sc_report_value(event, "values", values);
    else
        json_decref(values);
}

static json_t *event_of(const sc_prediction_form *form, int64_t index, const float *row,
                        int64_t size, const sc_decision *class) {
    json_t *event = sc_report(NULL);
    sc_report_integer(event, "index", index);
    if (form->file) sc_report_text(event, "file", form->file[index]);
    if (class) {
        sc_report_value(event, "class",
                        class->class < 0 ? json_null() : json_integer(class->class));
        if (class->name) sc_report_text(event, "name", class->name);
        sc_report_number(event, sc_prediction_score_word(form),
                         class->class < 0 ? NAN : sc_number_of_float(class->score));
    }
    add_values(form, event, row, size);
    return event;
}

static void print_json(sc_prediction_form *form, int64_t index, const float *row, int64_t size,
                       const sc_decision *class) {
    json_t *event = event_of(form, index, row, size, class);
    if (form->way == SC_PREDICT_EVENTS && !form->writer) {
        sc_report_print(form->cli, event);
        return;
    }
    sc_text text;
    sc_text_init(&text, &form->cli->env);
    if (form->way == SC_PREDICT_JSON) sc_text_add(&text, index ? ",\n" : "\n");
    sc_json_text(&text, event, 0);
    if (form->way == SC_PREDICT_EVENTS) sc_text_add(&text, "\n");
    put_text(form, &text);
    sc_text_free(&text);
    json_decref(event);
}

/* ---- Lines ---- */

static void add_line(sc_text *text, const sc_prediction_form *form, const float *row, int64_t size,
                     const sc_decision *class) {
    if (class && class->class < 0)
        sc_text_add(text, "nan nan");
    else if (class && class->name) {
        sc_quote_whole(text, class->name); /* a line stays one, whatever a class is called */
        sc_text_add(text, " %.6f", (double)class->score);
    } else if (class)
        sc_text_add(text, "%lld %.6f", (long long)class->class, (double)class->score);
    if (class && class->class >= 0 && form->deviation)
        sc_text_add(text, " %.6f", sc_shown((double)form->deviation[size > 1 ? class->class : 0]));
    for (int64_t i = 0; i < size && (!class || form->all); i++)
        sc_text_add(text, "%s%.9g", i || class ? " " : "",
                    sc_shown(sc_prediction_value(form, row, i, size)));
    for (int64_t i = 0; form->deviation && i < size && (!class || form->all); i++)
        sc_text_add(text, " %.9g", sc_shown(sc_prediction_deviation(form, i, size)));
    sc_text_add(text, "\n");
}

/* ---- CSV ---- */

/* RFC 4180: quoted where it has to be. */
static void add_cell(sc_text *text, const char *cell) {
    if (text->length) sc_text_add(text, ",");
    if (!strpbrk(cell, ",\"\r\n") && cell[0]) {
        sc_text_add(text, "%s", cell);
        return;
    }
    sc_text_add(text, "\"");
    for (; *cell; cell++) sc_text_add(text, *cell == '"' ? "\"\"" : "%c", *cell);
    sc_text_add(text, "\"");
}

static void add_number(sc_text *text, double value) {
    sc_text_add(text, "%s%.9g", text->length ? "," : "", sc_shown(value));
}

static void add_titles(sc_text *text, const sc_prediction_form *form, int64_t size,
                       const char *behind) {
    for (int64_t i = 0; i < size; i++) {
        const char *name = sc_prediction_name(form, i, size);
        sc_text title;
        sc_text_init(&title, &form->cli->env);
        if (name)
            sc_text_add(&title, "%s%s", name, behind);
        else
            sc_text_add(&title, "output%lld%s", (long long)i + 1, behind);
        add_cell(text, title.data);
        sc_text_free(&title);
    }
}

static void print_header(sc_prediction_form *form, int64_t size) {
    bool class = form->classes || sc_prediction_is_binary(form, size), all = !class || form->all;
    sc_text text;
    sc_text_init(&text, &form->cli->env);
    if (form->file) add_cell(&text, "file");
    if (class) add_cell(&text, "class");
    if (class) add_cell(&text, sc_prediction_score_word(form));
    if (class && form->draws) add_cell(&text, "deviation");
    if (all) add_titles(&text, form, size, "");
    if (all && form->draws) add_titles(&text, form, size, "_deviation");
    sc_text_add(&text, "\n");
    put_text(form, &text);
    sc_text_free(&text);
}

static void add_class(sc_text *text, const sc_prediction_form *form, int64_t size,
                      const sc_decision *class) {
    char number[24];
    snprintf(number, sizeof number, "%lld", (long long)class->class);
    bool none = class->class < 0;
    add_cell(text, none ? "nan" : class->name ? class->name : number);
    add_number(text, (double)class->score);
    if (form->deviation)
        add_number(text, none ? NAN : (double)form->deviation[size > 1 ? class->class : 0]);
}

static void add_row(sc_text *text, const sc_prediction_form *form, int64_t index, const float *row,
                    int64_t size, const sc_decision *class) {
    bool all = !class || form->all;
    if (form->file) add_cell(text, form->file[index]);
    if (class) add_class(text, form, size, class);
    for (int64_t i = 0; all && i < size; i++)
        add_number(text, sc_prediction_value(form, row, i, size));
    for (int64_t i = 0; all && form->deviation && i < size; i++)
        add_number(text, sc_prediction_deviation(form, i, size));
    sc_text_add(text, "\n");
}

/* ---- Arrays ---- */

/* NumPy Enhancement Proposal 1: the header ends at a multiple of 64 bytes. */
static void print_npy_header(sc_prediction_form *form, int64_t count, int64_t size) {
    enum { PREFIX = 10, UNIT = 64 };
    char text[2 * UNIT];
    int length = snprintf(text, sizeof text,
                          "{'descr': '<f4', 'fortran_order': False, 'shape': (%lld, %lld), }",
                          (long long)count, (long long)size);
    while ((PREFIX + length + 1) % UNIT) text[length++] = ' ';
    text[length++] = '\n';
    const unsigned char prefix[PREFIX] = {0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, (uint8_t)length, 0};
    put(form, prefix, sizeof prefix);
    put(form, text, (size_t)length);
}

static void print_npy(sc_prediction_form *form, const float *row, int64_t size) {
    for (int64_t i = 0; i < size; i++) {
        float value = (float)sc_prediction_value(form, row, i, size);
        uint32_t bits;
        memcpy(&bits, &value, sizeof bits);
        const uint8_t bytes[] = {(uint8_t)bits, (uint8_t)(bits >> 8), (uint8_t)(bits >> 16),
                                 (uint8_t)(bits >> 24)};
        put(form, bytes, sizeof bytes);
    }
}

void sc_prediction_begin(sc_prediction_form *form, int64_t count, int64_t size) {
    if (form->last) size = form->last;
    if (form->way == SC_PREDICT_JSON) put(form, "[", 1);
    if (form->way == SC_PREDICT_CSV) print_header(form, size);
    if (form->way == SC_PREDICT_NPY) print_npy_header(form, count, size);
}

void sc_prediction_end(sc_prediction_form *form) {
    if (form->way == SC_PREDICT_JSON) put(form, "\n]\n", 3);
}

static void print_text(sc_prediction_form *form, int64_t index, const float *row, int64_t size,
                       const sc_decision *class) {
    sc_text text;
    sc_text_init(&text, &form->cli->env);
    if (form->way == SC_PREDICT_CSV)
        add_row(&text, form, index, row, size, class);
    else if (form->file) {
        sc_quote_whole(&text, form->file[index]);
        sc_text_add(&text, ": ");
    }
    if (form->way == SC_PREDICT_LINES) add_line(&text, form, row, size, class);
    put_text(form, &text);
    sc_text_free(&text);
}

bool sc_prediction_print(sc_prediction_form *form, int64_t index, const float *row, int64_t size) {
    if (form->last) {
        row += size - form->last;
        if (form->deviation) form->deviation += size - form->last;
        size = form->last;
    }
    const sc_decision decided = sc_prediction_decide(form, row, size),
                      *class =
                          form->classes || sc_prediction_is_binary(form, size) ? &decided : NULL;
    if (form->way == SC_PREDICT_JSON || form->way == SC_PREDICT_EVENTS)
        print_json(form, index, row, size, class);
    else if (form->way == SC_PREDICT_NPY)
        print_npy(form, row, size);
    else
        print_text(form, index, row, size, class);
    return sc_prediction_is_finite(row, size);
}
