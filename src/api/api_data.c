/* SPDX-License-Identifier: Apache-2.0 */
/* Public data sets: IDX files and arrays. */
#include "api/api.h"

#include "data/idx.h"

static socle_status create(socle_data **out, socle_context *context, socle_data **data) {
    if (!out || !context) return SOCLE_STATUS_INVALID_ARGUMENT;
    *out = NULL;
    SC_TRY(sc_allocate(&context->env, data, 1, sizeof **data));
    (*data)->context = context;
    return SOCLE_OK;
}

static socle_status finish(socle_data **out, socle_data *data, socle_status status) {
    if (status != SOCLE_OK)
        socle_data_destroy(data);
    else
        *out = data;
    return status;
}

socle_status socle_data_idx(socle_data **out, socle_context *context, const char *images, const char *labels) {
    socle_data *data;
    SC_TRY(create(out, context, &data));
    return finish(out, data, sc_dataset_from_idx(&data->dataset, &context->env, images, labels));
}

static socle_status add_arrays(socle_data *data, int64_t count, socle_dtype dtype, const socle_shape *shape,
                               const void *inputs, socle_dtype target_dtype, const socle_shape *target_shape,
                               const void *targets) {
    sc_env *env = &data->context->env;
    if (count < 1 || !inputs)
        return sc_fail(env, SOCLE_STATUS_INVALID_ARGUMENT, "a data set needs at least 1 sample and its inputs");
    SC_TRY(sc_dataset_create(&data->dataset, env, "arrays", count));
    SC_TRY(sc_dataset_add_copy(data->dataset, "input", dtype, shape, inputs));
    if (!targets) return SOCLE_OK;
    socle_shape one = {0};
    if (!target_shape && target_dtype == SOCLE_F32)
        return sc_fail(env, SOCLE_STATUS_INVALID_ARGUMENT, "class numbers are u8 or i32; values need a target shape");
    return sc_dataset_add_copy(data->dataset, target_shape ? "target" : "label", target_dtype,
                               target_shape ? target_shape : &one, targets);
}

socle_status socle_data_arrays(socle_data **out, socle_context *context, int64_t count, socle_dtype dtype, socle_shape shape,
                               const void *inputs, socle_dtype target_dtype, const socle_shape *target_shape,
                               const void *targets) {
    socle_data *data;
    SC_TRY(create(out, context, &data));
    return finish(out, data, add_arrays(data, count, dtype, &shape, inputs, target_dtype, target_shape, targets));
}

int64_t socle_data_count(const socle_data *data) {
    return data ? sc_dataset_count(data->dataset) : 0;
}

void socle_data_destroy(socle_data *data) {
    if (!data) return;
    sc_dataset_destroy(data->dataset);
    sc_release(&data->context->env, data);
}
