/* SPDX-License-Identifier: Apache-2.0 */
/* See columns.h. What factors do is in the engine's graphs and the commit; here are the questions
 * that come before. */
#include "train/columns.h"

#include "train/targets.h"

#include <math.h>
#include <string.h>

int sc_columns_find(const sc_net *net, const sc_dataset *dataset, const sc_column_kind *kind) {
    for (int i = 0; i < net->inputs; i++)
        if (strcmp(net->input[i].name, kind->name) == 0) return -1;
    return dataset ? sc_dataset_find(dataset, kind->name) : -1;
}

static int width(socle_dtype dtype) {
    return dtype == SOCLE_F32 ? 2 : dtype == SOCLE_I32;
}

static socle_status fail_lacks(sc_env *env, const sc_column_kind *kind, const sc_dataset *train,
                               const sc_dataset *test, bool trains) {
    return sc_fail(env, SOCLE_STATUS_DATA,
                   "the %s data (%s) have no column \"%s\", and the %s data (%s) have one; give "
                   "it to both or to neither, %g where all counts alike",
                   trains ? "test" : "training", sc_dataset_label(trains ? test : train),
                   kind->name, trains ? "training" : "test",
                   sc_dataset_label(trains ? train : test), (double)kind->standard);
}

static socle_status choose_factor(sc_engine_factor *out, sc_env *env, const sc_net *net,
                                  const sc_column_kind *kind, const sc_dataset *train,
                                  const sc_dataset *test) {
    int trains = sc_columns_find(net, train, kind), tests = sc_columns_find(net, test, kind);
    if (test && (trains < 0) != (tests < 0)) return fail_lacks(env, kind, train, test, trains >= 0);
    *out = (sc_engine_factor){0};
    if (trains < 0) return SOCLE_OK;
    socle_dtype dtype = sc_dataset_column(train, trains)->dtype;
    if (test && width(sc_dataset_column(test, tests)->dtype) > width(dtype))
        dtype = sc_dataset_column(test, tests)->dtype;
    *out = (sc_engine_factor){kind, (uint8_t)dtype};
    return SOCLE_OK;
}

static socle_status choose_target(socle_dtype *out, sc_env *env, const sc_net *net,
                                  const sc_dataset *train, const sc_dataset *test) {
    const char *name;
    if (net->losses && !sc_net_labels(net)) return SOCLE_OK; /* nothing compares with them */
    SC_TRY(sc_targets_column(&name, env, train));
    *out = sc_dataset_column(train, sc_dataset_find(train, name))->dtype;
    if (!test) return SOCLE_OK;
    SC_TRY(sc_targets_column(&name, env, test));
    socle_dtype other = sc_dataset_column(test, sc_dataset_find(test, name))->dtype;
    if (width(other) > width(*out)) *out = other;
    return SOCLE_OK;
}

socle_status sc_columns_choose(sc_engine_options *out, sc_env *env, const sc_net *net,
                               const sc_dataset *train, const sc_dataset *test) {
    int factors = 0;
    socle_dtype dtype = SOCLE_F32;
    SC_TRY(choose_target(&dtype, env, net, train, test));
    out->has_target_dtype = true;
    out->target_dtype = (uint8_t)dtype;
    memset(out->factor, 0, sizeof out->factor);
    for (const sc_column_kind *kind = sc_column_kinds; kind->name; kind++) {
        if (kind->use != SC_USE_FACTOR || factors == SC_COLUMN_FACTORS) continue;
        SC_TRY(choose_factor(&out->factor[factors], env, net, kind, train, test));
        factors += out->factor[factors].kind != NULL;
    }
    return SOCLE_OK;
}

/* What an engine reads a column as. */
static socle_dtype chosen_dtype(const sc_column *column, const sc_engine_options *chosen) {
    const sc_column_kind *kind = sc_column_kind_find(column->name);
    if (kind && kind->use == SC_USE_TARGET) return (socle_dtype)chosen->target_dtype;
    for (int f = 0; f < SC_COLUMN_FACTORS; f++)
        if (kind && chosen->factor[f].kind == kind) return (socle_dtype)chosen->factor[f].dtype;
    return column->dtype;
}

static socle_status add_cast(sc_dataset *to, const sc_dataset *from, const sc_column *column,
                             socle_dtype dtype) {
    void *data;
    SC_TRY(sc_dataset_add_new(to, &data, column->name, dtype, &column->shape));
    sc_targets_cast(data, dtype, column->data, column->dtype,
                    (size_t)(sc_dataset_count(from) * sc_column_elements(column)));
    return SOCLE_OK;
}

static socle_status fill(sc_dataset *to, const sc_dataset *from, const sc_engine_options *chosen) {
    for (int c = 0; c < sc_dataset_columns(from); c++) {
        const sc_column *column = sc_dataset_column(from, c);
        socle_dtype dtype = chosen_dtype(column, chosen);
        if (dtype != column->dtype)
            SC_TRY(add_cast(to, from, column, dtype));
        else
            SC_TRY(sc_dataset_borrow(to, column));
        SC_TRY(sc_dataset_set_source(to, column->name, sc_dataset_source(from, c)));
    }
    return SOCLE_OK;
}

socle_status sc_columns_convert(sc_dataset **out, sc_env *env, const sc_dataset *dataset,
                                const sc_engine_options *chosen) {
    bool right = true;
    sc_dataset *converted;
    *out = NULL;
    for (int c = 0; c < sc_dataset_columns(dataset); c++) {
        const sc_column *column = sc_dataset_column(dataset, c);
        right &= chosen_dtype(column, chosen) == column->dtype;
    }
    if (right) return SOCLE_OK;
    SC_TRY(
        sc_dataset_create(&converted, env, sc_dataset_label(dataset), sc_dataset_count(dataset)));
    socle_status status = fill(converted, dataset, chosen);
    if (status != SOCLE_OK) {
        sc_dataset_destroy(converted);
        return status;
    }
    *out = converted;
    return SOCLE_OK;
}

/* The labels, if there are some, have as many rows of another shape. */
static bool is_turned(const sc_dataset *dataset, const sc_column *column) {
    for (int c = 0; c < sc_dataset_columns(dataset); c++) {
        const sc_column *labels = sc_dataset_column(dataset, c);
        const sc_column_kind *kind = sc_column_kind_find(labels->name);
        if (kind && kind->use == SC_USE_TARGET && labels->shape.rank == column->shape.rank)
            return memcmp(labels->shape.size, column->shape.size,
                          (size_t)column->shape.rank * sizeof *column->shape.size) != 0;
    }
    return false;
}

/* A value per row of the losses that compare with labels, in their shape. */
static socle_status check_rows(sc_env *env, const sc_net *net, const sc_dataset *dataset,
                               int number) {
    const char *source = sc_dataset_source(dataset, number);
    const sc_column *column = sc_dataset_column(dataset, number);
    const sc_loss_term *first = net->loss;
    int64_t rows = sc_net_label_rows(net), values = sc_column_elements(column);
    for (const sc_loss_term *term = first; values > 1 && term < first + net->losses; term++)
        if (sc_loss_term_rows(net, term) == 1 && isnan(term->target))
            return sc_fail(env, SOCLE_STATUS_DATA,
                           "%s: column '%s': a sample has %lld values, and the loss %s one row for "
                           "each sample, of which nothing can be left out: give one value per "
                           "sample",
                           source, column->name, (long long)values, term->kind->record.word);
    if (values != rows)
        return sc_fail(env, SOCLE_STATUS_DATA,
                       "%s: column '%s': a sample has %lld value%s, the loss %lld rows for each "
                       "sample: give a value for each",
                       source, column->name, (long long)values, values == 1 ? "" : "s",
                       (long long)rows);
    if (rows == 1 || !is_turned(dataset, column)) return SOCLE_OK;
    return sc_fail(env, SOCLE_STATUS_DATA,
                   "%s: column '%s': rows and columns lie in another order than those of the "
                   "labels",
                   source, column->name);
}

static socle_status check_any(sc_env *env, const sc_net *net, const sc_dataset *dataset) {
    sc_tally tally;
    SC_TRY(sc_tally_begin(&tally, env, net, dataset));
    for (int64_t i = 0; i < sc_dataset_count(dataset); i++)
        if (sc_tally_sample(&tally, i) > 0) return SOCLE_OK;
    return sc_fail(env, SOCLE_STATUS_DATA,
                   "%s: nothing counts: what one column leaves, others do "
                   "not",
                   sc_dataset_label(dataset));
}

socle_status sc_columns_suit(sc_env *env, const sc_net *net, const sc_dataset *dataset) {
    bool any = false;
    if (sc_net_labels(net)) SC_TRY(sc_targets_suit(env, net, dataset));
    for (const sc_column_kind *kind = sc_column_kinds; kind->name; kind++) {
        int number = kind->use == SC_USE_FACTOR ? sc_columns_find(net, dataset, kind) : -1;
        if (number < 0) continue;
        SC_TRY(sc_dataset_check_factor(dataset, kind));
        if (kind->per_row) SC_TRY(check_rows(env, net, dataset, number));
        any = true;
    }
    return any ? check_any(env, net, dataset) : SOCLE_OK;
}

static socle_status add_standard(sc_dataset *to, const sc_column *like,
                                 const sc_column_kind *kind) {
    void *data;
    SC_TRY(sc_dataset_add_new(to, &data, kind->name, like->dtype, &like->shape));
    for (int64_t i = 0; i < sc_dataset_count(to) * sc_column_elements(like); i++)
        sc_targets_cast((char *)data + i * (like->dtype == SOCLE_U8 ? 1 : 4), like->dtype,
                        &kind->standard, SOCLE_F32, 1);
    return SOCLE_OK;
}

socle_status sc_columns_complete(sc_dataset *a, sc_dataset *b) {
    for (const sc_column_kind *kind = sc_column_kinds; a && b && kind->name; kind++) {
        if (kind->use != SC_USE_FACTOR) continue;
        const sc_column *in_a = sc_dataset_column(a, sc_dataset_find(a, kind->name)),
                        *in_b = sc_dataset_column(b, sc_dataset_find(b, kind->name));
        if (in_a && !in_b) SC_TRY(add_standard(b, in_a, kind));
        if (in_b && !in_a) SC_TRY(add_standard(a, in_b, kind));
    }
    return SOCLE_OK;
}
