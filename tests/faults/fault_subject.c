/* SPDX-License-Identifier: Apache-2.0 */
/* A program for the fault sweep: lives one life (fault_session.h) under whatever fault the
 * environment asks for, checks what must hold after a failure, then ends the fault and lives a
 * second life, which must yield what a life without faults yields.
 *
 *   fault_subject DEVICE FOLDER      FOLDER/record: what a life without faults yields; written by
 * the first run
 *
 * The exit status says what was seen: fault_verdict.h. */
#include "fault_control.h"
#include "fault_verdict.h"

#include <stdio.h>
#include <stdlib.h>

static const char *device_name;

/* The state whose weights these are; -1: of none. */
static int state_of(const fault_record *record, const float *weights) {
    for (int state = 0; state < FAULT_STATES; state++)
        if (memcmp(record->weights[state], weights, sizeof record->weights[state]) == 0)
            return state;
    return -1;
}

/* The transient fault is over: the context still works, on the weights there are. */
static int check_goes_on(fault_session *session, const fault_record *right, int state) {
    fault_record *again = calloc(1, sizeof *again);
    socle_status status = fault_session_judge(session, state, again);
    if (status != SOCLE_OK)
        return fault_say(UNUSABLE, "the context does not go on", session, status);
    bool same = memcmp(again->evaluation[state], right->evaluation[state],
                       sizeof right->evaluation[state]) == 0 &&
                memcmp(again->prediction[state], right->prediction[state],
                       sizeof right->prediction[state]) == 0;
    free(again);
    return same ? REPORTED
                : fault_say(UNUSABLE, "the context goes on with other results", session, status);
}

static int check_weights(fault_session *session, const fault_record *right) {
    float weights[FAULT_WEIGHTS];
    if (!session->net || strcmp(session->where, "building the net") == 0) return REPORTED;
    if (session->trainer) socle_trainer_sync(session->trainer);
    socle_status status = fault_session_weights(session, weights);
    if (status != SOCLE_OK) return fault_say(TORN, "the weights cannot be read", session, status);
    int state = state_of(right, weights);
    if (state < session->state || state > session->next) {
        fprintf(stderr, "the weights are in state %d, not %d or %d\n", state, session->state,
                session->next);
        return fault_say(TORN, "after", session, status);
    }
    socle_trainer_destroy(session->trainer);
    session->trainer = NULL;
    return fault_is_mode("once") ? check_goes_on(session, right, state) : REPORTED;
}

static int check_failure(fault_session *session, const fault_record *right, socle_status status) {
    if (!session->context) return fault_say(SILENT, "no context", session, status);
    if (!socle_error(session->context)[0]) return fault_say(SILENT, "no text", session, status);
    fprintf(stderr, "reported: %s: %s: %s\n", session->where, socle_status_text(status),
            socle_error(session->context));
    if (session->where == fault_again)
        return fault_say(UNUSABLE, "a transient fault lasts", session, status);
    if (!fault_is_well_named(session, status))
        return fault_say(MISNAMED, "this status is not what happened", session, status);
    return check_weights(session, right);
}

static int compare(const fault_session *session, const fault_record *got,
                   const fault_record *right) {
    const int last = FAULT_STATES - 1;
    bool same =
        memcmp(got->tensor, right->tensor, sizeof right->tensor) == 0 &&
        memcmp(got->weights, right->weights, sizeof right->weights) == 0 &&
        memcmp(got->loss, right->loss, sizeof(float)) == 0 && got->loss[2] == right->loss[2] &&
        memcmp(got->evaluation[last], right->evaluation[last], sizeof right->evaluation[last]) ==
            0 &&
        memcmp(got->prediction[last], right->prediction[last], sizeof right->prediction[last]) ==
            0 &&
        got->file == right->file;
    if (same) return fault_fired() ? ABSORBED : RIGHT;
    if (fault_are_close(got->weights[0], right->weights[0], FAULT_STATES * FAULT_WEIGHTS) &&
        fault_are_close(got->tensor, right->tensor, 5) &&
        fault_are_close(got->prediction[last], right->prediction[last],
                        FAULT_SAMPLES * FAULT_CLASSES))
        return CLOSE;
    return fault_say(WRONG, "success with wrong results", session, SOCLE_OK);
}

static int live_with_fault(void *record, const void *right_record) {
    fault_record *got = record;
    const fault_record *right = right_record;
    fault_session session = {.insists = fault_is_mode("once")};
    socle_status status = fault_session_run(&session, device_name, fault_path("model"), got);
    int verdict =
        status == SOCLE_OK ? compare(&session, got, right) : check_failure(&session, right, status);
    if (verdict == ABSORBED && session.met != SOCLE_OK)
        verdict = fault_is_well_named(&session, session.met) ? REPORTED : MISNAMED;
    return fault_check_left(&session, verdict);
}

static int live_after(void *record, const void *right_record) {
    fault_record *got = record;
    const fault_record *right = right_record;
    fault_session session = {0};
    socle_status status = fault_session_run(&session, device_name, fault_path("model"), got);
    int verdict = RIGHT;
    if (status != SOCLE_OK)
        verdict = fault_say(NO_SECOND, "a second context fails", &session, status);
    else if (compare(&session, got, right) > ABSORBED)
        verdict = fault_say(NO_SECOND, "a second context yields something else", &session, status);
    return fault_check_left(&session, verdict);
}

static int make_record(void *right) {
    fault_session session = {.judge_all = true};
    socle_status status = fault_session_run(&session, device_name, fault_path("model"), right);
    int verdict = RIGHT;
    if (status == SOCLE_STATUS_NO_DEVICE)
        verdict = fault_say(NO_DEVICE, "skipped", &session, status);
    else if (status != SOCLE_OK)
        verdict = fault_say(BROKEN, "a life without faults fails", &session, status);
    return fault_check_left(&session, verdict);
}

int main(int count, char **word) {
    const fault_program program = {sizeof(fault_record), make_record, live_with_fault, live_after};
    if (count != 3) return BROKEN;
    device_name = word[1];
    return fault_program_run(&program, word[2]);
}
