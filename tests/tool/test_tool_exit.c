/* SPDX-License-Identifier: Apache-2.0 */
/* The tool ends: whatever address space it is left with, it prints what it has to say and leaves,
 * instead of hanging in what a library does at exit. */
#include "tool.h"

#include <signal.h>
#include <sys/resource.h>

#if defined(__SANITIZE_ADDRESS__)
enum { INSTRUMENTED = 1 }; /* needs terabytes of address space */
#else
enum { INSTRUMENTED = 0 };
#endif

static pid_t process;

static void end_it(int number) {
    (void)number;
    kill(process, SIGKILL);
}

Test(tool_exit, under_small_address_space) {
    if (INSTRUMENTED) cr_skip_test("a sanitizer needs all address space");
    sc_temp temp;
    struct rlimit before;
    tool_begin(&temp, false);
    signal(SIGALRM, end_it);
    SC_EQ(getrlimit(RLIMIT_AS, &before), 0);
    for (rlim_t megabytes = 60; megabytes <= 400; megabytes += megabytes < 200 ? 20 : 50) {
        SC_REPRO("ulimit -v %d; socle summary tool.yaml", (int)megabytes << 10);
        struct rlimit small = {megabytes << 20, before.rlim_max};
        SC_EQ(setrlimit(RLIMIT_AS, &small), 0);
        process = tool_start("summary tool.yaml");
        SC_EQ(setrlimit(RLIMIT_AS, &before), 0);
        alarm(40);
        int code = tool_wait(process);
        alarm(0);
        /* 127: not even its libraries could be loaded. Else it does its work, or says that it has
         * no memory. */
        SC_TRUE(code == 0 || code == 1 || code == 127);
        if (megabytes >= 400) SC_EQ(code, 0);
    }
    tool_end(&temp);
}
