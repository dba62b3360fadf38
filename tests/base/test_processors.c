/* SPDX-License-Identifier: Apache-2.0 */
/* Quotas of processor time under made-up kernels: both generations of control groups, alone and
 * beside each other, at several depths, as containers see them. */
#include "base/thread_pool.h"
#include "sc_temp.h"

enum { MACHINE = 64 };

static sc_temp temp;

static void begin(void) {
    sc_temp_make(&temp);
}

static void end(void) {
    sc_temp_remove(&temp);
}

TestSuite(processors, .init = begin, .fini = end);

/* Writes a file below the folder, with the directories that lead to it. */
static void put(const char *name, const char *text) {
    char path[512];
    snprintf(path, sizeof path, "%s", sc_temp_file(&temp, name));
    for (char *slash = strchr(path + strlen(temp.path) + 1, '/'); slash;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0700);
        *slash = '/';
    }
    sc_temp_put(&temp, name, text, strlen(text));
}

static void allows(int count) {
    SC_EQ(sc_processors_in_quota(temp.path, MACHINE), count);
}

Test(processors, without_groups_all) {
    allows(MACHINE);
    put("proc/self/cgroup", "0::/\n");
    allows(MACHINE);
}

/* A container of the second generation sees its own group as the root. */
Test(processors, second_generation_at_the_root) {
    static const struct {
        const char *line;
        int count;
    } rows[] = {
        {"max 100000\n", MACHINE},
        {"200000 100000\n", 2},
        {"150000 100000\n", 2},
        {"100000 100000\n", 1},
        {"1000 100000\n", 1},
        {"100001 100000\n", 2},
        {"50000 20000\n", 3},
        {"9900000 100000\n", MACHINE},
        {"", MACHINE},
        {"garbage\n", MACHINE},
        {"-1 100000\n", MACHINE},
        {"200000 0\n", MACHINE},
        {"9223372036854775807 1\n", MACHINE},
    };
    put("proc/self/cgroup", "0::/\n");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        SC_REPRO("%s", rows[i].line);
        put("sys/fs/cgroup/cpu.max", rows[i].line);
        allows(rows[i].count);
    }
}

/* The least over the path counts, wherever it stands. */
Test(processors, second_generation_nested) {
    put("proc/self/cgroup", "0::/pods/burst/box\n");
    put("sys/fs/cgroup/pods/burst/box/cpu.max", "max 100000\n");
    put("sys/fs/cgroup/pods/burst/cpu.max", "300000 100000\n");
    put("sys/fs/cgroup/pods/cpu.max", "1600000 100000\n");
    allows(3);
    put("sys/fs/cgroup/pods/burst/box/cpu.max", "200000 100000\n");
    allows(2);
    put("sys/fs/cgroup/pods/cpu.max", "50000 100000\n");
    allows(1);
    put("sys/fs/cgroup/other/cpu.max", "1 100000\n");
    put("sys/fs/cgroup/pods/burst/box/inner/cpu.max", "1 100000\n");
    put("sys/fs/cgroup/pods/cpu.max", "max 100000\n");
    allows(2);
}

Test(processors, first_generation_nested) {
    put("proc/self/cgroup", "12:memory:/a\n4:cpu,cpuacct:/docker/box\n0::/\n");
    put("sys/fs/cgroup/cpu/docker/box/cpu.cfs_quota_us", "-1\n");
    put("sys/fs/cgroup/cpu/docker/box/cpu.cfs_period_us", "100000\n");
    allows(MACHINE);
    put("sys/fs/cgroup/cpu/docker/cpu.cfs_quota_us", "250000\n");
    put("sys/fs/cgroup/cpu/docker/cpu.cfs_period_us", "100000\n");
    allows(3);
    put("sys/fs/cgroup/cpu/docker/box/cpu.cfs_quota_us", "50000\n");
    allows(1);
}

/* The container's own group is mounted at the root, and /proc says where it lies on the host. */
Test(processors, first_generation_in_a_container) {
    put("proc/self/cgroup", "4:cpu,cpuacct:/docker/0123456789abcdef\n");
    put("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "400000\n");
    put("sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n");
    allows(4);
}

/* Both at once: systemd's mixed form. */
Test(processors, both_generations) {
    put("proc/self/cgroup", "3:cpu:/job\n0::/user/job\n");
    put("sys/fs/cgroup/cpu/job/cpu.cfs_quota_us", "500000\n");
    put("sys/fs/cgroup/cpu/job/cpu.cfs_period_us", "100000\n");
    allows(5);
    put("sys/fs/cgroup/unified/user/cpu.max", "300000 100000\n");
    allows(3);
}

/* A group is made where this machine lets us; elsewhere there is nothing to see. */
Test(processors, a_real_group) {
    char folder[64], text[32];
    int before = sc_processors_available();
    snprintf(folder, sizeof folder, "/sys/fs/cgroup/cpu/socle-test-%ld", (long)getpid());
    if (mkdir(folder, 0755) != 0) cr_skip_test("no control group can be made here");
    char quota[96], tasks[96];
    snprintf(quota, sizeof quota, "%s/cpu.cfs_quota_us", folder);
    snprintf(tasks, sizeof tasks, "%s/cgroup.procs", folder);
    snprintf(text, sizeof text, "%ld\n", (long)getpid());
    FILE *file = fopen(quota, "w");
    bool set = file && fputs("100000", file) >= 0;
    if (file) set = fclose(file) == 0 && set;
    file = set ? fopen(tasks, "w") : NULL;
    set = file && fputs(text, file) >= 0;
    if (file) set = fclose(file) == 0 && set;
    int within = sc_processors_available();
    file = fopen("/sys/fs/cgroup/cpu/cgroup.procs", "w");
    if (file) {
        fputs(text, file);
        fclose(file);
    }
    rmdir(folder);
    if (!set) cr_skip_test("a control group that was made here takes no quota or no process");
    SC_TRUE(before >= 1);
    SC_EQ(within, 1);
}
