/* SPDX-License-Identifier: Apache-2.0 */
/* Facts of this machine: processor name, memory, and the instruction set that the per-set files
 * (cpu_isa.h) are chosen by. The variable SOCLE_CPU_ISA asks for a lower set than the processor
 * has, for tests. */
#include "cpu/cpu.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#if defined(SC_HAVE_ISA_AVX2)
#include <cpuid.h>

/* Clang before 15 does not know "f16c" in __builtin_cpu_supports. Whether the system saves the
 * registers it needs follows from avx2, which does ask. */
static bool has_f16c(void) {
    unsigned a, b, c, d;
    return __get_cpuid(1, &a, &b, &c, &d) && (c & bit_F16C);
}

static bool has_avx2(void) {
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && has_f16c();
}
#endif

#if defined(SC_HAVE_ISA_AVX512)
static bool has_avx512(void) {
    return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
}
#endif

socle_status sc_cpu_isa_choose(sc_env *env, const sc_cpu_isa **out) {
    const sc_cpu_isa *usable[4];
    int count = 0;
    usable[count++] = &sc_cpu_isa_baseline;
#if defined(SC_HAVE_ISA_AVX2)
    if (has_avx2()) usable[count++] = &sc_cpu_isa_avx2;
#endif
#if defined(SC_HAVE_ISA_AVX512)
    if (has_avx512()) usable[count++] = &sc_cpu_isa_avx512;
#endif
    *out = usable[count - 1];
    const char *asked = getenv("SOCLE_CPU_ISA");
    if (!asked || !asked[0]) return SOCLE_OK;
    for (int i = 0; i < count; i++) {
        *out = usable[i];
        if (strcmp(asked, usable[i]->name) == 0) return SOCLE_OK;
    }
    return sc_fail(env, SOCLE_STATUS_CONFIG,
                   "SOCLE_CPU_ISA=%s: this processor and build offer baseline .. %s; "
                   "use baseline, avx2 or avx512, or unset it",
                   asked, usable[count - 1]->name);
}

/* The text after "KEY<spaces>: " of the first such line of /proc/cpuinfo. */
static void read_cpuinfo(const char *key, char *out, size_t size) {
    FILE *file = fopen("/proc/cpuinfo", "r");
    if (!file) return;
    char line[256];
    size_t length = strlen(key);
    while (fgets(line, sizeof line, file)) {
        char *colon = strchr(line, ':');
        if (!colon || strncmp(line, key, length) != 0) continue;
        char *value = colon + 1 + strspn(colon + 1, " \t");
        value[strcspn(value, "\n")] = '\0';
        snprintf(out, size, "%s", value);
        break;
    }
    fclose(file);
}

static uint64_t memory_limit_of_group(void) {
    unsigned long long limit;
    FILE *file = fopen("/sys/fs/cgroup/memory.max", "r");
    if (!file) return UINT64_MAX;
    int found = fscanf(file, "%llu", &limit);
    fclose(file);
    return found == 1 ? limit : UINT64_MAX;
}

static uint64_t memory_size(void) {
    long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE);
    uint64_t memory = pages > 0 && page > 0 ? (uint64_t)pages * (uint64_t)page : 0;
    uint64_t limit = memory_limit_of_group();
    return memory > limit || memory == 0 ? limit : memory;
}

socle_status sc_cpu_describe(sc_env *env, int index, sc_device_info *out) {
    const sc_cpu_isa *isa;
    memset(out, 0, sizeof *out);
    if (index != 0)
        return sc_fail(env, SOCLE_STATUS_NO_DEVICE, "cpu:%d: there is one such device, cpu:0",
                       index);
    SC_TRY(sc_cpu_isa_choose(env, &isa));
    out->driver = &sc_cpu_driver;
    snprintf(out->name, sizeof out->name, "CPU");
    snprintf(out->vendor, sizeof out->vendor, "unknown");
    read_cpuinfo("model name", out->name, sizeof out->name);
    read_cpuinfo("vendor_id", out->vendor, sizeof out->vendor);
    snprintf(out->id, sizeof out->id, "cpu:%.120s", out->name);
    snprintf(out->platform, sizeof out->platform, "cpu");
    snprintf(out->driver_version, sizeof out->driver_version, "socle %s, %s", SC_VERSION,
             isa->name);
    out->device_class = SC_DEVICE_CPU;
    out->traits = SC_TRAIT_WIDE_ITEMS | SC_TRAIT_CORRECT_DIVIDE | SC_TRAIT_DENORMALS |
                  SC_TRAIT_DOUBLE | SC_TRAIT_HOST_MEMORY | (isa->fma ? SC_TRAIT_FAST_FMA : 0u);
    out->vector_width = isa->vector_width;
    out->compute_units = sc_processors_available();
    out->memory = out->max_allocation = memory_size();
    out->max_work_group = 1;
    out->alignment = SC_CPU_ALIGNMENT;
    return SOCLE_OK;
}
