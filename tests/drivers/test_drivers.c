/* SPDX-License-Identifier: Apache-2.0 */
/* The tool among broken drivers: what needs no device never meets them, what needs one names them,
 * passes over them and goes on. */
#include "broken_drivers.h"

#include <sched.h>
#include <sys/personality.h>
#include <sys/resource.h>

#define ALL "abort hang crash garbage wild ends empty"

static sc_temp temp;

static void begin(void) {
    drivers_begin(&temp);
}

static void end(void) {
    tool_end(&temp);
}

TestSuite(drivers, .init = begin, .fini = end);

/* Runs with the linker's protocol on: none of OpenCL's libraries is among the files it opened. */
static void loads_no_opencl(const char *words) {
    setenv("LD_DEBUG", "files", 1);
    setenv("LD_DEBUG_OUTPUT", "linker", 1);
    tool_result result = tool_run("%s", words);
    unsetenv("LD_DEBUG");
    unsetenv("LD_DEBUG_OUTPUT");
    if (result.code != 0)
        SC_TEST_FAIL("socle %s: exit code %d: %s", words, result.code, result.err);
    tool_free(&result);
    if (system("cat linker.* >seen && rm linker.*") != 0) SC_TEST_FAIL("the linker said nothing");
    char *seen = tool_get("seen", NULL);
    SC_CONTAINS(seen, "libc.so");
    if (strstr(seen, "libOpenCL") || strstr(seen, "libclblast") || strstr(seen, "libpocl"))
        SC_TEST_FAIL("socle %s opened a library of OpenCL", words);
    free(seen);
}

Test(drivers, what_needs_no_device_loads_none) {
    static const char *const commands[] = {
        "version",
        "help",
        "train --help",
        "completion bash",
        "summary tool.yaml",
        "inspect train-images",
        "train tool.yaml -o out --device cpu --set train.epochs=1",
        "train tool.yaml -o two --device cpu=2,cpu:0=1 --set train.epochs=1",
        "eval -m out/model.safetensors --data tool.yaml --device cpu",
        "predict -m out/model.safetensors --input test-images --device cpu",
        "summary out/model.safetensors",
        "inspect out/model.safetensors",
        "plan tool.yaml --device cpu",
        "verify --op softmax --small --device cpu",
    };
    drivers_install(ALL);
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) loads_no_opencl(commands[i]);
    setenv("SOCLE_DEVICE", "cpu", 1);
    loads_no_opencl("train tool.yaml -o three --set train.epochs=1");
    SC_TRUE(!tool_exists("loads"));
}

Test(drivers, each_bad_one_is_named_and_passed_over) {
    static const char *const said[] = {
        "abort.icd (" SC_STUBS "/stub_abort.so) aborted while its platforms were listed",
        "crash.icd (" SC_STUBS
        "/stub_crash.so) crashed by signal 11 while its platforms were listed",
        "garbage.icd (" SC_STUBS
        "/stub_garbage.so) returned garbage while its platforms were listed",
        "wild.icd (" SC_STUBS "/stub_wild.so) crashed by signal 11 while its devices were listed",
        "ends.icd (" SC_STUBS
        "/stub_ends.so) ended its process with status 0 while its library was loaded",
        "empty.icd (" SC_STUBS "/stub_empty.so) is installed and loads, but offers no device",
        "gone.icd (libgone.so.7) does not load: libgone.so.7: cannot open shared object file",
    };
    drivers_install("abort crash garbage wild ends empty gone pocl");
    tool_result result = tool_run("devices");
    SC_EQ(result.code, 0);
    SC_CONTAINS(result.out, "opencl:0");
    for (size_t i = 0; i < sizeof said / sizeof said[0]; i++) SC_CONTAINS(result.err, said[i]);
    SC_TRUE(!strstr(result.err, "apt-get install"));
    tool_free(&result);
    static const char *const bad[] = {"abort", "crash", "garbage", "wild", "ends"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        SC_EQ(drivers_loads(bad[i], "socle"), 0);
        SC_EQ(drivers_loads(bad[i], "socle-probe"), 1);
    }
    SC_EQ(drivers_loads("empty", "socle"), 1);
    tool_expect(0, "abort.icd", "train tool.yaml -o out --device opencl:0 --set train.epochs=1");
}

Test(drivers, one_that_hangs_costs_its_deadline_once) {
    setenv("SOCLE_PROBE_SECONDS", "1", 1);
    drivers_install("hang empty");
    tool_result result = tool_run("devices -q");
    SC_EQ(result.code, 0);
    SC_CONTAINS(result.err, "stub_hang.so) gave no answer in 1 s while its platforms were listed");
    SC_CONTAINS(result.out, "cpu:0");
    tool_free(&result);
    SC_EQ(drivers_loads("hang", "socle-probe"), 1);
    tool_expect(0, "gave no answer in 1 s", "devices -q");
    SC_EQ(drivers_loads("hang", "socle-probe"), 1);
    setenv("SOCLE_PROBE_SECONDS", "2", 1); /* who gives it longer does not get the old answer */
    tool_expect(0, "gave no answer in 2 s", "devices -q");
    SC_EQ(drivers_loads("hang", "socle-probe"), 2);
    SC_EQ(drivers_loads("hang", "socle"), 0);
    tool_expect(4, "no device 'opencl:0'", "train tool.yaml -o out --device opencl:0");
}

/* All of them bad: nothing is loaded, and training goes on where no device was named. */
Test(drivers, without_a_good_one_auto_is_the_cpu_and_says_so) {
    drivers_install("abort crash");
    tool_result result = tool_run("train tool.yaml -q -o out --set train.epochs=1");
    SC_EQ(result.code, 0);
    SC_CONTAINS(result.err, "warning: goes on without an OpenCL driver: abort.icd");
    SC_CONTAINS(result.err, "warning: goes on without an OpenCL driver: crash.icd");
    SC_CONTAINS(
        result.err,
        "warning: no OpenCL device found, using the plain cpu backend: 2 of 2 OpenCL drivers");
    tool_free(&result);
    result = tool_run("devices"); /* nothing has to be installed */
    SC_EQ(result.code, 0);
    SC_TRUE(!strstr(result.err, "apt-get install"));
    tool_free(&result);
    SC_EQ(drivers_loads("abort", "socle") + drivers_loads("crash", "socle"), 0);
}

Test(drivers, a_verdict_is_kept_until_the_file_changes) {
    drivers_install("abort empty");
    tool_expect(0, "aborted", "devices");
    tool_expect(0, "aborted", "devices");
    SC_EQ(drivers_loads("abort", "socle-probe"), 1);
    if (system("touch -d '2001-01-01' vendors/abort.icd") != 0) SC_TEST_FAIL("touch");
    tool_expect(0, "aborted", "devices");
    SC_EQ(drivers_loads("abort", "socle-probe"), 2);
    /* What was changed afterwards is not believed, nor what others can write. */
    if (system("for f in socle/drivers/*; do sed -i 's/kind 3/kind 1/' $f; echo more >>$f; done") !=
        0)
        SC_TEST_FAIL("sed");
    tool_expect(0, "aborted", "devices");
    SC_EQ(drivers_loads("abort", "socle-probe"), 3);
    if (system("sed -i 's/kind 3/kind 1/' socle/drivers/*; chmod a+w socle/drivers/*") != 0)
        SC_TEST_FAIL("chmod");
    tool_expect(0, "not trusted", "devices");
    SC_EQ(drivers_loads("abort", "socle-probe"), 4);
    SC_EQ(drivers_loads("abort", "socle"), 0);
}

/* The three things that OCL_ICD_VENDORS may name, and what other variables add. */
Test(drivers, found_as_the_loader_finds_them) {
    drivers_install("abort empty");
    setenv("OCL_ICD_VENDORS", "vendors/abort.icd", 1);
    tool_expect(0, "abort.icd (", "devices");
    setenv("OCL_ICD_VENDORS", SC_STUBS "/stub_crash.so", 1);
    tool_expect(0, "stub_crash.so crashed by signal 11", "devices");
    setenv("OCL_ICD_VENDORS", "vendors/empty.icd", 1);
    setenv("OCL_ICD_FILENAMES", SC_STUBS "/stub_garbage.so:" SC_STUBS "/stub_ends.so", 1);
    tool_expect(0, "stub_garbage.so returned garbage", "devices");
    tool_expect(0, "stub_ends.so ended its process", "devices");
    unsetenv("OCL_ICD_FILENAMES");
    unsetenv("OCL_ICD_VENDORS");
    setenv("OPENCL_VENDOR_PATH", "vendors", 1);
    drivers_forget();
    tool_expect(0, "abort.icd (", "devices");
    SC_EQ(drivers_loads("abort", "socle"), 0);
    SC_EQ(drivers_loads("empty", "socle"), 1);
}

/* PoCL offers no device where it can keep nothing; it is installed all the same. */
Test(drivers, a_home_that_cannot_be_written_is_named) {
    drivers_install("pocl");
    unsetenv("POCL_CACHE_DIR");
    unsetenv("XDG_CACHE_HOME");
    setenv("HOME", "/proc/nobody", 1);
    tool_result result = tool_run("devices");
    SC_EQ(result.code, 0);
    SC_CONTAINS(result.err, "pocl.icd (");
    SC_CONTAINS(result.err, "is installed and loads, but offers no device: its cache folder "
                            "/proc/nobody/.cache/pocl cannot be written; "
                            "let POCL_CACHE_DIR or XDG_CACHE_HOME name one that can");
    SC_TRUE(!strstr(result.err, "apt-get"));
    tool_free(&result);
    tool_expect(0,
                "warning: no OpenCL device found, using the plain cpu backend: the driver pocl.icd",
                "train tool.yaml -q -o out --set train.epochs=1");
    tool_expect(4, "its cache folder /proc/nobody/.cache/pocl cannot be written",
                "train tool.yaml -q -o other --device opencl:0");
}

/* A file that is no library stands in the linker's way. */
static void hide(const char *library) {
    char path[64];
    mkdir("hidden", 0700);
    snprintf(path, sizeof path, "hidden/%s", library);
    tool_put_text(path, "no library\n");
    setenv("LD_LIBRARY_PATH", "hidden", 1);
}

Test(drivers, without_the_loader_there_are_no_devices) {
    drivers_install("pocl");
    hide("libOpenCL.so.1");
    tool_expect(0, "the OpenCL loader: hidden/libOpenCL.so.1", "devices");
    tool_expect(0,
                "warning: no OpenCL device found, using the plain cpu backend: the OpenCL loader",
                "train tool.yaml -q -o out --set train.epochs=1");
    tool_expect(4, "the OpenCL loader: hidden/libOpenCL.so.1",
                "train tool.yaml -o two --device opencl:0");
}

Test(drivers, without_clblast_devices_lack_a_blas) {
    drivers_install("pocl");
    tool_expect(0, NULL,
                "verify --device opencl:0 --op matmul --implementation clblast --small --case 0 "
                "--no-record");
    hide("libclblast.so.1");
    tool_result result = tool_run("verify --device opencl:0 --op matmul --implementation clblast "
                                  "--small --case 0 --no-record");
    SC_TRUE(result.code != 0 && result.code < 128);
    tool_free(&result);
    tool_expect(0, NULL, "train tool.yaml -o out --device opencl:0 --set train.epochs=1");
}

static int units_of_pocl(void) {
    tool_result result = tool_run("devices --json");
    SC_EQ(result.code, 0);
    const char *at = strstr(result.out, "\"opencl:0\"");
    const char *units = at ? strstr(at, "\"compute_units\"") : NULL;
    if (!units) SC_TEST_FAIL("no opencl:0 with units: %s", result.out);
    int count = (int)strtol(strchr(units, ':') + 1, NULL, 10);
    tool_free(&result);
    return count;
}

/* PoCL counts the machine's processors; the tool tells it how many this process may use, unless its
 * user has. */
Test(drivers, drivers_on_the_cpu_take_what_the_process_may_use) {
    cpu_set_t one;
    drivers_install("pocl");
    if (units_of_pocl() < 2) cr_skip_test("there is one processor");
    CPU_ZERO(&one);
    CPU_SET(sched_getcpu(), &one);
    if (sched_setaffinity(0, sizeof one, &one) != 0) cr_skip_test("no affinity can be set");
    SC_EQ(units_of_pocl(), 1);
    setenv("POCL_MAX_PTHREAD_COUNT", "2", 1);
    SC_EQ(units_of_pocl(), 2);
}

Test(drivers, without_the_probe_drivers_are_believed) {
    setenv("SOCLE_PROBE", "off", 1);
    drivers_install("empty");
    tool_expect(0, NULL, "devices");
    SC_EQ(drivers_loads("empty", "socle-probe"), 0);
    SC_EQ(drivers_loads("empty", "socle"), 1);
}

/* Files in the working folder are not run, by whatever word the tool was called. */
Test(drivers, no_probe_of_the_working_folder_is_run) {
    char program[] = "socle", word[] = "devices", *words[] = {program, word, NULL};
    drivers_install("empty");
    tool_put_text("socle", "");
    tool_put_text("socle-probe", "#!/bin/sh\n: >planted\n");
    if (chmod("socle-probe", 0700) != 0) SC_TEST_FAIL("chmod");
    pid_t process = fork();
    if (process == 0) {
        execv(getenv("SOCLE_TOOL"), words);
        _exit(99);
    }
    SC_EQ(tool_wait(process), 0);
    SC_TRUE(!tool_exists("planted"));
    SC_EQ(drivers_loads("empty", "socle-probe"), 1);
}

Test(drivers, what_drivers_print_is_no_answer) {
    drivers_install("talks");
    tool_expect(0, "stub_talks.so) is installed and loads, but offers no device", "devices");
    SC_EQ(drivers_loads("talks", "socle"), 1);
}

/* A paused container, a machine that sleeps: the time does not count. */
Test(drivers, none_is_blamed_for_time_in_which_nothing_ran) {
    setenv("SOCLE_PROBE_SECONDS", "1", 1);
    drivers_install("stops");
    tool_expect(0, "stub_stops.so) is installed and loads, but offers no device", "devices");
}

Test(drivers, where_the_probe_cannot_be_started_they_are_believed) {
    drivers_install("empty");
    tool_put_text("no-program", "nothing\n");
    if (chmod("no-program", 0700) != 0) SC_TEST_FAIL("chmod");
    setenv("SOCLE_PROBE", "./no-program", 1);
    tool_expect(0,
                "warning: the OpenCL driver empty.icd is loaded untried: ./no-program cannot be "
                "started: Exec format",
                "devices");
    SC_EQ(drivers_loads("empty", "socle"), 1);
}

/* The folder that shows the loader the good drivers. */
Test(drivers, the_folder_of_good_ones_does_not_stay) {
    mkdir("temporary", 0700);
    setenv("TMPDIR", "temporary", 1);
    drivers_install("abort empty");
    tool_expect(0, "abort.icd", "devices");
    SC_EQ(rmdir("temporary"), 0);
    mkdir("temporary", 0700);
    hide("libOpenCL.so.1");
    tool_expect(0, "the OpenCL loader", "devices");
    SC_EQ(rmdir("temporary"), 0);
}

Test(drivers, without_room_for_that_folder_there_are_no_devices) {
    setenv("TMPDIR", "nowhere", 1);
    drivers_install("abort empty");
    tool_result result = tool_run("train tool.yaml -q -o out --set train.epochs=1");
    SC_EQ(result.code, 0);
    SC_CONTAINS(result.err, "warning: cannot make a folder in nowhere");
    SC_CONTAINS(result.err, "OpenCL is not opened");
    SC_EQ(drivers_loads("abort", "socle"), 0);
    tool_free(&result);
}

/* Another kernel: here the same one under the name that old programs are shown. */
Test(drivers, a_verdict_is_kept_for_one_kernel) {
    drivers_install("abort");
    tool_expect(0, "aborted", "devices");
    if (personality(UNAME26) < 0) cr_skip_test("the kernel's name cannot be changed");
    tool_expect(0, "aborted", "devices");
    SC_EQ(drivers_loads("abort", "socle-probe"), 2);
}

/* Under low limits a driver without devices is tried a second time, and leaves no core file then
 * either. */
Test(drivers, the_second_try_leaves_no_core_file) {
    drivers_install("empty");
    struct rlimit files;
    SC_EQ(getrlimit(RLIMIT_NOFILE, &files), 0);
    files.rlim_cur = 256;
    SC_EQ(setrlimit(RLIMIT_NOFILE, &files), 0);
    tool_expect(0, "offers no device", "devices");
    SC_EQ(drivers_loads("empty", "socle-probe"), 2);
}
