/* SPDX-License-Identifier: Apache-2.0 */
/* What a loss compares outputs with: which values suit it, and their conversion. Data sets bring
 * class numbers as u8 or i32 and values as f32, u8 or i32. It knows losses and columns, no device.
 */
#ifndef SC_TRAIN_TARGETS_H
#define SC_TRAIN_TARGETS_H

#include "data/column_kind.h"
#include "nn/layer.h"

/* The name of the column of the labels or targets: "label" or "target". Errors: DATA. */
socle_status sc_targets_column(const char **out, sc_env *env, const sc_dataset *dataset);
/* The same for a network: where no loss of it compares with them, there need be none. */
socle_status sc_targets_column_for(const char **out, sc_env *env, const sc_net *net,
                                   const sc_dataset *dataset);
/* The labels or targets of a data set are what the net's loss compares with. Errors: DATA (none
 * there, another type or number, a label of no class, labels that are all ignored, a value that is
 * not finite, for binary cross-entropy one outside 0 to 1); the text names their file and the first
 * bad sample. */
socle_status sc_targets_suit(sc_env *env, const sc_net *net, const sc_dataset *dataset);
/* The same for `count` rows, which may lie in no data set. `source` names them. */
socle_status sc_targets_check(sc_env *env, const sc_net *net, const char *source,
                              const sc_column *column, int64_t count);

/* Of `count` rows of what feeds input `input` of the net: each number is known to the layers that
 * look it up. Errors: DATA, with the first number that is not. */
socle_status sc_numbers_check(sc_env *env, const sc_net *net, int input, const char *source,
                              const sc_column *column, int64_t count);

/* `count` elements of one type as another; u8 and i32 take whole numbers within their range alone.
 */
void sc_targets_cast(void *to, socle_dtype to_type, const void *from, socle_dtype from_type,
                     size_t count);

#endif
