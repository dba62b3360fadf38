/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of an engine: embeddings of which an update moves the rows that its step looks up, and
 * no others (commit_rows.c). A step tells its samples before it begins; the numbers that they have
 * in the data are the rows, each listed once, in the order of the samples, so every device of a
 * fleet has the same list. It must not know who chooses the samples. */
#include "engine/engine_private.h"

#include <string.h>

/* The update leaves a row whose gradient is 0 as it is, to the bit. */
static bool leaves_rows(const sc_engine *engine, size_t p) {
    const sc_optimizer *optimizer = &engine->optimizer[engine->optimizer_of[p]];
    const bool plain = optimizer->kind == sc_optimizer_find("sgd") && !optimizer->update &&
                       !sc_optimizer_states(optimizer);
    /* The norm of all gradients is summed in another order. */
    return plain && !(engine->options.clip_norm > 0) &&
           !(engine->options.decay && engine->options.decay[p] != 0);
}

/* The layers that look rows up in parameter p: *sparse, whether they ask for it; false: there are
 * none, or one that reads no column. */
static bool find_layers(const sc_engine *engine, size_t p, sc_engine_table *table, bool *sparse,
                        int64_t *numbers) {
    const sc_net *net = engine->net;
    bool any = false;
    *numbers = 0;
    for (size_t l = 0; l < net->layers; l++) {
        const sc_layer *layer = &net->layer[l];
        if (!layer->parameters || (size_t)layer->first_parameter != p) continue;
        if (!layer->kind->looks_up || layer->input[0] >= net->inputs) return false;
        any = true;
        *sparse = layer->options.sparse;
        *numbers += sc_tensor_elements_at(&engine->column[layer->input[0]], 1);
        table->columns |= 1u << layer->input[0];
    }
    return any;
}

/* A penalty pulls at all rows, and all count in the norm of its gradient. */
static bool has_penalty(const sc_engine *engine, size_t p) {
    return sc_engine_penalised(engine) &&
           (engine->options.l1[p] != 0 || engine->options.l2[p] != 0);
}

/* A list that could have more than half of the rows saves nothing. */
static void consider(sc_engine *engine, size_t p) {
    sc_engine_rows *rows = &engine->rows_of[engine->tables];
    const sc_tensor_desc *desc = &engine->net->parameter[p].desc;
    const int optimizer = engine->optimizer_of[p];
    bool sparse = false;
    int64_t numbers, most;
    *rows = (sc_engine_rows){.parameter = (int)p};
    if (optimizer == SC_FROZEN || has_penalty(engine, p) ||
        sc_optimizer_has_sums(&engine->optimizer[optimizer]) ||
        !find_layers(engine, p, &rows->table, &sparse, &numbers) ||
        !(sparse || leaves_rows(engine, p)) ||
        !sc_mul_i64(&most, numbers, engine->options.step_samples) || most > desc->dim[0] / 2)
        return;
    rows->table.rows = desc->dim[0];
    rows->table.most = most;
    rows->commit = (sc_commit_rows){.optimizer = &engine->optimizer[optimizer],
                                    .table = engine->tables++,
                                    .rows = desc->dim[0],
                                    .units = desc->dim[1],
                                    .most = most};
}

static socle_status allocate(sc_engine *engine, sc_engine_rows *rows) {
    SC_TRY(sc_allocate(engine->env, &rows->seen, (size_t)rows->table.rows, sizeof *rows->seen));
    for (int i = 0; i < SC_ROW_LISTS; i++)
        SC_TRY(sc_allocate(engine->env, &rows->list[i], (size_t)rows->table.most,
                           sizeof *rows->list[i]));
    return SOCLE_OK;
}

socle_status sc_engine_tables_create(sc_engine *engine) {
    const size_t parameters = engine->trains ? engine->net->parameters : 0;
    for (size_t p = 0; p < parameters && engine->tables < SC_ENGINE_TABLES; p++) {
        if (!engine->options.step_samples) break;
        consider(engine, p);
    }
    for (int t = 0; t < engine->tables && !engine->options.plan.forecast; t++)
        SC_TRY(allocate(engine, &engine->rows_of[t]));
    return SOCLE_OK;
}

void sc_engine_tables_destroy(sc_engine *engine) {
    for (int t = 0; t < engine->tables; t++) {
        sc_engine_rows *rows = &engine->rows_of[t];
        sc_plan_destroy(rows->place);
        sc_plan_destroy(rows->update);
        sc_release(engine->env, rows->seen);
        for (int i = 0; i < SC_ROW_LISTS; i++) {
            sc_event_release(rows->sent[i]);
            sc_release(engine->env, rows->list[i]);
        }
    }
}

int sc_engine_table_at(const sc_engine *engine, size_t parameter) {
    for (int t = 0; t < engine->tables; t++)
        if (engine->rows_of[t].parameter == (int)parameter) return t;
    return -1;
}

int sc_engine_tables(const sc_engine *engine) {
    return engine->tables;
}

sc_engine_table sc_engine_table_of(const sc_engine *engine, int number) {
    return engine->rows_of[number].table;
}

/* --- The list of a step --- */

/* `seen` holds the number of the last list that has a row, so that it is never cleared. */
static void begin_list(sc_engine_rows *rows) {
    if (++rows->lists == 0) {
        memset(rows->seen, 0, (size_t)rows->table.rows * sizeof *rows->seen);
        rows->lists = 1;
    }
    rows->count = 0;
}

static void add(sc_engine_rows *rows, int32_t *list, int64_t number) {
    if (number < 0 || number >= rows->table.rows || rows->seen[number] == rows->lists) return;
    rows->seen[number] = rows->lists;
    list[rows->count++] = (int32_t)number;
}

static void add_column(const sc_engine *engine, sc_engine_rows *rows, int32_t *list, int k,
                       const void *column, int64_t samples, const uint32_t *sample) {
    const int64_t numbers = sc_tensor_elements_at(&engine->column[k], 1);
    const bool bytes = engine->column[k].dtype == SOCLE_U8;
    for (int64_t i = 0; i < samples; i++) {
        const size_t first = (sample ? sample[i] : (size_t)i) * (size_t)numbers;
        for (int64_t j = 0; j < numbers; j++) {
            int32_t number;
            if (bytes)
                number = ((const uint8_t *)column)[first + (size_t)j];
            else
                memcpy(&number, (const char *)column + (first + (size_t)j) * sizeof number,
                       sizeof number);
            add(rows, list, number);
        }
    }
}

/* To the device, and from the list the map. The list stays as it is until it has gone. */
static socle_status send(sc_engine *engine, sc_engine_rows *rows) {
    sc_operand to = engine->memory.base[SC_LANE_ROWS];
    sc_event **sent = &rows->sent[rows->next];
    to.offset +=
        engine->map.lane[SC_LANE_ROWS].offset[sc_rows_index(rows->commit.table, SC_ROWS_LIST)];
    if (!rows->count) return SOCLE_OK;
    SC_TRY(sc_queue_write(engine->compute, to, rows->list[rows->next],
                          (size_t)rows->count * sizeof *rows->list[0]));
    SC_TRY(sc_queue_record(engine->compute, sent));
    rows->next = (rows->next + 1) % SC_ROW_LISTS;
    return sc_plan_run(rows->place, engine->compute, &engine->memory,
                       &(sc_launch){.rows = rows->count});
}

static socle_status free_list(sc_engine *engine, sc_engine_rows *rows) {
    sc_event **sent = &rows->sent[rows->next];
    if (!*sent) return SOCLE_OK;
    SC_TRY(sc_queue_flush(engine->compute));
    SC_TRY(sc_queue_poll(engine->compute, *sent, SC_DEADLINE_DEFAULT));
    sc_event_release(*sent);
    *sent = NULL;
    return SOCLE_OK;
}

socle_status sc_engine_step_samples(sc_engine *engine, const void *const *column, int64_t samples,
                                    const uint32_t *sample) {
    if (samples > engine->options.step_samples && engine->tables)
        return sc_fail(engine->env, SOCLE_STATUS_INVALID_ARGUMENT,
                       "a step of %lld samples, where %lld were planned", (long long)samples,
                       (long long)engine->options.step_samples);
    for (int t = 0; t < engine->tables; t++) {
        sc_engine_rows *rows = &engine->rows_of[t];
        SC_TRY(free_list(engine, rows));
        begin_list(rows);
        for (int k = 0; k < engine->net->inputs; k++)
            if (rows->table.columns & (1u << k))
                add_column(engine, rows, rows->list[rows->next], k, column[k], samples, sample);
        SC_TRY(send(engine, rows));
    }
    engine->told = true;
    return SOCLE_OK;
}

socle_status sc_engine_check_told(const sc_engine *engine) {
    if (engine->told || !engine->tables) return SOCLE_OK;
    return sc_fail(engine->env, SOCLE_STATUS_STATE,
                   "a step whose samples were not told to the tables of its embeddings");
}
