/* SPDX-License-Identifier: Apache-2.0 */
/* See fault_verdict.h. It must not know what a subject does with the library. */
#include "fault_verdict.h"

#include "fault_control.h"

#include <clblast_c.h>
#include <math.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *folder;

const char *fault_path(const char *name) {
    static char path[1024];
    int length = snprintf(path, sizeof path, "%s/%s", folder, name);
    if (length < 0 || (size_t)length >= sizeof path) path[0] = '\0'; /* opening it fails */
    return path;
}

int fault_say(enum verdict verdict, const char *what, const fault_session *session,
              socle_status status) {
    fprintf(stderr, "%s: %s, %s: %s\n", what, session->where, socle_status_text(status),
            session->context ? socle_error(session->context) : "");
    return verdict;
}

bool fault_is_mode(const char *mode) {
    const char *present = getenv("FAULT_MODE");
    return present && strcmp(present, mode) == 0;
}

bool fault_is_well_named(const fault_session *session, socle_status status) {
    if (status == SOCLE_STATUS_DEVICE || status == SOCLE_STATUS_TIMEOUT) return true;
    if (status == SOCLE_STATUS_NO_DEVICE) return strcmp(session->where, "open") == 0;
    if (fault_is_mode("dead")) return false;
    return status == SOCLE_STATUS_DEVICE_MEMORY || status == SOCLE_STATUS_BUILD ||
           status == SOCLE_STATUS_UNSUPPORTED;
}

bool fault_are_close(const float *a, const float *b, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (!(fabsf(a[i] - b[i]) <= 1e-3f * (1.0f + fabsf(b[i])))) return false;
    return true;
}

/* Threads of the driver get time for their last words. */
int fault_check_left(fault_session *session, int verdict) {
    fault_session_end(session);
    CLBlastClearCache(); /* it keeps programs for the life of the process */
    long live = 1, objects = 1;
    for (int i = 0; i < 200 && (live || objects); i++) {
        if (i) usleep(5000);
        live = atomic_load(&session->live);
        objects = fault_objects_left();
    }
    if (live)
        fprintf(stderr, "%ld allocations are left, the last thing done was %s\n", live,
                session->where);
    if (objects)
        fprintf(stderr, "%ld OpenCL objects are left, the last thing done was %s\n", objects,
                session->where);
    if (verdict >= SILENT) return verdict;
    return live ? HOST_LEAK : objects ? CL_LEAK : verdict;
}

static int make_record(const fault_program *program, void *right) {
    int verdict = program->record(right);
    if (verdict == NO_DEVICE || verdict == BROKEN) return verdict;
    FILE *file = fopen(fault_path("record"), "wb");
    if (!file || fwrite(right, program->record_bytes, 1, file) != 1 || fclose(file) != 0)
        return BROKEN;
    return verdict;
}

static int live_twice(const fault_program *program, void *first, void *second, const void *right) {
    int verdict = program->live(first, right);
    if (verdict == RIGHT && fault_fired()) verdict = ABSORBED; /* while closing */
    fault_end();
    if (verdict == BROKEN || !fault_fired()) return verdict;
    int after = program->live_after(second, right);
    return verdict < SILENT && after >= SILENT ? after : verdict;
}

static int live_in_own_folder(const fault_program *program, void *first, void *second,
                              const void *right) {
    static char own[1024];
    int length = snprintf(own, sizeof own, "%s/run-%ld", folder, (long)getpid());
    if (length < 0 || (size_t)length >= sizeof own || mkdir(own, 0700) != 0) return BROKEN;
    folder = own;
    int verdict = live_twice(program, first, second, right);
    unlink(fault_path("model"));
    rmdir(own);
    return verdict;
}

int fault_program_run(const fault_program *program, const char *in) {
    folder = in;
    void *right = calloc(1, program->record_bytes), *first = calloc(1, program->record_bytes),
         *second = calloc(1, program->record_bytes);
    FILE *file = fopen(fault_path("record"), "rb");
    int verdict = BROKEN;
    if (!right || !first || !second)
        fprintf(stderr, "no memory for the records\n");
    else if (!file)
        verdict = make_record(program, right);
    else if (fread(right, program->record_bytes, 1, file) == 1)
        verdict = live_in_own_folder(program, first, second, right);
    if (file) fclose(file);
    free(right);
    free(first);
    free(second);
    return verdict;
}
