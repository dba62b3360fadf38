/* SPDX-License-Identifier: Apache-2.0 */
/* Runs the case table of src/verify under Criterion: a family of operations on one kind of device.
 * Each Criterion test is its own process, so environment variables of the OpenCL loader may be set
 * in it. */
#ifndef SC_TESTS_VERIFY_FAMILY_H
#define SC_TESTS_VERIFY_FAMILY_H

#include "backend/registry.h"
#include "base/text.h"
#include "verify/verify.h"

#include "sc_temp.h"
#include "sc_test.h"

typedef struct family_run {
    sc_env env;
    sc_text failures; /* the first few, with their repro lines */
    sc_verify_totals totals;
    int op, number; /* of the case of the last row */
    bool ran;       /* some implementation took that case */
    double worst;   /* largest error as a part of its bound */
    int untested;   /* cases no implementation took */
    char first_untested[256];
} family_run;

static SC_UNUSED void family_close_case(family_run *run) {
    if (run->number < 0 || run->ran) return;
    if (run->untested++ == 0)
        snprintf(run->first_untested, sizeof run->first_untested, "%s case %d",
                 sc_op_word((sc_op)run->op), run->number);
}

static SC_UNUSED void family_sink(void *user, const sc_verify_row *row) {
    family_run *run = user;
    if (run->op != (int)row->op || run->number != row->number) {
        family_close_case(run);
        run->op = (int)row->op;
        run->number = row->number;
        run->ran = false;
    }
    run->ran |= row->state != SC_VERIFY_UNSUPPORTED;
    if (row->worst > run->worst) run->worst = row->worst;
    if (row->state == SC_VERIFY_FAIL && run->totals.fail <= 8)
        sc_text_add(&run->failures, "\n  %s: %s (%s)\n    %s", row->what, row->message, row->label,
                    row->repro);
}

static SC_UNUSED void family_begin(family_run *run) {
    memset(run, 0, sizeof *run);
    sc_env_init(&run->env, NULL, NULL);
    sc_text_init(&run->failures, &run->env);
    run->number = -1;
}

/* Fails unless every case ran on some implementation and every row passed. */
static SC_UNUSED void family_end(family_run *run) {
    family_close_case(run);
    if (run->totals.fail)
        SC_TEST_FAIL("%d of %d rows failed:%s", run->totals.fail,
                     run->totals.fail + run->totals.pass, run->failures.data);
    if (run->totals.pass == 0) SC_TEST_FAIL("no row ran");
    if (run->worst > 0 && run->worst < 0.01)
        SC_TEST_FAIL("the bounds are slack: the worst error is %.3g of its bound", run->worst);
    if (run->untested)
        SC_TEST_FAIL("%d of %d cases ran on no implementation, the first is %s", run->untested,
                     run->totals.cases, run->first_untested);
    sc_text_free(&run->failures);
}

/* `ops` ends with NULL; "" is every operation of the family in the options. */
static SC_UNUSED void family_verify(const char *devices, const char *const *ops,
                                    sc_verify_options options) {
    family_run run;
    family_begin(&run);
    sc_device_options device_options = SC_DEVICE_OPTIONS_DEFAULT;
    for (; *ops; ops++) {
        options.op = **ops ? *ops : NULL;
        SC_OK(&run.env, sc_verify_run(&run.env, devices, &device_options, &options, family_sink,
                                      &run, &run.totals));
    }
    family_end(&run);
}

/* The device string of every OpenCL device, or a skipped test. */
static SC_UNUSED void family_opencl(char *out, size_t size) {
    sc_env env;
    sc_env_init(&env, NULL, NULL);
    sc_registry registry;
    SC_OK(&env, sc_registry_create(&registry, &env));
    size_t used = 0;
    out[0] = '\0';
    for (int i = 0; i < registry.count && used < size; i++)
        if (strcmp(registry.info[i].driver->name, "opencl") == 0)
            used += (size_t)snprintf(out + used, size - used, "%sopencl:%d", used ? "," : "",
                                     registry.info[i].index);
    sc_registry_free(&registry, &env);
    if (used == 0) cr_skip_test("no OpenCL device here");
}

/* `quick`: not the complete table (verify.h). */
static SC_UNUSED void family_on_cpu(const char *const *ops, bool quick) {
    sc_verify_options options = SC_VERIFY_OPTIONS_DEFAULT;
    options.quick = quick;
    family_verify("cpu", ops, options);
}

/* Results must not depend on the number of threads. */
static SC_UNUSED void family_threads(const char *const *ops, bool quick) {
    family_run run;
    family_begin(&run);
    sc_registry registry;
    sc_device_choice cpu = {.sub_device = -1};
    sc_device *device[3];
    SC_OK(&run.env, sc_registry_create(&registry, &run.env));
    for (int i = 0; i < 3; i++) {
        sc_device_options options = SC_DEVICE_OPTIONS_DEFAULT;
        options.threads = i + 1;
        SC_OK(&run.env, sc_registry_open(&device[i], &registry, &run.env, &cpu, &options));
    }
    sc_verify_options options = SC_VERIFY_OPTIONS_DEFAULT;
    options.same_implementation = true;
    options.quick = quick;
    for (; *ops; ops++) {
        options.op = *ops;
        for (int i = 1; i < 3; i++)
            SC_OK(&run.env, sc_verify_compare(&run.env, device[0], device[i], "cpu", &options,
                                              family_sink, &run, &run.totals));
    }
    for (int i = 0; i < 3; i++) sc_device_close(device[i]);
    sc_registry_free(&registry, &run.env);
    family_end(&run);
}

/* The cases that `chosen` names. `every` > 1: only every n-th, where the driver compiles kernels
 * for each; test_verify_full.c has all of them. It is odd: even and odd cases are stored in
 * different types of half precision. */
static SC_UNUSED void family_on_opencl(const char *const *ops, const sc_verify_options *chosen) {
    char devices[1024];
    family_opencl(devices, sizeof devices);
    sc_verify_options options = SC_VERIFY_OPTIONS_DEFAULT;
    options.quick = chosen->quick;
    options.every = chosen->every;
    options.implementation = chosen->implementation;
    family_verify(devices, ops, options);
}

/* `count` random cases of a family of operations; `implementation` NULL: through all. */
static SC_UNUSED void family_random(const char *devices, const char *family,
                                    const char *implementation, int64_t count) {
    sc_verify_options options = SC_VERIFY_OPTIONS_DEFAULT;
    options.family = family;
    options.implementation = implementation;
    options.random = count;
    family_run run;
    family_begin(&run);
    sc_device_options device_options = SC_DEVICE_OPTIONS_DEFAULT;
    SC_OK(&run.env, sc_verify_run(&run.env, devices, &device_options, &options, family_sink, &run,
                                  &run.totals));
    SC_EQ(run.totals.cases, count * run.totals.devices);
    family_end(&run);
}

/* The small cases that `chosen` names by operation or family. */
static SC_UNUSED void family_small(const sc_verify_options *chosen, bool exact_buffers) {
    char devices[1024];
    family_opencl(devices, sizeof devices);
    sc_verify_options options = SC_VERIFY_OPTIONS_DEFAULT;
    options.family = chosen->family;
    options.every = chosen->every;
    options.small = true;
    options.exact_buffers = exact_buffers;
    family_verify(devices, (const char *const[]){chosen->op ? chosen->op : "", NULL}, options);
}

/* PoCL's single-threaded device, where it is installed: a smoke test. */
static SC_UNUSED void family_on_basic(const sc_verify_options *chosen) {
    setenv("POCL_DEVICES", "basic", 1);
    family_small(chosen, false);
}

/* Makes oclgrind the only OpenCL platform of this process, its log going to a file in `temp`. */
static SC_UNUSED void family_start_oclgrind(sc_temp *temp) {
    static const char library[] = "/usr/lib/oclgrind/liboclgrind-rt-icd.so";
    if (access(library, R_OK) != 0) cr_skip_test("oclgrind is not installed");
    sc_temp_make(temp);
    setenv("OCL_ICD_VENDORS", library, 1);
    setenv("OCLGRIND_LOG", sc_temp_file(temp, "oclgrind.log"), 1);
    setenv("OCLGRIND_DATA_RACES", "1", 1);
}

/* What oclgrind wrote, "" for nothing. It ends with status 0 whatever it found. */
static SC_UNUSED void family_oclgrind_log(sc_temp *temp, char *out, size_t size) {
    FILE *log = fopen(sc_temp_file(temp, "oclgrind.log"), "r");
    size_t length = log ? fread(out, 1, size - 1, log) : 0;
    out[length] = '\0';
    if (log) fclose(log);
    sc_temp_remove(temp);
}

/* Buffers are exactly as large as the tensors, and the log must stay empty. */
static SC_UNUSED void family_under_oclgrind(const sc_verify_options *chosen) {
    sc_temp temp;
    char log[1500];
    family_start_oclgrind(&temp);
    family_small(chosen, true);
    family_oclgrind_log(&temp, log, sizeof log);
    if (log[0]) SC_TEST_FAIL("oclgrind reports:\n%s", log);
}

#endif
