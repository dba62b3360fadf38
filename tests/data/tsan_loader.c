/* SPDX-License-Identifier: Apache-2.0 */
/* The loader under ThreadSanitizer: many short lives, slow and fast consumers, a stop from another
 * thread at a random moment. Plain program, because Criterion does not run there. */
#include <pthread.h>
#include <time.h>

#include "loader_run.h"

static void pause_ns(long nanoseconds) {
    const struct timespec time = {0, nanoseconds};
    nanosleep(&time, NULL);
}

static int fail(const char *what, const loader_run *run) {
    fprintf(stderr, "tsan_loader: %s: %s %s\n", what, run->problem, run->env.text);
    return 1;
}

static int consume(unsigned round) {
    loader_run run;
    const uint32_t batch = 1 + round % 13;
    const sc_loader_opts opts = {.batch = batch, .epochs = 3, .no_thread = round % 8 == 7};
    size_t slots = 1 + round % RUN_MOST_SLOTS;
    if (run_open(&run, 20 + round % 50, slots, &opts) != SOCLE_OK) return fail("open", &run);
    if (round % 3 == 0) pause_ns(200000);
    if (run_consume(&run, 0, 3, batch, 1 + round % slots) != SOCLE_OK || run.problem[0])
        return fail("consume", &run);
    run_close(&run);
    return 0;
}

typedef struct stopper {
    sc_loader *loader;
    long after_ns;
} stopper;

static void *stop_later(void *argument) {
    stopper *job = argument;
    pause_ns(job->after_ns);
    sc_loader_stop(job->loader);
    return NULL;
}

static int stop_from_outside(unsigned round) {
    loader_run run;
    sc_loader_slot *slot;
    pthread_t thread;
    const sc_loader_opts opts = {.batch = 2, .no_thread = round % 8 == 7};
    if (run_open(&run, 100, 2, &opts) != SOCLE_OK) return fail("open", &run);
    stopper job = {run.loader, (long)(round % 20) * 10000};
    if (pthread_create(&thread, NULL, stop_later, &job) != 0) return fail("thread", &run);
    socle_status status;
    while ((status = sc_loader_next(run.loader, &slot)) == SOCLE_OK) {
        run_check(&run, slot);
        sc_loader_release(run.loader, slot);
    }
    pthread_join(thread, NULL);
    if (status != SOCLE_STATUS_INTERRUPTED || run.problem[0]) return fail("stop", &run);
    run_close(&run);
    return 0;
}

int main(void) {
    for (unsigned round = 0; round < 200; round++)
        if (consume(round) || stop_from_outside(round)) return 1;
    puts("tsan_loader: 400 lives, no problem");
    return 0;
}
