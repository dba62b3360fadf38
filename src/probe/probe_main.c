/* SPDX-License-Identifier: Apache-2.0 */
/* The program socle-probe: tries one OpenCL driver, so that a driver that aborts, hangs or crashes
 * ends this process and not the one that trains. The OpenCL driver of the library runs it
 * (src/opencl/ocl_vendor_trial.c) and reads what it writes to what was its standard output at the
 * start, a line at a time; what drivers print goes to the standard error:
 *
 *   at STAGE                what is tried next (src/probe/probe_stage.h)
 *   unloadable TEXT         the library does not load, or is no OpenCL driver
 *   garbage                 an answer that no driver may give
 *   well PLATFORMS DEVICES  everything was answered
 *   cramped                 it works here, but would not beside a program that trains
 *
 *   socle-probe LIBRARY [again]
 *
 * again: without the margins of probe_limits.c. A driver that offers nothing within them may offer
 * something without, and then die for lack of room.
 *
 * It stands alone: neither libsocle nor the OpenCL loader is linked, so that a driver is judged by
 * itself. It never judges results or error codes; those are no danger, and the library handles
 * them. */
#include "probe/probe.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

static char **arguments;
static bool within_margins; /* this is the first run */
static int answers = STDOUT_FILENO;

typedef cl_int(CL_API_CALL *platforms_function)(cl_uint, cl_platform_id *, cl_uint *);
typedef void *(CL_API_CALL *address_function)(const char *);

void probe_say(const char *format, ...) {
    char line[512];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line, sizeof line - 1, format, arguments);
    va_end(arguments);
    if (length < 0) return;
    size_t used = (size_t)length < sizeof line - 1 ? (size_t)length : sizeof line - 2;
    for (size_t i = 0; i < used; i++)
        if (line[i] == '\n') line[i] = ' ';
    line[used++] = '\n';
    if (write(answers, line, used) < 0) _exit(PROBE_EXIT);
}

void probe_stage(probe_stage_id stage) {
    probe_say("at %d", (int)stage);
}

void probe_end(const char *verdict) {
    probe_say("%s", verdict);
    _exit(PROBE_EXIT); /* without what drivers do at the end: the program that uses them leaves so
                          too */
}

/* The function through the driver's own table first, as the loader asks for it. */
static void *find(void *library, const char *name) {
    address_function address = NULL;
    void *found = dlsym(library, "clGetExtensionFunctionAddress");
    memcpy(&address, &found, sizeof found);
    void *through = address ? address(name) : NULL;
    return through ? through : dlsym(library, name);
}

/* Starts this program anew without margins, where limits are so low that it may matter; returns
 * otherwise. */
static void try_again(void) {
    if (!within_margins || !probe_drop_margins()) return;
    char again[] = "again";
    char *words[] = {arguments[0], arguments[1], again, NULL};
    dup2(answers, STDOUT_FILENO);
    execv("/proc/self/exe", words);
    probe_end("cramped");
}

static platforms_function open_driver(const char *file) {
    void *library = dlopen(file, RTLD_LAZY | RTLD_LOCAL);
    if (!library) {
        const char *why = dlerror();
        try_again();
        probe_say("unloadable %s", why ? why : "no reason given");
        _exit(PROBE_EXIT);
    }
    platforms_function platforms = NULL;
    void *found = find(library, "clIcdGetPlatformIDsKHR");
    if (!found) probe_end("unloadable it is no OpenCL driver: it lacks clIcdGetPlatformIDsKHR");
    memcpy(&platforms, &found, sizeof found);
    return platforms;
}

static cl_uint list_platforms(platforms_function platforms, cl_platform_id list[PROBE_PLATFORMS]) {
    cl_uint count = 0;
    memset(list, 0, PROBE_PLATFORMS * sizeof *list);
    if (platforms(0, NULL, &count) != CL_SUCCESS || count == 0) return 0;
    if (count > PROBE_PLATFORMS) probe_end("garbage");
    if (platforms(count, list, NULL) != CL_SUCCESS) return 0;
    for (cl_uint i = 0; i < count; i++)
        if (!list[i]) probe_end("garbage");
    return count;
}

static void keep_answers_apart(void) {
    int apart = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    if (apart >= 0 && dup2(STDERR_FILENO, STDOUT_FILENO) >= 0) answers = apart;
}

int main(int argc, char **argv) {
    cl_platform_id list[PROBE_PLATFORMS];
    if (argc != 2 && argc != 3) return 2;
    arguments = argv;
    within_margins = argc == 2;
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* a parent that ended before this line has closed the pipe,
                                         so the first word fails */
    keep_answers_apart();
    probe_leave_no_core();
    if (within_margins) probe_keep_margins();
    probe_stage(PROBE_LOADING);
    platforms_function platforms = open_driver(argv[1]);
    probe_stage(PROBE_PLATFORM_LIST);
    cl_uint count = list_platforms(platforms, list), devices = 0;
    for (cl_uint i = 0; i < count; i++) devices += probe_platform(list[i]);
    if (devices == 0) try_again();
    if (devices && !within_margins) probe_end("cramped");
    probe_say("well %u %u", (unsigned)count, (unsigned)devices);
    _exit(PROBE_EXIT);
}
