/* SPDX-License-Identifier: Apache-2.0 */
/* Checkpoints: a state that was saved comes back to the bit, a damaged file never does, and saving
 * fails whole. The runs themselves are tested through the tool (tests/tool/test_tool_stop.c). */
#include "../train/fixture.h"
#include "sc_temp.h"

#include "model/net_config.h"
#include "run/checkpoint.h"

#include <signal.h>
#include <sys/resource.h>

static sc_temp temp;
static fixture f;
static sc_identity identity = {.config =
                                   "{\"optimizer\": {\"adam\": {}}, \"train\": {\"batch\": 32}}",
                               .data = "{\"samples\": 320}"};

static void begin(void) {
    sc_temp_make(&temp);
    fixture_open(&f, "cpu", 1);
}

static void end(void) {
    fixture_close(&f);
    sc_temp_remove(&temp);
}

TestSuite(checkpoint, .init = begin, .fini = end);

static sc_trainer *make_trainer(const char *network, int64_t steps, double validation) {
    sc_fit_options options = sc_fit_defaults();
    options.batch = 32;
    options.epochs = 2;
    options.steps = steps;
    options.validation = validation;
    options.optimizer = fixture_optimizer("adam", 0.01f, 0);
    sc_trainer *trainer;
    if (!f.net) fixture_golden(&f, network);
    FIXTURE_OK(sc_trainer_create(&trainer, f.device, f.net, &options, f.data, NULL));
    return trainer;
}

/* Everything that a run is made of, in one block. */
static float *state_of(sc_trainer *trainer, size_t *count) {
    sc_engine *engine = (sc_engine *)sc_fleet_engine(sc_trainer_fleet(trainer));
    size_t parameters;
    float *all = fixture_parameters(&f, engine, &parameters);
    all = realloc(all, 4 * parameters * sizeof *all);
    *count = parameters;
    for (int s = 0; s < 2; s++)
        for (size_t p = 0; p < f.net->parameters; p++) {
            if (f.net->parameter[p].role == SC_PARAMETER_STATISTIC) continue;
            FIXTURE_OK(sc_engine_read_state(engine, s, (int)p, all + *count));
            *count += (size_t)sc_tensor_elements(&f.net->parameter[p].desc);
        }
    for (size_t p = 0; sc_trainer_best(trainer) && p < f.net->parameters; p++) {
        size_t elements = (size_t)sc_tensor_elements(&f.net->parameter[p].desc);
        memcpy(all + *count, sc_trainer_best(trainer)[p], elements * sizeof *all);
        *count += elements;
    }
    return all;
}

static void expect_equal(sc_trainer *a, sc_trainer *b) {
    size_t count_a, count_b;
    float *state_a = state_of(a, &count_a), *state_b = state_of(b, &count_b);
    SC_EQ(count_a, count_b);
    SC_EQ_MEMORY(state_a, state_b, count_a * sizeof *state_a);
    free(state_a);
    free(state_b);
    sc_position p = sc_trainer_position(a), q = sc_trainer_position(b);
    SC_EQ(p.epoch, q.epoch);
    SC_EQ(p.row, q.row);
    SC_EQ(p.step, q.step);
    SC_EQ(p.best_epoch, q.best_epoch);
    SC_EQ_MEMORY(&p.sum, &q.sum, sizeof p.sum);
    SC_TRUE(p.best == q.best || (isnan(p.best) && isnan(q.best)));
}

static const char *checkpoint_path(void) {
    identity.network = "{\"layers\": []}";
    return sc_temp_file(&temp, "checkpoint.safetensors");
}

/* The network's own text is what a model file carries. */
static void name_network(char **text) {
    FIXTURE_OK(sc_net_text(text, f.net));
    identity.network = *text;
}

static void round_trip(const char *network, int64_t steps, double validation) {
    const char *path = checkpoint_path();
    char *text;
    sc_trainer *trainer = make_trainer(network, steps, validation),
               *other = make_trainer(network, steps, validation);
    name_network(&text);
    FIXTURE_OK(sc_trainer_run(trainer));
    FIXTURE_OK(sc_checkpoint_save(trainer, path, &identity));
    FIXTURE_OK(sc_checkpoint_load(other, path, &identity));
    expect_equal(trainer, other);
    sc_trainer_destroy(trainer);
    sc_trainer_destroy(other);
    sc_release(&f.env, text);
}

Test(checkpoint, mid_epoch) {
    round_trip("mlp", 3, 0.1);
}

Test(checkpoint, after_an_epoch_without_validation) {
    round_trip("mlp", 0, 0);
}

Test(checkpoint, with_running_statistics) {
    round_trip("cnn", 7, 0.1);
}

Test(checkpoint, before_the_first_step) {
    const char *path = checkpoint_path();
    char *text;
    sc_trainer *trainer = make_trainer("mlp", 0, 0), *other = make_trainer("mlp", 0, 0);
    name_network(&text);
    FIXTURE_OK(sc_checkpoint_save(trainer, path, &identity));
    FIXTURE_OK(sc_checkpoint_load(other, path, &identity));
    expect_equal(trainer, other);
    sc_trainer_destroy(trainer);
    sc_trainer_destroy(other);
    sc_release(&f.env, text);
}

static char *read_whole(const char *path, size_t *size) {
    FILE *file = fopen(path, "rb");
    SC_TRUE(file != NULL);
    fseek(file, 0, SEEK_END);
    *size = (size_t)ftell(file);
    rewind(file);
    char *data = malloc(*size);
    SC_EQ(fread(data, 1, *size, file), *size);
    fclose(file);
    return data;
}

/* A file that cannot be loaded leaves the trainer as it was. */
static void expect_refused(sc_trainer *other, sc_trainer *fresh, const char *what, size_t where) {
    SC_REPRO("%s %zu", what, where);
    const char *path = sc_temp_file(&temp, "bad");
    f.env.text[0] = '\0';
    socle_status status = sc_checkpoint_load(other, path, &identity);
    if (status != SOCLE_STATUS_DATA && status != SOCLE_STATUS_CONFIG)
        SC_TEST_FAIL("status %d: %s", (int)status, f.env.text);
    SC_TRUE(f.env.text[0] != '\0');
    if (where % 97 == 0) expect_equal(other, fresh);
}

/* One bit anywhere: the header, the metadata, names, numbers, weights. */
Test(checkpoint, a_flipped_bit_is_noticed, .timeout = 120) {
    const char *path = checkpoint_path();
    char *text;
    sc_trainer *trainer = make_trainer("cnn", 3, 0.1), *other = make_trainer("cnn", 3, 0.1),
               *fresh = make_trainer("cnn", 3, 0.1);
    name_network(&text);
    FIXTURE_OK(sc_trainer_run(trainer));
    FIXTURE_OK(sc_checkpoint_save(trainer, path, &identity));
    size_t size;
    char *data = read_whole(path, &size);
    SC_TRUE(size > 10000);
    size_t stride = size / 600 + 1;
    for (size_t at = 0; at < size; at += at < 6000 ? 3 : stride) {
        data[at] ^= (char)(1 << (at * 5 % 8));
        sc_temp_put(&temp, "bad", data, size);
        data[at] ^= (char)(1 << (at * 5 % 8));
        expect_refused(other, fresh, "flipped byte", at);
    }
    for (size_t keep = 0; keep < size; keep += keep < 200 ? 1 : size / 50) {
        sc_temp_put(&temp, "bad", data, keep);
        expect_refused(other, fresh, "cut to", keep);
    }
    free(data);
    sc_trainer_destroy(trainer);
    sc_trainer_destroy(other);
    sc_trainer_destroy(fresh);
    sc_release(&f.env, text);
}

/* A disk that is full: the old file stays, and nothing else. */
Test(checkpoint, saving_fails_whole) {
    const char *path = checkpoint_path();
    char *text, kept[512];
    snprintf(kept, sizeof kept, "%s", path);
    sc_trainer *trainer = make_trainer("mlp", 2, 0);
    name_network(&text);
    FIXTURE_OK(sc_checkpoint_save(trainer, kept, &identity));
    size_t before, after;
    char *old = read_whole(kept, &before);
    FIXTURE_OK(sc_trainer_run(trainer));
    signal(SIGXFSZ, SIG_IGN);
    struct rlimit limit = {before / 2, RLIM_INFINITY};
    SC_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
    SC_FAILS(&f.env, sc_checkpoint_save(trainer, kept, &identity), SOCLE_STATUS_IO);
    limit.rlim_cur = RLIM_INFINITY;
    SC_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
    char *now = read_whole(kept, &after);
    SC_EQ(before, after);
    SC_EQ_MEMORY(now, old, before);
    SC_EQ(sc_temp_count(&temp), 1);
    free(old);
    free(now);
    sc_trainer_destroy(trainer);
    sc_release(&f.env, text);
}

/* No step would look at them, and the model would be made of them. */
Test(checkpoint, best_weights_that_are_nan_are_refused) {
    const char *path = checkpoint_path();
    char *text, wanted[128];
    sc_trainer *trainer = make_trainer("mlp", 0, 0.1), *other = make_trainer("mlp", 0, 0.1);
    name_network(&text);
    FIXTURE_OK(sc_trainer_run(trainer));
    SC_TRUE(sc_trainer_best(trainer) != NULL);
    sc_trainer_best(trainer)[1][0] = NAN;
    FIXTURE_OK(sc_checkpoint_save(trainer, path, &identity)); /* with a checksum that fits */
    sc_position before = sc_trainer_position(other);
    SC_FAILS(&f.env, sc_checkpoint_load(other, path, &identity), SOCLE_STATUS_DATA);
    snprintf(wanted, sizeof wanted, "tensor 'best/%s' has 1 values that are NaN",
             f.net->parameter[1].name);
    SC_CONTAINS(f.env.text, wanted);
    SC_EQ(sc_trainer_position(other).step, before.step);
    sc_trainer_destroy(trainer);
    sc_trainer_destroy(other);
    sc_release(&f.env, text);
}

/* --- What may continue what --- */

static socle_status match(const char *saved_config, const char *now_config) {
    const sc_identity saved = {.config = (char *)saved_config,
                               .network = "{\"a\": [1, 2]}",
                               .data = "{\"n\": 1}"},
                      now = {.config = (char *)now_config,
                             .network = "{\"a\": [1, 2]}",
                             .data = "{\"n\": 1}",
                             .open_statistics = true};
    return sc_identity_match(&f.env, &saved, &now);
}

Test(checkpoint, identity) {
    static const char base[] = "{\"optimizer\": {\"sgd\": {\"lr\": 0.1}}, \"train\": {\"batch\": "
                               "8, \"seed\": 1, \"epochs\": 1}}";
    FIXTURE_OK(match(base, base));
    FIXTURE_OK(match(base, "{\"optimizer\": {\"sgd\": {\"lr\": 0.2}}, \"train\": {\"batch\": 8, "
                           "\"seed\": 1, \"epochs\": 9}}"));
    SC_FAILS(
        &f.env,
        match(base,
              "{\"optimizer\": {\"sgd\": {\"lr\": 0.1}}, \"train\": {\"batch\": 9, \"seed\": 1}}"),
        SOCLE_STATUS_CONFIG);
    SC_CONTAINS(f.env.text, "batch: 8 then, 9 now");
    SC_FAILS(&f.env,
             match(base, "{\"optimizer\": {\"adam\": {}}, \"train\": {\"batch\": 8, \"seed\": 1}}"),
             SOCLE_STATUS_CONFIG);
    SC_FAILS(&f.env, match("[", base), SOCLE_STATUS_DATA);
    const sc_identity a = {.config = (char *)base,
                           .network = "{\"layers\": [{\"dense\": {\"units\": 3}}]}",
                           .data = "{}"},
                      b = {.config = (char *)base,
                           .network = "{\"layers\": [{\"dense\": {\"units\": 3}}, \"relu\"]}",
                           .data = "{}"};
    SC_FAILS(&f.env, sc_identity_match(&f.env, &a, &b), SOCLE_STATUS_CONFIG);
    SC_CONTAINS(f.env.text, "layers[1]: nothing then, \"relu\" now");
}

/* --- Positions that cannot be: what a checksum does not notice, since it is made over them --- */

static void expect_position_refused(sc_trainer *trainer, sc_trainer *other,
                                    const sc_position *position, const char *field) {
    const char *path = sc_temp_file(&temp, "forged");
    char text[64];
    snprintf(text, sizeof text, "forged: run.%s is ", field);
    FIXTURE_OK(sc_trainer_set_position(trainer, position));
    FIXTURE_OK(sc_checkpoint_save(trainer, path, &identity));
    sc_position before = sc_trainer_position(other), after;
    SC_FAILS(&f.env, sc_checkpoint_load(other, path, &identity), SOCLE_STATUS_DATA);
    SC_CONTAINS(f.env.text, text);
    after = sc_trainer_position(other);
    SC_EQ(after.step, before.step);
}

#define FORGED_AS(field_name, value, word)                                                         \
    do {                                                                                           \
        sc_position forged = honest;                                                               \
        forged.field_name = (value);                                                               \
        SC_REPRO("run.%s = " #value, word);                                                        \
        expect_position_refused(trainer, other, &forged, word);                                    \
    } while (0)
#define FORGED(field_name, value) FORGED_AS(field_name, value, #field_name)

static void forge_within_an_epoch(sc_trainer *trainer, sc_trainer *other) {
    const sc_position honest = sc_trainer_position(trainer);
    FORGED(epoch, UINT32_MAX);
    FORGED(row, 97);
    FORGED(row, 320);
    FORGED(row, UINT32_MAX);
    FORGED(step, honest.step + 1);
    FORGED(step, 0);
    FORGED_AS(sum.weight, 95, "weight");
    FORGED_AS(sum.weight, 0, "weight");
    FORGED_AS(sum.weight, NAN, "weight");
    FORGED_AS(sum.metric[0], -1e9, "correct");
    FORGED_AS(sum.metric[0], 97, "correct");
    FORGED_AS(sum.metric[0], NAN, "correct");
    FORGED_AS(sum.loss, -1, "loss");
    FORGED_AS(sum.loss, 1e39, "loss");
    FORGED_AS(sum.loss, NAN, "loss");
    FORGED(best_epoch, 2);
    FORGED(best, 1.1);
    FORGED(best, -1);
    sc_position moved = honest; /* a whole epoch further, but for the steps */
    moved.epoch++;
    expect_position_refused(trainer, other, &moved, "step");
    FIXTURE_OK(sc_trainer_set_position(trainer, &honest));
}

static void forge_at_the_beginning(sc_trainer *trainer, sc_trainer *other) {
    const sc_position honest = sc_trainer_position(trainer);
    FORGED_AS(sum.weight, 1, "weight");
    FORGED_AS(sum.metric[0], 1, "correct");
    FORGED_AS(sum.loss, 1, "loss");
    FORGED(best_epoch, 1);
    FORGED(best, 0.5);
    sc_position ended = honest; /* "done" */
    ended.epoch = UINT32_MAX;
    ended.step = UINT32_MAX;
    expect_position_refused(trainer, other, &ended, "epoch");
    FIXTURE_OK(sc_trainer_set_position(trainer, &honest));
}

Test(checkpoint, positions_that_cannot_be) {
    const char *path = checkpoint_path();
    char *text;
    sc_trainer *trainer = make_trainer("mlp", 3, 0.1), *other = make_trainer("mlp", 3, 0.1);
    name_network(&text);
    forge_at_the_beginning(trainer, other);
    FIXTURE_OK(sc_trainer_run(trainer));
    forge_within_an_epoch(trainer, other);
    FIXTURE_OK(sc_checkpoint_save(trainer, path, &identity));
    FIXTURE_OK(sc_checkpoint_load(other, path, &identity));
    expect_equal(trainer, other);
    sc_trainer_destroy(trainer);
    sc_trainer_destroy(other);
    sc_release(&f.env, text);
}

/* Without validation the score is the step. */
Test(checkpoint, scores_that_cannot_be) {
    const char *path = checkpoint_path();
    char *text;
    sc_trainer *trainer = make_trainer("mlp", 0, 0), *other = make_trainer("mlp", 0, 0);
    name_network(&text);
    FIXTURE_OK(sc_trainer_run(trainer));
    const sc_position honest = sc_trainer_position(trainer);
    FORGED(best, 21);
    FORGED(best, 0);
    FORGED(best_epoch, 3);
    FIXTURE_OK(sc_trainer_set_position(trainer, &honest));
    FIXTURE_OK(sc_checkpoint_save(trainer, path, &identity));
    FIXTURE_OK(sc_checkpoint_load(other, path, &identity));
    sc_trainer_destroy(trainer);
    sc_trainer_destroy(other);
    sc_release(&f.env, text);
}
