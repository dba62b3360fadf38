/* SPDX-License-Identifier: Apache-2.0 */
/* Public data sets: IDX files and arrays. */
#include "api/api.h"

#include "data/column_kind.h"
#include "data/idx.h"

static socle_status finish(socle_data **out, socle_data *data, socle_status status) {
    if (status != SOCLE_OK)
        socle_data_destroy(data);
    else
        *out = data;
    return status;
}

static socle_status from_idx(socle_data **out, socle_context *context, const char *function,
                             const char *images, const char *labels, sc_image_layout layout) {
    if (!images) return sc_api_missing(context, function, "images");
    socle_data *data;
    SC_TRY(sc_api_create(&data, context, sizeof *data));
    return finish(out, data,
                  sc_dataset_from_images(&data->dataset, &context->env, images, labels, layout));
}

socle_status socle_data_idx(socle_data **out, socle_context *context, const char *images,
                            const char *labels) {
    if (out) *out = NULL;
    if (!out || !context) return SOCLE_STATUS_INVALID_ARGUMENT;
    return from_idx(out, context, __func__, images, labels, SC_IMAGES_ASK);
}

socle_status socle_data_images(socle_data **out, socle_context *context, const char *images,
                               const char *labels, socle_layout layout) {
    if (out) *out = NULL;
    if (!out || !context) return SOCLE_STATUS_INVALID_ARGUMENT;
    SC_TRY(sc_api_enter(context));
    if (layout != SOCLE_NCHW && layout != SOCLE_NHWC)
        return sc_fail(&context->env, SOCLE_STATUS_INVALID_ARGUMENT,
                       "socle_data_images: there is no layout %d", (int)layout);
    return from_idx(out, context, __func__, images, labels,
                    layout == SOCLE_NHWC ? SC_IMAGES_NHWC : SC_IMAGES_NCHW);
}

socle_status sc_api_add_targets(socle_data *data, socle_dtype dtype, const socle_shape *shape,
                                const void *targets) {
    socle_shape one = {0};
    if (shape)
        return sc_dataset_add_copy(data->dataset, sc_column_name(SC_COLUMN_TARGET), dtype, shape,
                                   targets);
    if (dtype == SOCLE_F32)
        return sc_fail(&data->context->env, SOCLE_STATUS_INVALID_ARGUMENT,
                       "class numbers are u8 or i32, not f32; values need a target shape");
    return sc_dataset_add_copy(data->dataset, sc_column_name(SC_COLUMN_LABEL), dtype, &one,
                               targets);
}

socle_status socle_data_arrays(socle_data **out, socle_context *context, int64_t count,
                               socle_dtype dtype, socle_shape shape, const void *inputs,
                               socle_dtype target_dtype, const socle_shape *target_shape,
                               const void *targets) {
    if (out) *out = NULL;
    if (!out || !context) return SOCLE_STATUS_INVALID_ARGUMENT;
    if (!inputs) return sc_api_missing(context, __func__, "inputs");
    socle_data *data;
    SC_TRY(sc_api_create(&data, context, sizeof *data));
    socle_status status = sc_dataset_create(&data->dataset, &context->env, "arrays", count);
    if (status == SOCLE_OK)
        status = sc_dataset_add_copy(data->dataset, sc_column_name(SC_COLUMN_INPUT), dtype, &shape,
                                     inputs);
    if (status == SOCLE_OK && targets)
        status = sc_api_add_targets(data, target_dtype, target_shape, targets);
    return finish(out, data, status);
}

socle_status socle_data_add_input(socle_data *data, const char *name, socle_dtype dtype,
                                  socle_shape shape, const void *values) {
    if (!data) return SOCLE_STATUS_INVALID_ARGUMENT;
    SC_TRY(sc_api_enter(data->context));
    if (!name) return sc_api_missing(data->context, __func__, "name");
    if (!values) return sc_api_missing(data->context, __func__, "values");
    return sc_dataset_add_copy(data->dataset, name, dtype, &shape, values);
}

int64_t socle_data_count(const socle_data *data) {
    return data ? sc_dataset_count(data->dataset) : 0;
}

void socle_data_destroy(socle_data *data) {
    if (!data || sc_api_enter(data->context) != SOCLE_OK) return;
    if (!sc_api_hangs(data->context)) sc_dataset_destroy(data->dataset);
    sc_preparation_free(&data->preparation);
    sc_api_destroy(data->context, data);
}
