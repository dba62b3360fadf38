/* SPDX-License-Identifier: Apache-2.0 */
/* What was measured: it comes back, whatever a file says is taken as far as it makes sense, and two
 * records become one. */
#include "backend/measured.h"
#include "device_fixture.h"
#include "sc_temp.h"

#define SHAPE "matmul(f32[N=1,64])"

typedef struct fixture {
    sc_env env;
    log_lines log;
    sc_temp folder;
    sc_records *records;
    sc_device_info card;
} fixture;

static void setup(fixture *f) {
    memset(f, 0, sizeof *f);
    log_env_init(&f->env, &f->log);
    sc_temp_make(&f->folder);
    snprintf(f->card.id, sizeof f->card.id, "pci-0000:01:00.0");
    snprintf(f->card.name, sizeof f->card.name, "Radeon");
    snprintf(f->card.vendor, sizeof f->card.vendor, "AMD");
    snprintf(f->card.driver_version, sizeof f->card.driver_version, "3581.0");
    SC_OK(&f->env, sc_records_load(&f->records, &f->env, f->folder.path));
}

static void finish(fixture *f) {
    sc_records_destroy(f->records);
    sc_temp_remove(&f->folder);
}

static void set(fixture *f, const char *candidate, int rounds, double seconds) {
    const sc_measured value = {rounds, seconds, false};
    SC_OK(&f->env, sc_measured_set(f->records, &f->card, SC_OP_MATMUL, SHAPE, candidate, &value,
                                   rounds ? NULL : "its process died: \x1b[31m"));
}

static sc_measured get(const fixture *f, const char *candidate) {
    sc_measured out;
    if (!sc_measured_find(&out, f->records, &f->card, SC_OP_MATMUL, SHAPE, candidate))
        out.rounds = -1;
    return out;
}

static void reload(fixture *f) {
    sc_records_destroy(f->records);
    SC_OK(&f->env, sc_records_load(&f->records, &f->env, f->folder.path));
}

Test(measured, comes_back) {
    fixture f;
    setup(&f);
    set(&f, "tile ROWS=64", 3, 12.3456789e-6);
    set(&f, "plain", 0, 0);
    SC_OK(&f.env, sc_records_save(f.records, &f.env));
    reload(&f);
    SC_EQ(get(&f, "tile ROWS=64").rounds, 3);
    SC_NEAR(get(&f, "tile ROWS=64").seconds, 12.346e-6, 1e-15);
    SC_EQ(get(&f, "plain").rounds, 0);
    SC_EQ(get(&f, "packed").rounds, -1);
    snprintf(f.card.id, sizeof f.card.id, "pci-0000:02:00.0"); /* another card of the make */
    SC_EQ(get(&f, "tile ROWS=64").rounds, 3);
    snprintf(f.card.driver_version, sizeof f.card.driver_version, "3590.0");
    SC_EQ(get(&f, "tile ROWS=64").rounds, -1);
    SC_EQ(f.log.count, 0);
    finish(&f);
}

#define BEGIN                                                                                      \
    "{\"version\": 1, \"devices\": {\"AMD Radeon | 3581.0\": {\"matmul\": {\"" SHAPE "\": {"
#define END "}}}}}"

/* Whatever is no time of a round is a candidate that is not used. */
Test(measured, odd_texts_are_not_used) {
    static const char *const texts[] = {"",
                                        "round",
                                        "round 1",
                                        "round 1: ",
                                        "round 1:  us",
                                        "round 1: 5",
                                        "round 1: 5 us.",
                                        "round 1: 5 ms",
                                        "round 0: 5 us",
                                        "round -1: 5 us",
                                        "round 100: 5 us",
                                        "round 99999999999999999999: 5 us",
                                        "round 1: 0 us",
                                        "round 1: -5 us",
                                        "round 1: nan us",
                                        "round 1: inf us",
                                        "round 1: 1e999 us",
                                        "round 1: 5,5 us",
                                        "round 1: 5 us, taken",
                                        "round 1: 5 us, chosen.",
                                        "round 1: 5000000000000000000000000000000000000000000 us"};
    fixture f;
    char file[1024];
    setup(&f);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        snprintf(file, sizeof file, BEGIN "\"a\": \"%s\", \"b\": \"round 2: 5 us\"" END, texts[i]);
        sc_temp_put(&f.folder, "measured.json", file, strlen(file));
        SC_REPRO("%s", file);
        reload(&f);
        SC_EQ(f.log.count, 0);
        SC_EQ(get(&f, "a").rounds, 0);
        SC_EQ(get(&f, "b").rounds, 2);
    }
    finish(&f);
}

static int chosen(const fixture *f) {
    int count = 0;
    for (const char *name = "abcd"; *name; name++)
        count += get(f, (const char[]){*name, '\0'}).chosen;
    return count;
}

Test(measured, one_is_chosen) {
    fixture f;
    setup(&f);
    set(&f, "a", 1, 5e-6);
    set(&f, "b", 2, 5e-6);
    set(&f, "c", 0, 0);
    SC_EQ(chosen(&f), 0);
    SC_OK(&f.env, sc_measured_choose(f.records, &f.card, SC_OP_MATMUL, SHAPE, "a"));
    SC_TRUE(chosen(&f) == 1 && get(&f, "a").chosen && get(&f, "a").rounds == 1);
    SC_OK(&f.env, sc_measured_choose(f.records, &f.card, SC_OP_MATMUL, SHAPE, "b"));
    SC_TRUE(chosen(&f) == 1 && get(&f, "b").chosen);
    SC_OK(&f.env, sc_records_save(f.records, &f.env));
    reload(&f);
    SC_TRUE(chosen(&f) == 1 && get(&f, "b").chosen);
    SC_OK(&f.env, sc_measured_choose(f.records, &f.card, SC_OP_MATMUL, SHAPE, "c"));
    SC_EQ(chosen(&f), 0); /* it is not to be used */
    SC_OK(&f.env, sc_measured_choose(f.records, &f.card, SC_OP_MATMUL, SHAPE, NULL));
    SC_EQ(chosen(&f), 0);
    finish(&f);
}

static void put_other(fixture *f, const char *text) {
    sc_temp_put(&f->folder, "other.json", text, strlen(text));
}

Test(measured, merges) {
    fixture f;
    int taken = 0;
    setup(&f);
    set(&f, "a", 2, 5e-6);
    set(&f, "b", 2, 5e-6);
    set(&f, "c", 0, 0);
    put_other(&f, BEGIN "\"a\": \"round 3: 6.0 us\", \"b\": \"round 2: 1.0 us\", "
                        "\"c\": \"round 1: 1.0 us\", \"d\": \"wrong result\"" END);
    SC_OK(&f.env,
          sc_measured_merge(f.records, &f.env, sc_temp_file(&f.folder, "other.json"), &taken));
    SC_EQ(taken, 3);
    SC_NEAR(get(&f, "a").seconds, 6e-6, 1e-15);
    SC_NEAR(get(&f, "b").seconds, 5e-6, 1e-15); /* as many rounds: ours stays */
    SC_EQ(get(&f, "c").rounds, 1);
    SC_EQ(get(&f, "d").rounds, 0);
    SC_OK(&f.env, sc_records_save(f.records, &f.env));
    reload(&f);
    SC_EQ(get(&f, "a").rounds, 3);
    SC_OK(&f.env,
          sc_measured_merge(f.records, &f.env, sc_temp_file(&f.folder, "other.json"), &taken));
    SC_EQ(taken, 3); /* nothing new */
    put_other(&f, BEGIN "\"b\": \"round 2: 1.0 us, chosen\"" END);
    SC_OK(&f.env,
          sc_measured_merge(f.records, &f.env, sc_temp_file(&f.folder, "other.json"), &taken));
    SC_TRUE(taken == 4 && get(&f, "b").chosen);
    finish(&f);
}

Test(measured, files_that_are_none_change_nothing) {
    static const char *const texts[] = {
        "",
        "{",
        "[]",
        "{\"version\": 1}",
        "{\"version\": 2, \"devices\": {}}",
        "{\"version\": 1, \"devices\": {\"a\": {\"b\": {\"c\": \"d\"}}}}",
        "{\"version\": 1, \"devices\": {}, \"devices\": {}}",
        BEGIN "\"a\": 3" END,
        BEGIN "\"a\": \"round 3: 6.0 us\"" END "}"};
    fixture f;
    int taken = 0;
    setup(&f);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        SC_REPRO("%s", texts[i]);
        put_other(&f, texts[i]);
        SC_FAILS(
            &f.env,
            sc_measured_merge(f.records, &f.env, sc_temp_file(&f.folder, "other.json"), &taken),
            SOCLE_STATUS_DATA);
        SC_CONTAINS(f.env.text, "other.json");
        SC_EQ(get(&f, "a").rounds, -1);
    }
    SC_FAILS(&f.env,
             sc_measured_merge(f.records, &f.env, sc_temp_file(&f.folder, "none.json"), &taken),
             SOCLE_STATUS_NOT_FOUND);
    SC_EQ(taken, 0);
    finish(&f);
}

static void class_of(char out[256], sc_op_desc desc) {
    sc_env env;
    sc_text text;
    sc_env_init(&env, NULL, NULL);
    sc_text_init(&text, &env);
    sc_op_class(&text, &desc);
    snprintf(out, 256, "%s", text.data);
    sc_text_free(&text);
}

/* Samples, layouts and sizes up to the same power of two make no class of their own. */
Test(measured, classes_of_shapes) {
    char first[256], second[256];
    sc_op_desc desc = {.op = SC_OP_MATMUL, .inputs = 2, .outputs = 1};
    desc.tensor[0] = sc_tensor_make(SOCLE_F32, 1, 2, (const int64_t[]){128, 784});
    desc.tensor[1] = sc_tensor_make(SOCLE_F32, 0, 2, (const int64_t[]){784, 5});
    desc.tensor[2] = sc_tensor_make(SOCLE_F32, 1, 2, (const int64_t[]){128, 5});
    class_of(first, desc);
    SC_EQ_STR(first, "matmul(f32[N=1,1024],f32[1024,5])->f32[N=1,5]");
    desc.tensor[0].dim[0] = desc.tensor[2].dim[0] = 3;
    desc.tensor[0].dim[1] = desc.tensor[1].dim[0] = 1024;
    class_of(second, desc);
    SC_EQ_STR(first, second);
    desc.tensor[1].dim[1] = desc.tensor[2].dim[1] = 6;
    class_of(second, desc);
    SC_TRUE(strcmp(first, second) != 0);
}
