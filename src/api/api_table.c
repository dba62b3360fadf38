/* SPDX-License-Identifier: Apache-2.0 */
/* Public data sets: tables, and samples that a function of the program reads. */
#include "api/api.h"

#include "data/column_kind.h"
#include "data/preparation.h"

#include <string.h>

static socle_status finish(socle_data **out, socle_data *data, socle_status status) {
    if (status != SOCLE_OK)
        socle_data_destroy(data);
    else
        *out = data;
    return status;
}

/* ---- Tables ---- */

static sc_names names_of(const char *const *list) {
    size_t count = 0;
    while (list && list[count]) count++;
    return (sc_names){list, count};
}

static socle_status check_names(const sc_frame *frame, const sc_names *names) {
    for (size_t i = 0; i < names->count; i++) {
        const sc_names before = {names->name, i};
        if (sc_frame_find(frame, names->name[i]) < 0)
            return sc_frame_fail_name(frame, names->name[i]);
        if (sc_names_have(&before, names->name[i]))
            return sc_fail(frame->env, SOCLE_STATUS_INVALID_ARGUMENT,
                           "socle_data_csv: '%s' is named twice", names->name[i]);
    }
    return SOCLE_OK;
}

/* What is predicted is there, and no input. */
static socle_status check_columns(const sc_frame *frame, const sc_prepare_options *options) {
    SC_TRY(check_names(frame, &options->targets));
    SC_TRY(check_names(frame, &options->features));
    SC_TRY(check_names(frame, &options->ignored));
    for (size_t i = 0; i < options->targets.count; i++) {
        const char *name = options->targets.name[i];
        const bool input = sc_names_have(&options->features, name);
        if (!input && !sc_names_have(&options->ignored, name)) continue;
        return sc_fail(frame->env, SOCLE_STATUS_INVALID_ARGUMENT,
                       "socle_data_csv: '%s' is a target, and among the %s too", name,
                       input ? "features" : "columns that are left out");
    }
    return SOCLE_OK;
}

static socle_status check_word(sc_env *env, const char *what, const sc_word *words,
                               const char *word) {
    if (!word) return SOCLE_OK;
    for (; words->word; words++)
        if (strcmp(words->word, word) == 0) return SOCLE_OK;
    return sc_fail(env, SOCLE_STATUS_INVALID_ARGUMENT,
                   "socle_data_csv: %s '%.60s' is no known word", what, word);
}

static socle_status check_signs(sc_env *env, const socle_table_opts *opts) {
    const char *wrong = NULL;
    const char sign = opts->separator;
    if (sign == '"' || sign == '\n' || sign == '\r')
        wrong = "the separator must be no quote and no end of a line";
    else if (sign && sign == (opts->decimal ? opts->decimal : '.'))
        wrong = "the separator must be another sign than the decimal one";
    else if (opts->decimal && opts->decimal != '.' && opts->decimal != ',')
        wrong = "decimal must be '.', ',' or 0";
    else if (opts->header < -1 || opts->header > 1)
        wrong = "header must be -1, 0 or 1";
    if (!wrong) return SOCLE_OK;
    return sc_fail(env, SOCLE_STATUS_INVALID_ARGUMENT, "socle_data_csv: %s", wrong);
}

static socle_status check_options(sc_env *env, const socle_table_opts *opts) {
    SC_TRY(check_signs(env, opts));
    SC_TRY(check_word(env, "missing", sc_field_missing, opts->missing));
    SC_TRY(check_word(env, "scale", sc_field_scales, opts->scale));
    SC_TRY(check_word(env, "encode", sc_field_encodings, opts->encode));
    if (opts->validation_split >= 0 && opts->validation_split < 1) return SOCLE_OK;
    return sc_fail(env, SOCLE_STATUS_INVALID_ARGUMENT,
                   "socle_data_csv: a validation_split of %g; it must be at least 0 and below 1",
                   (double)opts->validation_split);
}

static sc_frame_format format_of(const socle_table_opts *opts) {
    return (sc_frame_format){.separator = opts->separator,
                             .decimal = opts->decimal,
                             .header = !opts->header      ? NULL
                                       : opts->header > 0 ? "yes"
                                                          : "no"};
}

static socle_status learn(socle_data *data, const sc_frame *frame, const socle_table_opts *opts) {
    const sc_prepare_options options = {
        .targets = names_of(opts->targets),
        .features = names_of(opts->features),
        .ignored = names_of(opts->ignore),
        .scale = opts->scale,
        .missing = opts->missing,
        .encode = opts->encode,
        .task = opts->values ? SC_TASK_VALUES : SC_TASK_FOUND,
        .split = {.fraction = (double)opts->validation_split, .seed = opts->seed}};
    SC_TRY(check_columns(frame, &options));
    SC_TRY(sc_preparation_fit(&data->preparation, frame, &options));
    return sc_preparation_apply(&data->dataset, &data->preparation, frame,
                                options.targets.count > 0);
}

static socle_status read_anew(socle_data *data, const char *path, const socle_table_opts *opts) {
    const sc_frame_format format = format_of(opts);
    sc_env *env = &data->context->env;
    sc_frame frame;
    SC_TRY(check_options(env, opts));
    SC_TRY(sc_frame_read_csv(&frame, env, path, &format));
    socle_status status = learn(data, &frame, opts);
    sc_frame_free(&frame);
    return status;
}

socle_status socle_data_csv(socle_data **out, socle_context *context, const char *path,
                            const socle_table_opts *opts) {
    static const socle_table_opts standard = SOCLE_TABLE_OPTS_DEFAULT;
    if (out) *out = NULL;
    if (!out || !context) return SOCLE_STATUS_INVALID_ARGUMENT;
    if (!path) return sc_api_missing(context, __func__, "path");
    socle_data *data;
    SC_TRY(sc_api_create(&data, context, sizeof *data));
    return finish(out, data, read_anew(data, path, opts ? opts : &standard));
}

static socle_status read_for(socle_data *data, const sc_net *net, const char *path) {
    sc_env *env = &data->context->env;
    sc_frame frame;
    if (!net->preparation)
        return sc_fail(env, SOCLE_STATUS_INVALID_ARGUMENT,
                       "socle_data_csv_for: the network did not learn from a table");
    SC_TRY(sc_preparation_read(&data->preparation, env, "the network", net->preparation));
    const sc_preparation *preparation = &data->preparation;
    SC_TRY(sc_preparation_check(preparation, SC_MADE_OF_ROWS, path));
    const sc_frame_format format = {.header = preparation->header ? "yes" : "no",
                                    .decimal = preparation->decimal};
    SC_TRY(sc_frame_read_csv(&frame, env, path, &format));
    socle_status status = sc_preparation_apply(&data->dataset, preparation, &frame, false);
    sc_frame_free(&frame);
    return status;
}

socle_status socle_data_csv_for(socle_data **out, socle_net *net, const char *path) {
    if (out) *out = NULL;
    if (!out || !net) return SOCLE_STATUS_INVALID_ARGUMENT;
    if (!path) return sc_api_missing(net->context, __func__, "path");
    socle_data *data;
    SC_TRY(sc_api_create(&data, net->context, sizeof *data));
    return finish(out, data, read_for(data, net->net, path));
}

static bool is_table(const socle_data *data) {
    return data && data->preparation.env;
}

int64_t socle_data_features(const socle_data *data) {
    return is_table(data) ? (int64_t)sc_preparation_width(&data->preparation) : 0;
}

int64_t socle_data_classes(const socle_data *data) {
    const sc_field *field = is_table(data) ? sc_preparation_classes(&data->preparation) : NULL;
    return field ? (int64_t)field->categories : 0;
}

const char *socle_data_class(const socle_data *data, int64_t number) {
    return is_table(data) ? sc_preparation_class(&data->preparation, number) : NULL;
}

/* ---- Samples that the program reads ---- */

typedef struct stream {
    sc_env *env;
    socle_read_samples read;
    void *user;
} stream;

static socle_status read_rows(void *user, sc_env *env, const uint32_t *row, uint32_t count,
                              void *out) {
    const stream *of = user;
    const int result = of->read(of->user, row, count, out);
    if (result == 0) return SOCLE_OK;
    return sc_fail(env, SOCLE_STATUS_IO,
                   "the program's reader returned %d for %u samples, the first of them number %u",
                   result, count, row[0]);
}

static void close_stream(void *user) {
    stream *of = user;
    sc_release(of->env, of);
}

static socle_status add_stream(socle_data *data, socle_dtype dtype, const socle_shape *shape,
                               socle_read_samples read, void *user) {
    sc_env *env = &data->context->env;
    stream *of;
    SC_TRY(sc_allocate(env, &of, 1, sizeof *of));
    *of = (stream){env, read, user};
    const sc_row_source source = {.user = of, .read = read_rows, .release = close_stream};
    socle_status status = sc_dataset_add_streamed(data->dataset, sc_column_name(SC_COLUMN_INPUT),
                                                  dtype, shape, &source);
    if (status != SOCLE_OK) close_stream(of);
    return status;
}

socle_status socle_data_stream(socle_data **out, socle_context *context, int64_t count,
                               socle_dtype dtype, socle_shape shape, socle_read_samples read,
                               void *user, socle_dtype target_dtype,
                               const socle_shape *target_shape, const void *targets) {
    if (out) *out = NULL;
    if (!out || !context) return SOCLE_STATUS_INVALID_ARGUMENT;
    if (!read) return sc_api_missing(context, __func__, "read");
    socle_data *data;
    SC_TRY(sc_api_create(&data, context, sizeof *data));
    socle_status status = sc_dataset_create(&data->dataset, &context->env, "a reader", count);
    if (status == SOCLE_OK) status = add_stream(data, dtype, &shape, read, user);
    if (status == SOCLE_OK && targets)
        status = sc_api_add_targets(data, target_dtype, target_shape, targets);
    return finish(out, data, status);
}
