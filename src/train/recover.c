/* SPDX-License-Identifier: Apache-2.0 */
/* Going back: a copy of everything that persists, on the host, taken when an epoch begins. Where
 * every device of several had to give up what it held, the run continues from there as if the steps
 * since had not been taken. One device alone has no such copy: what it holds is read when it runs
 * out of memory (fleet/fleet_save.c), and nothing goes on where it fails. */
#include "train/fit_private.h"

static int states_of(const sc_trainer *trainer, size_t p) {
    const sc_optimizer *optimizer = sc_updates_optimizer(&trainer->updates, p);
    return optimizer ? sc_optimizer_states(optimizer) : 0;
}

static size_t tensor_number(size_t p, int state) {
    return p * (SC_OPTIMIZER_STATES + 1) + (size_t)(state + 1);
}

static void free_set(const sc_trainer *trainer, float ***set) {
    size_t count = trainer->net->parameters * (SC_OPTIMIZER_STATES + 1);
    for (size_t t = 0; *set && t < count; t++) sc_release(trainer->env, (*set)[t]);
    sc_release(trainer->env, *set);
    *set = NULL;
}

void sc_trainer_forget(sc_trainer *trainer) {
    free_set(trainer, &trainer->kept);
    free_set(trainer, &trainer->spare);
}

static socle_status fill_set(const sc_trainer *trainer, float **set) {
    const sc_net *net = trainer->net;
    for (size_t p = 0; p < net->parameters; p++)
        for (int s = -1; s < states_of(trainer, p); s++)
            SC_TRY(sc_allocate(trainer->env, &set[tensor_number(p, s)],
                               sc_tensor_bytes(&net->parameter[p].desc), 1));
    return SOCLE_OK;
}

static socle_status allocate_set(const sc_trainer *trainer, float ***set) {
    if (*set) return SOCLE_OK;
    SC_TRY(sc_allocate(trainer->env, set, trainer->net->parameters * (SC_OPTIMIZER_STATES + 1),
                       sizeof **set));
    socle_status status = fill_set(trainer, *set);
    if (status != SOCLE_OK) free_set(trainer, set);
    return status;
}

/* The copy before stays whole until the new one is. */
socle_status sc_trainer_remember(sc_trainer *trainer) {
    if (trainer->devices == 1) return SOCLE_OK;
    SC_TRY(allocate_set(trainer, &trainer->spare));
    for (size_t p = 0; p < trainer->net->parameters; p++)
        for (int s = -1; s < states_of(trainer, p); s++)
            SC_TRY(sc_fleet_read(trainer->fleet, (int)p, s, trainer->spare[tensor_number(p, s)]));
    float **before = trainer->kept;
    trainer->kept = trainer->spare;
    trainer->spare = before;
    trainer->kept_position = trainer->position;
    trainer->best_is_new = false;
    return SOCLE_OK;
}

const float *sc_trainer_kept(const sc_trainer *trainer, int parameter) {
    if (trainer->kept) return trainer->kept[tensor_number((size_t)parameter, -1)];
    return trainer->best ? trainer->best[parameter] : NULL;
}

socle_status sc_trainer_go_back(sc_trainer *trainer) {
    sc_log_line(trainer->env, SOCLE_LOG_WARNING, "goes back from step %lld to step %lld",
                (long long)trainer->position.step, (long long)trainer->kept_position.step);
    for (size_t p = 0; p < trainer->net->parameters; p++)
        for (int s = -1; s < states_of(trainer, p); s++)
            SC_TRY(sc_fleet_write(trainer->fleet, (int)p, s, trainer->kept[tensor_number(p, s)]));
    sc_trainer_forget_new_best(trainer);
    SC_TRY(sc_trainer_set_position(trainer, &trainer->kept_position));
    sc_fleet_renewed(trainer->fleet);
    return SOCLE_OK;
}
