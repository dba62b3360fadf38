/* SPDX-License-Identifier: Apache-2.0 */
/* The library in another program's process, whose environment it must not change: a bad driver
 * keeps OpenCL closed, and the text says which, and what to set. */
#include "broken_drivers.h"

#include <socle/socle.h>

extern char **environ;

static sc_temp temp;
static char lines[4096];

static void begin(void) {
    drivers_begin(&temp);
}

static void end(void) {
    tool_end(&temp);
}

TestSuite(driver_library, .init = begin, .fini = end);

static void remember(void *user, socle_log_level level, const char *text) {
    (void)user, (void)level;
    size_t used = strlen(lines);
    snprintf(lines + used, sizeof lines - used, "%s\n", text);
}

static size_t environment_hash(void) {
    size_t hash = 5381;
    for (char **at = environ; *at; at++)
        for (const char *c = *at; *c; c++) hash = hash * 33 + (unsigned char)*c;
    return hash;
}

Test(driver_library, a_bad_driver_keeps_opencl_closed) {
    socle_open_opts opts = {.logger = &(socle_logger){remember, NULL, SOCLE_LOG_INFO}};
    socle_context *context;
    drivers_install("abort empty");
    size_t before = environment_hash();
    SC_EQ(socle_open_with(&context, "opencl:0", &opts), SOCLE_STATUS_NO_DEVICE);
    SC_CONTAINS(socle_error(context), "stub_abort.so) aborted while its platforms were listed");
    SC_CONTAINS(socle_error(context), "OCL_ICD_VENDORS");
    socle_close(context);
    SC_EQ(socle_open_with(&context, "auto", &opts), SOCLE_OK);
    SC_CONTAINS(lines, "stub_abort.so) aborted");
    socle_close(context);
    SC_TRUE(environment_hash() == before);
    SC_EQ(drivers_loads("abort", "socle-probe"), 1);
    char *log = tool_get("loads", NULL);
    SC_EQ(strlen(log), strlen("abort socle-probe\nempty socle-probe\n")); /* this process loaded
                                                                             neither */
    free(log);
}

Test(driver_library, the_cpu_tries_no_driver) {
    socle_context *context;
    drivers_install("abort hang");
    SC_EQ(socle_open(&context, "cpu"), SOCLE_OK);
    socle_close(context);
    SC_TRUE(!tool_exists("loads"));
}

Test(driver_library, a_good_driver_is_opened) {
    socle_context *context;
    drivers_install("pocl empty");
    SC_EQ(socle_open(&context, "opencl:0"), SOCLE_OK);
    socle_close(context);
}

/* A process that has closed its standard files gets their numbers for other things. */
Test(driver_library, drivers_are_tried_without_standard_files) {
    drivers_install("empty");
    pid_t process = fork();
    if (process == 0) {
        socle_context *context;
        close(STDIN_FILENO);
        close(STDERR_FILENO);
        _exit(socle_open(&context, "auto") != SOCLE_OK);
    }
    SC_EQ(tool_wait(process), 0);
    char *log = tool_get("loads", NULL);
    SC_CONTAINS(log, "empty socle-probe\nempty "); /* this process loaded it too */
    free(log);
}
