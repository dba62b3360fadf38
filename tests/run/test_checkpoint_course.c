/* SPDX-License-Identifier: Apache-2.0 */
/* A run that is saved on the way, stopped or ended by a step limit goes on from there as if nothing
 * had happened: the last checkpoint has the same bytes, whatever the step. */
#include "../train/fixture.h"
#include "sc_temp.h"

#include "model/net_config.h"
#include "run/checkpoint.h"

static sc_temp temp;
static fixture f;
static sc_identity identity = {.config =
                                   "{\"optimizer\": {\"adam\": {}}, \"train\": {\"batch\": 32}}",
                               .data = "{\"samples\": 320}"};

enum { EPOCHS = 2, MOST_STEPS = 20 };

typedef struct course {
    int64_t limit;      /* options.steps */
    int64_t stop_after; /* 0: no stop */
    bool saves;         /* a checkpoint whenever it is asked */
    int asked;
    bool saved[MOST_STEPS + 1];
    double loss[EPOCHS + 1]; /* of whole epochs; 0: not run */
    sc_trainer *trainer;
} course;

static void end(void) {
    sc_release(&f.env, identity.network);
    fixture_close(&f);
    sc_temp_remove(&temp);
}

static void begin(const char *device, const char *network) {
    sc_temp_make(&temp);
    fixture_open(&f, device, 1);
    fixture_golden(&f, network);
    FIXTURE_OK(sc_net_text(&identity.network, f.net));
}

static const char *step_path(int64_t step) {
    char name[64];
    snprintf(name, sizeof name, "step-%lld", (long long)step);
    return sc_temp_file(&temp, name);
}

static bool stop(void *user) {
    course *c = user;
    return ++c->asked == c->stop_after;
}

static socle_status epoch(void *user, const sc_epoch_report *report) {
    course *c = user;
    if (report->whole) c->loss[report->epoch] = report->loss;
    return SOCLE_OK;
}

static bool due(void *user, int64_t step) {
    const course *c = user;
    SC_EQ(step, sc_trainer_position(c->trainer).step);
    return c->saves;
}

static socle_status save(void *user) {
    course *c = user;
    int64_t step = sc_trainer_position(c->trainer).step;
    SC_TRUE(step > 0 && step <= MOST_STEPS);
    c->saved[step] = true;
    return sc_checkpoint_save(c->trainer, step_path(step), &identity);
}

/* Runs a course, from the checkpoint of step `from` where that is not 0; the state it ends in
 * becomes the file `name`. */
static socle_status run(course *c, double validation, int64_t from, const char *name) {
    sc_fit_options options = sc_fit_defaults();
    options.batch = 32;
    options.epochs = EPOCHS;
    options.steps = c->limit;
    options.validation = validation;
    options.optimizer = fixture_optimizer("adam", 0.01f, 0);
    options.user = c;
    options.stop = stop;
    options.epoch = epoch;
    options.checkpoint_due = due;
    options.checkpoint = save;
    FIXTURE_OK(sc_trainer_create(&c->trainer, f.device, f.net, &options, f.data, NULL));
    if (from) FIXTURE_OK(sc_checkpoint_load(c->trainer, step_path(from), &identity));
    socle_status status = sc_trainer_run(c->trainer);
    if (status == SOCLE_STATUS_INTERRUPTED)
        SC_EQ(sc_trainer_position(c->trainer).step, from + c->stop_after);
    FIXTURE_OK(sc_checkpoint_save(c->trainer, sc_temp_file(&temp, name), &identity));
    sc_trainer_destroy(c->trainer);
    return status;
}

static void expect_same(const char *a, const char *b) {
    char path[512], *data[2];
    size_t size[2];
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s", sc_temp_file(&temp, i ? b : a));
        FILE *file = fopen(path, "rb");
        if (!file) SC_TEST_FAIL("no file %s", path);
        data[i] = malloc(1 << 20);
        size[i] = fread(data[i], 1, 1 << 20, file);
        fclose(file);
    }
    SC_EQ(size[0], size[1]);
    SC_EQ_MEMORY(data[0], data[1], size[0]);
    free(data[0]);
    free(data[1]);
}

static void expect_continues(double validation, int64_t from, const char *how,
                             const course *whole) {
    course rest = {0};
    SC_REPRO("%s at step %lld, validation %g", how, (long long)from, validation);
    FIXTURE_OK(run(&rest, validation, from, "rest"));
    expect_same("rest", "whole");
    SC_TRUE(rest.loss[EPOCHS] > 0);
    for (int i = 1; i <= EPOCHS; i++)
        SC_TRUE(rest.loss[i] == whole->loss[i] || (i < EPOCHS && rest.loss[i] == 0));
}

static void put_as_step(const char *name, int64_t step) {
    char from[512];
    snprintf(from, sizeof from, "%s", sc_temp_file(&temp, name));
    SC_EQ(rename(from, step_path(step)), 0);
}

/* Every step of a run of `steps` an epoch. */
static void go_through(double validation, int steps, int stride) {
    course whole = {0}, saving = {.saves = true};
    FIXTURE_OK(run(&whole, validation, 0, "whole"));
    FIXTURE_OK(run(&saving, validation, 0, "saving"));
    expect_same("saving", "whole");
    for (int64_t step = 1; step < EPOCHS * steps; step += stride) {
        SC_EQ(saving.saved[step], step % steps != 0); /* the ends of epochs are the epochs' own */
        if (saving.saved[step]) expect_continues(validation, step, "checkpoint", &whole);
        course stopped = {.stop_after = step}, limited = {.limit = step};
        SC_EQ(run(&stopped, validation, 0, "stopped"), SOCLE_STATUS_INTERRUPTED);
        put_as_step("stopped", step);
        expect_continues(validation, step, "stop", &whole);
        FIXTURE_OK(run(&limited, validation, 0, "limited"));
        SC_EQ(limited.saved[step], step % steps != 0);
        if (limited.saved[step]) expect_continues(validation, step, "limit", &whole);
    }
}

Test(checkpoint_course, every_step, .fini = end) {
    begin("cpu", "dropout");
    go_through(0.1, 9, 1);
}

Test(checkpoint_course, every_step_without_validation, .fini = end) {
    begin("cpu", "mlp");
    go_through(0, 10, 1);
}

Test(checkpoint_course, with_running_statistics, .fini = end) {
    begin("cpu", "cnn");
    go_through(0.1, 9, 5);
}

Test(checkpoint_course, through_opencl, .fini = end, .timeout = 120) {
    begin("opencl:0", "dropout");
    go_through(0.1, 9, 7);
}

/* Continued where its limit ended it, a run judges that part again and gives the same. */
Test(checkpoint_course, at_its_limit_again, .fini = end) {
    begin("cpu", "mlp");
    course first = {.limit = 5}, again = {.limit = 5};
    FIXTURE_OK(run(&first, 0.1, 0, "first"));
    FIXTURE_OK(run(&again, 0.1, 5, "again"));
    expect_same("first", "again");
}

/* What is not finite is never saved. */
Test(checkpoint_course, a_diverged_state_is_not_saved, .fini = end) {
    begin("cpu", "mlp");
    course diverging = {.saves = true};
    sc_fit_options options = sc_fit_defaults();
    options.batch = 32;
    options.weight_decay = 1e6f;
    options.optimizer = fixture_optimizer("sgd", 1e6f, 0);
    options.user = &diverging;
    options.checkpoint_due = due;
    options.checkpoint = save;
    FIXTURE_OK(sc_trainer_create(&diverging.trainer, f.device, f.net, &options, f.data, NULL));
    SC_FAILS(&f.env, sc_trainer_run(diverging.trainer), SOCLE_STATUS_DIVERGED);
    int step = atoi(f.env.text + strlen("step "));
    SC_TRUE(step > 1 && step < 10 && diverging.saved[step - 1] && !diverging.saved[step]);
    sc_trainer_destroy(diverging.trainer);
}
