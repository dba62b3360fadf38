/* SPDX-License-Identifier: Apache-2.0 */
/* What samples count, as the host finds it: the same that the engine's graphs sum up
 * (engine_loss.c). */
#include "train/columns.h"

#include "train/targets.h"

static socle_status find_length(const sc_column **out, sc_env *env, const char *name,
                                const sc_dataset *dataset) {
    *out = sc_dataset_column(dataset, sc_dataset_find(dataset, name));
    return *out ? SOCLE_OK
                : sc_fail(env, SOCLE_STATUS_DATA, "%s: has no column \"%s\"",
                          sc_dataset_label(dataset), name);
}

static socle_status find_labels(const sc_column **out, sc_env *env, const sc_dataset *dataset) {
    const char *name;
    SC_TRY(sc_targets_column(&name, env, dataset));
    *out = sc_dataset_column(dataset, sc_dataset_find(dataset, name));
    return SOCLE_OK;
}

socle_status sc_tally_begin(sc_tally *out, sc_env *env, const sc_net *net,
                            const sc_dataset *dataset) {
    const sc_loss_term *loss = sc_net_labels(net);
    *out = (sc_tally){.rows = sc_net_loss_rows(net), .ignored = SC_NO_LABEL};
    if (!net->losses) return SOCLE_OK;
    const bool by_row = loss && net->losses == 1; /* several count sample by sample */
    if (by_row) out->ignored = loss->ignored;
    if (out->ignored != SC_NO_LABEL) SC_TRY(find_labels(&out->target, env, dataset));
    if (by_row && loss->lengths >= 0)
        SC_TRY(find_length(&out->length, env, net->input[loss->lengths].name, dataset));
    for (const sc_column_kind *kind = sc_column_kinds; kind->name; kind++) {
        int number = kind->use == SC_USE_FACTOR ? sc_columns_find(net, dataset, kind) : -1;
        if (number < 0 || out->factors == SC_COLUMN_FACTORS) continue;
        if (kind->per_row && out->rows != sc_net_label_rows(net)) continue; /* of single losses */
        out->factor[out->factors].column = sc_dataset_column(dataset, number);
        out->factor[out->factors++].per_row = kind->per_row;
    }
    return SOCLE_OK;
}

bool sc_tally_is_plain(const sc_tally *tally) {
    return !tally->factors && !tally->target && !tally->length && tally->rows == 1;
}

/* Of one row, which is its sample's row `row`. */
static double count_row(const sc_tally *tally, int64_t sample, int64_t row) {
    int64_t at = sample * tally->rows + row;
    double counts = 1;
    if (tally->target && sc_column_label(tally->target, at) == tally->ignored) return 0;
    for (int f = 0; f < tally->factors; f++)
        if (tally->factor[f].per_row) counts *= sc_column_value(tally->factor[f].column, at);
    return counts;
}

double sc_tally_sample(const sc_tally *tally, int64_t sample) {
    int64_t rows = tally->rows;
    double counts = 1, sum = 0;
    for (int f = 0; f < tally->factors; f++)
        if (!tally->factor[f].per_row) counts *= sc_column_value(tally->factor[f].column, sample);
    if (tally->length && sc_column_label(tally->length, sample) < rows)
        rows = sc_column_label(tally->length, sample);
    for (int64_t row = 0; row < rows && counts > 0; row++) sum += count_row(tally, sample, row);
    return counts * sum;
}

bool sc_tally_any(const sc_tally *tally, const uint32_t *sample, int64_t count) {
    bool any = sc_tally_is_plain(tally) && count > 0;
    for (int64_t i = 0; i < count && !any; i++) any = sc_tally_sample(tally, sample[i]) > 0;
    return any;
}

socle_status sc_columns_count(sc_env *env, const sc_net *net, const sc_dataset *dataset,
                              const sc_order *order, const char *what) {
    sc_tally tally;
    SC_TRY(sc_tally_begin(&tally, env, net, dataset));
    if (sc_tally_any(&tally, order->visit, order->count)) return SOCLE_OK;
    return sc_fail(
        env, SOCLE_STATUS_DATA,
        "%s: of the %u %s samples nothing counts (labels that are ignored, a mask or weights of "
        "0); choose another seed or another part to set aside",
        sc_dataset_label(dataset), order->count, what);
}
