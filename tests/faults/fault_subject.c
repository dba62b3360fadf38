/* SPDX-License-Identifier: Apache-2.0 */
/* A program for the fault sweep: lives one life (fault_session.h) under whatever fault the environment asks for, checks
 * what must hold after a failure, then ends the fault and lives a second life, which must yield what a life without
 * faults yields.
 *
 *   fault_subject DEVICE FOLDER      FOLDER/record: what a life without faults yields; written by the first run
 *
 * The exit status says what was seen, see `verdicts`; the first of the list that applies. */
#include "fault_control.h"
#include "fault_session.h"

#include <clblast_c.h>
#include <math.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum verdict {
    RIGHT = 0,      /* no fault took effect; all results right */
    REPORTED = 10,  /* a fault, reported as it should be */
    ABSORBED = 11,  /* a fault that changed nothing */
    CLOSE = 12,     /* a fault that changed results within rounding: another choice of implementations */
    SILENT = 20,    /* a failure without a text */
    TORN = 21,      /* weights neither before nor after the step */
    HOST_LEAK = 22, /* allocations of the library left */
    CL_LEAK = 23,   /* OpenCL objects left */
    NO_SECOND = 24, /* a second context does not work, or yields something else */
    WRONG = 25,     /* success, and wrong results */
    MISNAMED = 26,  /* a status that does not say what happened */
    UNUSABLE = 27,  /* the fault is over, and the context still does not work */
    BROKEN = 28,    /* this program itself cannot do its work */
    NO_DEVICE = 77
};

static const char *device_name, *folder;

static const char *path_of(const char *name) {
    static char path[1024];
    int length = snprintf(path, sizeof path, "%s/%s", folder, name);
    if (length < 0 || (size_t)length >= sizeof path) path[0] = '\0'; /* opening it fails */
    return path;
}

static int say(enum verdict verdict, const char *what, const fault_session *session, socle_status status) {
    fprintf(stderr, "%s: %s, %s: %s\n", what, session->where, socle_status_text(status),
            session->context ? socle_error(session->context) : "");
    return verdict;
}

static bool is_mode(const char *mode) {
    const char *present = getenv("FAULT_MODE");
    return present && strcmp(present, mode) == 0;
}

/* The state whose weights these are; -1: of none. */
static int state_of(const fault_record *record, const float *weights) {
    for (int state = 0; state < FAULT_STATES; state++)
        if (memcmp(record->weights[state], weights, sizeof record->weights[state]) == 0) return state;
    return -1;
}

/* A lost device is DEVICE, while it is being opened also NO_DEVICE. What the driver does is never INTERNAL. */
static bool is_well_named(const fault_session *session, socle_status status) {
    if (status == SOCLE_STATUS_DEVICE || status == SOCLE_STATUS_TIMEOUT) return true;
    if (status == SOCLE_STATUS_NO_DEVICE) return strcmp(session->where, "open") == 0;
    if (is_mode("dead")) return false;
    return status == SOCLE_STATUS_DEVICE_MEMORY || status == SOCLE_STATUS_BUILD || status == SOCLE_STATUS_UNSUPPORTED;
}

/* The transient fault is over: the context still works, on the weights there are. */
static int check_goes_on(fault_session *session, const fault_record *right, int state) {
    fault_record *again = calloc(1, sizeof *again);
    socle_status status = fault_session_judge(session, state, again);
    if (status != SOCLE_OK) return say(UNUSABLE, "the context does not go on", session, status);
    bool same = memcmp(again->evaluation[state], right->evaluation[state], sizeof right->evaluation[state]) == 0 &&
                memcmp(again->prediction[state], right->prediction[state], sizeof right->prediction[state]) == 0;
    free(again);
    return same ? REPORTED : say(UNUSABLE, "the context goes on with other results", session, status);
}

static int check_weights(fault_session *session, const fault_record *right) {
    float weights[FAULT_WEIGHTS];
    if (!session->net || strcmp(session->where, "building the net") == 0) return REPORTED;
    if (session->trainer) socle_trainer_sync(session->trainer);
    socle_status status = fault_session_weights(session, weights);
    if (status != SOCLE_OK) return say(TORN, "the weights cannot be read", session, status);
    int state = state_of(right, weights);
    if (state < session->state || state > session->next) {
        fprintf(stderr, "the weights are in state %d, not %d or %d\n", state, session->state, session->next);
        return say(TORN, "after", session, status);
    }
    socle_trainer_destroy(session->trainer);
    session->trainer = NULL;
    return is_mode("once") ? check_goes_on(session, right, state) : REPORTED;
}

static int check_failure(fault_session *session, const fault_record *right, socle_status status) {
    if (!session->context) return say(SILENT, "no context", session, status);
    if (!socle_error(session->context)[0]) return say(SILENT, "no text", session, status);
    fprintf(stderr, "reported: %s: %s: %s\n", session->where, socle_status_text(status), socle_error(session->context));
    if (session->where == fault_again) return say(UNUSABLE, "a transient fault lasts", session, status);
    if (!is_well_named(session, status)) return say(MISNAMED, "this status is not what happened", session, status);
    return check_weights(session, right);
}

/* Two lists of numbers within rounding of each other. */
static bool are_close(const float *a, const float *b, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (!(fabsf(a[i] - b[i]) <= 1e-3f * (1.0f + fabsf(b[i])))) return false;
    return true;
}

static int compare(const fault_session *session, const fault_record *got, const fault_record *right) {
    const int last = FAULT_STATES - 1;
    bool same = memcmp(got->tensor, right->tensor, sizeof right->tensor) == 0 &&
                memcmp(got->weights, right->weights, sizeof right->weights) == 0 &&
                memcmp(got->loss, right->loss, sizeof(float)) == 0 && got->loss[2] == right->loss[2] &&
                memcmp(got->evaluation[last], right->evaluation[last], sizeof right->evaluation[last]) == 0 &&
                memcmp(got->prediction[last], right->prediction[last], sizeof right->prediction[last]) == 0 &&
                got->file == right->file;
    if (same) return fault_fired() ? ABSORBED : RIGHT;
    if (are_close(got->weights[0], right->weights[0], FAULT_STATES * FAULT_WEIGHTS) &&
        are_close(got->tensor, right->tensor, 5) &&
        are_close(got->prediction[last], right->prediction[last], FAULT_SAMPLES * FAULT_CLASSES))
        return CLOSE;
    return say(WRONG, "success with wrong results", session, SOCLE_OK);
}

/* What is left when everything has been destroyed, and threads of the driver have had time for their last words. */
static int check_left(fault_session *session, int verdict) {
    fault_session_end(session);
    CLBlastClearCache(); /* it keeps programs for the life of the process */
    long live = 1, objects = 1;
    for (int i = 0; i < 200 && (live || objects); i++) {
        if (i) usleep(5000);
        live = atomic_load(&session->live);
        objects = fault_objects_left();
    }
    if (live) fprintf(stderr, "%ld allocations are left, the last thing done was %s\n", live, session->where);
    if (objects) fprintf(stderr, "%ld OpenCL objects are left, the last thing done was %s\n", objects, session->where);
    if (verdict >= SILENT) return verdict;
    return live ? HOST_LEAK : objects ? CL_LEAK : verdict;
}

static int live_with_fault(fault_record *got, const fault_record *right) {
    fault_session session = {.insists = is_mode("once")};
    socle_status status = fault_session_run(&session, device_name, path_of("model"), got);
    int verdict = status == SOCLE_OK ? compare(&session, got, right) : check_failure(&session, right, status);
    if (verdict == ABSORBED && session.met != SOCLE_OK)
        verdict = is_well_named(&session, session.met) ? REPORTED : MISNAMED;
    return check_left(&session, verdict);
}

static int live_after(fault_record *got, const fault_record *right) {
    fault_session session = {0};
    socle_status status = fault_session_run(&session, device_name, path_of("model"), got);
    int verdict = RIGHT;
    if (status != SOCLE_OK)
        verdict = say(NO_SECOND, "a second context fails", &session, status);
    else if (compare(&session, got, right) > ABSORBED)
        verdict = say(NO_SECOND, "a second context yields something else", &session, status);
    return check_left(&session, verdict);
}

/* The first run of all: writes the record. */
static int make_record(fault_record *right) {
    fault_session session = {.judge_all = true};
    socle_status status = fault_session_run(&session, device_name, path_of("model"), right);
    if (status == SOCLE_STATUS_NO_DEVICE) return say(NO_DEVICE, "skipped", &session, status);
    if (status != SOCLE_OK) return say(BROKEN, "a life without faults fails", &session, status);
    int verdict = check_left(&session, RIGHT);
    FILE *file = fopen(path_of("record"), "wb");
    if (!file || fwrite(right, sizeof *right, 1, file) != 1 || fclose(file) != 0) return BROKEN;
    return verdict;
}

int main(int count, char **word) {
    if (count != 3) return BROKEN;
    device_name = word[1];
    folder = word[2];
    fault_record *right = calloc(1, sizeof *right), *got = calloc(2, sizeof *got);
    FILE *file = fopen(path_of("record"), "rb");
    int verdict = BROKEN;
    if (!file) {
        verdict = make_record(right);
    } else if (fread(right, sizeof *right, 1, file) == 1) {
        /* Each run saves to a file of its own: several may be under way. */
        static char own[1024];
        snprintf(own, sizeof own, "%s/run-%ld", folder, (long)getpid());
        folder = own;
        if (mkdir(own, 0700) == 0) {
            verdict = live_with_fault(got, right);
            if (verdict == RIGHT && fault_fired()) verdict = ABSORBED; /* while closing */
            fault_end();
            if (verdict != BROKEN && fault_fired()) {
                int second = live_after(got + 1, right);
                if (verdict < SILENT && second >= SILENT) verdict = second;
            }
            unlink(path_of("model"));
            rmdir(own);
        }
    }
    if (file) fclose(file);
    free(right);
    free(got);
    return verdict;
}
