/* SPDX-License-Identifier: Apache-2.0 */
/* See checkpoint.h. Loading checks everything before it changes anything. */
#include "io/json_text.h"
#include "io/quote.h"
#include "model/model.h"
#include "run/checkpoint_private.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static socle_status get_metadata(sc_checkpoint_visit *v, const char *key, const char **value) {
    *value = sc_safetensors_metadata(v->file, key);
    if (!*value)
        return sc_fail(v->env, SOCLE_STATUS_DATA, "%s: a checkpoint without '%s' in its metadata",
                       sc_safetensors_path(v->file), key);
    sc_checkpoint_hash(v, *value, strlen(*value));
    return SOCLE_OK;
}

static socle_status bad_value(sc_checkpoint_visit *v, const char *key, const char *value) {
    return sc_fail(v->env, SOCLE_STATUS_DATA,
                   "%s: '%s' is %s in this checkpoint, which makes no sense",
                   sc_safetensors_path(v->file), key, sc_quote(value).text);
}

static socle_status get_real(sc_checkpoint_visit *v, const char *key, double *out) {
    const char *value;
    SC_TRY(get_metadata(v, key, &value));
    *out = NAN;
    if (strcmp(value, "null") != 0 && !sc_number_parse(out, value)) return bad_value(v, key, value);
    return SOCLE_OK;
}

static socle_status get_count(sc_checkpoint_visit *v, const char *key, int64_t *out) {
    double value;
    SC_TRY(get_real(v, key, &value));
    if (!(value >= 0 && value <= INT32_MAX && value == floor(value)))
        return bad_value(v, key, sc_safetensors_metadata(v->file, key));
    *out = (int64_t)value;
    return SOCLE_OK;
}

/* What a run of another precision saved begins with the first scale; a run without scaling passes
 * over that of the file. */
static socle_status get_scaling(sc_checkpoint_visit *v, sc_scaling *scaling) {
    sc_scaling saved;
    if (!sc_safetensors_metadata(v->file, "run.loss_scale")) return SOCLE_OK;
    SC_TRY(get_real(v, "run.loss_scale", &saved.scale));
    SC_TRY(get_real(v, "run.steady_steps", &saved.steady));
    SC_TRY(get_real(v, "run.skipped_steps", &saved.skipped));
    if (sc_checkpoint_has_scaling(v)) *scaling = saved;
    return SOCLE_OK;
}

/* What a run with another schedule saved begins anew; a schedule that learns nothing passes over
 * it.
 */
static socle_status get_plateau(sc_checkpoint_visit *v, sc_plateau *plateau) {
    sc_plateau saved;
    *plateau = sc_plateau_begin();
    if (!sc_safetensors_metadata(v->file, "run.plateau_factor")) return SOCLE_OK;
    SC_TRY(get_real(v, "run.plateau_factor", &saved.factor));
    SC_TRY(get_real(v, "run.plateau_best", &saved.best));
    SC_TRY(get_count(v, "run.plateau_waited", &saved.waited));
    if (sc_checkpoint_has_plateau(v)) *plateau = saved;
    return SOCLE_OK;
}

/* The network's own metrics, as the file has them; others that it has are passed over. */
static socle_status get_own_sums(sc_checkpoint_visit *v, sc_position *position) {
    const sc_net *net = v->net;
    const char *text = NULL;
    if (sc_safetensors_metadata(v->file, SC_CHECKPOINT_OWN_METRICS))
        SC_TRY(get_metadata(v, SC_CHECKPOINT_OWN_METRICS, &text));
    json_t *sums = text ? json_loads(text, 0, NULL) : NULL;
    for (int m = 0; m < net->summed; m++) {
        if (!sc_metric_is_own(net->metric[m])) continue;
        const json_t *sum = json_object_get(sums, sc_metric_word(net->metric[m]));
        position->sum.metric[m] = json_is_number(sum) ? json_number_value(sum)
                                  : position->row     ? NAN
                                                      : 0;
    }
    bool good = !text || json_is_object(sums);
    json_decref(sums);
    return good ? SOCLE_OK : bad_value(v, SC_CHECKPOINT_OWN_METRICS, text);
}

/* A run that did not wait before begins to. */
static socle_status get_patience(sc_checkpoint_visit *v, sc_patience *patience, int64_t epoch) {
    sc_patience saved;
    *patience = sc_patience_begin(epoch);
    if (!sc_safetensors_metadata(v->file, "run.patience_best")) return SOCLE_OK;
    SC_TRY(get_real(v, "run.patience_best", &saved.best));
    SC_TRY(get_count(v, "run.patience_epoch", &saved.epoch));
    if (sc_checkpoint_has_patience(v)) *patience = saved;
    return SOCLE_OK;
}

/* A metric of this run that the file has no sum of begins with the next epoch; one that only the
 * file has is passed over. */
static socle_status get_sums(sc_checkpoint_visit *v, sc_position *position) {
    const sc_metric_kind *metric;
    char key[SC_CHECKPOINT_KEY];
    SC_TRY(get_real(v, "run.loss", &position->sum.loss));
    SC_TRY(get_real(v, "run.weight", &position->sum.weight));
    for (int i = 0; (metric = sc_metric_at(i)); i++) {
        double *sum = sc_checkpoint_metric_sum(v, position, metric), unused;
        sc_checkpoint_metric_key(key, metric);
        if (sum) *sum = position->row ? NAN : 0;
        if (sc_safetensors_metadata(v->file, key)) SC_TRY(get_real(v, key, sum ? sum : &unused));
    }
    SC_TRY(get_own_sums(v, position));
    SC_TRY(get_scaling(v, &position->scaling));
    SC_TRY(get_plateau(v, &position->plateau));
    SC_TRY(get_patience(v, &position->patience, position->epoch));
    return get_real(v, "run.best", &position->best);
}

static socle_status read_numbers(sc_checkpoint_visit *v, int64_t *const *number) {
    const char *value;
    for (int i = 0; i < SC_CHECKPOINT_NUMBERS; i++) {
        SC_TRY(get_metadata(v, sc_checkpoint_number_keys[i], &value));
        char *end;
        *number[i] = strtoll(value, &end, 10);
        if (!*value || *end || *number[i] < 0 || *number[i] > UINT32_MAX)
            return bad_value(v, sc_checkpoint_number_keys[i], value);
    }
    return SOCLE_OK;
}

static socle_status read_position(sc_checkpoint_visit *v, sc_position *position) {
    int64_t *number[SC_CHECKPOINT_NUMBERS];
    *position = (sc_position){0};
    sc_checkpoint_numbers(position, number);
    SC_TRY(read_numbers(v, number));
    return get_sums(v, position);
}

static socle_status expect(sc_checkpoint_visit *v, const sc_checkpoint_place *at) {
    socle_shape shape = sc_checkpoint_shape(v, at);
    const sc_safetensors_tensor *tensor;
    SC_TRY(sc_safetensors_expect(&tensor, v->file, at->name, SOCLE_F32, &shape));
    SC_TRY(sc_safetensors_read(v->file, tensor, v->buffer, tensor->bytes));
    sc_checkpoint_hash(v, v->buffer, tensor->bytes);
    return SOCLE_OK;
}

static socle_status check_sum(sc_checkpoint_visit *v) {
    const socle_shape shape = {.rank = 1, .size = {sizeof v->hash}};
    const sc_safetensors_tensor *tensor;
    sc_hash saved;
    SC_TRY(sc_safetensors_expect(&tensor, v->file, SC_CHECKPOINT_SUM, SOCLE_U8, &shape));
    SC_TRY(sc_safetensors_read(v->file, tensor, &saved, sizeof saved));
    if (saved.low == v->hash.low && saved.high == v->hash.high) return SOCLE_OK;
    return sc_fail(v->env, SOCLE_STATUS_DATA,
                   "%s: the checksum does not fit: the file was damaged after it was written",
                   sc_safetensors_path(v->file));
}

/* No step looks at the best weights, so a run would go on and give NaN away. */
static socle_status check_best(sc_checkpoint_visit *v, const sc_checkpoint_place *at) {
    if (at->kind != SC_CHECKPOINT_BEST) return SOCLE_OK;
    const sc_safetensors_tensor *tensor = sc_safetensors_find(v->file, at->name);
    SC_TRY(sc_safetensors_read(v->file, tensor, v->buffer, tensor->bytes));
    const float *value = v->buffer;
    size_t bad = 0, elements = tensor->bytes / sizeof *value;
    for (size_t i = 0; i < elements; i++) bad += isnan(value[i]);
    if (!bad) return SOCLE_OK;
    return sc_fail(
        v->env, SOCLE_STATUS_DATA,
        "%s: tensor '%s' has %zu values that are NaN, of %zu, which no run writes: go on "
        "from another checkpoint",
        sc_safetensors_path(v->file), at->name, bad, elements);
}

static socle_status restore(sc_checkpoint_visit *v, const sc_checkpoint_place *at) {
    const sc_safetensors_tensor *tensor = sc_safetensors_find(v->file, at->name);
    SC_TRY(sc_safetensors_read(v->file, tensor, v->buffer, tensor->bytes));
    if (at->kind == SC_CHECKPOINT_BEST)
        return sc_trainer_set_best(v->trainer, at->parameter, v->buffer);
    return sc_fleet_write(sc_trainer_fleet(v->trainer), at->parameter,
                          at->kind == SC_CHECKPOINT_STATE ? at->state : -1, v->buffer);
}

/* Whether a file is a checkpoint of a known version. */
static socle_status check_format(sc_env *env, const sc_safetensors *file) {
    const char *version = sc_safetensors_metadata(file, SC_CHECKPOINT_VERSION_KEY);
    if (!version)
        return sc_fail(env, SOCLE_STATUS_DATA,
                       "%s: is no checkpoint; a run continues from its checkpoint.safetensors",
                       sc_safetensors_path(file));
    return sc_format_check(env, &sc_checkpoint_versions, sc_safetensors_path(file), version);
}

static bool has_best(const sc_checkpoint_visit *v) {
    char name[320];
    if (!v->net->parameters) return false;
    snprintf(name, sizeof name, "best/%s", v->net->parameter[0].name);
    return sc_safetensors_find(v->file, name) != NULL;
}

static socle_status find_tensor(sc_checkpoint_visit *v, const sc_checkpoint_place *at) {
    socle_shape shape = sc_checkpoint_shape(v, at);
    const sc_safetensors_tensor *tensor;
    v->tensors++;
    return sc_safetensors_expect(&tensor, v->file, at->name, SOCLE_F32, &shape);
}

/* All that this trainer would save, the checksum with them, and no more. */
static bool has_same_tensors(sc_checkpoint_visit *v) {
    return sc_checkpoint_tensors(v, find_tensor) == SOCLE_OK &&
           v->tensors + 1 == sc_safetensors_count(v->file);
}

/* Reads all that the checksum covers. */
static socle_status check_whole(sc_checkpoint_visit *v, sc_position *position) {
    SC_TRY(read_position(v, position));
    SC_TRY(sc_checkpoint_tensors(v, expect));
    return check_sum(v);
}

/* What differs may differ by damage. The checksum tells, wherever the file has the tensors of this
 * trainer: with others it cannot be computed. */
static socle_status check_match(sc_checkpoint_visit *v, sc_position *position,
                                const sc_identity *saved, const sc_identity *now) {
    socle_status match = sc_identity_match(v->env, saved, now);
    if (match == SOCLE_OK) return check_whole(v, position);
    if (match != SOCLE_STATUS_CONFIG) return match;
    sc_env difference = *v->env;
    if (has_same_tensors(v)) SC_TRY(check_whole(v, position));
    sc_env_adopt_error(v->env, &difference);
    return match;
}

/* A checkpoint is a sound model file first of all. */
static socle_status check_model(sc_checkpoint_visit *v) {
    sc_net *net;
    SC_TRY(sc_model_read_net(&net, v->env, v->file));
    sc_net_destroy(net);
    return SOCLE_OK;
}

static socle_status load_all(sc_checkpoint_visit *v, const sc_identity *identity) {
    const char *config, *data, *network;
    sc_position position;
    SC_TRY(check_format(v->env, v->file));
    SC_TRY(check_model(v));
    SC_TRY(get_metadata(v, "network", &network));
    SC_TRY(get_metadata(v, "run.config", &config));
    SC_TRY(get_metadata(v, "run.data", &data));
    const sc_identity saved = {
        .config = (char *)config, .network = (char *)network, .data = (char *)data};
    v->with_best = has_best(v);
    SC_TRY(check_match(v, &position, &saved, identity));
    socle_status status = sc_trainer_check_position(v->trainer, &position, v->with_best);
    if (status != SOCLE_OK)
        return sc_fail_prefix(v->env, status, "%s", sc_safetensors_path(v->file));
    SC_TRY(sc_checkpoint_tensors(v, check_best));
    SC_TRY(sc_checkpoint_tensors(v, restore));
    return sc_trainer_set_position(v->trainer, &position);
}

socle_status sc_checkpoint_load(sc_trainer *trainer, const char *path,
                                const sc_identity *identity) {
    sc_checkpoint_visit v;
    sc_safetensors *file;
    SC_TRY(sc_checkpoint_begin(&v, trainer));
    socle_status status = sc_safetensors_open(&file, v.env, path);
    if (status == SOCLE_OK) {
        v.file = file;
        status = load_all(&v, identity);
        sc_safetensors_close(file);
    }
    sc_release(v.env, v.buffer);
    return status;
}

socle_status sc_checkpoint_best_epoch(int64_t *out, sc_env *env, const char *path) {
    sc_safetensors *file;
    sc_position position;
    int64_t *number[SC_CHECKPOINT_NUMBERS];
    SC_TRY(sc_safetensors_open(&file, env, path));
    sc_checkpoint_visit v = {.env = env, .file = file};
    socle_status status = check_format(env, file);
    sc_checkpoint_numbers(&position, number);
    if (status == SOCLE_OK) status = read_numbers(&v, number);
    *out = status == SOCLE_OK ? position.best_epoch : 0;
    sc_safetensors_close(file);
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
