/* SPDX-License-Identifier: Apache-2.0 */
/* Averages of the weights over the steps (Polyak and Juditsky 1992; exponential, as in
 * section 7.2 of Kingma and Ba 2015). Every optimizer keeps, beside its own states, how far the
 * average of each weight lags behind the weight. An epoch is judged with the averages, so the best
 * weights are averages; then training goes on with the weights themselves. */
#include "train/fit_private.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

/* What stands around an update. The average begins as the first weights are, and follows faster at
 * first: each step keeps (1 + step) / (10 + step) of it, at most `average`. Where a step changes no
 * weight, the lag stays as it is. */
#define LAG "average_lag"
#define BEFORE "average_before"
static const char before_update[] = BEFORE " = w;",
                  behind_update[] = ";" LAG " = min(%.9g, (1 + step) / (10 + step)) * "
                                    "(" LAG " + (w - " BEFORE "))";

/* Without the semicolon that a formula may end with. */
static int length_of(const char *text) {
    size_t length = strlen(text);
    while (length && strchr("; \t\n", text[length - 1])) length--;
    return (int)length;
}

static socle_status check_update(sc_env *env, const sc_optimizer *optimizer) {
    const char *text = sc_optimizer_text(optimizer), *word = optimizer->kind->record.word;
    if (strstr(text, LAG) || strstr(text, BEFORE))
        return sc_fail(env, SOCLE_STATUS_CONFIG,
                       "train.average: the update of the optimizer %s has a name with " LAG
                       " or " BEFORE " in it, which averaging needs: take another one",
                       word);
    if (sc_optimizer_states(optimizer) < SC_OPTIMIZER_STATES) return SOCLE_OK;
    return sc_fail(env, SOCLE_STATUS_CONFIG,
                   "train.average: %s keeps too much beside each weight to average it as well",
                   word);
}

socle_status sc_surround_update(char **out, sc_env *env, const sc_optimizer *optimizer,
                                const char *what, const char *before, const char *behind) {
    const char *own = sc_optimizer_text(optimizer);
    sc_text text;
    sc_text_init(&text, env);
    sc_text_add(&text, "%s%.*s%s", before, length_of(own), own, behind);
    socle_status status =
        text.status == SOCLE_OK ? sc_copy_string(env, out, text.data) : text.status;
    sc_text_free(&text);
    if (status != SOCLE_OK) return status;
    sc_optimizer with = *optimizer;
    with.update = *out;
    status = sc_optimizer_check(env, &with);
    if (status == SOCLE_OK) return status;
    sc_release(env, *out);
    *out = NULL;
    return sc_fail_prefix(env, status, "%s: %s", what, optimizer->kind->record.word);
}

socle_status sc_average_update(char **out, sc_env *env, const sc_optimizer *optimizer,
                               float average) {
    char behind[sizeof behind_update + 24];
    SC_TRY(check_update(env, optimizer));
    snprintf(behind, sizeof behind, behind_update, (double)average);
    return sc_surround_update(out, env, optimizer, "train.average", before_update, behind);
}

/* The state that the lag is; -1: the parameter is not averaged. */
static int lag_of(const sc_trainer *trainer, size_t p) {
    const sc_optimizer *optimizer = sc_updates_optimizer(&trainer->updates, p);
    return trainer->options.average > 0 && optimizer ? sc_optimizer_states(optimizer) - 1 : -1;
}

static socle_status show_average(sc_trainer *trainer, size_t p, float *lag) {
    const sc_tensor_desc *desc = &trainer->net->parameter[p].desc;
    float *weight;
    SC_TRY(sc_fleet_read(trainer->fleet, (int)p, lag_of(trainer, p), lag));
    SC_TRY(sc_allocate(trainer->env, &weight, sc_tensor_bytes(desc), 1));
    socle_status status = sc_fleet_read(trainer->fleet, (int)p, -1, weight);
    if (status != SOCLE_OK) {
        sc_release(trainer->env, weight);
        return status;
    }
    trainer->raw[p] = weight;
    for (int64_t i = 0; i < sc_tensor_elements(desc); i++) lag[i] = weight[i] - lag[i];
    return sc_fleet_write(trainer->fleet, (int)p, -1, lag);
}

socle_status sc_trainer_show_averages(sc_trainer *trainer) {
    const sc_net *net = trainer->net;
    if (!(trainer->options.average > 0)) return SOCLE_OK;
    SC_TRY(sc_allocate(trainer->env, &trainer->raw, net->parameters, sizeof *trainer->raw));
    for (size_t p = 0; p < net->parameters; p++) {
        float *lag;
        const size_t bytes = sc_tensor_bytes(&net->parameter[p].desc);
        if (lag_of(trainer, p) < 0) continue;
        SC_TRY(sc_allocate(trainer->env, &lag, bytes, 1));
        socle_status status = show_average(trainer, p, lag);
        sc_release(trainer->env, lag);
        SC_TRY(status);
    }
    return SOCLE_OK;
}

void sc_trainer_forget_raw(sc_trainer *trainer) {
    for (size_t p = 0; trainer->raw && p < trainer->net->parameters; p++)
        sc_release(trainer->env, trainer->raw[p]);
    sc_release(trainer->env, trainer->raw);
    trainer->raw = NULL;
}

static socle_status put_back(sc_trainer *trainer) {
    socle_status status = SOCLE_OK;
    for (size_t p = 0; trainer->raw && status == SOCLE_OK && p < trainer->net->parameters; p++)
        if (trainer->raw[p]) status = sc_fleet_write(trainer->fleet, (int)p, -1, trainer->raw[p]);
    sc_trainer_forget_raw(trainer);
    return status;
}

socle_status sc_trainer_end_averages(sc_trainer *trainer, socle_status status) {
    if (status == SOCLE_OK) return put_back(trainer);
    sc_env failure = *trainer->env;
    put_back(trainer);
    sc_env_adopt_error(trainer->env, &failure);
    return status;
}
