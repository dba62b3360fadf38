/* SPDX-License-Identifier: Apache-2.0 */
/* Sample weights: whether data sets have them, and whether those of one run agree. A data set
 * has them in its column "weight", unless the network reads an input of that name: then it is that
 * input. */
#ifndef SC_TRAIN_SAMPLE_WEIGHTS_H
#define SC_TRAIN_SAMPLE_WEIGHTS_H

#include "data/dataset.h"
#include "data/order.h"
#include "nn/layer.h"

bool sc_sample_weights_has(const sc_net *net, const sc_dataset *dataset); /* dataset may be NULL: no
                                                                           */
/* One engine trains and tests, so both data sets have sample weights or neither. `test` may be
 * NULL. Errors: DATA (says which has none). */
socle_status sc_sample_weights_agree(bool *weighted, sc_env *env, const sc_net *net,
                                     const sc_dataset *train, const sc_dataset *test);
/* Among the samples of an order something counts. `what` names them. Errors: DATA. */
socle_status sc_sample_weights_count(sc_env *env, const sc_dataset *dataset, const sc_order *order,
                                     const char *what);

#endif
