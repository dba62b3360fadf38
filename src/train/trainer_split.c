/* SPDX-License-Identifier: Apache-2.0 */
/* Which of the training data a run trains on, and which it validates with. */
#include "data/column_kind.h"
#include "train/fit_private.h"

/* The labels, where whoever read the data did not say what strata are. */
static socle_status label_strata(uint32_t **out, sc_env *env, const sc_dataset *train) {
    const sc_column *label =
        sc_dataset_column(train, sc_dataset_find(train, sc_column_name(SC_COLUMN_LABEL)));
    if (!label || sc_column_elements(label) != 1)
        return sc_fail(env, SOCLE_STATUS_CONFIG,
                       "train.stratify: goes with classes, one for each sample, and %s has none",
                       sc_dataset_label(train));
    SC_TRY(sc_allocate(env, out, (size_t)sc_dataset_count(train), sizeof **out));
    for (int64_t i = 0; i < sc_dataset_count(train); i++)
        (*out)[i] = (uint32_t)sc_column_label(label, i);
    return SOCLE_OK;
}

socle_status sc_trainer_split(sc_split *out, const sc_trainer *trainer, const sc_dataset *train) {
    const sc_fit_options *options = &trainer->options;
    uint32_t *strata = NULL;
    sc_split_options how = {.fraction = options->validation,
                            .fold = options->fold,
                            .seed = options->seed,
                            .in_order = sc_dataset_reach(train) >= 0,
                            .tail = options->tail,
                            .group = sc_dataset_groups(train)};
    if (how.in_order) how.reach = (uint32_t)sc_dataset_reach(train);
    if (options->stratify) how.stratum = sc_dataset_strata(train);
    if (options->stratify && !how.stratum) SC_TRY(label_strata(&strata, trainer->env, train));
    if (strata) how.stratum = strata;
    socle_status status =
        sc_split_create(out, trainer->env, (uint32_t)sc_dataset_count(train), &how);
    sc_release(trainer->env, strata);
    return status;
}
