/* SPDX-License-Identifier: Apache-2.0 */
/* See weights.h. What weights do is in the engine's graphs and the commit; here are the questions
 * that come before. */
#include "train/sample_weights.h"

#include <string.h>

bool sc_sample_weights_has(const sc_net *net, const sc_dataset *dataset) {
    for (int i = 0; i < net->inputs; i++)
        if (strcmp(net->input[i].name, SC_DATASET_SAMPLE_WEIGHT) == 0) return false;
    return dataset && sc_dataset_find(dataset, SC_DATASET_SAMPLE_WEIGHT) >= 0;
}

socle_status sc_sample_weights_agree(bool *weighted, sc_env *env, const sc_net *net,
                                     const sc_dataset *train, const sc_dataset *test) {
    *weighted = sc_sample_weights_has(net, train);
    if (!test || *weighted == sc_sample_weights_has(net, test)) return SOCLE_OK;
    return sc_fail(env, SOCLE_STATUS_DATA,
                   "the %s data (%s) have no column \"%s\", and the %s data (%s) have one; give "
                   "weights to both or to neither, 1 where "
                   "every sample counts alike",
                   *weighted ? "test" : "training", sc_dataset_label(*weighted ? test : train),
                   SC_DATASET_SAMPLE_WEIGHT, *weighted ? "training" : "test",
                   sc_dataset_label(*weighted ? train : test));
}

socle_status sc_sample_weights_count(sc_env *env, const sc_dataset *dataset, const sc_order *order,
                                     const char *what) {
    const float *weight =
        sc_dataset_column(dataset, sc_dataset_find(dataset, SC_DATASET_SAMPLE_WEIGHT))->data;
    for (uint32_t i = 0; i < order->count; i++)
        if (weight[order->visit[i]] > 0) return SOCLE_OK;
    return sc_fail(
        env, SOCLE_STATUS_DATA,
        "%s: the %u %s samples all have weight 0; choose another seed or another part to set aside",
        sc_dataset_label(dataset), order->count, what);
}
