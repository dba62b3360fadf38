/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a record of `socle bench`: it is read or refused, and what was read is whole: every
 * row is a figure of itself, and the text written of it is read again. */
#include "fuzz.h"

#include "bench/record.h"

static void check_rows(const json_t *rows) {
    const json_t *row;
    size_t i;
    json_array_foreach(rows, i, row) {
        const json_t *median = json_object_get(row, "median");
        FUZZ_REQUIRE(sc_bench_record_same(row, row));
        FUZZ_REQUIRE(!median || json_number_value(median) > 0.0);
        FUZZ_REQUIRE(json_string_value(json_object_get(row, "name")) != NULL);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const socle_status allowed[] = {SOCLE_STATUS_DATA, SOCLE_OK};
    const json_t *machine;
    json_t *root, *again;
    size_t i;
    sc_env env;
    sc_env_init(&env, NULL, NULL);
    fuzz_write("bench.json", data, size);
    socle_status status = sc_bench_record_read(&root, &env, fuzz_file("bench.json"));
    if (status != SOCLE_OK) {
        FUZZ_REQUIRE(!root);
        fuzz_failed_well(&env, status, allowed);
        return 0;
    }
    json_array_foreach(json_object_get(root, "machines"), i, machine)
        check_rows(json_object_get(machine, "rows"));
    char *text = json_dumps(root, 0);
    FUZZ_REQUIRE(text != NULL);
    fuzz_write("bench.json", text, strlen(text));
    FUZZ_REQUIRE(sc_bench_record_read(&again, &env, fuzz_file("bench.json")) == SOCLE_OK);
    FUZZ_REQUIRE(json_equal(root, again));
    json_decref(again);
    json_decref(root);
    free(text);
    return 0;
}
