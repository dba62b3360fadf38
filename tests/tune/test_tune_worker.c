/* SPDX-License-Identifier: Apache-2.0 */
/* Processes that die, hang, end, or answer nonsense cost one request each, and none is left. */
#include "base/thread_pool.h"
#include "sc_test.h"
#include "tune/worker.h"

#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>

static bool stop;

static bool stops(void) {
    return stop;
}

typedef struct fixture {
    sc_env env;
    sc_tune_worker worker;
    sc_tune_request request;
    char *words[4];
} fixture;

static void setup(fixture *f, const char *script) {
    sc_op_desc desc = {.op = SC_OP_SOFTMAX, .inputs = 1, .outputs = 1};
    desc.tensor[0] = desc.tensor[1] = sc_tensor_make(SOCLE_F32, 1, 2, (const int64_t[]){4, 4});
    memset(f, 0, sizeof *f);
    signal(SIGPIPE, SIG_IGN); /* as the tool does */
    sc_env_init(&f->env, NULL, NULL);
    sc_tune_request_fill(&f->request, &desc, "plain");
    f->words[0] = "sh";
    f->words[1] = "-c";
    f->words[2] = (char *)(uintptr_t)script;
    f->worker = (sc_tune_worker){.env = &f->env,
                                 .program = "/bin/sh",
                                 .words = f->words,
                                 .deadline = 20000000000u,
                                 .stops = stops};
    stop = false;
}

static void costs_one(const char *script, const char *why) {
    fixture f;
    sc_tune_outcome outcome;
    setup(&f, script);
    if (strstr(script, "sleep")) f.worker.deadline = 200000000;
    for (int i = 1; i <= 2; i++) {
        SC_OK(&f.env, sc_tune_worker_try(&outcome, &f.worker, &f.request));
        SC_TRUE(!outcome.timed && !outcome.declined);
        SC_CONTAINS(outcome.why, why);
        SC_EQ(f.worker.process, 0);
        SC_EQ(f.worker.started, i);
    }
    SC_TRUE(waitpid(-1, NULL, WNOHANG) < 0); /* there are no children */
}

Test(tune_worker, one_that_dies) {
    costs_one("head -c 100 >/dev/null; kill -SEGV $$", "its process died");
}

Test(tune_worker, one_that_ends) {
    costs_one("exit 0", "its process ended");
}

Test(tune_worker, one_that_answers_in_part) {
    costs_one("head -c 100 >/dev/null; echo no", "its process ended");
}

Test(tune_worker, one_that_hangs) {
    costs_one("sleep 100 & sleep 100", "no answer within");
}

/* An outcome of seconds that are none: its bytes are those of a double. */
Test(tune_worker, one_that_lies) {
    fixture f;
    sc_tune_outcome lie = {.timed = true, .seconds = NAN}, outcome;
    char script[64] = "";
    setup(&f, script);
    char path[] = "/tmp/socle-lie-XXXXXX";
    int file = mkstemp(path);
    SC_TRUE(file >= 0 && write(file, &lie, sizeof lie) == (ssize_t)sizeof lie);
    close(file);
    snprintf(script, sizeof script, "cat %s; sleep 1", path);
    SC_OK(&f.env, sc_tune_worker_try(&outcome, &f.worker, &f.request));
    SC_TRUE(!outcome.timed);
    SC_CONTAINS(outcome.why, "a time that is none");
    SC_EQ(f.worker.process, 0);
    unlink(path);
}

/* One that is sound answers again and again, and is ended when nobody asks any more. */
Test(tune_worker, one_that_works) {
    fixture f;
    sc_tune_outcome sound = {.timed = true, .seconds = 1}, outcome;
    char script[128] = "";
    setup(&f, script);
    char path[] = "/tmp/socle-answer-XXXXXX";
    int file = mkstemp(path);
    SC_TRUE(file >= 0 && write(file, &sound, sizeof sound) == (ssize_t)sizeof sound);
    close(file);
    snprintf(script, sizeof script, "while head -c %zu >/dev/null; do cat %s; sleep 0.02; done",
             sizeof f.request, path);
    for (int i = 0; i < 3; i++) {
        SC_OK(&f.env, sc_tune_worker_try(&outcome, &f.worker, &f.request));
        SC_TRUE(outcome.timed && outcome.seconds >= 1);
        SC_EQ(f.worker.started, 1);
    }
    pid_t process = f.worker.process;
    sc_tune_worker_end(&f.worker);
    SC_TRUE(kill(process, 0) < 0);
    unlink(path);
}

/* Where none answers at all it is no candidate's fault. */
Test(tune_worker, none_that_answers) {
    fixture f;
    sc_tune_outcome outcome;
    setup(&f, "exit 3");
    for (int i = 1; i < 8; i++) SC_OK(&f.env, sc_tune_worker_try(&outcome, &f.worker, &f.request));
    SC_FAILS(&f.env, sc_tune_worker_try(&outcome, &f.worker, &f.request), SOCLE_STATUS_IO);
    SC_CONTAINS(f.env.text, "none of 8 processes");
}

static void *ask_to_stop(void *unused) {
    usleep(100000);
    stop = true;
    return unused;
}

Test(tune_worker, is_asked_to_stop) {
    fixture f;
    sc_tune_outcome outcome;
    pthread_t thread;
    setup(&f, "sleep 100");
    SC_EQ(pthread_create(&thread, NULL, ask_to_stop, NULL), 0);
    SC_EQ(sc_tune_worker_try(&outcome, &f.worker, &f.request), SOCLE_STATUS_INTERRUPTED);
    pthread_join(thread, NULL);
    SC_EQ(f.worker.process, 0);
    SC_TRUE(waitpid(-1, NULL, WNOHANG) < 0);
}

Test(tune_worker, no_program) {
    fixture f;
    sc_tune_outcome outcome;
    setup(&f, "");
    f.worker.program = "/tmp/there-is-no-such-program";
    SC_FAILS(&f.env, sc_tune_worker_try(&outcome, &f.worker, &f.request), SOCLE_STATUS_IO);
    SC_CONTAINS(f.env.text, "there-is-no-such-program");
}
