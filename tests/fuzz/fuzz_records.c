/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a record of quarantine, of tuning and of what was measured: it is read or it is an
 * empty one, never an error; what was read is written and read again as the same. As a file to
 * merge it is taken over or refused. */
#include "fuzz.h"

#include "backend/measured.h"

#include <stdio.h>

static int warnings;

static void count_line(void *user, socle_log_level level, const char *text) {
    (void)user;
    FUZZ_REQUIRE(text[0] != '\0');
    warnings += level >= SOCLE_LOG_WARNING;
}

static void merge(sc_env *env, sc_records *records, const sc_device_info *device) {
    char path[1024];
    int taken = 0, again = 0;
    sc_measured found;
    snprintf(path, sizeof path, "%s/other.json", fuzz_folder());
    socle_status status = sc_measured_merge(records, env, path, &taken);
    FUZZ_REQUIRE(status == SOCLE_OK || (status == SOCLE_STATUS_DATA && taken == 0));
    if (status == SOCLE_OK) {
        FUZZ_REQUIRE(sc_measured_merge(records, env, path, &again) == SOCLE_OK);
        FUZZ_REQUIRE(again == 0);
    }
    if (sc_measured_find(&found, records, device, SC_OP_CONV2D, "s", "direct"))
        FUZZ_REQUIRE(found.rounds == 0 || (found.rounds > 0 && found.seconds > 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const socle_logger logger = {count_line, NULL, SOCLE_LOG_DEBUG};
    sc_device_info device = {.id = "a", .driver_version = "1"};
    sc_env env;
    sc_records *records;
    sc_env_init(&env, NULL, &logger);
    fuzz_write("quarantine.json", data, size);
    fuzz_write("tuning.json", data, size);
    fuzz_write("measured.json", data, size);
    fuzz_write("other.json", data, size);
    warnings = 0;
    FUZZ_REQUIRE(sc_records_load(&records, &env, fuzz_folder()) == SOCLE_OK);
    FUZZ_REQUIRE(warnings <= 3);
    bool quarantined = sc_records_quarantined(records, &device, SC_OP_CONV2D, "direct");
    const char *tuning = sc_records_tuning(records, &device, SC_OP_CONV2D, "direct");
    FUZZ_REQUIRE(quarantined == (tuning != NULL)); /* the same bytes */
    FUZZ_REQUIRE(sc_records_set_tuning(records, &device, SC_OP_MATMUL, "packed", "A=1") ==
                 SOCLE_OK);
    FUZZ_REQUIRE(sc_records_set_quarantine(records, &device, SC_OP_CONV2D, "direct", NULL) ==
                 SOCLE_OK);
    if (size % 8 == 0) { /* to disk and back, now and then: it costs a sync */
        FUZZ_REQUIRE(sc_records_save(records, &env) == SOCLE_OK);
        sc_records_destroy(records);
        FUZZ_REQUIRE(sc_records_load(&records, &env, fuzz_folder()) == SOCLE_OK);
        tuning = sc_records_tuning(records, &device, SC_OP_MATMUL, "packed");
        FUZZ_REQUIRE(tuning && strcmp(tuning, "A=1") == 0);
    }
    merge(&env, records, &device);
    sc_records_destroy(records);
    return 0;
}
