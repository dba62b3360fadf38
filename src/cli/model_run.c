/* SPDX-License-Identifier: Apache-2.0 */
/* See model_run.h. */
#include "cli/model_run.h"
#include "data/idx.h"
#include "model/model.h"
#include "model/net_config.h"
#include "train/columns.h"
#include "train/targets.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { FIRST_READ = 1 << 16 };
#define MOST_INPUT ((size_t)1 << 32)

/* A file that cannot be read is as good as a bad one. */
static socle_status as_data(socle_status status) {
    return status == SOCLE_STATUS_NOT_FOUND || status == SOCLE_STATUS_IO ? SOCLE_STATUS_DATA
                                                                         : status;
}

static socle_status take(void *user, int parameter, const float *data) {
    return sc_engine_write(user, parameter, data);
}

socle_status sc_model_run_engine(sc_engine **out, sc_device *device, sc_net *net,
                                 const sc_model_choice *choice, const sc_dataset *dataset,
                                 int64_t batch, bool logits, bool draws) {
    int64_t count = sc_dataset_count(dataset);
    sc_engine_options options = {
        .capacity = count < batch ? count : batch, .logits = logits, .draws = draws};
    const char *target;
    if (sc_targets_column(&target, device->env, dataset) == SOCLE_OK)
        SC_TRY(sc_columns_choose(&options, device->env, net, dataset, NULL));
    SC_TRY(sc_engine_create(out, device, net, &options));
    socle_status status =
        choice ? sc_model_choice_load(device->env, choice, net, take, *out) : SOCLE_OK;
    if (status == SOCLE_OK) return status;
    sc_engine_destroy(*out);
    *out = NULL;
    return status;
}

socle_status sc_model_run_standard_input(sc_env *env, char **data, size_t *size) {
    size_t capacity = 0;
    *data = NULL;
    *size = 0;
    for (;;) {
        SC_TRY(sc_grow(env, data, &capacity, *size + FIRST_READ, 1));
        ssize_t got = read(STDIN_FILENO, *data + *size, capacity - 1 - *size);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return sc_fail(env, SOCLE_STATUS_DATA, "standard input: %s", strerror(errno));
        (*data)[ *size += (size_t)got] = '\0';
        if (got == 0) return SOCLE_OK;
        if (*size > MOST_INPUT)
            return sc_fail(env, SOCLE_STATUS_DATA, "standard input: more than 4 GiB");
    }
}

static socle_status samples_from_input(sc_dataset **out, sc_env *env, sc_image_layout layout) {
    char *data;
    size_t size;
    sc_idx idx = {0};
    socle_status status = sc_model_run_standard_input(env, &data, &size);
    if (status == SOCLE_OK) status = sc_idx_read_memory(&idx, env, "standard input", data, size);
    sc_release(env, data);
    return status == SOCLE_OK ? sc_dataset_of_idx(out, env, "standard input", &idx, layout)
                              : status;
}

socle_status sc_model_run_samples(sc_dataset **out, sc_env *env, const char *path,
                                  sc_image_layout layout) {
    *out = NULL;
    if (strcmp(path, "-") == 0) return as_data(samples_from_input(out, env, layout));
    return as_data(sc_dataset_from_images(out, env, path, NULL, layout));
}

socle_status sc_model_run_inputs(sc_dataset *dataset, sc_env *env, const sc_input_file *files,
                                 int count, sc_image_layout layout) {
    for (int i = 0; i < count; i++)
        SC_TRY(as_data(sc_dataset_add_idx(dataset, env, files[i].name, files[i].path, layout)));
    return SOCLE_OK;
}

static socle_status read_rows(sc_frame *out, sc_env *env, const char *path,
                              const sc_frame_format *format) {
    char *data = NULL;
    size_t size;
    if (strcmp(path, "-") != 0) return sc_frame_read_csv(out, env, path, format);
    socle_status status = sc_model_run_standard_input(env, &data, &size);
    if (status == SOCLE_OK)
        status = sc_frame_parse_csv(out, env, "standard input", data, size, format);
    sc_release(env, data);
    return status;
}

socle_status sc_model_run_rows(sc_dataset **out, sc_env *env, const char *path,
                               const sc_preparation *preparation) {
    const sc_frame_format format = {.header = preparation->header ? "yes" : "no",
                                    .decimal = preparation->decimal};
    sc_frame frame = {0};
    *out = NULL;
    socle_status status = read_rows(&frame, env, path, &format);
    if (status == SOCLE_OK) status = sc_preparation_apply(out, preparation, &frame, false);
    sc_frame_free(&frame);
    return as_data(status);
}
