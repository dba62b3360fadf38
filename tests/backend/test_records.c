/* SPDX-License-Identifier: Apache-2.0 */
/* The records of quarantine and tuning on disk: they come back, they belong to one device under one
 * driver version, a damaged file is an empty record and one warning, and saving replaces a file
 * whole or not at all. */
#include "backend/records.h"
#include "base/file.h"
#include "device_fixture.h"
#include "sc_temp.h"

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
    snprintf(f->card.id, sizeof f->card.id, "amd.radeon.pci-0000:01:00.0");
    snprintf(f->card.name, sizeof f->card.name, "Radeon");
    snprintf(f->card.driver_version, sizeof f->card.driver_version, "3581.0 (HSA1.1,LC)");
    SC_OK(&f->env, sc_records_load(&f->records, &f->env, f->folder.path));
    SC_EQ(f->log.count, 0); /* a missing file is nothing to speak of */
}

static void finish(fixture *f) {
    sc_records_destroy(f->records);
    sc_temp_remove(&f->folder);
}

static void reload(fixture *f) {
    sc_records_destroy(f->records);
    SC_OK(&f->env, sc_records_load(&f->records, &f->env, f->folder.path));
}

static void set_both(fixture *f) {
    SC_OK(&f->env, sc_records_set_quarantine(f->records, &f->card, SC_OP_CONV2D, "direct",
                                             "case 12: row 3 is \"NaN\"\n"));
    SC_OK(&f->env,
          sc_records_set_tuning(f->records, &f->card, SC_OP_MATMUL, "packed", "TILE=12 VECTORS=2"));
}

static void has_both(const fixture *f) {
    SC_TRUE(sc_records_quarantined(f->records, &f->card, SC_OP_CONV2D, "direct"));
    SC_EQ_STR(sc_records_tuning(f->records, &f->card, SC_OP_MATMUL, "packed"), "TILE=12 VECTORS=2");
}

static void has_nothing(const fixture *f) {
    SC_TRUE(!sc_records_quarantined(f->records, &f->card, SC_OP_CONV2D, "direct"));
    SC_TRUE(sc_records_tuning(f->records, &f->card, SC_OP_MATMUL, "packed") == NULL);
}

static char *contents(fixture *f, const char *name, size_t *size) {
    char *data;
    SC_OK(&f->env, sc_file_read(&f->env, &data, size, sc_temp_file(&f->folder, name), 1 << 20));
    return data;
}

Test(records, come_back) {
    fixture f;
    setup(&f);
    has_nothing(&f);
    set_both(&f);
    has_both(&f);
    reload(&f); /* not saved: gone */
    has_nothing(&f);
    set_both(&f);
    SC_OK(&f.env, sc_records_save(f.records, &f.env));
    reload(&f);
    has_both(&f);
    SC_TRUE(!sc_records_quarantined(f.records, &f.card, SC_OP_CONV2D, "plain"));
    SC_TRUE(!sc_records_quarantined(f.records, &f.card, SC_OP_CONV2D_GRAD_INPUT, "direct"));
    SC_TRUE(!sc_records_quarantined(f.records, &f.card, SC_OP_MATMUL, "packed")); /* tuned, not
                                                                                     quarantined */
    SC_OK(&f.env, sc_records_set_quarantine(f.records, &f.card, SC_OP_CONV2D, "direct", NULL));
    SC_OK(&f.env, sc_records_set_quarantine(f.records, &f.card, SC_OP_CONV2D, "never there", NULL));
    SC_OK(&f.env, sc_records_set_tuning(f.records, &f.card, SC_OP_MATMUL, "packed", "TILE=8"));
    SC_OK(&f.env, sc_records_save(f.records, &f.env));
    reload(&f);
    SC_TRUE(!sc_records_quarantined(f.records, &f.card, SC_OP_CONV2D, "direct"));
    SC_EQ_STR(sc_records_tuning(f.records, &f.card, SC_OP_MATMUL, "packed"), "TILE=8");
    SC_EQ(f.log.count, 0);
    finish(&f);
}

/* A new driver starts clean, and so does the card beside it; the old driver finds its record again.
 */
Test(records, belong_to_a_device_and_its_driver) {
    fixture f;
    setup(&f);
    set_both(&f);
    SC_OK(&f.env, sc_records_save(f.records, &f.env));
    reload(&f);
    sc_device_info old = f.card;
    snprintf(f.card.driver_version, sizeof f.card.driver_version, "3590.0");
    has_nothing(&f);
    f.card = old;
    snprintf(f.card.id, sizeof f.card.id, "amd.radeon.pci-0000:02:00.0");
    has_nothing(&f);
    f.card = old;
    snprintf(f.card.name, sizeof f.card.name, "renamed"); /* names are for people */
    has_both(&f);
    finish(&f);
}

Test(records, damaged_files_are_empty_and_told_once) {
    static const char *const damaged[] = {
        "",
        "{",
        "[]",
        "{\"version\": 2, \"devices\": {}}",
        "{\"version\": 1}",
        "{\"version\": 1, \"devices\": []}",
        "{\"version\": 1, \"devices\": {\"a\": {\"conv2d\": {\"direct\": 3}}}}",
        "{\"version\": 1, \"devices\": {\"a\": {\"conv2d\": \"direct\"}}}",
        "{\"version\": 1, \"devices\": {}, \"devices\": {}}",
        "{\"version\": 1, \"devices\": {}} more",
        "{\"version\": 1, \"devices\": {\"a\": {\"conv2d\": {\"direct\": \"\\ud800\"}}}}",
    };
    fixture f;
    setup(&f);
    for (size_t i = 0; i < sizeof damaged / sizeof damaged[0]; i++) {
        SC_REPRO("damaged file %zu: %s", i, damaged[i]);
        f.log.count = 0;
        f.env.text[0] = '\0';
        sc_temp_put(&f.folder, "quarantine.json", damaged[i], strlen(damaged[i]));
        reload(&f);
        SC_EQ(f.log.count, 1);
        SC_EQ(f.log.level[0], SOCLE_LOG_WARNING);
        SC_CONTAINS(f.log.text[0], "quarantine.json");
        SC_EQ_STR(f.env.text, ""); /* no error of the caller's */
        SC_TRUE(!sc_records_quarantined(f.records, &f.card, SC_OP_CONV2D, "direct"));
        set_both(&f);
        SC_OK(&f.env, sc_records_save(f.records, &f.env)); /* and usable from there on */
        reload(&f);
        has_both(&f);
    }
    finish(&f);
}

/* Every prefix of a good file is a damaged one: no crash, one warning. */
Test(records, truncated_files) {
    fixture f;
    size_t size;
    setup(&f);
    set_both(&f);
    SC_OK(&f.env, sc_records_save(f.records, &f.env));
    char *whole = contents(&f, "tuning.json", &size);
    for (size_t length = 0; length + 1 < size; length++) {
        SC_REPRO("the first %zu of %zu bytes", length, size);
        f.log.count = 0;
        sc_temp_put(&f.folder, "tuning.json", whole, length);
        reload(&f);
        SC_EQ(f.log.count, 1);
        SC_TRUE(sc_records_tuning(f.records, &f.card, SC_OP_MATMUL, "packed") == NULL);
        SC_TRUE(sc_records_quarantined(f.records, &f.card, SC_OP_CONV2D, "direct")); /* the other
                                                                                        file is
                                                                                        whole */
    }
    sc_release(&f.env, whole);
    finish(&f);
}

Test(records, too_large_or_no_file_at_all) {
    fixture f;
    setup(&f);
    size_t size = (4u << 20) + 1;
    char *spaces = malloc(size);
    memset(spaces, ' ', size);
    sc_temp_put(&f.folder, "tuning.json", spaces, size);
    free(spaces);
    SC_EQ(mkdir(sc_temp_file(&f.folder, "quarantine.json"), 0700), 0);
    reload(&f);
    SC_EQ(f.log.count, 2);
    has_nothing(&f);
    finish(&f);
}

/* Saving leaves two files and nothing half-written, touches only what changed, and its equal
 * contents are equal bytes. */
Test(records, saving_is_whole) {
    fixture f;
    size_t size, again;
    setup(&f);
    SC_OK(&f.env, sc_records_save(f.records, &f.env));
    SC_EQ(sc_temp_count(&f.folder), 0); /* nothing changed, nothing written */
    set_both(&f);
    SC_OK(&f.env, sc_records_save(f.records, &f.env));
    SC_EQ(sc_temp_count(&f.folder), 2);
    char *first = contents(&f, "quarantine.json", &size);
    reload(&f);
    set_both(&f);
    SC_OK(&f.env, sc_records_save(f.records, &f.env));
    SC_EQ(sc_temp_count(&f.folder), 2);
    char *second = contents(&f, "quarantine.json", &again);
    SC_EQ(size, again);
    SC_EQ_MEMORY(first, second, size);
    sc_release(&f.env, first);
    sc_release(&f.env, second);
    finish(&f);
}

/* Where the new file cannot be written the old one stays, and the failure is told. */
Test(records, a_failed_save_keeps_the_old_file) {
    fixture f;
    setup(&f);
    set_both(&f);
    SC_OK(&f.env, sc_records_save(f.records, &f.env));
    SC_OK(&f.env, sc_records_set_tuning(f.records, &f.card, SC_OP_MATMUL, "packed", "TILE=1"));
    sc_temp moved = f.folder;
    snprintf(moved.path, sizeof moved.path, "%.240s.moved", f.folder.path);
    SC_EQ(rename(f.folder.path, moved.path), 0);
    sc_temp_put(&moved, "in the way", "", 0);
    SC_EQ(symlink(sc_temp_file(&moved, "in the way"), f.folder.path), 0); /* a file where the folder
                                                                             was */
    SC_FAILS(&f.env, sc_records_save(f.records, &f.env), SOCLE_STATUS_IO);
    SC_EQ(unlink(f.folder.path), 0);
    SC_EQ(unlink(sc_temp_file(&moved, "in the way")), 0);
    SC_EQ(rename(moved.path, f.folder.path), 0);
    reload(&f);
    has_both(&f);
    finish(&f);
}

/* What others can write to could say which implementation runs; it is told and neither read nor
 * written. */
Test(records, of_others_are_not_used) {
    fixture f;
    setup(&f);
    set_both(&f);
    SC_OK(&f.env, sc_records_save(f.records, &f.env));
    SC_EQ(chmod(sc_temp_file(&f.folder, "tuning.json"), 0666), 0);
    reload(&f);
    SC_EQ(f.log.count, 1);
    SC_EQ(f.log.level[0], SOCLE_LOG_WARNING);
    SC_CONTAINS(f.log.text[0], "tuning.json is not trusted");
    SC_TRUE(sc_records_tuning(f.records, &f.card, SC_OP_MATMUL, "packed") == NULL);
    SC_TRUE(sc_records_quarantined(f.records, &f.card, SC_OP_CONV2D, "direct"));
    SC_EQ(chmod(f.folder.path, 0777), 0);
    reload(&f);
    SC_CONTAINS(f.log.text[1], "is not trusted");
    SC_EQ(f.log.count, 2); /* of the folder, once */
    has_nothing(&f);
    set_both(&f);
    SC_FAILS(&f.env, sc_records_save(f.records, &f.env), SOCLE_STATUS_IO);
    SC_CONTAINS(f.env.text, "is not trusted");
    SC_EQ(chmod(f.folder.path, 0700), 0);
    SC_OK(&f.env, sc_records_save(f.records, &f.env)); /* a file of one's own takes the other's
                                                          place */
    f.log.count = 0;
    reload(&f);
    has_both(&f);
    SC_EQ(f.log.count, 0);
    finish(&f);
}

static socle_status load_and_save(sc_env *env, void *argument) {
    fixture *f = argument;
    sc_records *records;
    SC_TRY(sc_records_load(&records, env, f->folder.path));
    socle_status status =
        sc_records_set_tuning(records, &f->card, SC_OP_MATMUL, "packed", "TILE=2");
    if (status == SOCLE_OK) status = sc_records_save(records, env);
    sc_records_destroy(records);
    return status;
}

Test(records, survive_refused_allocations) {
    fixture f;
    setup(&f);
    sc_test_each_allocation(load_and_save, &f);
    finish(&f);
}
