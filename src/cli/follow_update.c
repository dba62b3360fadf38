/* SPDX-License-Identifier: Apache-2.0 */
/* See follow_update.h. */
#include "cli/follow_update.h"
#include "verify/reference.h"

#include <math.h>

/* The factor of the learning rate in the first step. */
static socle_status first_factor(double *out, const sc_follow *follow) {
    const sc_fit_options *fit = &follow->recipe.fit;
    const sc_plateau untouched = sc_plateau_begin();
    int64_t steps = (sc_dataset_count(follow->recipe.train) + fit->batch - 1) / fit->batch;
    sc_schedule_run run;
    SC_TRY(sc_schedule_begin(&run, &follow->cli->env, &fit->schedule, steps, steps * fit->epochs));
    return sc_schedule_factor(out, &follow->cli->env, &run, 1, &untouched);
}

socle_status sc_follow_update_begin(sc_follow_update *out, const sc_follow *follow) {
    const sc_fit_options *fit = &follow->recipe.fit;
    sc_optimizer_terms terms;
    int input[SC_UPDATE_INPUTS], parameter, state[SC_OPTIMIZER_STATES];
    double factor;
    *out = (sc_follow_update){.launch = {.rows = 1, .step = 1}, .decay = fit->weight_decay};
    sc_expr_init(&out->expr);
    for (int i = 0; i < SC_UPDATE_INPUTS; i++)
        input[i] = sc_expr_input(&out->expr, i, SC_EXPR_FLOAT);
    SC_TRY(sc_optimizer_update(&follow->cli->env, &fit->optimizer, &out->expr, input, &parameter,
                               state, &terms));
    sc_expr_output(&out->expr, parameter);
    sc_expr_prune(&out->expr);
    SC_TRY(first_factor(&factor, follow));
    out->launch.scalar[SC_SCALAR_LEARNING_RATE] = (float)(factor * fit->optimizer.value[0]);
    sc_optimizer_scalars(&terms.step, 1, out->launch.scalar);
    out->without = fit->penalty.l1 > 0 || fit->penalty.l2 > 0  ? "train.penalty"
                   : terms.sums.count                          ? "an update that sums over tensors"
                   : fit->adversarial > 0                      ? "train.adversarial"
                   : fit->groups                               ? "train.groups"
                   : fit->clip_norm > 0 || fit->clip_value > 0 ? "train.clip"
                                                               : NULL;
    return SOCLE_OK;
}

double sc_follow_updated(const sc_follow_update *update, sc_parameter_role role, double weight,
                         double gradient) {
    sc_reference_number in[SC_EXPR_INPUTS] = {{0, 0}}, out[SC_EXPR_OUTPUTS];
    const sc_reference_point point = {.launch = &update->launch};
    if (update->without) return NAN;
    in[SC_UPDATE_PARAMETER].value = weight;
    in[SC_UPDATE_GRADIENT].value = gradient;
    in[SC_UPDATE_RATE_SCALE].value = 1;
    in[SC_UPDATE_SIDE].value = NAN; /* no side is kept */
    in[SC_UPDATE_DECAY].value = role == SC_PARAMETER_WEIGHT ? (double)update->decay : 0;
    sc_reference_expr(&update->expr, &point, SC_REFERENCE_DOUBLE, true, in, out);
    return out[0].value;
}
