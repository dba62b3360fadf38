/* SPDX-License-Identifier: Apache-2.0 */
/* Stubs of OpenCL drivers, one library for each STUB_MODE, that do what broken drivers do; an .icd
 * file names them like any other driver. A program that loads one is written to the file STUB_LOG:
 * "MODE PROGRAM", and whether the probe's end would leave a core file. */
#define CL_TARGET_OPENCL_VERSION 300
#define CL_USE_DEPRECATED_OPENCL_1_2_APIS
#include <CL/cl_icd.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

enum {
    STUB_ABORT,
    STUB_HANG,
    STUB_CRASH,
    STUB_GARBAGE,
    STUB_WILD,
    STUB_ENDS,
    STUB_EMPTY,
    STUB_TALKS,
    STUB_STOPS,
    STUB_BUSY
};

static const char *const words[] = {"abort", "hang",  "crash", "garbage", "wild",
                                    "ends",  "empty", "talks", "stops",   "busy"};

CL_API_ENTRY cl_int CL_API_CALL clIcdGetPlatformIDsKHR(cl_uint room, cl_platform_id *list,
                                                       cl_uint *count);
CL_API_ENTRY void *CL_API_CALL clGetExtensionFunctionAddress(const char *name);

static struct _cl_icd_dispatch calls;
static struct { const struct _cl_icd_dispatch *calls; } platform = {&calls};

static cl_int CL_API_CALL platform_info(cl_platform_id id, cl_platform_info key, size_t size,
                                        void *value, size_t *given) {
    const char *text = key == CL_PLATFORM_EXTENSIONS       ? "cl_khr_icd"
                       : key == CL_PLATFORM_ICD_SUFFIX_KHR ? "STUB"
                                                           : "stub";
    (void)id;
    if (given) *given = strlen(text) + 1;
    if (value && size > strlen(text)) memcpy(value, text, strlen(text) + 1);
    return CL_SUCCESS;
}

static cl_int CL_API_CALL device_ids(cl_platform_id id, cl_device_type type, cl_uint room,
                                     cl_device_id *list, cl_uint *count) {
    (void)id, (void)type, (void)room, (void)list;
    if (count) *count = 0;
    return CL_DEVICE_NOT_FOUND;
}

static char program[32]; /* that loads this */

__attribute__((constructor)) static void log_load(void) {
    const char *path = getenv("STUB_LOG");
    char line[64];
    bool leaves_core =
        strcmp(program_invocation_short_name, "socle-probe") == 0 && prctl(PR_GET_DUMPABLE) != 0;
    snprintf(program, sizeof program, "%s%s", program_invocation_short_name,
             leaves_core ? "-with-core" : "");
    int log = path ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
    int length = snprintf(line, sizeof line, "%s %s\n", words[STUB_MODE], program);
    if (log >= 0 && write(log, line, (size_t)length) != length) abort();
    if (log >= 0) close(log);
    if (STUB_MODE == STUB_ENDS) exit(0);
}

/* More than is kept, and the last line has no end. */
static void talk(void) {
    static const char text[] = "looking for devices\nnone so far";
    for (int i = 0; i < 200; i++)
        if (write(STDOUT_FILENO, text, sizeof text - 1) < 0) return;
}

/* This process and the one that waits for it stand still, as in a container that is paused. */
static void stand_still(void) {
    pid_t self = getpid(), parent = getppid();
    if (fork() == 0) {
        nanosleep(&(struct timespec){.tv_sec = 2, .tv_nsec = 300000000}, NULL);
        kill(self, SIGCONT);
        kill(parent, SIGCONT);
        _exit(0);
    }
    kill(parent, SIGSTOP);
    kill(self, SIGSTOP);
    nanosleep(&(struct timespec){.tv_nsec = 200000000}, NULL); /* it answers some time after the
                                                                  other has looked */
}

/* 0.3 s of processor time. */
static void compute(void) {
    struct timespec used;
    do clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    while (used.tv_sec == 0 && used.tv_nsec < 300000000);
}

CL_API_ENTRY cl_int CL_API_CALL clIcdGetPlatformIDsKHR(cl_uint room, cl_platform_id *list,
                                                       cl_uint *count) {
    if (STUB_MODE == STUB_BUSY && !list && strcmp(program, "socle-probe") == 0) compute();
    if (STUB_MODE == STUB_TALKS) talk();
    if (STUB_MODE == STUB_STOPS && !list && strcmp(program, "socle-probe") == 0) stand_still();
    if (STUB_MODE == STUB_ABORT) abort();
    if (STUB_MODE == STUB_CRASH) raise(SIGSEGV);
    while (STUB_MODE == STUB_HANG) sleep(1);
    if (STUB_MODE == STUB_WILD) platform.calls = (const void *)(uintptr_t)4096;
    calls.clGetPlatformInfo = platform_info;
    calls.clGetDeviceIDs = device_ids;
    calls.clGetDeviceInfo = (cl_api_clGetDeviceInfo)(uintptr_t)8;
    calls.clCreateContext = (cl_api_clCreateContext)(uintptr_t)8;
    if (count) *count = STUB_MODE == STUB_GARBAGE ? 0xfffffff0u : 1;
    if (list && room) memset(list, 0, (STUB_MODE == STUB_GARBAGE ? 1 : room) * sizeof *list);
    if (list && room) list[0] = (cl_platform_id)(void *)&platform;
    return CL_SUCCESS;
}

CL_API_ENTRY void *CL_API_CALL clGetExtensionFunctionAddress(const char *name) {
    void *found = NULL;
    cl_int(CL_API_CALL * platforms)(cl_uint, cl_platform_id *, cl_uint *) = clIcdGetPlatformIDsKHR;
    cl_api_clGetPlatformInfo info = platform_info;
    if (strcmp(name, "clIcdGetPlatformIDsKHR") == 0) memcpy(&found, &platforms, sizeof found);
    if (strcmp(name, "clGetPlatformInfo") == 0) memcpy(&found, &info, sizeof found);
    return found;
}
