/* SPDX-License-Identifier: Apache-2.0 */
/* A program for the fault sweep: trains on several devices at once (fleet_life.h) while calls
 * fail, on one of them (FAULT_DEVICE) or on any. While a device is left the run must end well: no
 * sample lost or used twice, in reproducible mode the bits of a run without faults, and one line
 * of the log that names the device that is lost, and no other. With none left it must say so, and
 * the weights must be those with which the epoch began, or, lost between two epochs, the one
 * before.
 *
 *   fault_fleet DEVICES NET FOLDER   "opencl:0/0=1,opencl:0/1=1" (FAULT_DEVICE 0 and 1), or with
 *                                    "cpu=1" among them; the weights fix who computes what, and so
 *                                    the calls. One device alone is for faults that say once that
 *                                    there is no memory. "cnn" or "count"
 *
 * The exit status says what was seen: fault_verdict.h. The sweeps (CMakeLists.txt) take every call
 * of every function while the fleet trains; opening, compiling and the self-test, which the other
 * subject covers call by call, by some calls of each function. */
#include "fault_control.h"
#include "fault_verdict.h"
#include "fleet_life.h"

#include <stdio.h>

static const char *devices, *net;

/* The number of the only device that the faults may hit; -1: any. */
static int aimed_at(void) {
    const char *device = getenv("FAULT_DEVICE");
    return device && *device ? atoi(device) : fault_is_mode("dead") ? 0 : -1;
}

/* What a wait is told of is a command that has begun: what it was to write is not there. */
static bool is_a_wait(void) {
    const char *call = getenv("FAULT_CALL");
    return call && (strcmp(call, "clWaitForEvents") == 0 || strcmp(call, "clGetEventInfo") == 0);
}

static bool is_alone(void) {
    return !strchr(devices, ',');
}

/* Whether some device never meets a fault. A device alone that is refused memory once is left too:
 * it reads back what it has learnt, and goes on. */
static bool one_is_left(void) {
    if (is_alone()) return !is_a_wait();
    return aimed_at() >= 0 || strstr(devices, "cpu");
}

/* "opencl:0/1 (" for OpenCL device `number` of the list, as a line of the log begins; false: there
 * are fewer. */
static bool label_of(int number, char *out, size_t size) {
    for (const char *word = devices; word; word = strchr(word, ',') ? strchr(word, ',') + 1 : NULL)
        if (strncmp(word, "opencl", 6) == 0 && number-- == 0)
            return snprintf(out, size, "%.*s (", (int)strcspn(word, "=,"), word) > 0;
    return false;
}

static int lost_lines(const fleet_life *life, const char *label) {
    int count = 0;
    for (const char *line = life->lost; *line; line = strchr(line, '\n') + 1)
        count += strncmp(line, label, strlen(label)) == 0;
    return count;
}

/* Each fit says at most once that a device is lost, and says it of no device that met no fault. */
static bool lines_are_true(const fleet_life *life) {
    char label[64];
    int aimed = aimed_at(), fits = life->session.state + 1, sound = 0;
    for (int i = 0; label_of(i, label, sizeof label); i++) {
        int count = lost_lines(life, label);
        if (count > fits || (count && aimed >= 0 && i != aimed)) return false;
        sound += count;
    }
    return sound == lost_lines(life, "");
}

/* A device that died while the fleet trained cannot serve the next fit, so a line must have said
 * it. */
static bool is_silent(const fleet_life *life) {
    const char *phase = getenv("FAULT_PHASE");
    bool early = phase && (strcmp(phase, "equip") == 0 || strcmp(phase, "train") == 0);
    return early && fault_is_mode("dead") && fault_fired() && !life->lost[0];
}

static bool is_same(const fleet_life *life, const fleet_record *right) {
    bool weights = memcmp(life->out->weights, right->weights, sizeof right->weights) == 0;
    if (strcmp(life->net, "count") == 0) return weights; /* its losses are sums that are rounded */
    return weights && memcmp(life->out->report, right->report, sizeof right->report) == 0;
}

static int judge_success(const fleet_life *life, const fleet_record *right) {
    const fault_session *session = &life->session;
    if (!lines_are_true(life))
        return fault_say(MISNAMED, "not these devices are lost", session, SOCLE_OK);
    if (is_silent(life))
        return fault_say(SILENT, "no line says that a device is lost", session, SOCLE_OK);
    if (is_same(life, right)) return life->warnings ? REPORTED : fault_fired() ? ABSORBED : RIGHT;
    if (strcmp(net, "count") != 0 &&
        fault_are_close(life->out->weights[0], right->weights[0], FLEET_STATES * FAULT_WEIGHTS))
        return CLOSE;
    return fault_say(WRONG, "success with wrong weights", session, SOCLE_OK);
}

/* Weights with which an epoch of the fit began that did not end well; the second fit has one. A
 * device alone may also fail when the weights of the fit's last epoch have been read. */
static bool are_of_a_beginning(const fleet_life *life, const fleet_record *right,
                               const float weights[FAULT_WEIGHTS]) {
    const size_t size = FAULT_WEIGHTS * sizeof *weights;
    const int state = life->session.state;
    if (memcmp(weights, right->weights[state], size) == 0) return true;
    if (is_alone() && state + 1 < FLEET_STATES &&
        memcmp(weights, right->weights[state + 1], size) == 0)
        return true;
    bool second = state == 0 && life->reports > 0;
    return second && memcmp(weights, right->second, size) == 0;
}

static int judge_failure(fleet_life *life, const fleet_record *right, socle_status status) {
    fault_session *session = &life->session;
    float weights[FAULT_WEIGHTS];
    if (!session->context) return fault_say(SILENT, "no context", session, status);
    if (!socle_error(session->context)[0]) return fault_say(SILENT, "no text", session, status);
    fault_say(REPORTED, "reported", session, status);
    if (!fault_is_well_named(session, status))
        return fault_say(MISNAMED, "this status is not what happened", session, status);
    if (!session->net) return REPORTED;
    if (one_is_left())
        return fault_say(SURRENDER, "a device is left, and the run ends", session, status);
    if (fleet_life_weights(life, weights) != SOCLE_OK)
        return fault_say(TORN, "no weights", session, status);
    if (!are_of_a_beginning(life, right, weights))
        return fault_say(TORN, "the weights are not those of an epoch's beginning", session,
                         status);
    return lines_are_true(life)
               ? REPORTED
               : fault_say(MISNAMED, "not these devices are lost", session, status);
}

static int live(void *got, const void *right) {
    fleet_life life = {.net = net, .out = got};
    socle_status status = fleet_life_run(&life, devices);
    int verdict =
        status == SOCLE_OK ? judge_success(&life, right) : judge_failure(&life, right, status);
    return fault_check_left(&life.session, verdict);
}

static int live_after(void *got, const void *right) {
    fleet_life life = {.net = net, .out = got};
    socle_status status = fleet_life_run(&life, devices);
    int verdict = RIGHT;
    if (status != SOCLE_OK)
        verdict = fault_say(NO_SECOND, "a second context fails", &life.session, status);
    else if (!is_same(&life, right) || life.lost[0])
        verdict =
            fault_say(NO_SECOND, "a second context yields something else", &life.session, status);
    return fault_check_left(&life.session, verdict);
}

/* Every sample as often as there were epochs; then one step, so a batch of them once more. */
static bool counts_are_right(const fleet_record *record) {
    int more = 0;
    for (int i = 0; i < FAULT_SAMPLES; i++) {
        float first = record->weights[1][i], last = record->weights[2][i];
        if (first != fleet_life_counted(i, FLEET_EPOCHS)) return false;
        if (last != first && last != fleet_life_counted(i, FLEET_EPOCHS + 1)) return false;
        more += last != first;
    }
    return more == FLEET_COUNTED;
}

/* Fills `second` of the record. */
static int record_epoch(fleet_record *right) {
    fleet_life life = {.net = net, .out = right};
    socle_status status = fleet_life_run_epoch(&life, devices);
    int verdict = RIGHT;
    if (status != SOCLE_OK && status != SOCLE_STATUS_NO_DEVICE)
        verdict = fault_say(BROKEN, "an epoch without faults fails", &life.session, status);
    return fault_check_left(&life.session, verdict);
}

static int make_record(void *right) {
    int epoch = record_epoch(right);
    if (epoch != RIGHT) return epoch;
    fleet_life life = {.net = net, .out = right};
    socle_status status = fleet_life_run(&life, devices);
    int verdict = RIGHT;
    if (status == SOCLE_STATUS_NO_DEVICE)
        verdict = fault_say(NO_DEVICE, "skipped", &life.session, status);
    else if (status != SOCLE_OK)
        verdict = fault_say(BROKEN, "a life without faults fails", &life.session, status);
    else if (life.warnings || (strcmp(net, "count") == 0 && !counts_are_right(right)))
        verdict =
            fault_say(BROKEN, "a life without faults is not as on paper", &life.session, status);
    return fault_check_left(&life.session, verdict);
}

int main(int count, char **word) {
    const fault_program program = {sizeof(fleet_record), make_record, live, live_after};
    if (count != 4 || (strcmp(word[2], "cnn") != 0 && strcmp(word[2], "count") != 0)) return BROKEN;
    devices = word[1];
    net = word[2];
    return fault_program_run(&program, word[3]);
}
