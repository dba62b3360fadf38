/* SPDX-License-Identifier: Apache-2.0 */
/* How many processors this process may use: the affinity mask, cut by the least quota of its
 * control groups (a container with two of 64 processors would otherwise be throttled by 64
 * threads). */
#include "base/control_group.h"
#include "base/thread_pool.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <time.h>

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

/* ---- Quotas of control groups ---- */

/* Hierarchies in which a quota of processor time may stand: the second generation alone or beside
 * the first, and the first. */
static const sc_group_mount mounts[] = {
    {"", "/sys/fs/cgroup"},
    {"", "/sys/fs/cgroup/unified"},
    {"cpu", "/sys/fs/cgroup/cpu"},
    {"cpu", "/sys/fs/cgroup/cpu,cpuacct"},
    {"cpu", "/sys/fs/cgroup/cpuacct,cpu"},
};

/* "QUOTA PERIOD" in microseconds in one file, or one number in each of two; "max" and -1 are no
 * quota. */
static bool read_quota(const char *folder, long long *quota, long long *period) {
    char line[64];
    if (sc_control_group_line(line, sizeof line, folder, "cpu.max"))
        return sscanf(line, "%lld %lld", quota, period) == 2;
    if (!sc_control_group_line(line, sizeof line, folder, "cpu.cfs_quota_us") ||
        sscanf(line, "%lld", quota) != 1)
        return false;
    return sc_control_group_line(line, sizeof line, folder, "cpu.cfs_period_us") &&
           sscanf(line, "%lld", period) == 1;
}

static void cut_by_group(void *user, const char *folder) {
    int *least = user;
    long long quota, period;
    if (!read_quota(folder, &quota, &period) || quota <= 0 || period <= 0) return;
    long long count = (quota - 1) / period + 1;
    if (count < *least) *least = (int)count;
}

int sc_processors_in_quota(const char *root, int most) {
    for (size_t i = 0; i < sizeof mounts / sizeof mounts[0]; i++)
        sc_control_group_visit(root, &mounts[i], cut_by_group, &most);
    return most;
}

int sc_processors_available(void) {
    return sc_processors_in_quota("", processors_in_mask());
}

uint64_t sc_now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}
