/* SPDX-License-Identifier: Apache-2.0 */
/* What the outputs of a sample stand for. See prediction.h. */
#include "cli/prediction.h"

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

bool sc_prediction_is_finite(const float *row, int64_t size) {
    return largest(row, size) >= 0;
}

static const char *name_of(const sc_prediction_form *form, int64_t class) {
    return sc_preparation_class(form->preparation, class);
}

const char *sc_prediction_score_word(const sc_prediction_form *form) {
    return form->logits ? "logit" : form->probabilities ? "probability" : "score";
}

bool sc_prediction_is_binary(const sc_prediction_form *form, int64_t size) {
    const sc_field *field = sc_preparation_classes(form->preparation);
    return !form->classes && !form->logits && size == 1 && field && field->categories == 2;
}

sc_decision sc_prediction_decide(const sc_prediction_form *form, const float *row, int64_t size) {
    bool binary = sc_prediction_is_binary(form, size);
    sc_decision out = {.class = largest(row, size), .score = NAN};
    if (out.class < 0) return out;
    if (binary) out.class = (double)row[0] > form->middle;
    bool first = binary && form->probabilities && !out.class;
    out.score = first ? 1 - row[0] : row[binary ? 0 : out.class];
    out.name = name_of(form, out.class);
    return out;
}

/* The target that an output stands for, in the units of the data; NULL: it is as it is. */
static const sc_field *field_of(const sc_prediction_form *form, int64_t output, int64_t size) {
    size_t targets = sc_preparation_targets(form->preparation);
    bool values = targets == (size_t)size && !sc_preparation_classes(form->preparation);
    return values && !form->logits ? sc_preparation_target(form->preparation, (size_t)output)
                                   : NULL;
}

double sc_prediction_value(const sc_prediction_form *form, const float *row, int64_t i,
                           int64_t size) {
    const sc_field *field = field_of(form, i, size);
    return field ? (double)row[i] * field->scale + field->centre : (double)row[i];
}

double sc_prediction_deviation(const sc_prediction_form *form, int64_t i, int64_t size) {
    const sc_field *field = field_of(form, i, size);
    return (double)form->deviation[i] * (field ? field->scale : 1);
}

const char *sc_prediction_name(const sc_prediction_form *form, int64_t i, int64_t size) {
    const sc_field *field = field_of(form, i, size);
    if (field) return field->name;
    return form->classes ? name_of(form, i) : NULL;
}
