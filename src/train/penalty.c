/* SPDX-License-Identifier: Apache-2.0 */
/* Penalties on the weights: what is added to the loss that training makes small, l1 * sum |w| + l2
 * * sum w^2. Their slopes are in the gradient that every optimizer gets (commit_penalty.c). Here is
 * what makes zeros of L1 stay: an update ends with a projection on the side of 0 on which a weight
 * was, or to which its gradient pushes it (Andrew and Gao 2007, OWL-QN). With plain gradient
 * descent that is the proximal step, soft thresholding, but that a weight on its way through 0
 * stops there once. And what the penalty is now, which is told apart from the loss. */
#include "train/fit_private.h"

#include <math.h>

/* Nothing is at most NaN, which is the side of weights without this penalty. */
static const char behind_update[] = ";w = 0 if w * _side <= 0 else w";

socle_status sc_penalty_update(char **out, sc_env *env, const sc_optimizer *optimizer) {
    return sc_surround_update(out, env, optimizer, "train.penalty", "", behind_update);
}

/* Of one parameter, in doubles. */
static socle_status add_penalty(double *sum, sc_trainer *trainer, size_t p, float *buffer) {
    const double l1 = (double)trainer->updates.l1[p], l2 = (double)trainer->updates.l2[p];
    const int64_t count = sc_tensor_elements(&trainer->net->parameter[p].desc);
    SC_TRY(sc_fleet_read(trainer->fleet, (int)p, -1, buffer));
    for (int64_t i = 0; i < count; i++)
        *sum += (l1 + l2 * fabs((double)buffer[i])) * fabs((double)buffer[i]);
    return SOCLE_OK;
}

bool sc_trainer_penalised(const sc_trainer *trainer) {
    return trainer->updates.penalised;
}

socle_status sc_trainer_penalty(sc_trainer *trainer, double *out) {
    const sc_updates *updates = &trainer->updates;
    double sum = 0;
    *out = NAN;
    if (!updates->penalised) return SOCLE_OK;
    for (size_t p = 0; p < trainer->net->parameters; p++) {
        float *buffer;
        if (updates->l1[p] == 0 && updates->l2[p] == 0) continue;
        SC_TRY(sc_allocate(trainer->env, &buffer, sc_tensor_bytes(&trainer->net->parameter[p].desc),
                           1));
        socle_status status = add_penalty(&sum, trainer, p, buffer);
        sc_release(trainer->env, buffer);
        SC_TRY(status);
    }
    *out = sum;
    return SOCLE_OK;
}
