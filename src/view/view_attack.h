/* SPDX-License-Identifier: Apache-2.0 */
/* The fast gradient sign method (Goodfellow, Shlens and Szegedy, Explaining and Harnessing
 * Adversarial Examples, 2015): every number of an input is moved by epsilon in the direction in
 * which the loss of its sample grows. */
#ifndef SC_VIEW_VIEW_ATTACK_H
#define SC_VIEW_VIEW_ATTACK_H

#include "view/view_model.h"

/* The input that is moved, of a model that is judged by one loss: the first that the network reads
 * as numbers. Makes it one of floats, for data sets of sc_view_attacked. Errors: CONFIG. */
socle_status sc_view_attack_begin(sc_view_model *model, int *input);
/* The signs of the slopes of each sample's own loss by each number of that input: -1, 0 or 1.
 * sign: as many as the data set has. Errors: those of devices, DIVERGED. */
socle_status sc_view_attack_signs(const sc_view_model *model, const sc_dataset *dataset, int input,
                                  float *sign);
/* The same data with the input moved: x + epsilon * sign in what the network sees, which of bytes
 * stays what bytes can say. Other columns are borrowed from `dataset`. */
socle_status sc_view_attacked(sc_dataset **out, const sc_view_model *model,
                              const sc_dataset *dataset, int input, const float *sign,
                              double epsilon);

#endif
