/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a program again and again, each time with another fault from the fault layer
 * (fault_layer.c), and prints for each run that ends badly one line that repeats it.
 *
 *   fault_sweep LAYER FOLDER [KEY=VALUE ...] -- SUBJECT [ARGUMENT ...]
 *
 * An argument {} stands for a new folder inside FOLDER, kept if anything failed, so that the
 * printed lines work.
 *
 *   modes=once,ever,dead,event   kinds of fault (FAULT_MODE)
 *   calls=clFlush,clFinish       functions; standard: all that the subject calls
 *   without=clGetDeviceInfo      but not these
 *   lies=A=1/B=2,C=3             values for the mode lie, one run each
 *   codes=-5,-14                 error codes, taken in turn; standard: those that suit the function
 *   device=K                     only calls on the K-th opened context, from 0 (FAULT_DEVICE)
 *   phase=WORD                   only calls while the subject is in that phase (FAULT_PHASE)
 *   most=N                       runs per function and mode, spread over its calls by a fixed
 *                                rule; 0: call 1, 2, 3 ... until a run meets no fault (standard)
 *   jobs=2  timeout=60           runs at a time, seconds for each
 *   accept=0,10,11               exit statuses that are right; the first means "no fault was met"
 *                                (standard)
 *   accept.clGetDeviceInfo=12    one more for a function (or mode)
 *   demand=10,11                 exit statuses that must come up: a sweep that injects nothing
 *                                proves nothing
 *
 * The subject runs twice before without a fault, once to prepare its folder and once to count its
 * calls; 77 then means that it cannot run here. Variables of the environment stay: FAULT_VALUES,
 * told with every fault, makes another device of it. */
#include "fault_pool.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    MOST_CALLS = 128,
    MOST_STATUSES = 16,
    MOST_EXTRA = 16,
    SKIPPED = 77,
    BEYOND = 16,
    PATIENCE = 100
};

typedef struct extra {
    char name[64];
    int status;
} extra;

static struct {
    const char *layer, *folder, *modes, *calls, *without, *lies, *codes, *device, *phase, *demand;
    int most, jobs, accepted, extras;
    double timeout;
    int accept[MOST_STATUSES];
    extra extra[MOST_EXTRA];
    char **command;
} options = {.modes = "once,ever,dead,event",
             .jobs = 2,
             .timeout = 60,
             .accepted = 3,
             .accept = {0, 10, 11}};

static struct {
    char name[64];
    long calls;
} counted[MOST_CALLS];
static int functions;
static int runs, failures, seen[256];

/* The next word of a list, with its length; NULL at the end. */
static const char *next_word(const char *list, char separator, size_t *length) {
    if (!list || !*list) return NULL;
    const char *end = strchr(list, separator);
    *length = end ? (size_t)(end - list) : strlen(list);
    return list;
}

static const char *after_word(const char *word, size_t length) {
    return word[length] ? word + length + 1 : NULL;
}

static int words(const char *list, char separator) {
    int count = 0;
    size_t length;
    for (const char *word = list; (word = next_word(word, separator, &length));
         word = after_word(word, length))
        count++;
    return count;
}

static void word_at(char *out, size_t size, const char *list, char separator, int number) {
    size_t length = 0;
    const char *word = next_word(list, separator, &length);
    while (word && number--) word = next_word(after_word(word, length), separator, &length);
    snprintf(out, size, "%.*s", word ? (int)length : 0, word ? word : "");
}

/* Error codes that a driver gives for such a call. */
static const char *codes_for(const char *mode, const char *call) {
    static const struct {
        const char *name, *codes;
    } table[] = {
        {"dead", "-5,-36,-14,-2,-34,-9999"},
        {"event", "-5,-14,-9999"},
        {"clCreateBuffer", "-4,-5,-6,-61"},
        {"clCreateSubBuffer", "-4,-5,-6"},
        {"clEnqueueMapBuffer", "-4,-12,-5,-6"},
        {"clCreateContext", "-6,-5,-2"},
        {"clCreateCommandQueue", "-6,-5"},
        {"clBuildProgram", "-11,-5,-6,-3"},
        {"clCreateProgramWithBinary", "-42,-6,-5"},
        {"clCreateProgramWithSource", "-6,-5"},
        {"clCreateKernel", "-6,-5,-46"},
        {"clSetKernelArg", "-6,-5,-50"},
        {"clEnqueueNDRangeKernel", "-5,-4,-6,-54"},
        {"clGetDeviceInfo", "-30,-5"},
    };
    if (options.codes) return options.codes;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (strcmp(table[i].name, mode) == 0 || strcmp(table[i].name, call) == 0)
            return table[i].codes;
    return "-5,-36,-4,-6,-14,-9999";
}

static void set(pool_job *job, const char *name, const char *value) {
    if (job->settings == POOL_SETTINGS || strlen(name) + strlen(value) + 2 > POOL_SETTING_TEXT) {
        fprintf(stderr, "fault_sweep: %s=%s is too long\n", name, value);
        exit(2);
    }
    snprintf(job->setting[job->settings++], POOL_SETTING_TEXT, "%s=%s", name, value);
}

static bool is_accepted(const pool_end *end) {
    for (int i = 0; i < options.accepted; i++)
        if (options.accept[i] == end->status) return true;
    for (int i = 0; i < options.extras; i++)
        for (int k = 0; k < end->job.settings; k++) {
            const char *value = strchr(end->job.setting[k], '=') + 1;
            if (options.extra[i].status == end->status && strcmp(options.extra[i].name, value) == 0)
                return true;
        }
    return false;
}

static void print_tail(const char *path) {
    char text[4096];
    FILE *file = fopen(path, "rb");
    size_t size = file ? fread(text, 1, sizeof text - 1, file) : 0;
    if (file) fclose(file);
    text[size] = '\0';
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) printf("    %s\n", line);
}

/* The line that repeats a run, and what it said. */
static void report(const pool_end *end) {
    failures++;
    if (end->status == POOL_TIMED_OUT)
        printf("FAIL, no end within %g s:", options.timeout);
    else if (end->status >= POOL_SIGNAL)
        printf("FAIL, signal %d:", end->status - POOL_SIGNAL);
    else
        printf("FAIL, status %d:", end->status);
    for (int i = 0; i < end->job.settings; i++) printf(" '%s'", end->job.setting[i]);
    for (char *const *word = options.command; *word; word++) printf(" %s", *word);
    printf("\n");
    print_tail(end->output);
    fflush(stdout);
}

/* Takes one ended run; true: it met no fault. */
static bool take(pool *pool) {
    pool_end end;
    pool_wait(pool, &end);
    runs++;
    if (end.status < 256) seen[end.status]++;
    if (!is_accepted(&end)) report(&end);
    return end.status == options.accept[0];
}

static void aim(pool_job *job) {
    if (options.device) set(job, "FAULT_DEVICE", options.device);
    if (options.phase) set(job, "FAULT_PHASE", options.phase);
}

static void start(pool *pool, const char *mode, const char *call, long at) {
    pool_job job = {0};
    char text[32];
    const char *codes = codes_for(mode, call);
    set(&job, "OPENCL_LAYERS", options.layer);
    set(&job, "FAULT_MODE", mode);
    set(&job, "FAULT_CALL", call);
    snprintf(text, sizeof text, "%ld", at);
    set(&job, "FAULT_AT", text);
    word_at(text, sizeof text, codes, ',',
            (int)((unsigned long)at % (unsigned long)words(codes, ',')));
    set(&job, "FAULT_CODE", text);
    aim(&job);
    if (!pool_start(pool, &job)) {
        fprintf(stderr, "fault_sweep: no process can be started\n");
        exit(2);
    }
}

static void drain(pool *pool) {
    while (!pool_is_empty(pool)) take(pool);
}

/* Calls 1, 2, 3 ... until a run meets no fault. */
static void sweep_all(pool *pool, const char *mode, const char *call, long calls) {
    bool met_none = false;
    for (long at = 1; at <= calls + BEYOND && !met_none; at++) {
        if (pool_is_full(pool)) met_none = take(pool);
        if (!met_none) start(pool, mode, call, at);
    }
    drain(pool);
}

/* `most` calls spread by the golden ratio, each function and mode from another place on. */
static void sweep_some(pool *pool, const char *mode, const char *call, long calls, int number) {
    const double golden = 0.6180339887498949;
    double place = golden * number;
    for (int i = 0; i < options.most && i < calls; i++, place += golden) {
        if (pool_is_full(pool)) take(pool);
        start(pool, mode, call,
              calls <= options.most ? i + 1
                                    : 1 + (long)((place - (double)(long)place) * (double)calls));
    }
}

static bool applies(const char *mode, const char *call) {
    bool command =
        strncmp(call, "clEnqueue", 9) == 0 && strcmp(call, "clEnqueueUnmapMemObject") != 0;
    return strcmp(mode, "event") != 0 || command;
}

static bool is_listed(const char *list, const char *call) {
    size_t length;
    for (const char *word = list; (word = next_word(word, ',', &length));
         word = after_word(word, length))
        if (strlen(call) == length && strncmp(word, call, length) == 0) return true;
    return false;
}

static bool is_chosen(const char *call) {
    return (!options.calls || is_listed(options.calls, call)) && !is_listed(options.without, call);
}

static void sweep(pool *pool) {
    char mode[32], values[256];
    int number = 0;
    for (int m = 0; m < words(options.modes, ','); m++) {
        word_at(mode, sizeof mode, options.modes, ',', m);
        for (int f = 0; f < functions; f++) {
            if (!is_chosen(counted[f].name) || !applies(mode, counted[f].name)) continue;
            if (options.most)
                sweep_some(pool, mode, counted[f].name, counted[f].calls, ++number);
            else
                sweep_all(pool, mode, counted[f].name, counted[f].calls);
        }
        drain(pool);
    }
    for (int i = 0; i < words(options.lies, '/'); i++) {
        pool_job job = {0};
        word_at(values, sizeof values, options.lies, '/', i);
        set(&job, "OPENCL_LAYERS", options.layer);
        set(&job, "FAULT_MODE", "lie");
        set(&job, "FAULT_VALUES", values);
        if (pool_is_full(pool)) take(pool);
        if (!pool_start(pool, &job)) exit(2);
    }
    drain(pool);
}

/* A run without a fault, with much patience: kernels may have to be compiled. True: it ended well.
 */
static bool try_plain(pool *pool, const pool_job *job, int *status) {
    pool_end end = {.status = 127};
    if (pool_start(pool, job)) pool_wait(pool, &end);
    *status = end.status;
    if (end.status == options.accept[0]) return true;
    printf(end.status == SKIPPED ? "skipped\n" : "without a fault the subject ends with %d\n",
           end.status);
    if (end.output) print_tail(end.output);
    return false;
}

static bool count_calls(pool *pool, int *status) {
    char path[512];
    pool_job job = {0};
    snprintf(path, sizeof path, "%s/counts", options.folder);
    set(&job, "OPENCL_LAYERS", options.layer);
    if (!try_plain(pool, &job, status)) return false;
    set(&job, "FAULT_COUNTS", path);
    aim(&job);
    if (!try_plain(pool, &job, status)) return false;
    FILE *file = fopen(path, "r");
    while (file && functions < MOST_CALLS &&
           fscanf(file, "%63s %ld", counted[functions].name, &counted[functions].calls) == 2)
        if (counted[functions].calls > 0 && strncmp(counted[functions].name, "cl", 2) == 0)
            functions++;
    if (file) fclose(file);
    if (!functions)
        printf("the layer counted no call: OPENCL_LAYERS is not heeded by this loader\n");
    return functions > 0;
}

static void read_statuses(const char *list) {
    char text[16];
    options.accepted = words(list, ',');
    if (options.accepted > MOST_STATUSES) options.accepted = MOST_STATUSES;
    for (int i = 0; i < options.accepted; i++) {
        word_at(text, sizeof text, list, ',', i);
        options.accept[i] = atoi(text);
    }
}

static bool read_option(const char *word) {
    const char *value = strchr(word, '=');
    if (!value++) return false;
    struct {
        const char *name, **text;
    } texts[] = {{"modes", &options.modes},     {"calls", &options.calls},
                 {"without", &options.without}, {"lies", &options.lies},
                 {"codes", &options.codes},     {"device", &options.device},
                 {"phase", &options.phase},     {"demand", &options.demand}};
    size_t length = (size_t)(value - word) - 1;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (strlen(texts[i].name) == length && strncmp(word, texts[i].name, length) == 0)
            return *texts[i].text = value, true;
    if (strncmp(word, "most=", 5) == 0) return options.most = atoi(value), true;
    if (strncmp(word, "jobs=", 5) == 0) return options.jobs = atoi(value), true;
    if (strncmp(word, "timeout=", 8) == 0) return options.timeout = atof(value), true;
    if (strncmp(word, "accept=", 7) == 0) return read_statuses(value), true;
    if (strncmp(word, "accept.", 7) != 0 || options.extras == MOST_EXTRA) return false;
    extra *more = &options.extra[options.extras++];
    snprintf(more->name, sizeof more->name, "%.*s", (int)(length - 7), word + 7);
    more->status = atoi(value);
    return true;
}

/* Makes the folder of this sweep and puts it in the place of {}. */
static void make_folder(const char *parent) {
    static char path[512];
    snprintf(path, sizeof path, "%s/sweep-XXXXXX", parent);
    if (!mkdtemp(path)) {
        perror(path);
        exit(2);
    }
    options.folder = path;
    for (char **word = options.command; *word; word++)
        if (strcmp(*word, "{}") == 0) *word = path;
}

static void remove_folder(void) {
    char command[600];
    snprintf(command, sizeof command, "rm -r '%s'", options.folder);
    if (system(command) != 0) printf("%s could not be removed\n", options.folder);
}

static bool demands_met(void) {
    char text[16];
    bool met = true;
    for (int i = 0; i < words(options.demand, ','); i++) {
        word_at(text, sizeof text, options.demand, ',', i);
        int status = atoi(text);
        if (status >= 0 && status < 256 && seen[status]) continue;
        printf("no run ended with %s\n", text);
        met = false;
    }
    return met;
}

int main(int count, char **word) {
    int at = 3, status = 2;
    for (; at < count && strcmp(word[at], "--") != 0; at++)
        if (!read_option(word[at])) break;
    if (at + 1 >= count || strcmp(word[at], "--") != 0) {
        fprintf(stderr, "fault_sweep LAYER FOLDER [KEY=VALUE ...] -- SUBJECT [ARGUMENT ...]\n");
        return 2;
    }
    options.layer = word[1];
    options.command = word + at + 1;
    make_folder(word[2]);
    pool *patient = pool_create(1, PATIENCE * options.timeout, options.folder, options.command);
    pool *pool = pool_create(options.jobs, options.timeout, options.folder, options.command);
    bool ready = pool && patient && count_calls(patient, &status);
    if (ready) sweep(pool);
    pool_destroy(pool);
    pool_destroy(patient);
    if (!ready) return status == SKIPPED ? SKIPPED : 1;
    printf("%d runs, %d failures;", runs, failures);
    for (int i = 0; i < 256; i++)
        if (seen[i]) printf(" status %d: %d;", i, seen[i]);
    printf("\n");
    bool good = demands_met() && !failures && runs;
    if (good) remove_folder();
    return !good;
}
