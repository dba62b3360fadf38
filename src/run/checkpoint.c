/* SPDX-License-Identifier: Apache-2.0 */
/* See checkpoint.h. Saving goes through the list of tensors twice: names first, then their bytes
 * straight from the device, hashed on the way; the hash is the last tensor. */
#include "io/json_text.h"
#include "model/model.h"
#include "run/checkpoint_private.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

const sc_format sc_checkpoint_versions = {"checkpoint", 1, 1};

socle_status sc_checkpoint_tensors(sc_checkpoint_visit *v, sc_checkpoint_visitor each) {
    char state[SC_STATE_NAME];
    sc_checkpoint_place at;
    for (int p = 0; p < (int)v->net->parameters; p++) {
        at = (sc_checkpoint_place){.kind = SC_CHECKPOINT_CURRENT, .parameter = p};
        snprintf(at.name, sizeof at.name, "%s", v->net->parameter[p].name);
        SC_TRY(each(v, &at));
    }
    for (int s = 0; s < SC_OPTIMIZER_STATES; s++)
        for (int p = 0; p < (int)v->net->parameters; p++) {
            const sc_optimizer *optimizer = sc_trainer_optimizer(v->trainer, p);
            if (!optimizer || s >= sc_optimizer_states(optimizer)) continue;
            at = (sc_checkpoint_place){.kind = SC_CHECKPOINT_STATE, .parameter = p, .state = s};
            sc_optimizer_state_name(state, optimizer, s);
            snprintf(at.name, sizeof at.name, "optimizer/%s/%s", state, v->net->parameter[p].name);
            SC_TRY(each(v, &at));
        }
    for (int p = 0; v->with_best && p < (int)v->net->parameters; p++) {
        at = (sc_checkpoint_place){.kind = SC_CHECKPOINT_BEST, .parameter = p};
        snprintf(at.name, sizeof at.name, "best/%s", v->net->parameter[p].name);
        SC_TRY(each(v, &at));
    }
    return SOCLE_OK;
}

static const sc_tensor_desc *desc_of(const sc_checkpoint_visit *v, const sc_checkpoint_place *at) {
    return &v->net->parameter[at->parameter].desc;
}

socle_shape sc_checkpoint_shape(const sc_checkpoint_visit *v, const sc_checkpoint_place *at) {
    const sc_tensor_desc *desc = desc_of(v, at);
    socle_shape shape = {.rank = desc->rank};
    for (int d = 0; d < desc->rank; d++) shape.size[d] = desc->dim[d];
    return shape;
}

socle_status sc_checkpoint_begin(sc_checkpoint_visit *v, sc_trainer *trainer) {
    size_t largest = 1;
    *v = (sc_checkpoint_visit){
        .trainer = trainer, .env = sc_trainer_env(trainer), .net = sc_trainer_net(trainer)};
    for (size_t p = 0; p < v->net->parameters; p++) {
        size_t bytes = sc_tensor_bytes(&v->net->parameter[p].desc);
        if (bytes > largest) largest = bytes;
    }
    return sc_allocate(v->env, &v->buffer, largest, 1);
}

void sc_checkpoint_hash(sc_checkpoint_visit *v, const void *data, size_t size) {
    sc_hash next = sc_hash_bytes(data, size, v->hash.low ^ (v->hash.high << 1));
    v->hash = (sc_hash){next.low, next.high};
}

/* --- Metadata: identity and position, in this order also in the checksum. --- */

enum { VALUE_TEXT = 40 };

const char *const sc_checkpoint_number_keys[SC_CHECKPOINT_NUMBERS] = {"run.epoch", "run.row",
                                                                      "run.step", "run.best_epoch"};

void sc_checkpoint_numbers(sc_position *position, int64_t *out[SC_CHECKPOINT_NUMBERS]) {
    int64_t *numbers[SC_CHECKPOINT_NUMBERS] = {&position->epoch, &position->row, &position->step,
                                               &position->best_epoch};
    memcpy(out, numbers, sizeof numbers);
}

double *sc_checkpoint_metric_sum(const sc_checkpoint_visit *v, sc_position *position,
                                 const sc_metric_kind *metric) {
    int at = sc_net_metric(v->net, sc_metric_word(metric));
    return at < 0 || metric->score ? NULL : &position->sum.metric[at];
}

void sc_checkpoint_metric_key(char out[SC_CHECKPOINT_KEY], const sc_metric_kind *metric) {
    snprintf(out, SC_CHECKPOINT_KEY, "run.%s", sc_metric_sum(metric));
}

static socle_status put_metadata(sc_checkpoint_visit *v, const char *key, const char *value) {
    sc_checkpoint_hash(v, value, strlen(value));
    return sc_safetensors_writer_metadata(v->writer, key, value);
}

/* The shortest decimal that reads back equal; "null": none. */
static socle_status put_real(sc_checkpoint_visit *v, const char *key, double value) {
    char text[VALUE_TEXT];
    sc_number_text(text, value);
    return put_metadata(v, key, text);
}

bool sc_checkpoint_has_scaling(const sc_checkpoint_visit *v) {
    return sc_trainer_options(v->trainer)->precision == SOCLE_F16;
}

static socle_status put_scaling(sc_checkpoint_visit *v, const sc_scaling *scaling) {
    if (!sc_checkpoint_has_scaling(v)) return SOCLE_OK;
    SC_TRY(put_real(v, "run.loss_scale", scaling->scale));
    SC_TRY(put_real(v, "run.steady_steps", scaling->steady));
    return put_real(v, "run.skipped_steps", scaling->skipped);
}

bool sc_checkpoint_has_plateau(const sc_checkpoint_visit *v) {
    return sc_schedule_judges(&sc_trainer_options(v->trainer)->schedule);
}

static socle_status put_plateau(sc_checkpoint_visit *v, const sc_plateau *plateau) {
    if (!sc_checkpoint_has_plateau(v)) return SOCLE_OK;
    SC_TRY(put_real(v, "run.plateau_factor", plateau->factor));
    SC_TRY(put_real(v, "run.plateau_best", plateau->best));
    return put_real(v, "run.plateau_waited", (double)plateau->waited);
}

/* What is no row of the table has one entry for all, so that a file says all that it has summed up
 * to runs that measure something else. */
static socle_status put_own_sums(sc_checkpoint_visit *v, const sc_position *position) {
    const sc_net *net = v->net;
    json_t *sums = json_object();
    for (int m = 0; m < net->summed; m++) {
        double sum = position->sum.metric[m];
        if (sc_metric_is_own(net->metric[m]))
            json_object_set_new(sums, sc_metric_word(net->metric[m]),
                                isfinite(sum) ? json_real(sum) : json_null());
    }
    sc_text text;
    sc_text_init(&text, v->env);
    sc_json_text(&text, sums, 0);
    socle_status status = text.status;
    if (status == SOCLE_OK && json_object_size(sums))
        status = put_metadata(v, SC_CHECKPOINT_OWN_METRICS, text.data);
    sc_text_free(&text);
    json_decref(sums);
    return status;
}

bool sc_checkpoint_has_patience(const sc_checkpoint_visit *v) {
    return sc_trainer_options(v->trainer)->patience > 0;
}

static socle_status put_patience(sc_checkpoint_visit *v, const sc_patience *patience) {
    if (!sc_checkpoint_has_patience(v)) return SOCLE_OK;
    SC_TRY(put_real(v, "run.patience_best", patience->best));
    return put_real(v, "run.patience_epoch", (double)patience->epoch);
}

/* The metrics in the order of their table, whatever order the run names them in. */
static socle_status put_sums(sc_checkpoint_visit *v, sc_position *position) {
    const sc_metric_kind *metric;
    char key[SC_CHECKPOINT_KEY];
    SC_TRY(put_real(v, "run.loss", position->sum.loss));
    SC_TRY(put_real(v, "run.weight", position->sum.weight));
    for (int i = 0; (metric = sc_metric_at(i)); i++) {
        const double *sum = sc_checkpoint_metric_sum(v, position, metric);
        sc_checkpoint_metric_key(key, metric);
        if (sum) SC_TRY(put_real(v, key, *sum));
    }
    SC_TRY(put_own_sums(v, position));
    SC_TRY(put_scaling(v, &position->scaling));
    SC_TRY(put_plateau(v, &position->plateau));
    SC_TRY(put_patience(v, &position->patience));
    return put_real(v, "run.best", position->best);
}

static socle_status write_metadata(sc_checkpoint_visit *v, const sc_identity *identity) {
    char version[SC_FORMAT_TEXT];
    sc_position position = sc_trainer_position(v->trainer);
    int64_t *number[SC_CHECKPOINT_NUMBERS];
    char text[VALUE_TEXT];
    sc_checkpoint_numbers(&position, number);
    sc_format_text(version, &sc_checkpoint_versions);
    SC_TRY(sc_safetensors_writer_metadata(v->writer, SC_CHECKPOINT_VERSION_KEY, version));
    sc_checkpoint_hash(v, identity->network, strlen(identity->network)); /* its text is in the file
                                                                            already */
    SC_TRY(put_metadata(v, "run.config", identity->config));
    SC_TRY(put_metadata(v, "run.data", identity->data));
    for (int i = 0; i < SC_CHECKPOINT_NUMBERS; i++) {
        snprintf(text, sizeof text, "%" PRId64, *number[i]);
        SC_TRY(put_metadata(v, sc_checkpoint_number_keys[i], text));
    }
    return put_sums(v, &position);
}

/* --- Saving --- */

/* The parameters are declared already, as in every model file. */
static socle_status declare(sc_checkpoint_visit *v, const sc_checkpoint_place *at) {
    if (at->kind == SC_CHECKPOINT_CURRENT) return SOCLE_OK;
    socle_shape shape = sc_checkpoint_shape(v, at);
    return sc_safetensors_writer_declare(v->writer, at->name, SOCLE_F32, &shape);
}

static socle_status write_tensor(sc_checkpoint_visit *v, const sc_checkpoint_place *at) {
    size_t bytes = sc_tensor_bytes(desc_of(v, at));
    const float *data = v->buffer;
    if (at->kind == SC_CHECKPOINT_BEST)
        data = sc_trainer_best(v->trainer)[at->parameter];
    else
        SC_TRY(sc_fleet_read(sc_trainer_fleet(v->trainer), at->parameter,
                             at->kind == SC_CHECKPOINT_STATE ? at->state : -1, v->buffer));
    sc_checkpoint_hash(v, data, bytes);
    return sc_safetensors_writer_data(v->writer, data, bytes);
}

static socle_status write_all(sc_checkpoint_visit *v, const sc_identity *identity) {
    const socle_shape checksum = {.rank = 1, .size = {sizeof v->hash}};
    SC_TRY(sc_model_declare(v->writer, v->net));
    SC_TRY(write_metadata(v, identity));
    SC_TRY(sc_checkpoint_tensors(v, declare));
    SC_TRY(sc_safetensors_writer_declare(v->writer, SC_CHECKPOINT_SUM, SOCLE_U8, &checksum));
    SC_TRY(sc_checkpoint_tensors(v, write_tensor));
    return sc_safetensors_writer_data(v->writer, &v->hash, sizeof v->hash);
}

socle_status sc_checkpoint_save(sc_trainer *trainer, const char *path,
                                const sc_identity *identity) {
    sc_checkpoint_visit v;
    SC_TRY(sc_checkpoint_begin(&v, trainer));
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
