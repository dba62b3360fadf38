/* SPDX-License-Identifier: Apache-2.0 */
/* Every scalar operation, broadcasting, random numbers against the double reference, on every kind
 * of device there is. */
#include "verify_family.h"

static const char *const ops[] = {"elementwise", NULL};
enum { OPENCL_EVERY = 13 };

Test(verify_elementwise, cpu) {
    family_on_cpu(ops, true);
}

Test(verify_elementwise, cpu_bits_do_not_depend_on_threads) {
    family_threads(ops, true);
}

Test(verify_elementwise, opencl) {
    family_on_opencl(ops, &(sc_verify_options){.quick = true, .every = OPENCL_EVERY});
}

/* On these two devices other families are left to test_verify_other.c. */
Test(verify_elementwise, pocl_basic) {
    family_on_basic(&(sc_verify_options){.op = ops[0], .every = 99});
}

Test(verify_elementwise, oclgrind) {
    family_under_oclgrind(&(sc_verify_options){.op = ops[0], .every = 12});
}

/* One definition of the scalar mathematics, two compilers: the same bits. */
Test(verify_elementwise, cpu_and_opencl_agree_to_the_bit) {
    char devices[1024];
    family_opencl(devices, sizeof devices);
    family_run run;
    family_begin(&run);
    sc_registry registry;
    sc_device_options device_options = SC_DEVICE_OPTIONS_DEFAULT;
    sc_verify_options options = SC_VERIFY_OPTIONS_DEFAULT;
    options.op = "elementwise";
    options.quick = true;
    options.every = OPENCL_EVERY; /* the same cases, so that nothing is built twice */
    SC_OK(&run.env, sc_registry_create(&registry, &run.env));
    for (int i = 1; i < registry.count; i++) {
        sc_device_choice first = {.sub_device = -1}, other = {.entry = i, .sub_device = -1};
        sc_device *cpu, *device;
        SC_OK(&run.env, sc_registry_open(&cpu, &registry, &run.env, &first, &device_options));
        SC_OK(&run.env, sc_registry_open(&device, &registry, &run.env, &other, &device_options));
        bool alike = (device->info.traits & SC_TRAIT_CORRECT_DIVIDE) &&
                     (device->info.traits & SC_TRAIT_DENORMALS);
        if (alike)
            SC_OK(&run.env, sc_verify_compare(&run.env, cpu, device, device->info.name, &options,
                                              family_sink, &run, &run.totals));
        sc_device_close(device);
        sc_device_close(cpu);
    }
    sc_registry_free(&registry, &run.env);
    if (run.totals.pass + run.totals.fail == 0)
        cr_skip_test("no OpenCL device divides correctly and keeps subnormals");
    family_end(&run);
}
