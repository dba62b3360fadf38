/* SPDX-License-Identifier: Apache-2.0 */
/* Available memory under made-up kernels: /proc/meminfo alone, and control groups of both
 * generations at several depths. */
#include "base/host_memory.h"
#include "sc_temp.h"

enum { KIB = 1024 };

/* Writes a file below the folder, with the directories that lead to it. */
static void put(sc_temp *temp, const char *name, const char *text) {
    char path[512];
    snprintf(path, sizeof path, "%s", sc_temp_file(temp, name));
    for (char *slash = strchr(path + strlen(temp->path) + 1, '/'); slash;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0700);
        *slash = '/';
    }
    sc_temp_put(temp, name, text, strlen(text));
}

static void begin(sc_temp *temp) {
    sc_temp_make(temp);
    put(temp, "proc/meminfo", "MemTotal:  100000 kB\nMemAvailable:   90000 kB\n");
}

Test(host_memory, unknown_kernel) {
    sc_temp temp;
    sc_temp_make(&temp);
    SC_EQ(sc_host_memory_available(temp.path), UINT64_MAX);
    sc_temp_remove(&temp);
}

Test(host_memory, meminfo_alone) {
    sc_temp temp;
    begin(&temp);
    SC_EQ(sc_host_memory_available(temp.path), 90000 * KIB);
    put(&temp, "proc/self/cgroup", "0::/\n");
    SC_EQ(sc_host_memory_available(temp.path), 90000 * KIB);
    sc_temp_remove(&temp);
}

/* The tightest group counts; caches that can be dropped do not. */
Test(host_memory, unified_groups) {
    sc_temp temp;
    begin(&temp);
    put(&temp, "proc/self/cgroup", "3:cpu:/other\n0::/slice/box\n");
    put(&temp, "sys/fs/cgroup/slice/box/memory.max", "max\n");
    put(&temp, "sys/fs/cgroup/slice/memory.max", "5000000\n");
    put(&temp, "sys/fs/cgroup/slice/memory.current", "2000000\n");
    SC_EQ(sc_host_memory_available(temp.path), 3000000);
    put(&temp, "sys/fs/cgroup/slice/memory.stat", "anon 1\ninactive_file 500000\n");
    SC_EQ(sc_host_memory_available(temp.path), 3500000);
    put(&temp, "sys/fs/cgroup/slice/box/memory.max", "1000\n");
    put(&temp, "sys/fs/cgroup/slice/box/memory.current", "2000\n");
    SC_EQ(sc_host_memory_available(temp.path), 0);
    sc_temp_remove(&temp);
}

Test(host_memory, first_generation) {
    sc_temp temp;
    begin(&temp);
    put(&temp, "proc/self/cgroup", "9:name=systemd:/x\n4:cpu,memory:/a/b\n0::/\n");
    put(&temp, "sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
    put(&temp, "sys/fs/cgroup/memory/memory.usage_in_bytes", "1000\n");
    SC_EQ(sc_host_memory_available(temp.path), 90000 * KIB);
    put(&temp, "sys/fs/cgroup/memory/a/b/memory.limit_in_bytes", "70000\n");
    put(&temp, "sys/fs/cgroup/memory/a/b/memory.usage_in_bytes", "60000\n");
    put(&temp, "sys/fs/cgroup/memory/a/b/memory.stat", "inactive_file 9\ntotal_inactive_file 40\n");
    SC_EQ(sc_host_memory_available(temp.path), 10040);
    sc_temp_remove(&temp);
}

Test(host_memory, this_machine) {
    uint64_t available = sc_host_memory_available("");
    SC_TRUE(available > 1 << 20);
    SC_TRUE(available < UINT64_C(1) << 60);
}
