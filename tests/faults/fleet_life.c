/* SPDX-License-Identifier: Apache-2.0 */
/* See fleet_life.h. It knows the public headers and the phases of the fault layer, and judges
 * nothing. */
#include "fleet_life.h"

#include "fault_control.h"

#include <stdio.h>

#define TRY(call)                                                                                  \
    do {                                                                                           \
        socle_status status_ = (call);                                                             \
        if (status_ != SOCLE_OK) return status_;                                                   \
    } while (0)

/* With steps of 8 samples and squared errors this moves a weight by an eighth of its distance to
 * the target. */
static const float count_rate = 0.5f;

static float target_of(int sample) {
    return (float)(sample + 1);
}

float fleet_life_counted(int sample, int uses) {
    float value = 0.0f;
    while (uses-- > 0) value += (target_of(sample) - value) / FLEET_COUNTED;
    return value;
}

static bool counts(const fleet_life *life) {
    return strcmp(life->net, "count") == 0;
}

static void keep_line(void *user, socle_log_level level, const char *text) {
    fleet_life *life = user;
    pthread_mutex_lock(&life->lock);
    fprintf(stderr, "log: %s\n", text);
    life->warnings += level <= SOCLE_LOG_WARNING;
    size_t used = strlen(life->lost);
    if (strstr(text, " is lost; "))
        snprintf(life->lost + used, sizeof life->lost - used, "%s\n", text);
    pthread_mutex_unlock(&life->lock);
}

static socle_status make_images(fault_session *session) {
    static float input[FAULT_SAMPLES][FAULT_PIXELS];
    unsigned char label[FAULT_SAMPLES];
    fault_session_draw(input, label);
    return socle_data_arrays(&session->data, session->context, FAULT_SAMPLES, SOCLE_F32,
                             SOCLE_SHAPE(1, 6, 6), input, SOCLE_U8, NULL, label);
}

static socle_status make_units(fault_session *session) {
    static float input[FAULT_SAMPLES][FAULT_SAMPLES], target[FAULT_SAMPLES];
    const socle_shape one = SOCLE_SHAPE(1);
    for (int i = 0; i < FAULT_SAMPLES; i++) {
        input[i][i] = 1.0f;
        target[i] = target_of(i);
    }
    return socle_data_arrays(&session->data, session->context, FAULT_SAMPLES, SOCLE_F32,
                             SOCLE_SHAPE(FAULT_SAMPLES), input, SOCLE_F32, &one, target);
}

static socle_status build_count(fault_session *session) {
    const socle_dense_opts opts = {.no_bias = 1, .weight_init = {.kind = "zeros"}};
    session->where = "building the net";
    TRY(socle_net_create(&session->net, session->context));
    socle_node x = socle_input(session->net, SOCLE_SHAPE(FAULT_SAMPLES));
    return socle_loss_mean_squared_error(session->net, socle_dense(session->net, x, 1, &opts));
}

socle_status fleet_life_weights(fleet_life *life, float out[FAULT_WEIGHTS]) {
    if (!counts(life)) return fault_session_weights(&life->session, out);
    memset(out, 0, FAULT_WEIGHTS * sizeof *out);
    return socle_net_read(life->session.net, "dense1.weight", out, FAULT_SAMPLES);
}

static int note_epoch(void *user, const socle_epoch *epoch) {
    fleet_life *life = user;
    if (life->reports == FLEET_REPORTS) return 1;
    double *report = life->out->report[life->reports++];
    report[0] = epoch->loss;
    report[1] = epoch->accuracy;
    report[2] = epoch->val_loss;
    report[3] = epoch->val_accuracy;
    if (life->reports == 1) fault_phase("train");
    return 0;
}

static socle_status fit(fleet_life *life, int epochs, int steps) {
    fault_session *session = &life->session;
    socle_fit_opts opts = SOCLE_FIT_OPTS_DEFAULT;
    opts.optimizer = counts(life) ? socle_sgd(count_rate, 0.0f) : socle_sgd(0.05f, 0.9f);
    opts.batch = counts(life) ? FLEET_COUNTED : FLEET_BATCH;
    opts.epochs = epochs;
    opts.steps = steps;
    opts.reproducible = !counts(life);
    opts.validation_split = counts(life) ? 0.0f : 0.25f;
    opts.on_epoch = note_epoch;
    opts.user = life;
    TRY(socle_fit(session->net, session->data, &opts));
    session->state++;
    return fleet_life_weights(life, life->out->weights[session->state]);
}

/* Up to the first fit. */
static socle_status begin(fleet_life *life, const char *devices) {
    fault_session *session = &life->session;
    const socle_logger logger = {keep_line, life, SOCLE_LOG_INFO};
    pthread_mutex_init(&life->lock, NULL);
    TRY(fault_session_open(session, devices, &logger));
    session->where = "data";
    TRY(counts(life) ? make_units(session) : make_images(session));
    TRY(counts(life) ? build_count(session) : fault_session_build(session));
    TRY(fleet_life_weights(life, life->out->weights[0]));
    session->where = "fit";
    fault_phase("equip");
    return SOCLE_OK;
}

socle_status fleet_life_run(fleet_life *life, const char *devices) {
    TRY(begin(life, devices));
    TRY(fit(life, FLEET_EPOCHS, 0));
    life->session.where = "another fit";
    fault_phase("again");
    TRY(fit(life, 1, 1));
    fault_phase("close");
    return SOCLE_OK;
}

socle_status fleet_life_run_epoch(fleet_life *life, const char *devices) {
    TRY(begin(life, devices));
    TRY(fit(life, 1, 0));
    return fleet_life_weights(life, life->out->second);
}
