/* SPDX-License-Identifier: Apache-2.0 */
/* See targets.h. */
#include "train/targets.h"

#include <math.h>
#include <string.h>

static int64_t elements_of(const sc_column *column) {
    int64_t elements = 1;
    for (int d = 0; d < column->shape.rank; d++) elements *= column->shape.size[d];
    return elements;
}

/* The values of a loss that counts right answers are shares of a class: 0 to 1. */
static socle_status check_values(sc_env *env, const sc_net *net, const char *source,
                                 const sc_column *column, int64_t count) {
    const float *value = column->data;
    const sc_loss_kind *loss = sc_net_labels(net)->kind;
    bool shares = sc_loss_counts_correct(loss);
    int64_t elements = elements_of(column);
    for (int64_t i = 0; i < count * elements; i++) {
        if (isfinite(value[i]) && (!shares || (value[i] >= 0.0f && value[i] <= 1.0f))) continue;
        return sc_fail(env, SOCLE_STATUS_DATA,
                       "%s: column '%s': sample %lld has target %g; the loss %s compares with %s",
                       source, column->name, (long long)(i / elements), (double)value[i],
                       loss->record.word, shares ? "numbers of 0 to 1" : "finite numbers");
    }
    return SOCLE_OK;
}

socle_status sc_targets_check(sc_env *env, const sc_net *net, const char *source,
                              const sc_column *column, int64_t count) {
    sc_tensor_desc target;
    const sc_loss_term *term = sc_net_labels(net);
    const sc_tensor_desc *output = sc_net_desc(net, term->output);
    SC_TRY(sc_loss_target(env, term->kind, output, &target));
    bool wants_labels = target.dtype != SOCLE_F32, has_labels = column->dtype != SOCLE_F32;
    if (wants_labels && !has_labels)
        return sc_fail(env, SOCLE_STATUS_DATA,
                       "%s: the loss %s needs class numbers (u8 or i32), the data have f32 values",
                       source, term->kind->record.word);
    if (elements_of(column) != sc_tensor_elements_at(&target, 1))
        return sc_fail(env, SOCLE_STATUS_DATA,
                       "%s: a sample has %lld target values, the loss %s compares %lld%s", source,
                       (long long)elements_of(column), term->kind->record.word,
                       (long long)sc_tensor_elements_at(&target, 1),
                       wants_labels && output->rank > 2 && elements_of(column) == 1
                           ? " (one label per sample: put flatten before the last layers)"
                           : "");
    if (!has_labels) return check_values(env, net, source, column, count);
    if (!wants_labels && !sc_loss_counts_correct(term->kind)) return SOCLE_OK;
    const int32_t *ignored = term->ignored == SC_NO_LABEL ? NULL : &term->ignored;
    int64_t classes = wants_labels ? sc_net_classes(net) : 2;
    return sc_column_check_labels(env, source, column, count, classes, ignored);
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
    int64_t values = count * elements_of(column);
    SC_TRY(check_lengths(env, net, input, source, column, count));
    for (size_t l = 0; l < net->layers; l++) {
        int known = vocabulary(&net->layer[l], input);
        for (int64_t i = 0; known && i < values; i++) {
            int64_t value = sc_column_label(column, i);
            if (value >= 0 && value < known) continue;
            return sc_fail(env, SOCLE_STATUS_DATA,
                           "%s: column '%s': sample %lld has the number %lld; %s knows 0 to %d",
                           source, column->name, (long long)(i / elements_of(column)),
                           (long long)value, net->layer[l].name, known - 1);
        }
    }
    return SOCLE_OK;
}

socle_status sc_targets_column(const char **out, sc_env *env, const sc_dataset *dataset) {
    *out = sc_dataset_find(dataset, "label") >= 0 ? "label" : "target";
    if (sc_dataset_find(dataset, *out) >= 0) return SOCLE_OK;
    return sc_fail(env, SOCLE_STATUS_DATA, "%s: has neither a \"label\" nor a \"target\" column",
                   sc_dataset_label(dataset));
}

static socle_status find_targets(int *out, sc_env *env, const sc_dataset *dataset) {
    const char *name;
    SC_TRY(sc_targets_column(&name, env, dataset));
    *out = sc_dataset_find(dataset, name);
    return SOCLE_OK;
}

static int64_t count_labels(const sc_net *net, const sc_column *column, int64_t begin,
                            int64_t end) {
    const int32_t ignored = sc_net_labels(net)->ignored;
    int64_t counted = 0;
    for (int64_t i = begin; i < end; i++)
        counted += ignored == SC_NO_LABEL || sc_column_label(column, i) != ignored;
    return counted;
}

/* Labels of a sample that count by its length. */
static socle_status find_length(int64_t *labels, sc_env *env, const sc_net *net,
                                const sc_dataset *dataset, int64_t sample) {
    const int lengths = sc_net_labels(net)->lengths;
    if (lengths < 0) return SOCLE_OK;
    const char *name = net->input[lengths].name;
    int number = sc_dataset_find(dataset, name);
    if (number < 0)
        return sc_fail(env, SOCLE_STATUS_DATA, "%s: has no column \"%s\"",
                       sc_dataset_label(dataset), name);
    int64_t length = sc_column_label(sc_dataset_column(dataset, number), sample);
    if (length < *labels) *labels = length;
    return SOCLE_OK;
}

socle_status sc_targets_counted(int64_t *out, sc_env *env, const sc_net *net,
                                const sc_dataset *dataset, int64_t sample) {
    int number = 0;
    *out = 1;
    if (!sc_net_sums_weight(net)) return SOCLE_OK;
    SC_TRY(find_targets(&number, env, dataset));
    const sc_column *column = sc_dataset_column(dataset, number);
    int64_t each = elements_of(column), labels = each;
    SC_TRY(find_length(&labels, env, net, dataset, sample));
    *out = count_labels(net, column, sample * each, sample * each + labels);
    return SOCLE_OK;
}

socle_status sc_targets_suit(sc_env *env, const sc_net *net, const sc_dataset *dataset) {
    int number = 0;
    SC_TRY(find_targets(&number, env, dataset));
    const sc_column *column = sc_dataset_column(dataset, number);
    const char *source = sc_dataset_source(dataset, number);
    int64_t count = sc_dataset_count(dataset);
    SC_TRY(sc_targets_check(env, net, source, column, count));
    const int32_t ignored = sc_net_labels(net)->ignored;
    bool counts =
        ignored == SC_NO_LABEL || count_labels(net, column, 0, count * elements_of(column)) > 0;
    if (counts) return SOCLE_OK;
    return sc_fail(env, SOCLE_STATUS_DATA, "%s: column '%s': every label is %d, which is ignored",
                   source, column->name, ignored);
}

static int width(socle_dtype dtype) {
    return dtype == SOCLE_F32 ? 2 : dtype == SOCLE_I32;
}

socle_status sc_targets_dtype(socle_dtype *out, sc_env *env, const sc_dataset *train,
                              const sc_dataset *test) {
    int column = 0;
    SC_TRY(find_targets(&column, env, train));
    *out = sc_dataset_column(train, column)->dtype;
    if (!test) return SOCLE_OK;
    SC_TRY(find_targets(&column, env, test));
    socle_dtype other = sc_dataset_column(test, column)->dtype;
    if (width(other) > width(*out)) *out = other;
    return SOCLE_OK;
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

static socle_status add_cast(sc_dataset *to, const sc_dataset *from, const sc_column *column,
                             socle_dtype dtype) {
    void *data;
    SC_TRY(sc_dataset_add_new(to, &data, column->name, dtype, &column->shape));
    sc_targets_cast(data, dtype, column->data, column->dtype,
                    (size_t)(sc_dataset_count(from) * elements_of(column)));
    return SOCLE_OK;
}

static socle_status fill(sc_dataset *to, const sc_dataset *from, int target, socle_dtype dtype) {
    for (int c = 0; c < sc_dataset_columns(from); c++) {
        const sc_column *column = sc_dataset_column(from, c);
        if (c == target)
            SC_TRY(add_cast(to, from, column, dtype));
        else
            SC_TRY(sc_dataset_add_borrowed(to, column->name, column->dtype, &column->shape,
                                           column->data, NULL, NULL));
        SC_TRY(sc_dataset_set_source(to, column->name, sc_dataset_source(from, c)));
    }
    return SOCLE_OK;
}

socle_status sc_targets_convert(sc_dataset **out, sc_env *env, const sc_dataset *dataset,
                                socle_dtype dtype) {
    int target = 0;
    sc_dataset *converted;
    *out = NULL;
    SC_TRY(find_targets(&target, env, dataset));
    if (sc_dataset_column(dataset, target)->dtype == dtype) return SOCLE_OK;
    SC_TRY(
        sc_dataset_create(&converted, env, sc_dataset_label(dataset), sc_dataset_count(dataset)));
    socle_status status = fill(converted, dataset, target, dtype);
    if (status != SOCLE_OK) {
        sc_dataset_destroy(converted);
        return status;
    }
    *out = converted;
    return SOCLE_OK;
}
