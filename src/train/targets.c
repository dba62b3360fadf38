/* SPDX-License-Identifier: Apache-2.0 */
/* See targets.h. */
#include "train/targets.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Values in the loss's range; shares of a class are 0 to 1. */
static socle_status check_values(sc_env *env, const sc_loss_kind *loss, const char *source,
                                 const sc_column *column, int64_t count) {
    const float *value = column->data;
    const bool bounded = loss->least < loss->most;
    char wanted[64] = "finite numbers";
    if (bounded)
        snprintf(wanted, sizeof wanted, "numbers of %g to %g", (double)loss->least,
                 (double)loss->most);
    int64_t elements = sc_column_elements(column);
    for (int64_t i = 0; i < count * elements; i++) {
        if (isfinite(value[i]) && (!bounded || (value[i] >= loss->least && value[i] <= loss->most)))
            continue;
        return sc_fail(env, SOCLE_STATUS_DATA,
                       "%s: column '%s': sample %lld has target %g; the loss %s compares with %s",
                       source, column->name, (long long)(i / elements), (double)value[i],
                       loss->record.word, wanted);
    }
    return SOCLE_OK;
}

static socle_status check_term(sc_env *env, const sc_net *net, const sc_loss_term *term,
                               const char *source, const sc_column *column, int64_t count) {
    sc_tensor_desc target;
    const sc_tensor_desc *output = sc_net_desc(net, term->output);
    SC_TRY(sc_loss_target(env, term->kind, output, &target));
    bool wants_labels = target.dtype != SOCLE_F32, has_labels = column->dtype != SOCLE_F32;
    if (wants_labels && !has_labels)
        return sc_fail(env, SOCLE_STATUS_DATA,
                       "%s: the loss %s needs class numbers (u8 or i32), the data have f32 values",
                       source, term->kind->record.word);
    if (sc_column_elements(column) != sc_tensor_elements_at(&target, 1))
        return sc_fail(env, SOCLE_STATUS_DATA,
                       "%s: a sample has %lld target values, the loss %s compares %lld%s", source,
                       (long long)sc_column_elements(column), term->kind->record.word,
                       (long long)sc_tensor_elements_at(&target, 1),
                       wants_labels && output->rank > 2 && sc_column_elements(column) == 1
                           ? " (one label per sample: put flatten before the last layers)"
                           : "");
    if (!has_labels) return check_values(env, term->kind, source, column, count);
    if (!wants_labels && term->kind->most != 1.0f) return SOCLE_OK;
    const int32_t other = -1, *ignored = term->ignored == SC_NO_LABEL ? NULL : &term->ignored;
    if (term->kind->least == -1.0f) ignored = &other; /* as good a word for one of two as 0 */
    int64_t classes = wants_labels ? output->dim[sc_class_axis(output)] : 2;
    return sc_column_check_labels(env, source, column, count, classes, ignored);
}

socle_status sc_targets_check(sc_env *env, const sc_net *net, const char *source,
                              const sc_column *column, int64_t count) {
    for (const sc_loss_term *term = net->loss; term < net->loss + net->losses; term++)
        if (isnan(term->target)) SC_TRY(check_term(env, net, term, source, column, count));
    return SOCLE_OK;
}

/* What looks its input up knows so many numbers; 0: the layer takes any. */
static int vocabulary(const sc_layer *layer, int input) {
    bool reads = layer->kind->integers && layer->input[0] == input;
    return reads ? layer->options.vocabulary : 0;
}

static socle_status check_lengths(sc_env *env, const sc_net *net, int input, const char *source,
                                  const sc_column *column, int64_t count) {
    const char *reader;
    int64_t most = sc_net_length_limit(net, input, &reader);
    for (int64_t i = 0; most && i < count; i++) {
        int64_t length = sc_column_label(column, i);
        if (length >= 1 && length <= most) continue;
        return sc_fail(env, SOCLE_STATUS_DATA,
                       "%s: column '%s': sample %lld has %lld steps; %s takes 1 to %lld", source,
                       column->name, (long long)i, (long long)length, reader, (long long)most);
    }
    return SOCLE_OK;
}

socle_status sc_numbers_check(sc_env *env, const sc_net *net, int input, const char *source,
                              const sc_column *column, int64_t count) {
    int64_t values = count * sc_column_elements(column);
    SC_TRY(check_lengths(env, net, input, source, column, count));
    for (size_t l = 0; l < net->layers; l++) {
        int known = vocabulary(&net->layer[l], input);
        if (known && column->source)
            return sc_fail(env, SOCLE_STATUS_DATA,
                           "%s: column '%s': %s looks its numbers up, which have to be checked: "
                           "leave stream out, so that they lie in memory",
                           source, column->name, net->layer[l].name);
        for (int64_t i = 0; known && i < values; i++) {
            int64_t value = sc_column_label(column, i);
            if (value >= 0 && value < known) continue;
            return sc_fail(env, SOCLE_STATUS_DATA,
                           "%s: column '%s': sample %lld has the number %lld; %s knows 0 to %d",
                           source, column->name, (long long)(i / sc_column_elements(column)),
                           (long long)value, net->layer[l].name, known - 1);
        }
    }
    return SOCLE_OK;
}

socle_status sc_targets_column(const char **out, sc_env *env, const sc_dataset *dataset) {
    const char *label = sc_column_name(SC_COLUMN_LABEL), *target = sc_column_name(SC_COLUMN_TARGET);
    *out = sc_dataset_find(dataset, label) >= 0 ? label : target;
    if (sc_dataset_find(dataset, *out) >= 0) return SOCLE_OK;
    return sc_fail(env, SOCLE_STATUS_DATA, "%s: has neither a \"%s\" nor a \"%s\" column",
                   sc_dataset_label(dataset), label, target);
}

socle_status sc_targets_column_for(const char **out, sc_env *env, const sc_net *net,
                                   const sc_dataset *dataset) {
    if (sc_net_labels(net)) return sc_targets_column(out, env, dataset);
    *out = sc_column_name(SC_COLUMN_TARGET);
    return SOCLE_OK;
}

static socle_status find_targets(int *out, sc_env *env, const sc_dataset *dataset) {
    const char *name;
    SC_TRY(sc_targets_column(&name, env, dataset));
    *out = sc_dataset_find(dataset, name);
    return SOCLE_OK;
}

static bool any_counts(const sc_column *column, int64_t labels, int32_t ignored) {
    bool any = ignored == SC_NO_LABEL;
    for (int64_t i = 0; i < labels && !any; i++) any = sc_column_label(column, i) != ignored;
    return any;
}

socle_status sc_targets_suit(sc_env *env, const sc_net *net, const sc_dataset *dataset) {
    int number = 0;
    SC_TRY(find_targets(&number, env, dataset));
    const sc_column *column = sc_dataset_column(dataset, number);
    const char *source = sc_dataset_source(dataset, number);
    int64_t count = sc_dataset_count(dataset);
    SC_TRY(sc_targets_check(env, net, source, column, count));
    const int32_t ignored = sc_net_labels(net)->ignored;
    if (any_counts(column, count * sc_column_elements(column), ignored)) return SOCLE_OK;
    return sc_fail(env, SOCLE_STATUS_DATA, "%s: column '%s': every label is %d, which is ignored",
                   source, column->name, ignored);
}

static double element(const void *from, socle_dtype dtype, size_t i) {
    if (dtype == SOCLE_U8) return ((const uint8_t *)from)[i];
    if (dtype == SOCLE_I32) return ((const int32_t *)from)[i];
    return (double)((const float *)from)[i];
}

void sc_targets_cast(void *to, socle_dtype to_type, const void *from, socle_dtype from_type,
                     size_t count) {
    for (size_t i = 0; i < count; i++) {
        double value = element(from, from_type, i);
        if (to_type == SOCLE_U8)
            ((uint8_t *)to)[i] = (uint8_t)value;
        else if (to_type == SOCLE_I32)
            ((int32_t *)to)[i] = (int32_t)value;
        else
            ((float *)to)[i] = (float)value;
    }
}
