/* SPDX-License-Identifier: Apache-2.0 */
/* A layer between the OpenCL loader and its drivers that makes calls fail as told, without any
 * change to the program under test: OPENCL_LAYERS=<this shared object>. It stands before every
 * function that the library calls.
 *
 *   FAULT_MODE   once     call number FAULT_AT returns FAULT_CODE, all others work
 *                ever     that call and every later one that FAULT_CALL names
 *                dead     from that call on every call on its device, of any name, fails: a lost
 *                         device. What it was doing has stopped; release calls report the error and
 *                         release all the same
 *                hang     that call sleeps FAULT_MICROSECONDS (standard: 1000 s), then works
 *                event    the event of that command says FAULT_CODE when the command has ended, and
 *                         so does every later event of its queue and every event that waited for
 *                         it; clWaitForEvents gives -14
 *                corrupt  every FAULT_AT-th of the calls flips one bit of what it read
 *                         (clEnqueueReadBuffer) or mapped
 *                slow     every kernel launch from number FAULT_AT on is delayed by
 *                         FAULT_MICROSECONDS (standard: 1000)
 *                lie      clGetDeviceInfo answers FAULT_VALUES, for example
 *                         "CL_DEVICE_LOCAL_MEM_SIZE=1024"; what exceeds the values is refused, as a
 *                         device of that kind would
 *                not set: the layer counts and does nothing
 *   FAULT_VALUES with another mode: told as well, for the life of the program
 *                ("CL_DEVICE_TYPE=4": a GPU)
 *   FAULT_CALL   function names with commas between them, or "*" (standard) for all; for event,
 *                corrupt and slow: all that apply
 *   FAULT_AT     from 1 (standard); counted over the calls that FAULT_CALL and FAULT_DEVICE name
 *   FAULT_CODE   a negative number; standard: -5, CL_OUT_OF_RESOURCES
 *   FAULT_DEVICE ordinal among the contexts opened by the process, from 0: only calls on that one
 *                count and fail. Calls whose device cannot be known (platform and device queries,
 *                clCreateContext) then do not. Standard: all calls; for dead: 0. lie knows no
 *                devices
 *   FAULT_PHASE  a word: only calls made while the program says that it is in that phase
 *                (fault_control.h) count and fail; it is in "start" until it says something. What
 *                has begun there, a dead device or ever, goes on
 *   FAULT_REOPEN "no": a device that died cannot be opened again; standard: it can, and then works
 *   FAULT_COUNTS a file; at exit, and when the last context is released, gets "NAME CALLS" per
 *                function, over the calls that FAULT_DEVICE (where set) and FAULT_PHASE name,
 *                "left:KIND NUMBER" for objects never released, "fired TIMES"
 *
 * A program may end the fault, ask whether it took effect, and how many OpenCL objects are left:
 * fault_control.h. */
#include "fault_layer.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* The table must reach at least as far as OpenCL 1.2 does. */
enum { LAST_ENTRY = offsetof(cl_icd_dispatch, clEnqueueBarrierWithWaitList) / sizeof(void *) + 1 };

const cl_icd_dispatch *fault_real;
cl_icd_dispatch fault_table;
fault_settings fault;

static atomic_long counts[FAULT_CALL_COUNT], matched, fired, objects[FAULT_OBJECTS];
static atomic_bool disarmed, died, elsewhere; /* elsewhere: in another phase than FAULT_PHASE */

static const char *const names[FAULT_CALL_COUNT] = {
#define FAULT_NAME(name) #name,
    FAULT_CALLS(FAULT_NAME)
#undef FAULT_NAME
};

static const char *const kinds[FAULT_OBJECTS] = {"devices",  "contexts", "queues", "buffers",
                                                 "programs", "kernels",  "events"};

void fault_note(void) {
    atomic_fetch_add(&fired, 1);
}

static void write_counts(void);

void fault_objects(enum fault_object kind, int change) {
    long before = atomic_fetch_add(&objects[kind], change);
    if (kind == FAULT_CONTEXT && before + change == 0)
        write_counts(); /* the tool leaves without an end of its libraries */
}

bool fault_is_armed(void) {
    return fault.mode != FAULT_NONE && !atomic_load(&disarmed);
}

static void sleep_microseconds(unsigned long microseconds) {
    struct timespec left = {(time_t)(microseconds / 1000000),
                            (long)(microseconds % 1000000) * 1000};
    while (nanosleep(&left, &left) != 0) continue;
}

static cl_int failed(void) {
    fault_note();
    return fault.code;
}

cl_int fault_check(enum fault_call call, int device) {
    bool meant = fault.device < 0 || device == fault.device, here = !atomic_load(&elsewhere);
    if (here && (meant || fault.mode == FAULT_DEAD)) atomic_fetch_add(&counts[call], 1);
    if (!fault_is_armed() || !meant) return CL_SUCCESS;
    if (fault.mode == FAULT_DEAD && atomic_load(&died)) return failed();
    if (!fault.wanted[call]) return CL_SUCCESS;
    if (!here)
        return fault.mode == FAULT_EVER && atomic_load(&matched) >= fault.at ? failed()
                                                                             : CL_SUCCESS;
    long number = atomic_fetch_add(&matched, 1) + 1;
    bool now = number == fault.at;
    switch (fault.mode) {
    case FAULT_ONCE:
        return now ? failed() : CL_SUCCESS;
    case FAULT_EVER:
        return number >= fault.at ? failed() : CL_SUCCESS;
    case FAULT_DEAD:
        if (!now) return CL_SUCCESS;
        atomic_store(&died, true);
        fault_owner_silence(device);
        return failed();
    case FAULT_HANG:
        if (now) fault_note(), sleep_microseconds(fault.microseconds);
        return CL_SUCCESS;
    case FAULT_SLOW:
        if (number >= fault.at) fault_note(), sleep_microseconds(fault.microseconds);
        return CL_SUCCESS;
    case FAULT_EVENT:
        return now ? failed() : CL_SUCCESS; /* the caller marks its event */
    case FAULT_CORRUPT:
        return number % fault.at == 0 ? failed() : CL_SUCCESS; /* the caller flips */
    default:
        return CL_SUCCESS;
    }
}

/* For fault_control.h. */
__attribute__((visibility("default"))) void fault_layer_end(void);
__attribute__((visibility("default"))) void fault_layer_phase(const char *name);
__attribute__((visibility("default"))) long fault_layer_fired(void);
__attribute__((visibility("default"))) long fault_layer_objects(void);

static bool applies(enum fault_call call) {
    switch (fault.mode) {
    case FAULT_EVENT:
        return call >= CALL_clEnqueueNDRangeKernel && call <= CALL_clEnqueueBarrierWithWaitList;
    case FAULT_CORRUPT:
        return call == CALL_clEnqueueReadBuffer || call == CALL_clEnqueueMapBuffer;
    case FAULT_SLOW:
        return call == CALL_clEnqueueNDRangeKernel;
    case FAULT_NONE:
    case FAULT_LIE:
        return false;
    default:
        return true;
    }
}

/* "clFlush,clFinish": whether `name` is one of them. */
static bool is_listed(const char *list, const char *name) {
    size_t length = strlen(name);
    for (const char *at = list; at; at = strchr(at, ',')) {
        if (*at == ',') at++;
        if (strncmp(at, name, length) == 0 && (at[length] == ',' || !at[length])) return true;
    }
    return false;
}

static long number_of(const char *name, long standard) {
    const char *text = getenv(name);
    return text && *text ? strtol(text, NULL, 10) : standard;
}

static bool read_settings(void) {
    static const char *const modes[] = {"",      "once",    "ever", "dead", "hang",
                                        "event", "corrupt", "slow", "lie"};
    const char *mode = getenv("FAULT_MODE"), *call = getenv("FAULT_CALL"),
               *values = getenv("FAULT_VALUES"), *reopen = getenv("FAULT_REOPEN"),
               *phase = getenv("FAULT_PHASE");
    int number = (int)(sizeof modes / sizeof modes[0]) - 1;
    while (number > 0 && strcmp(modes[number], mode ? mode : "") != 0) number--;
    fault.mode = (enum fault_mode)number;
    fault.at = number_of("FAULT_AT", 1);
    fault.code = (cl_int)number_of("FAULT_CODE", CL_OUT_OF_RESOURCES);
    fault.device = (int)number_of("FAULT_DEVICE", fault.mode == FAULT_DEAD ? 0 : -1);
    fault.microseconds = (unsigned long)number_of("FAULT_MICROSECONDS",
                                                  fault.mode == FAULT_SLOW ? 1000 : 1000000000);
    fault.reopens = !reopen || strcmp(reopen, "no") != 0;
    fault.phase = phase && *phase ? phase : NULL;
    fault_layer_phase("start");
    bool some = fault.mode == FAULT_NONE || fault.mode == FAULT_LIE;
    for (int i = 0; i < FAULT_CALL_COUNT; i++) {
        fault.wanted[i] = applies((enum fault_call)i) &&
                          (!call || strcmp(call, "*") == 0 || is_listed(call, names[i]));
        some = some || fault.wanted[i];
    }
    bool known = number > 0 || !mode || !*mode;
    bool told = values ? fault_parse_lies(values) : fault.mode != FAULT_LIE;
    bool sound = fault.at > 0 && fault.code < 0 && (fault.mode != FAULT_DEAD || fault.device >= 0);
    return known && some && told && sound;
}

__attribute__((destructor)) static void write_counts(void) {
    const char *path = getenv("FAULT_COUNTS");
    FILE *file = path && *path ? fopen(path, "w") : NULL;
    if (!file) return;
    for (int i = 0; i < FAULT_CALL_COUNT; i++)
        fprintf(file, "%s %ld\n", names[i], atomic_load(&counts[i]));
    for (int i = 0; i < FAULT_OBJECTS; i++)
        if (atomic_load(&objects[i]))
            fprintf(file, "left:%s %ld\n", kinds[i], atomic_load(&objects[i]));
    fprintf(file, "fired %ld\n", atomic_load(&fired));
    fclose(file);
}

void fault_layer_end(void) {
    atomic_store(&disarmed, true);
}
void fault_layer_phase(const char *name) {
    atomic_store(&elsewhere, fault.phase && strcmp(fault.phase, name) != 0);
}
long fault_layer_fired(void) {
    return atomic_load(&fired);
}
long fault_layer_objects(void) {
    long left = 0;
    for (int i = 0; i < FAULT_OBJECTS; i++) left += atomic_load(&objects[i]);
    return left;
}

__attribute__((visibility("default"))) cl_int CL_API_CALL clGetLayerInfo(cl_layer_info key,
                                                                         size_t size, void *value,
                                                                         size_t *given) {
    static const char name[] = "fault layer";
    const cl_layer_api_version version = CL_LAYER_API_VERSION_100;
    const void *from = key == CL_LAYER_API_VERSION ? (const void *)&version : name;
    size_t needed = key == CL_LAYER_API_VERSION ? sizeof version : sizeof name;
    if (key != CL_LAYER_API_VERSION && key != CL_LAYER_NAME) return CL_INVALID_VALUE;
    if (value && size < needed) return CL_INVALID_VALUE;
    if (value) memcpy(value, from, needed);
    if (given) *given = needed;
    return CL_SUCCESS;
}

__attribute__((visibility("default"))) cl_int CL_API_CALL clInitLayer(
    cl_uint count, const cl_icd_dispatch *target, cl_uint *given, const cl_icd_dispatch **layer) {
    const cl_uint entries = sizeof fault_table / sizeof(void *);
    if (!target || !given || !layer || count < LAST_ENTRY) return CL_INVALID_VALUE;
    if (!read_settings()) {
        fprintf(stderr, "fault layer: FAULT_MODE, FAULT_CALL, FAULT_AT, FAULT_CODE or FAULT_VALUES "
                        "cannot be understood\n");
        exit(2); /* a test that silently injects nothing would prove nothing */
    }
    *given = count < entries ? count : entries;
    fault_real = target;
    memcpy(&fault_table, target, *given * sizeof(void *)); /* all others stay the driver's */
    fault_fill_calls();
    fault_fill_effects();
    *layer = &fault_table;
    return CL_SUCCESS;
}
