/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as --device, with devices whose names hold what the grammar gives a meaning: what is
 * chosen exists. */
#include "fuzz.h"

#include "backend/registry.h"

#include <math.h>
#include <stdio.h>

enum { DEVICES = 4 };

static void describe(sc_device_info *info, int index, const char *driver, const char *name,
                     sc_device_class class) {
    static sc_driver drivers[2] = {{.name = "cpu"}, {.name = "opencl"}};
    *info = (sc_device_info){
        .driver = &drivers[strcmp(driver, "opencl") == 0], .index = index, .compute_units = 2};
    info->device_class = class;
    snprintf(info->name, sizeof info->name, "%s", name);
    snprintf(info->vendor, sizeof info->vendor, "Vendor, Inc.");
    snprintf(info->id, sizeof info->id, "%s:%s", driver, name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static sc_device_info info[DEVICES];
    sc_registry registry = {.count = DEVICES, .info = info};
    sc_device_choice *choice = NULL;
    int count = 0;
    sc_env env;
    sc_env_init(&env, NULL, NULL);
    describe(&info[0], 0, "cpu", "AMD EPYC", SC_DEVICE_CPU);
    describe(&info[1], 0, "opencl", "llvmpipe (LLVM 15.0.6, 256 bits)", SC_DEVICE_CPU);
    describe(&info[2], 1, "opencl", "AMD Radeon RX 6700 XT (navi22, LLVM 15.0.6, DRM 3.49)",
             SC_DEVICE_GPU);
    describe(&info[3], 2, "opencl", "a=b/0", SC_DEVICE_CPU);
    char *text = malloc(size + 1);
    FUZZ_REQUIRE(text != NULL);
    if (size) memcpy(text, data, size);
    text[size] = '\0';
    socle_status status = sc_registry_select(&registry, &env, text, &choice, &count);
    if (status != SOCLE_OK)
        fuzz_failed_well(
            &env, status,
            (const socle_status[]){SOCLE_STATUS_NO_DEVICE, SOCLE_STATUS_CONFIG, SOCLE_OK});
    else
        FUZZ_REQUIRE(count > 0 && choice != NULL);
    for (int i = 0; i < count && status == SOCLE_OK; i++) {
        FUZZ_REQUIRE(choice[i].entry >= 0 && choice[i].entry < DEVICES &&
                     choice[i].sub_device >= -1);
        FUZZ_REQUIRE(isfinite(choice[i].share) && choice[i].share >= 0);
    }
    sc_release(&env, choice);
    free(text);
    return 0;
}
