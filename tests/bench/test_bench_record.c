/* SPDX-License-Identifier: Apache-2.0 */
/* Records of `socle bench`: a whole one is read; one in which any field is missing, of another type
 * or beyond its range is refused with the place. */
#include "bench/record.h"
#include "sc_temp.h"
#include "sc_test.h"

static const char whole[] =
    "{\"socle_bench\": 1, \"socle\": \"0.1\", \"quick\": true, \"machines\": [{\"device\": "
    "{\"device\": \"cpu:0\", \"name\": \"A\", \"vendor\": \"V\", \"driver\": \"1.0\"}, \"rows\": ["
    "{\"event\": \"roof\", \"name\": \"read\", \"unit\": \"GB/s\", \"bytes\": 65536, "
    "\"median\": 10, \"low\": 9.5, \"high\": 10, \"spread\": 0.05, \"samples\": 9, "
    "\"unsteady\": false}, "
    "{\"event\": \"operation\", \"name\": \"matmul\", \"unit\": \"us\", \"bytes\": 8.0, "
    "\"median\": 2, \"low\": 1, \"high\": 3, \"spread\": 1.0, \"samples\": 5, \"unsteady\": true, "
    "\"shape\": \"f32[1,2]\", \"network\": \"mlp\", \"implementation\": \"packed\", "
    "\"flops\": 100, \"gflops\": 5, \"gbytes\": 6, \"share\": 0.5, \"bound\": \"compute\"}, "
    "{\"event\": \"step\", \"name\": \"fashion-mlp\", \"unit\": \"samples/s\", \"bytes\": 1024, "
    "\"samples\": 7, \"unsteady\": true, \"batch\": 128, \"launches\": 24}]}]}";

static sc_temp temp;
static sc_env env;

static void begin(void) {
    sc_temp_make(&temp);
    sc_env_init(&env, NULL, NULL);
}

static void end(void) {
    sc_temp_remove(&temp);
}

TestSuite(bench_record, .init = begin, .fini = end);

/* The whole record with the first `from` behind `behind` as `to`. */
static const char *changed(const char *behind, const char *from, const char *to) {
    static char text[2 * sizeof whole];
    const char *start = strstr(whole, behind), *at = start ? strstr(start, from) : NULL;
    SC_TRUE(at != NULL);
    int length =
        snprintf(text, sizeof text, "%.*s%s%s", (int)(at - whole), whole, to, at + strlen(from));
    return sc_temp_put(&temp, "record.json", text, (size_t)length);
}

Test(bench_record, a_whole_one_is_read) {
    json_t *root;
    SC_OK(&env, sc_bench_record_read(&root, &env,
                                     sc_temp_put(&temp, "record.json", whole, strlen(whole))));
    const json_t *machine = json_array_get(json_object_get(root, "machines"), 0);
    SC_EQ(json_array_size(json_object_get(machine, "rows")), 3);
    json_decref(root);
}

Test(bench_record, what_is_wrong_is_refused_with_its_place) {
    static const struct {
        const char *behind, *from, *to, *text;
    } rows[] = {
        {"{", "\"socle_bench\"", "\"other\"", "is no record of `socle bench -o`"},
        {"{", "\"socle_bench\": 1", "\"socle_bench\": 2", "a record of version 2"},
        {"{", "\"socle_bench\": 1", "\"socle_bench\": 1, \"socle_bench\": 1", "duplicate"},
        {"{", "\"socle\": \"0.1\"", "\"socle\": 0.1", "socle is no text"},
        {"{", "true", "1", "quick is neither true nor false"},
        {"{", "\"machines\"", "\"machine\"", "machines is no list"},
        {"{", "\"driver\": \"1.0\"", "\"driver\": null", "machine 1: driver is no text"},
        {"{", "\"name\": \"A\"", "\"name\": \"a\\u0000b\"", "line 1"},
        {"{", "\"rows\": [", "\"rows\": {}, \"more\": [", "machine 1: rows is no list"},
        {"roof", "\"read\"", "7", "machine 1, row 1: name is no text"},
        {"{", "\"roof\"", "\"floor\"", "row 1: event is not roof, operation or step"},
        {"roof", "65536", "-1", "row 1: bytes is no amount"},
        {"roof", "65536", "1e31", "row 1: bytes is no amount"},
        {"roof", "65536", "\"65536\"", "row 1: bytes is no number"},
        {"roof", "\"median\": 10", "\"median\": 11", "row 1: median does not lie between"},
        {"roof", "\"low\": 9.5", "\"low\": 0", "row 1: median does not lie between"},
        {"roof", "\"low\": 9.5, ", "", "row 1: low is no number"},
        {"roof", "\"spread\": 0.05", "\"spread\": 0.06", "row 1: spread is not that"},
        {"roof", "\"samples\": 9", "\"samples\": 9.5", "row 1: samples is no whole number"},
        {"roof", "false", "true", "row 1: unsteady is not what the spread says"},
        {"roof", "false", "0", "row 1: unsteady is neither"},
        {"operation", "\"flops\": 100, ", "", "row 2: flops is no number"},
        {"operation", "\"share\": 0.5, ", "", "row 2: share is no number"},
        {"operation", "\"bound\": \"compute\"", "\"bound\": []", "row 2: bound is no text"},
        {"step", "\"batch\": 128", "\"batch\": \"128\"", "row 3: batch is no whole number"},
        {"fashion-mlp", "\"unsteady\": true", "\"unsteady\": false", "row 3: median is no number"},
    };
    json_t *root;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *path = changed(rows[i].behind, rows[i].from, rows[i].to);
        SC_FAILS(&env, sc_bench_record_read(&root, &env, path), SOCLE_STATUS_DATA);
        SC_TRUE(!root);
        SC_CONTAINS(env.text, rows[i].text);
    }
}

/* Cut anywhere it is no record. */
Test(bench_record, a_part_is_refused) {
    json_t *root;
    for (size_t length = 0; length + 1 < sizeof whole; length += 7)
        SC_FAILS(
            &env,
            sc_bench_record_read(&root, &env, sc_temp_put(&temp, "record.json", whole, length)),
            SOCLE_STATUS_DATA);
}

/* How fast it was, and by what, is no part of what a figure is of. */
Test(bench_record, rows_of_the_same_thing_are_known) {
    json_t *root, *other;
    SC_OK(&env, sc_bench_record_read(&root, &env,
                                     sc_temp_put(&temp, "record.json", whole, strlen(whole))));
    const json_t *rows =
        json_object_get(json_array_get(json_object_get(root, "machines"), 0), "rows");
    for (size_t i = 0; i < 3; i++)
        for (size_t k = 0; k < 3; k++)
            SC_EQ(sc_bench_record_same(json_array_get(rows, i), json_array_get(rows, k)), i == k);
    static const struct {
        size_t row;
        const char *key, *value;
        bool same;
    } changes[] = {{0, "median", "9", true},     {0, "bytes", "1", false},
                   {0, "name", "\"b\"", false},  {1, "implementation", "\"b\"", true},
                   {1, "shape", "\"b\"", false}, {1, "flops", "1", false},
                   {2, "bytes", "1", true},      {2, "batch", "1", false},
                   {2, "launches", "3", true},   {2, "unit", "\"us\"", false}};
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        const json_t *row = json_array_get(rows, changes[i].row);
        other = json_deep_copy(row);
        json_object_set_new(other, changes[i].key,
                            json_loads(changes[i].value, JSON_DECODE_ANY, NULL));
        SC_EQ(sc_bench_record_same(row, other), changes[i].same);
        json_decref(other);
    }
    json_decref(root);
}
