/* SPDX-License-Identifier: Apache-2.0 */
/* See checkpoint.h. Saving goes through the list of tensors twice: names first, then their bytes
 * straight from the device, hashed on the way; the hash is the last tensor. Loading checks
 * everything before it changes anything. */
#include "run/checkpoint.h"
#include "base/hash.h"
#include "io/format.h"
#include "io/json_text.h"
#include "io/quote.h"
#include "io/safetensors.h"
#include "model/model.h"
#include "nn/metric.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VERSION_KEY "checkpoint_version"
#define CHECKSUM "checkpoint/checksum"

static const sc_format versions = {"checkpoint", 1, 1};

/* Where one tensor of the file lives in a run. */
typedef enum place_kind { CURRENT, STATE, BEST } place_kind;
typedef struct place {
    place_kind kind;
    int parameter, state;
    char name[320];
} place;

typedef struct visit {
    sc_env *env;
    sc_trainer *trainer;
    const sc_net *net;
    sc_safetensors_writer *writer;
    const sc_safetensors *file;
    float *buffer; /* room for the largest parameter */
    sc_hash hash;
    bool with_best;
} visit;

typedef socle_status (*visitor)(visit *visit, const place *place);

static socle_status visit_tensors(visit *v, visitor each) {
    char state[SC_STATE_NAME];
    place at;
    for (int p = 0; p < (int)v->net->parameters; p++) {
        at = (place){.kind = CURRENT, .parameter = p};
        snprintf(at.name, sizeof at.name, "%s", v->net->parameter[p].name);
        SC_TRY(each(v, &at));
    }
    for (int s = 0; s < SC_OPTIMIZER_STATES; s++)
        for (int p = 0; p < (int)v->net->parameters; p++) {
            const sc_optimizer *optimizer = sc_trainer_optimizer(v->trainer, p);
            if (!optimizer || s >= sc_optimizer_states(optimizer)) continue;
            at = (place){.kind = STATE, .parameter = p, .state = s};
            sc_optimizer_state_name(state, optimizer, s);
            snprintf(at.name, sizeof at.name, "optimizer/%s/%s", state, v->net->parameter[p].name);
            SC_TRY(each(v, &at));
        }
    for (int p = 0; v->with_best && p < (int)v->net->parameters; p++) {
        at = (place){.kind = BEST, .parameter = p};
        snprintf(at.name, sizeof at.name, "best/%s", v->net->parameter[p].name);
        SC_TRY(each(v, &at));
    }
    return SOCLE_OK;
}

static const sc_tensor_desc *desc_of(const visit *v, const place *at) {
    return &v->net->parameter[at->parameter].desc;
}

static socle_shape shape_of(const sc_tensor_desc *desc) {
    socle_shape shape = {.rank = desc->rank};
    for (int d = 0; d < desc->rank; d++) shape.size[d] = desc->dim[d];
    return shape;
}

static socle_status visit_begin(visit *v, sc_trainer *trainer) {
    size_t largest = 1;
    *v =
        (visit){.trainer = trainer, .env = sc_trainer_env(trainer), .net = sc_trainer_net(trainer)};
    for (size_t p = 0; p < v->net->parameters; p++) {
        size_t bytes = sc_tensor_bytes(&v->net->parameter[p].desc);
        if (bytes > largest) largest = bytes;
    }
    return sc_allocate(v->env, &v->buffer, largest, 1);
}

static void add_hash(visit *v, const void *data, size_t size) {
    sc_hash next = sc_hash_bytes(data, size, v->hash.low ^ (v->hash.high << 1));
    v->hash = (sc_hash){next.low, next.high};
}

/* --- Metadata: identity and position, in this order also in the checksum. --- */

enum { METADATA_NUMBERS = 4, VALUE_TEXT = 40, KEY_TEXT = 120 };

static const char *const number_keys[METADATA_NUMBERS] = {"run.epoch", "run.row", "run.step",
                                                          "run.best_epoch"};

static void position_numbers(sc_position *position, int64_t *out[METADATA_NUMBERS]) {
    int64_t *numbers[METADATA_NUMBERS] = {&position->epoch, &position->row, &position->step,
                                          &position->best_epoch};
    memcpy(out, numbers, sizeof numbers);
}

/* The sum of a metric in the position; NULL: the run does not measure it. */
static double *metric_sum(const visit *v, sc_position *position, const sc_metric_kind *metric) {
    int at = sc_net_metric(v->net, sc_metric_word(metric));
    return at < 0 ? NULL : &position->sum.metric[at];
}

static void metric_key(char out[KEY_TEXT], const sc_metric_kind *metric) {
    snprintf(out, KEY_TEXT, "run.%s", sc_metric_sum(metric));
}

static socle_status put_metadata(visit *v, const char *key, const char *value) {
    add_hash(v, value, strlen(value));
    return sc_safetensors_writer_metadata(v->writer, key, value);
}

/* The shortest decimal that reads back equal; "null": none. */
static socle_status put_real(visit *v, const char *key, double value) {
    char text[VALUE_TEXT];
    sc_number_text(text, value);
    return put_metadata(v, key, text);
}

/* A run without scaling says nothing of it. */
static bool has_scaling(const visit *v) {
    return sc_trainer_options(v->trainer)->precision == SOCLE_F16;
}

static socle_status put_scaling(visit *v, const sc_scaling *scaling) {
    if (!has_scaling(v)) return SOCLE_OK;
    SC_TRY(put_real(v, "run.loss_scale", scaling->scale));
    SC_TRY(put_real(v, "run.steady_steps", scaling->steady));
    return put_real(v, "run.skipped_steps", scaling->skipped);
}

/* The metrics in the order of their table, whatever order the run names them in. */
static socle_status put_sums(visit *v, sc_position *position) {
    const sc_metric_kind *metric;
    char key[KEY_TEXT];
    SC_TRY(put_real(v, "run.loss", position->sum.loss));
    SC_TRY(put_real(v, "run.weight", position->sum.weight));
    for (int i = 0; (metric = sc_metric_at(i)); i++) {
        const double *sum = metric_sum(v, position, metric);
        metric_key(key, metric);
        if (sum) SC_TRY(put_real(v, key, *sum));
    }
    SC_TRY(put_scaling(v, &position->scaling));
    return put_real(v, "run.best", position->best);
}

static socle_status write_metadata(visit *v, const sc_identity *identity) {
    char version[SC_FORMAT_TEXT];
    sc_position position = sc_trainer_position(v->trainer);
    int64_t *number[METADATA_NUMBERS];
    char text[VALUE_TEXT];
    position_numbers(&position, number);
    sc_format_text(version, &versions);
    SC_TRY(sc_safetensors_writer_metadata(v->writer, VERSION_KEY, version));
    add_hash(v, identity->network, strlen(identity->network)); /* its text is in the file already */
    SC_TRY(put_metadata(v, "run.config", identity->config));
    SC_TRY(put_metadata(v, "run.data", identity->data));
    for (int i = 0; i < METADATA_NUMBERS; i++) {
        snprintf(text, sizeof text, "%" PRId64, *number[i]);
        SC_TRY(put_metadata(v, number_keys[i], text));
    }
    return put_sums(v, &position);
}

/* --- Saving --- */

/* The parameters are declared already, as in every model file. */
static socle_status declare(visit *v, const place *at) {
    if (at->kind == CURRENT) return SOCLE_OK;
    socle_shape shape = shape_of(desc_of(v, at));
    return sc_safetensors_writer_declare(v->writer, at->name, SOCLE_F32, &shape);
}

static socle_status write_tensor(visit *v, const place *at) {
    size_t bytes = sc_tensor_bytes(desc_of(v, at));
    const float *data = v->buffer;
    if (at->kind == BEST)
        data = sc_trainer_best(v->trainer)[at->parameter];
    else
        SC_TRY(sc_fleet_read(sc_trainer_fleet(v->trainer), at->parameter,
                             at->kind == STATE ? at->state : -1, v->buffer));
    add_hash(v, data, bytes);
    return sc_safetensors_writer_data(v->writer, data, bytes);
}

static socle_status write_all(visit *v, const sc_identity *identity) {
    const socle_shape checksum = {.rank = 1, .size = {sizeof v->hash}};
    SC_TRY(sc_model_declare(v->writer, v->net));
    SC_TRY(write_metadata(v, identity));
    SC_TRY(visit_tensors(v, declare));
    SC_TRY(sc_safetensors_writer_declare(v->writer, CHECKSUM, SOCLE_U8, &checksum));
    SC_TRY(visit_tensors(v, write_tensor));
    return sc_safetensors_writer_data(v->writer, &v->hash, sizeof v->hash);
}

socle_status sc_checkpoint_save(sc_trainer *trainer, const char *path,
                                const sc_identity *identity) {
    visit v;
    SC_TRY(visit_begin(&v, trainer));
    v.with_best = sc_trainer_best(trainer) != NULL;
    socle_status status = sc_safetensors_writer_create(&v.writer, v.env, path);
    if (status == SOCLE_OK) {
        status = write_all(&v, identity);
        if (status == SOCLE_OK)
            status = sc_safetensors_writer_commit(v.writer);
        else
            sc_safetensors_writer_abandon(v.writer);
    }
    sc_release(v.env, v.buffer);
    return status;
}

/* --- Loading --- */

static socle_status get_metadata(visit *v, const char *key, const char **value) {
    *value = sc_safetensors_metadata(v->file, key);
    if (!*value)
        return sc_fail(v->env, SOCLE_STATUS_DATA, "%s: a checkpoint without '%s' in its metadata",
                       sc_safetensors_path(v->file), key);
    add_hash(v, *value, strlen(*value));
    return SOCLE_OK;
}

static socle_status bad_value(visit *v, const char *key, const char *value) {
    return sc_fail(v->env, SOCLE_STATUS_DATA,
                   "%s: '%s' is %s in this checkpoint, which makes no sense",
                   sc_safetensors_path(v->file), key, sc_quote(value).text);
}

static socle_status get_real(visit *v, const char *key, double *out) {
    const char *value;
    SC_TRY(get_metadata(v, key, &value));
    *out = NAN;
    if (strcmp(value, "null") != 0 && !sc_number_parse(out, value)) return bad_value(v, key, value);
    return SOCLE_OK;
}

/* What a run of another precision saved begins with the first scale; a run without scaling passes
 * over that of the file. */
static socle_status get_scaling(visit *v, sc_scaling *scaling) {
    sc_scaling saved;
    if (!sc_safetensors_metadata(v->file, "run.loss_scale")) return SOCLE_OK;
    SC_TRY(get_real(v, "run.loss_scale", &saved.scale));
    SC_TRY(get_real(v, "run.steady_steps", &saved.steady));
    SC_TRY(get_real(v, "run.skipped_steps", &saved.skipped));
    if (has_scaling(v)) *scaling = saved;
    return SOCLE_OK;
}

/* A metric of this run that the file has no sum of begins with the next epoch; one that only the
 * file has is passed over. */
static socle_status get_sums(visit *v, sc_position *position) {
    const sc_metric_kind *metric;
    char key[KEY_TEXT];
    SC_TRY(get_real(v, "run.loss", &position->sum.loss));
    SC_TRY(get_real(v, "run.weight", &position->sum.weight));
    for (int i = 0; (metric = sc_metric_at(i)); i++) {
        double *sum = metric_sum(v, position, metric), unused;
        metric_key(key, metric);
        if (sum) *sum = position->row ? NAN : 0;
        if (sc_safetensors_metadata(v->file, key)) SC_TRY(get_real(v, key, sum ? sum : &unused));
    }
    SC_TRY(get_scaling(v, &position->scaling));
    return get_real(v, "run.best", &position->best);
}

static socle_status read_position(visit *v, sc_position *position) {
    int64_t *number[METADATA_NUMBERS];
    const char *value;
    *position = (sc_position){0};
    position_numbers(position, number);
    for (int i = 0; i < METADATA_NUMBERS; i++) {
        SC_TRY(get_metadata(v, number_keys[i], &value));
        char *end;
        *number[i] = strtoll(value, &end, 10);
        if (!*value || *end || *number[i] < 0 || *number[i] > UINT32_MAX)
            return bad_value(v, number_keys[i], value);
    }
    return get_sums(v, position);
}

static socle_status expect(visit *v, const place *at) {
    socle_shape shape = shape_of(desc_of(v, at));
    const sc_safetensors_tensor *tensor;
    SC_TRY(sc_safetensors_expect(&tensor, v->file, at->name, SOCLE_F32, &shape));
    SC_TRY(sc_safetensors_read(v->file, tensor, v->buffer, tensor->bytes));
    add_hash(v, v->buffer, tensor->bytes);
    return SOCLE_OK;
}

static socle_status check_sum(visit *v) {
    const socle_shape shape = {.rank = 1, .size = {sizeof v->hash}};
    const sc_safetensors_tensor *tensor;
    sc_hash saved;
    SC_TRY(sc_safetensors_expect(&tensor, v->file, CHECKSUM, SOCLE_U8, &shape));
    SC_TRY(sc_safetensors_read(v->file, tensor, &saved, sizeof saved));
    if (saved.low == v->hash.low && saved.high == v->hash.high) return SOCLE_OK;
    return sc_fail(v->env, SOCLE_STATUS_DATA,
                   "%s: the checksum does not fit: the file was damaged after it was written",
                   sc_safetensors_path(v->file));
}

static socle_status restore(visit *v, const place *at) {
    const sc_safetensors_tensor *tensor = sc_safetensors_find(v->file, at->name);
    SC_TRY(sc_safetensors_read(v->file, tensor, v->buffer, tensor->bytes));
    if (at->kind == BEST) return sc_trainer_set_best(v->trainer, at->parameter, v->buffer);
    return sc_fleet_write(sc_trainer_fleet(v->trainer), at->parameter,
                          at->kind == STATE ? at->state : -1, v->buffer);
}

/* Whether a file is a checkpoint of a known version. */
static socle_status check_format(sc_env *env, const sc_safetensors *file) {
    const char *version = sc_safetensors_metadata(file, VERSION_KEY);
    if (!version)
        return sc_fail(env, SOCLE_STATUS_DATA,
                       "%s: is no checkpoint; a run continues from its checkpoint.safetensors",
                       sc_safetensors_path(file));
    return sc_format_check(env, &versions, sc_safetensors_path(file), version);
}

static bool has_best(const visit *v) {
    char name[320];
    if (!v->net->parameters) return false;
    snprintf(name, sizeof name, "best/%s", v->net->parameter[0].name);
    return sc_safetensors_find(v->file, name) != NULL;
}

/* A checkpoint is a sound model file first of all. */
static socle_status check_model(visit *v) {
    sc_net *net;
    SC_TRY(sc_model_read_net(&net, v->env, v->file));
    sc_net_destroy(net);
    return SOCLE_OK;
}

static socle_status load_all(visit *v, const sc_identity *identity) {
    const char *config, *data, *network;
    sc_position position;
    SC_TRY(check_format(v->env, v->file));
    SC_TRY(check_model(v));
    SC_TRY(get_metadata(v, "network", &network));
    SC_TRY(get_metadata(v, "run.config", &config));
    SC_TRY(get_metadata(v, "run.data", &data));
    const sc_identity saved = {
        .config = (char *)config, .network = (char *)network, .data = (char *)data};
    SC_TRY(sc_identity_match(v->env, &saved, identity));
    SC_TRY(read_position(v, &position));
    v->with_best = has_best(v);
    SC_TRY(visit_tensors(v, expect));
    SC_TRY(check_sum(v));
    socle_status status = sc_trainer_check_position(v->trainer, &position, v->with_best);
    if (status != SOCLE_OK)
        return sc_fail_prefix(v->env, status, "%s", sc_safetensors_path(v->file));
    SC_TRY(visit_tensors(v, restore));
    return sc_trainer_set_position(v->trainer, &position);
}

socle_status sc_checkpoint_load(sc_trainer *trainer, const char *path,
                                const sc_identity *identity) {
    visit v;
    sc_safetensors *file;
    SC_TRY(visit_begin(&v, trainer));
    socle_status status = sc_safetensors_open(&file, v.env, path);
    if (status == SOCLE_OK) {
        v.file = file;
        status = load_all(&v, identity);
        sc_safetensors_close(file);
    }
    sc_release(v.env, v.buffer);
    return status;
}

socle_status sc_checkpoint_config(char **out, sc_env *env, const char *path) {
    sc_safetensors *file;
    *out = NULL;
    SC_TRY(sc_safetensors_open(&file, env, path));
    socle_status status = check_format(env, file);
    const char *config = sc_safetensors_metadata(file, "run.config");
    if (status == SOCLE_OK && !config)
        status =
            sc_fail(env, SOCLE_STATUS_DATA, "%s: a checkpoint without its configuration", path);
    if (status == SOCLE_OK) status = sc_copy_string(env, out, config);
    sc_safetensors_close(file);
    return status;
}
