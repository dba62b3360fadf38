/* SPDX-License-Identifier: Apache-2.0 */
/* The canonical order: every implementation that states to keep it gives, on every OpenCL device
 * that can, the bits of the plain cpu backend, whatever instruction set that takes. */
#include "verify_family.h"

static bool is_able(const sc_device *device) {
    const uint32_t needs = SC_TRAIT_CORRECT_DIVIDE | SC_TRAIT_DENORMALS;
    return (device->info.traits & needs) == needs;
}

static void compare(family_run *run, sc_device *a, sc_device *b, const char *family, int every) {
    sc_verify_options options = SC_VERIFY_OPTIONS_DEFAULT;
    options.portable = true;
    options.quick = true;
    options.family = family;
    options.every = every;
    SC_OK(&run->env, sc_verify_compare(&run->env, a, b, b->info.name, &options, family_sink, run,
                                       &run->totals));
}

/* Every OpenCL device with this processor's best instruction set. */
static void on_opencl(const char *family, int every) {
    family_run run;
    sc_registry registry;
    const sc_device_options options = SC_DEVICE_OPTIONS_DEFAULT;
    const sc_device_choice first = {.sub_device = -1};
    int able = 0;
    family_begin(&run);
    SC_OK(&run.env, sc_registry_create(&registry, &run.env));
    for (int i = 1; i < registry.count; i++) {
        const sc_device_choice other = {.entry = i, .sub_device = -1};
        sc_device *cpu, *device;
        SC_OK(&run.env, sc_registry_open(&cpu, &registry, &run.env, &first, &options));
        SC_OK(&run.env, sc_registry_open(&device, &registry, &run.env, &other, &options));
        if (is_able(device)) compare(&run, cpu, device, family, every);
        able += is_able(device);
        sc_device_close(device);
        sc_device_close(cpu);
    }
    sc_registry_free(&registry, &run.env);
    if (!able) cr_skip_test("no OpenCL device divides correctly and keeps subnormals");
    family_end(&run);
}

/* Each instruction set with the plainest. */
static void on_cpu(const char *family) {
    static const char *const sets[] = {"avx2", "avx512"};
    family_run run;
    sc_registry registry;
    const sc_device_options options = SC_DEVICE_OPTIONS_DEFAULT;
    const sc_device_choice cpu = {.sub_device = -1};
    sc_device *device[2];
    family_begin(&run);
    SC_OK(&run.env, sc_registry_create(&registry, &run.env));
    setenv("SOCLE_CPU_ISA", "baseline", 1);
    SC_OK(&run.env, sc_registry_open(&device[0], &registry, &run.env, &cpu, &options));
    for (int i = 0; i < 2; i++) {
        setenv("SOCLE_CPU_ISA", sets[i], 1);
        if (sc_registry_open(&device[1], &registry, &run.env, &cpu, &options) != SOCLE_OK) continue;
        compare(&run, device[0], device[1], family, 1);
        sc_device_close(device[1]);
    }
    sc_device_close(device[0]);
    sc_registry_free(&registry, &run.env);
    if (!run.totals.pass && !run.totals.fail)
        cr_skip_test("this processor has one instruction set");
    family_end(&run);
}

#define FAMILY(name, every)                                                                        \
    Test(verify_portable, name) {                                                                  \
        on_opencl(#name, every);                                                                   \
    }                                                                                              \
    Test(verify_portable, name##_sets) {                                                           \
        on_cpu(#name);                                                                             \
    }

FAMILY(elementwise, 13)
FAMILY(matmul, 7)
FAMILY(pool, 7)
FAMILY(reduce, 5)
FAMILY(softmax, 5)
FAMILY(norm, 5)
FAMILY(index, 7)
FAMILY(copy, 13)
