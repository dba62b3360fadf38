/* SPDX-License-Identifier: Apache-2.0 */
/* A pass from samples to their loss, the network being as in an evaluation: what gradients of the
 * loss, by weights or by an input, begin with. Used on the device's thread. */
#ifndef SC_VIEW_VIEW_LOSS_PASS_H
#define SC_VIEW_VIEW_LOSS_PASS_H

#include "view/view_pass.h"

enum { SC_VIEW_LOSS_TENSORS = SC_NET_INPUTS + 1 /* inputs, then the labels or targets */ };

typedef struct sc_view_loss_pass {
    sc_view_pass pass;
    const sc_dataset *dataset;
    const sc_column *column[SC_VIEW_LOSS_TENSORS];
    sc_tensor_desc desc[SC_VIEW_LOSS_TENSORS];
    sc_value value[SC_VIEW_LOSS_TENSORS];
    int as_float; /* the input that is of floats whatever the data have; -1: none */
    sc_build build;
    sc_loss_rows rows;
} sc_view_loss_pass;

/* The network has one loss, of its result, that compares with the data. Errors: CONFIG. */
socle_status sc_view_loss_pass_suits(const sc_view_model *model);
/* The graph for `rows` samples at a time, from the inputs to the loss. */
socle_status sc_view_loss_pass_begin(sc_view_loss_pass *out, const sc_view_model *model,
                                     sc_device *device, const sc_dataset *dataset, int64_t rows,
                                     int as_float);
void sc_view_loss_pass_end(sc_view_loss_pass *pass); /* also after a failed begin */
/* Once planned: samples from number `first` on. Waits. */
socle_status sc_view_loss_pass_put(sc_view_loss_pass *pass, int64_t first);

#endif
