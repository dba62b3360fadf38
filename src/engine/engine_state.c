/* SPDX-License-Identifier: Apache-2.0 */
/* Reading and writing what persists on the device: parameters, statistics, optimizer state, health
 * and totals. */
#include "engine/engine_private.h"

#include <math.h>
#include <string.h>

static socle_status persistent_place(sc_engine *engine, int number, int state, sc_operand *place,
                                     size_t *bytes) {
    const sc_parameter *parameter = &engine->net->parameter[number];
    sc_lane lane =
        parameter->role == SC_PARAMETER_STATISTIC ? SC_LANE_STATISTICS : SC_LANE_PARAMETERS;
    const sc_lane_layout *layout = &engine->map.lane[lane];
    size_t offset = sc_lane_begin(layout, parameter->index);
    *bytes = sc_tensor_bytes(&parameter->desc);
    if (state >= 0) {
        if (state >= sc_engine_states_of(engine, number))
            return sc_fail(engine->env, SOCLE_STATUS_INVALID_ARGUMENT,
                           "%s has no optimizer state %d", parameter->name, state);
        *place = sc_pieces_at(&engine->state[state], offset);
        return SOCLE_OK;
    }
    *place = lane == SC_LANE_PARAMETERS ? sc_pieces_at(&engine->parameters, offset)
                                        : (sc_operand){engine->lane[lane], offset};
    return SOCLE_OK;
}

static socle_status transfer(sc_engine *engine, int number, int state, float *out,
                             const float *data) {
    sc_operand place;
    size_t bytes;
    SC_TRY(persistent_place(engine, number, state, &place, &bytes));
    if (out)
        SC_TRY(sc_queue_read(engine->compute, out, place, bytes));
    else
        SC_TRY(sc_queue_write(engine->compute, place, data, bytes));
    return sc_queue_finish(engine->compute);
}

socle_status sc_engine_read(sc_engine *engine, int parameter, float *out) {
    return transfer(engine, parameter, -1, out, NULL);
}

socle_status sc_engine_write(sc_engine *engine, int parameter, const float *data) {
    sc_engine_weights_changed(engine);
    return transfer(engine, parameter, -1, NULL, data);
}

socle_status sc_engine_read_state(sc_engine *engine, int state, int parameter, float *out) {
    return transfer(engine, parameter, state, out, NULL);
}

socle_status sc_engine_write_state(sc_engine *engine, int state, int parameter, const float *data) {
    return transfer(engine, parameter, state, NULL, data);
}

socle_status sc_engine_initialize(sc_engine *engine, uint64_t seed) {
    for (size_t p = 0; p < engine->net->parameters; p++) {
        const sc_parameter *parameter = &engine->net->parameter[p];
        float *data;
        SC_TRY(sc_allocate(engine->env, &data, sc_tensor_bytes(&parameter->desc), 1));
        socle_status status = sc_parameter_initialize(engine->env, parameter, seed, data);
        if (status == SOCLE_OK) status = sc_engine_write(engine, (int)p, data);
        sc_release(engine->env, data);
        SC_TRY(status);
    }
    int pieces = sc_engine_states(engine) * engine->cuts.count;
    for (int p = 0; p < pieces; p++)
        if (engine->state_base[p].buffer)
            SC_TRY(sc_queue_fill(engine->compute, engine->state_base[p], 0,
                                 engine->state_base[p].buffer->bytes));
    return sc_engine_totals_reset(engine);
}

/* Sum number i of the lane. */
static double *sum_at(sc_sums *sums, int i) {
    return i == SC_SUM_LOSS            ? &sums->loss
           : i == SC_SUM_SAMPLE_WEIGHT ? &sums->weight
                                       : &sums->metric[i - SC_SUM_METRICS];
}

/* The health lane as words to totals. */
static sc_totals decode(const sc_engine *engine, const uint32_t *word) {
    const size_t *offset = engine->commit_map.lane[SC_LANE_HEALTH].offset;
    float value[SC_HEALTH_TENSORS];
    sc_totals totals = {.bad_step = word[offset[SC_HEALTH_STEP] / sizeof *word]};
    for (int i = 0; i < SC_HEALTH_TOTALS + 2 * sc_engine_sums(engine); i++)
        memcpy(&value[i], (const char *)word + offset[i], sizeof value[i]);
    totals.last_loss = value[SC_HEALTH_LAST_LOSS];
    totals.scaling = (sc_scaling){.scale = (double)value[SC_HEALTH_SCALE],
                                  .steady = (double)value[SC_HEALTH_STEADY],
                                  .skipped = (double)value[SC_HEALTH_SKIPPED]};
    for (int i = 0; i < sc_engine_sums(engine); i++) {
        const float *part = value + SC_HEALTH_TOTALS + 2 * i;
        *sum_at(&totals.sum, i) = (double)part[0] + (double)part[1];
    }
    return totals;
}

static socle_status read_health(sc_engine *engine, uint32_t *word) {
    return sc_queue_read(engine->compute, word, engine->memory.base[SC_LANE_HEALTH],
                         engine->commit_map.lane[SC_LANE_HEALTH].bytes);
}

socle_status sc_engine_totals(sc_engine *engine, sc_totals *out) {
    uint32_t word[SC_HEALTH_TENSORS * SC_BLOCK];
    socle_status status = read_health(engine, word);
    socle_status finished = sc_queue_finish(engine->compute);
    if (status != SOCLE_OK) return status;
    SC_TRY(finished);
    *out = decode(engine, word);
    return SOCLE_OK;
}

bool sc_engine_totals_peek(sc_engine *engine, sc_totals *out, socle_status *status) {
    *status = SOCLE_OK;
    bool arrived = false;
    if (engine->peek) {
        *status = sc_queue_poll(engine->compute, engine->peek, 0);
        if (*status == SOCLE_STATUS_TIMEOUT) {
            *status = SOCLE_OK;
            return false;
        }
        sc_event_release(engine->peek);
        engine->peek = NULL;
        if (*status != SOCLE_OK) return false;
        *out = decode(engine, engine->peek_words);
        arrived = true;
    }
    *status = read_health(engine, engine->peek_words);
    if (*status == SOCLE_OK) *status = sc_queue_record(engine->compute, &engine->peek);
    return arrived;
}

/* A look that began before the totals were set would tell of what was before. */
static void forget_look(sc_engine *engine) {
    sc_event_release(engine->peek);
    engine->peek = NULL;
}

socle_status sc_engine_totals_reset(sc_engine *engine) {
    forget_look(engine);
    size_t first = engine->commit_map.lane[SC_LANE_HEALTH].offset[SC_HEALTH_LAST_LOSS];
    sc_operand totals = {engine->lane[SC_LANE_HEALTH], first};
    return sc_queue_fill(engine->compute, totals, 0,
                         engine->commit_map.lane[SC_LANE_HEALTH].bytes - first);
}

static socle_status set_scaling(sc_engine *engine, const sc_scaling *scaling) {
    const size_t *offset = engine->commit_map.lane[SC_LANE_HEALTH].offset;
    const float value[] = {(float)scaling->scale, (float)scaling->steady, (float)scaling->skipped};
    for (int i = 0; i < 3; i++) {
        sc_operand place = {engine->lane[SC_LANE_HEALTH], offset[SC_HEALTH_SCALE + i]};
        SC_TRY(sc_queue_write(engine->compute, place, &value[i], sizeof value[i]));
        SC_TRY(sc_queue_finish(engine->compute));
    }
    return SOCLE_OK;
}

socle_status sc_engine_totals_set(sc_engine *engine, const sc_totals *totals) {
    const size_t *offset = engine->commit_map.lane[SC_LANE_HEALTH].offset;
    forget_look(engine);
    const int sums = sc_engine_sums(engine);
    sc_sums sum = totals->sum;
    SC_TRY(set_scaling(engine, &totals->scaling));
    float value[2 * SC_SUMS]; /* in the order of the lane */
    for (int i = 0; i < sums; i++) {
        float high = (float)*sum_at(&sum, i);
        value[2 * i] = high;
        value[2 * i + 1] = isfinite(high) ? (float)(*sum_at(&sum, i) - (double)high) : 0.0f;
    }
    sc_operand health = {engine->lane[SC_LANE_HEALTH], offset[SC_HEALTH_STEP]};
    socle_status status =
        sc_queue_write(engine->compute, health, &totals->bad_step, sizeof totals->bad_step);
    for (int i = 0; i < 2 * sums && status == SOCLE_OK; i++) {
        sc_operand place = {engine->lane[SC_LANE_HEALTH], offset[SC_HEALTH_TOTALS + i]};
        status = sc_queue_write(engine->compute, place, &value[i], sizeof value[i]);
    }
    socle_status finished = sc_queue_finish(engine->compute);
    return status != SOCLE_OK ? status : finished;
}
