/* SPDX-License-Identifier: Apache-2.0 */
/* Two devices on the same rows, compared by bits: elementwise work must agree across drivers,
 * everything across numbers of threads. */
#include "verify/image.h"
#include "verify/session.h"

#include <string.h>

typedef struct side {
    sc_device *device;
    sc_queue *queue;
    const char *implementation;
} side;

/* Runs the case; the outputs' bytes are left in image[]. */
static socle_status launch(sc_session *session, const side *where, const sc_verify_case *test,
                           double *const *input, const sc_launch *arguments, sc_trial *trial) {
    SC_TRY(sc_trial_create(trial, session->env, where->device, where->queue, &test->desc,
                           where->implementation, session->options->exact_buffers));
    return sc_trial_launch(trial, (const double *const *)input, arguments, 0, -1);
}

static socle_status compare_row(sc_session *session, const sc_verify_case *test,
                                double *const *input, const char *one, const char *other,
                                int number) {
    const side sides[2] = {{session->device, session->queue, one},
                           {session->other, session->other_queue, other}};
    sc_launch arguments = sc_session_launch(session, test, sc_session_capacity(test));
    sc_verify_row row = {.implementation = other ? other : "best"};
    sc_trial trial[2];
    memset(trial, 0, sizeof trial);
    socle_status status = SOCLE_OK;
    int at = 0;
    for (; at < 2 && status == SOCLE_OK; at++)
        status = launch(session, &sides[at], test, input, &arguments, &trial[at]);
    if (status == SOCLE_OK) {
        sc_trial_verdict verdict = {0};
        unsigned char *image[SC_EXPR_OUTPUTS];
        for (int k = 0; k < test->desc.outputs; k++)
            image[k] = sc_trial_data(&trial[0], test->desc.inputs + k);
        sc_trial_check_bits(&trial[1], &arguments, image, "compare", &verdict);
        row.state = verdict.what ? SC_VERIFY_FAIL : SC_VERIFY_PASS;
        row.what = verdict.what;
        memcpy(row.message, verdict.message, sizeof row.message);
    } else {
        row.state = status == SOCLE_STATUS_UNSUPPORTED ? SC_VERIFY_UNSUPPORTED : SC_VERIFY_FAIL;
        row.what = "launch";
        sc_session_say(&row, sides[at - 1].device->env);
    }
    sc_trial_destroy(&trial[0]);
    sc_trial_destroy(&trial[1]);
    sc_session_report(session, &row, test, number);
    return status == SOCLE_STATUS_DEVICE || status == SOCLE_STATUS_TIMEOUT ? status : SOCLE_OK;
}

static socle_status compare_case(sc_session *session, const sc_verify_case *test, int number) {
    double *input[SC_MAX_OPERANDS] = {NULL};
    socle_status status = sc_session_inputs(session, test, input);
    const sc_verify_options *options = session->options;
    const char *wanted = options->implementation;
    const bool each = options->same_implementation || options->portable;
    if (status == SOCLE_OK && !each)
        status = compare_row(session, test, input, wanted, wanted, number);
    const sc_implementation *const *list = session->other->implementations;
    for (; each && *list && status == SOCLE_OK; list++)
        if ((*list)->op == test->desc.op && (!wanted || strcmp(wanted, (*list)->name) == 0) &&
            ((*list)->canonical || !options->portable))
            status = compare_row(session, test, input, options->portable ? NULL : (*list)->name,
                                 (*list)->name, number);
    sc_session_free_inputs(session, input);
    return status;
}

socle_status sc_verify_compare(sc_env *env, sc_device *a, sc_device *b, const char *name,
                               const sc_verify_options *options, sc_verify_sink *sink, void *user,
                               sc_verify_totals *totals) {
    sc_session *session;
    SC_TRY(sc_allocate(env, &session, 1, sizeof *session));
    *session = (sc_session){.env = env,
                            .device = a,
                            .other = b,
                            .name = name,
                            .options = options,
                            .sink = sink,
                            .user = user,
                            .totals = totals,
                            .run = compare_case};
    socle_status status = sc_queue_open(&session->queue, a);
    if (status == SOCLE_OK) status = sc_queue_open(&session->other_queue, b);
    if (status == SOCLE_OK) status = sc_session_walk(session);
    if (session->queue) sc_queue_close(session->queue);
    if (session->other_queue) sc_queue_close(session->other_queue);
    sc_release(env, session);
    return status;
}
