/* SPDX-License-Identifier: Apache-2.0 */
/* The end that answers (worker.h). */
#include "tune/worker.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* *end: nothing more comes. */
static socle_status receive(sc_env *env, int input, sc_tune_request *request, bool *end) {
    char *bytes = (char *)request;
    size_t got = 0;
    *end = false;
    while (got < sizeof *request) {
        ssize_t length = read(input, bytes + got, sizeof *request - got);
        if (length < 0 && errno == EINTR) continue;
        if (length < 0) return sc_fail(env, SOCLE_STATUS_IO, "no request: %s", strerror(errno));
        if (length == 0) {
            *end = got == 0;
            return *end ? SOCLE_OK : sc_fail(env, SOCLE_STATUS_DATA, "a request that is cut short");
        }
        got += (size_t)length;
    }
    return SOCLE_OK;
}

static socle_status answer(sc_env *env, int output, const sc_tune_outcome *outcome) {
    const char *bytes = (const char *)outcome;
    size_t sent = 0;
    while (sent < sizeof *outcome) {
        ssize_t length = write(output, bytes + sent, sizeof *outcome - sent);
        if (length < 0 && errno == EINTR) continue;
        if (length <= 0) return sc_fail(env, SOCLE_STATUS_IO, "nobody reads: %s", strerror(errno));
        sent += (size_t)length;
    }
    return SOCLE_OK;
}

socle_status sc_tune_serve(sc_env *env, sc_device *device, sc_records *records, int input,
                           int output) {
    sc_tune_request *request;
    SC_TRY(sc_allocate(env, &request, 1, sizeof *request));
    socle_status status = SOCLE_OK;
    bool end = false;
    while (status == SOCLE_OK && !end) {
        sc_tune_outcome outcome;
        status = receive(env, input, request, &end);
        if (status != SOCLE_OK || end) break;
        status = sc_tune_request_open(env, request);
        if (status != SOCLE_OK) break;
        sc_tune_attempt(&outcome, env, device, records, request);
        status = answer(env, output, &outcome);
    }
    sc_release(env, request);
    return status;
}
