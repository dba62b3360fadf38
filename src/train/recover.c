/* SPDX-License-Identifier: Apache-2.0 */
/* Going back: a copy of everything that persists, on the host, taken when an epoch begins. Where every device had to give up what it
 * held, the run continues from there as if the steps since had not been taken. */
#include "train/fit_private.h"

static int states_of(const sc_trainer *trainer, size_t p) {
    bool trained = trainer->net->parameter[p].role != SC_PARAMETER_STATISTIC;
    return trained ? trainer->options.optimizer.kind->states : 0;
}

static size_t tensor_number(size_t p, int state) {
    return p * (SC_OPTIMIZER_STATES + 1) + (size_t)(state + 1);
}

void sc_trainer_forget(sc_trainer *trainer) {
    size_t count = trainer->net->parameters * (SC_OPTIMIZER_STATES + 1);
    for (size_t t = 0; trainer->kept && t < count; t++) sc_release(trainer->env, trainer->kept[t]);
    sc_release(trainer->env, trainer->kept);
    trainer->kept = NULL;
}

static socle_status allocate_kept(sc_trainer *trainer) {
    const sc_net *net = trainer->net;
    if (trainer->kept) return SOCLE_OK;
    SC_TRY(sc_allocate(trainer->env, &trainer->kept, net->parameters * (SC_OPTIMIZER_STATES + 1), sizeof *trainer->kept));
    for (size_t p = 0; p < net->parameters; p++)
        for (int s = -1; s < states_of(trainer, p); s++) {
            float **tensor = &trainer->kept[tensor_number(p, s)];
            socle_status status = sc_allocate(trainer->env, tensor, sc_tensor_bytes(&net->parameter[p].desc), 1);
            if (status == SOCLE_OK) continue;
            sc_trainer_forget(trainer);
            return status;
        }
    return SOCLE_OK;
}

socle_status sc_trainer_remember(sc_trainer *trainer) {
    SC_TRY(allocate_kept(trainer));
    trainer->kept_whole = false;
    for (size_t p = 0; p < trainer->net->parameters; p++)
        for (int s = -1; s < states_of(trainer, p); s++)
            SC_TRY(sc_fleet_read(trainer->fleet, (int)p, s, trainer->kept[tensor_number(p, s)]));
    trainer->kept_position = trainer->position;
    trainer->kept_whole = true;
    return SOCLE_OK;
}

const float *sc_trainer_kept(const sc_trainer *trainer, int parameter) {
    return trainer->kept_whole ? trainer->kept[tensor_number((size_t)parameter, -1)] : NULL;
}

socle_status sc_trainer_go_back(sc_trainer *trainer) {
    sc_log_line(trainer->env, SOCLE_LOG_WARNING, "goes back from step %lld to step %lld",
                (long long)trainer->position.step, (long long)trainer->kept_position.step);
    for (size_t p = 0; p < trainer->net->parameters; p++)
        for (int s = -1; s < states_of(trainer, p); s++)
            SC_TRY(sc_fleet_write(trainer->fleet, (int)p, s, trainer->kept[tensor_number(p, s)]));
    SC_TRY(sc_trainer_set_position(trainer, &trainer->kept_position));
    sc_fleet_renewed(trainer->fleet);
    return SOCLE_OK;
}
