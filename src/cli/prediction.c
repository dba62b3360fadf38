/* SPDX-License-Identifier: Apache-2.0 */
/* See prediction.h. */
#include "cli/prediction.h"
#include "base/shown.h"
#include "io/json_text.h"

#include <math.h>

/* -1: outputs that are not finite numbers have no largest. */
static int64_t largest(const float *row, int64_t size) {
    int64_t best = 0;
    for (int64_t i = 0; i < size; i++) {
        if (!isfinite(row[i])) return -1;
        if (row[i] > row[best]) best = i;
    }
    return best;
}

/* What a class is called in the data; NULL: it has a number alone. */
static const char *name_of(const sc_prediction_form *form, int64_t class) {
    const sc_field *field = sc_preparation_classes(form->preparation);
    return field && class >= 0 && (size_t) class < field->categories ? field->category[class]
                                                                     : NULL;
}

/* One output tells two named classes apart: the probability or score of the second. */
static bool is_binary(const sc_prediction_form *form, int64_t size) {
    const sc_field *field = sc_preparation_classes(form->preparation);
    return !form->classes && !form->logits && size == 1 && field && field->categories == 2;
}

/* The target that an output stands for, in the units of the data; NULL: it is as it is. */
static const sc_field *field_of(const sc_prediction_form *form, int64_t output, int64_t size) {
    size_t targets = sc_preparation_targets(form->preparation);
    bool values = targets == (size_t)size && !sc_preparation_classes(form->preparation);
    return values && !form->logits ? sc_preparation_target(form->preparation, (size_t)output)
                                   : NULL;
}

static double value_of(const sc_prediction_form *form, const float *row, int64_t i, int64_t size) {
    const sc_field *field = field_of(form, i, size);
    return field ? (double)row[i] * field->scale + field->centre : (double)row[i];
}

typedef struct decision {
    int64_t class; /* -1: outputs are not finite numbers */
    float score;   /* probability, or logit, or what the network gives */
} decision;

static decision decide(const sc_prediction_form *form, const float *row, int64_t size,
                       bool binary) {
    decision out = {.class = largest(row, size), .score = NAN};
    if (out.class < 0) return out;
    if (binary) out.class = (double)row[0] > form->middle;
    bool first = binary && form->probabilities && !out.class;
    out.score = first ? 1 - row[0] : row[binary ? 0 : out.class];
    return out;
}

static const char *score_word(const sc_prediction_form *form) {
    return form->logits ? "logit" : form->probabilities ? "probability" : "score";
}

static json_t *number(float value) {
    return isfinite(value) ? json_real(sc_number_of_float(value)) : json_null();
}

static void add_deviations(const sc_prediction_form *form, json_t *event, int64_t size) {
    json_t *deviations = json_array();
    for (int64_t i = 0; i < size; i++)
        json_array_append_new(deviations, number(form->deviation[i]));
    sc_report_value(event, "deviations", deviations);
}

/* In the units of the values. */
static double deviation_of(const sc_prediction_form *form, int64_t i, int64_t size) {
    const sc_field *field = field_of(form, i, size);
    return (double)form->deviation[i] * (field ? field->scale : 1);
}

static void print_json(const sc_prediction_form *form, int64_t index, const float *row,
                       int64_t size, const decision *class) {
    json_t *event = sc_report(NULL), *outputs = json_array(), *values = json_object();
    sc_report_integer(event, "index", index);
    if (form->file) sc_report_text(event, "file", form->file[index]);
    if (class) {
        const char *name = name_of(form, class->class);
        sc_report_value(event, "class",
                        class->class < 0 ? json_null() : json_integer(class->class));
        if (name) sc_report_text(event, "name", name);
        sc_report_number(event, score_word(form),
                         class->class < 0 ? NAN : sc_number_of_float(class->score));
    }
    for (int64_t i = 0; i < size; i++) {
        const sc_field *field = field_of(form, i, size);
        double value = value_of(form, row, i, size);
        json_array_append_new(outputs, number(row[i]));
        if (field)
            json_object_set_new(values, field->name,
                                isfinite(value) ? json_real(value) : json_null());
    }
    sc_report_value(event, "outputs", outputs);
    if (form->deviation) add_deviations(form, event, size);
    if (json_object_size(values))
        sc_report_value(event, "values", values);
    else
        json_decref(values);
    sc_report_print(form->cli, event);
}

static void print_line(const sc_prediction_form *form, int64_t index, const float *row,
                       int64_t size, const decision *class) {
    const char *name = class ? name_of(form, class->class) : NULL;
    if (form->file) printf("%s: ", form->file[index]);
    if (class && class->class < 0)
        printf("nan nan");
    else if (name)
        printf("%s %.6f", name, (double)class->score);
    else if (class)
        printf("%lld %.6f", (long long)class->class, (double)class->score);
    if (class && class->class >= 0 && form->deviation)
        printf(" %.6f", sc_shown((double)form->deviation[size > 1 ? class->class : 0]));
    for (int64_t i = 0; i < size && (!class || form->all); i++)
        printf("%s%.9g", i || class ? " " : "", sc_shown(value_of(form, row, i, size)));
    for (int64_t i = 0; form->deviation && i < size && (!class || form->all); i++)
        printf(" %.9g", sc_shown(deviation_of(form, i, size)));
    putchar('\n');
}

bool sc_prediction_print(const sc_prediction_form *form, int64_t index, const float *row,
                         int64_t size) {
    bool binary = is_binary(form, size);
    const decision decided = decide(form, row, size, binary),
                   *class = form->classes || binary ? &decided : NULL;
    if (form->cli->json)
        print_json(form, index, row, size, class);
    else
        print_line(form, index, row, size, class);
    return largest(row, size) >= 0;
}
