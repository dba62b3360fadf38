/* SPDX-License-Identifier: Apache-2.0 */
/* In what configurations differ: keys by their path, kinds and plain lists as a whole. */
#include "run/run_difference.h"
#include "sc_test.h"

#include "base/text.h"
#include "io/json_text.h"

#include <string.h>

enum { MOST = 3 };

static void expect(const char *wanted, const char *const *text, int count) {
    sc_env env;
    json_t *config[MOST], *out;
    sc_text shown;
    sc_env_init(&env, NULL, NULL);
    for (int i = 0; i < count; i++) {
        config[i] = json_loads(text[i], 0, NULL);
        SC_TRUE(config[i] != NULL);
    }
    SC_OK(&env, sc_run_differences(&out, &env, config, count));
    sc_text_init(&shown, &env);
    sc_json_text(&shown, out, 0);
    SC_EQ_STR(shown.data, wanted);
    sc_text_free(&shown);
    json_decref(out);
    for (int i = 0; i < count; i++) json_decref(config[i]);
}

#define EXPECT(wanted, ...)                                                                        \
    expect(wanted, (const char *const[]){__VA_ARGS__},                                             \
           (int)(sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *)))

Test(run_difference, of_keys) {
    EXPECT("[]", "{\"a\": 1}");
    EXPECT("[]", "{\"a\": 1, \"b\": {\"c\": 2}}", "{\"b\": {\"c\": 2.0}, \"a\": 1}");
    EXPECT("[{\"key\": \"b.c\", \"values\": [2, 3, 2]}]", "{\"b\": {\"c\": 2, \"d\": 0}}",
           "{\"b\": {\"c\": 3, \"d\": 0}}", "{\"b\": {\"c\": 2, \"d\": 0}}");
    EXPECT("[{\"key\": \"b\", \"values\": [2, null]}, {\"key\": \"c\", \"values\": [null, true]}]",
           "{\"a\": 1, \"b\": 2}", "{\"a\": 1, \"c\": true}");
}

Test(run_difference, of_kinds_and_lists) {
    EXPECT("[{\"key\": \"o\", \"values\": [{\"sgd\": {\"lr\": 1}}, {\"adam\": {\"lr\": 1}}]}]",
           "{\"o\": {\"sgd\": {\"lr\": 1}}}", "{\"o\": {\"adam\": {\"lr\": 1}}}");
    EXPECT("[{\"key\": \"o.sgd.lr\", \"values\": [1, 2]}]", "{\"o\": {\"sgd\": {\"lr\": 1}}}",
           "{\"o\": {\"sgd\": {\"lr\": 2}}}");
    EXPECT("[{\"key\": \"l\", \"values\": [[1, 2], [1, 3]]}]", "{\"l\": [1, 2]}",
           "{\"l\": [1, 3]}");
    EXPECT("[{\"key\": \"l[1].dense.units\", \"values\": [5, 6]}, "
           "{\"key\": \"l[2]\", \"values\": [null, \"relu\"]}]",
           "{\"l\": [\"relu\", {\"dense\": {\"units\": 5, \"bias\": true}}]}",
           "{\"l\": [\"relu\", {\"dense\": {\"units\": 6, \"bias\": true}}, \"relu\"]}");
}
