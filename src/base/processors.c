/* SPDX-License-Identifier: Apache-2.0 */
/* How many processors this process may use: the affinity mask, cut by the quota of its control
 * group (a container with two of 64 processors would otherwise be throttled by 64 threads). */
#include "base/thread_pool.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { MOST_PROCESSORS = 1 << 16 };

static int processors_in_mask(void) {
    for (int processors = CPU_SETSIZE; processors <= MOST_PROCESSORS; processors *= 2) {
        cpu_set_t *set = CPU_ALLOC((size_t)processors);
        if (!set) return 1;
        size_t bytes = CPU_ALLOC_SIZE((size_t)processors);
        int result = sched_getaffinity(0, bytes, set), code = errno;
        int count = result == 0 ? CPU_COUNT_S(bytes, set) : 0;
        CPU_FREE(set);
        if (result == 0) return count > 0 ? count : 1;
        if (code != EINVAL) return 1;
    }
    return 1;
}

/* "QUOTA PERIOD" in microseconds, or "max PERIOD"; a missing file means no quota. */
static int processors_in_quota(int most) {
    int file = open("/sys/fs/cgroup/cpu.max", O_RDONLY | O_CLOEXEC);
    if (file < 0) return most;
    char line[64];
    ssize_t length = read(file, line, sizeof line - 1);
    close(file);
    if (length <= 0) return most;
    line[length] = '\0';
    long long quota, period;
    if (sscanf(line, "%lld %lld", &quota, &period) != 2 || quota <= 0 || period <= 0) return most;
    long long count = (quota - 1) / period + 1;
    return count < most ? (int)count : most;
}

int sc_processors_available(void) {
    return processors_in_quota(processors_in_mask());
}

uint64_t sc_now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}
