/* SPDX-License-Identifier: Apache-2.0 */
/* The record of a run: both files, missing values, resuming, torn lines. */
#include "io/metrics.h"

#include "sc_temp.h"

#include <signal.h>
#include <sys/resource.h>

static const sc_metrics_columns columns = {
    5, {"loss", "accuracy", "val_loss", "val_accuracy", "samples_per_second"}};

typedef struct fixture {
    sc_env env;
    sc_temp temp;
    sc_metrics *metrics;
} fixture;

static void set_up(fixture *test) {
    sc_env_init(&test->env, NULL, NULL);
    sc_temp_make(&test->temp);
}

static void expect_file(fixture *test, const char *name, const char *expected) {
    char text[4096] = "";
    FILE *file = fopen(sc_temp_file(&test->temp, name), "r");
    if (!file) SC_TEST_FAIL("no %s", name);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    SC_EQ_STR(text, expected);
}

#define CSV_HEADER "epoch,loss,accuracy,val_loss,val_accuracy,samples_per_second\n"

Test(metrics, both_files) {
    fixture test;
    set_up(&test);
    SC_OK(&test.env, sc_metrics_open(&test.metrics, &test.env, test.temp.path, &columns, 0));
    expect_file(&test, "metrics.csv", CSV_HEADER);
    expect_file(&test, "metrics.jsonl", "");
    sc_metrics_row full = {1, {0.5, 0.75, 0.625, 0.7, 1234.5}},
                   part = {2, {0.25, NAN, NAN, NAN, INFINITY}};
    SC_OK(&test.env, sc_metrics_append(test.metrics, &full));
    SC_OK(&test.env, sc_metrics_append(test.metrics, &part));
    expect_file(&test, "metrics.csv", CSV_HEADER "1,0.5,0.75,0.625,0.7,1234.5\n2,0.25,,,,\n");
    expect_file(
        &test, "metrics.jsonl",
        "{\"epoch\": 1, \"loss\": 0.5, \"accuracy\": 0.75, \"val_loss\": 0.625, \"val_accuracy\": "
        "0.7, \"samples_per_second\": 1234.5}\n{\"epoch\": 2, \"loss\": 0.25}\n");
    sc_metrics_close(test.metrics);
    sc_temp_remove(&test.temp);
}

Test(metrics, resuming_keeps_what_is_before) {
    fixture test;
    set_up(&test);
    static const char old[] =
        "{\"epoch\": 1, \"loss\": 0.1}\n{\"epoch\": 2, \"loss\": 0.2, \"accuracy\": 1, \"top5\": "
        "1}\n"
        "not json\n{\"epoch\": \"x\"}\n{\"epoch\": 0}\n{\"epoch\": 3, \"loss\": 0.3}\n"
        "{\"epoch\": 2, \"lo";
    sc_temp_put(&test.temp, "metrics.jsonl", old, strlen(old));
    SC_OK(&test.env, sc_metrics_open(&test.metrics, &test.env, test.temp.path, &columns, 2));
    expect_file(&test, "metrics.csv", CSV_HEADER "1,0.1,,,,\n2,0.2,1.0,,,\n");
    sc_metrics_row row = {3, {0.25, NAN, NAN, NAN, NAN}};
    SC_OK(&test.env, sc_metrics_append(test.metrics, &row));
    expect_file(&test, "metrics.jsonl",
                "{\"epoch\": 1, \"loss\": 0.1}\n{\"epoch\": 2, \"loss\": 0.2, "
                "\"accuracy\": 1, \"top5\": 1}\n{\"epoch\": 3, \"loss\": 0.25}\n");
    sc_metrics_close(test.metrics);
    SC_OK(&test.env, sc_metrics_open(&test.metrics, &test.env, test.temp.path, &columns, 0));
    expect_file(&test, "metrics.jsonl", "");
    sc_metrics_close(test.metrics);
    sc_temp_remove(&test.temp);
}

Test(metrics, no_directory) {
    fixture test;
    set_up(&test);
    SC_FAILS(&test.env, sc_metrics_open(&test.metrics, &test.env, "/nonexistent/run", &columns, 0),
             SOCLE_STATUS_IO);
    SC_CONTAINS(test.env.text, "/nonexistent/run");
    SC_TRUE(test.metrics == NULL);
    sc_temp_remove(&test.temp);
}

/* A full disk: a status, no crash. */
Test(metrics, write_error) {
    fixture test;
    set_up(&test);
    SC_OK(&test.env, sc_metrics_open(&test.metrics, &test.env, test.temp.path, &columns, 0));
    sc_metrics_close(test.metrics);
    SC_EQ(unlink(sc_temp_file(&test.temp, "metrics.jsonl")), 0);
    SC_EQ(mkdir(sc_temp_file(&test.temp, "metrics.jsonl"), 0700), 0);
    SC_FAILS(&test.env, sc_metrics_open(&test.metrics, &test.env, test.temp.path, &columns, 0),
             SOCLE_STATUS_IO);
    sc_temp_remove(&test.temp);
}

/* Rows that a full disk does not take come with the next one; until then no row is torn. */
Test(metrics, a_row_waits_for_room) {
    fixture test;
    set_up(&test);
    sc_metrics_row row = {1, {0.5, NAN, NAN, NAN, NAN}};
    signal(SIGXFSZ, SIG_IGN);
    SC_OK(&test.env, sc_metrics_open(&test.metrics, &test.env, test.temp.path, &columns, 0));
    SC_OK(&test.env, sc_metrics_append(test.metrics, &row));
    struct rlimit limit = {strlen("{\"epoch\": 1, \"loss\": 0.5}\n") + 5, RLIM_INFINITY};
    SC_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
    for (row.epoch = 2; row.epoch < 4; row.epoch++) {
        SC_FAILS(&test.env, sc_metrics_append(test.metrics, &row), SOCLE_STATUS_IO);
        SC_CONTAINS(test.env.text, "metrics.jsonl: File too large");
        expect_file(&test, "metrics.jsonl", "{\"epoch\": 1, \"loss\": 0.5}\n");
    }
    SC_FAILS(&test.env, sc_metrics_flush(test.metrics), SOCLE_STATUS_IO);
    limit.rlim_cur = RLIM_INFINITY;
    SC_EQ(setrlimit(RLIMIT_FSIZE, &limit), 0);
    SC_OK(&test.env, sc_metrics_flush(test.metrics));
    expect_file(&test, "metrics.jsonl",
                "{\"epoch\": 1, \"loss\": 0.5}\n{\"epoch\": 2, \"loss\": 0.5}\n{\"epoch\": 3, "
                "\"loss\": 0.5}\n");
    expect_file(&test, "metrics.csv", CSV_HEADER "1,0.5,,,,\n2,0.5,,,,\n3,0.5,,,,\n");
    sc_metrics_close(test.metrics);
    sc_temp_remove(&test.temp);
}

static socle_status record(sc_env *env, void *directory) {
    sc_metrics *metrics;
    sc_metrics_row row = {1, {0.5, 0.75, NAN, NAN, 10}};
    SC_TRY(sc_metrics_open(&metrics, env, directory, &columns, 5));
    socle_status status = sc_metrics_append(metrics, &row);
    sc_metrics_close(metrics);
    return status;
}

Test(metrics, every_allocation_may_fail) {
    fixture test;
    set_up(&test);
    sc_test_each_allocation(record, test.temp.path);
    sc_temp_remove(&test.temp);
}
