/* SPDX-License-Identifier: Apache-2.0 */
/* Forms that stand for something else: merge keys, and variables in names of files. */
#include "io/config.h"
#include "sc_test.h"

static sc_config *parse(sc_env *env, const char *text) {
    sc_config *config;
    sc_env_init(env, NULL, NULL);
    SC_OK(env, sc_config_parse(&config, env, "net.yaml", text, strlen(text)));
    return config;
}

/* What stands there itself counts most, wherever << stands; then the first mapping of a list. */
Test(config_forms, merge_keys) {
    sc_env env;
    char *text;
    sc_config *config =
        parse(&env, "a: &a {x: 1, y: {z: 2}}\nb: &b {x: 3, w: 4}\nc: {<<: *a, x: 5}\n"
                    "d: {x: 6, <<: *a}\ne: &e {<<: [*a, *b]}\nf: {<<: *e, w: 7}\n"
                    "g: {<<: {x: 8}}\nh: {\"<<\": 9}\n");
    SC_OK(&env, sc_config_set(config, "c.y.z=10"));
    SC_OK(&env, sc_config_text(&text, config, 0));
    SC_EQ_STR(text, "{\"a\": {\"x\": 1, \"y\": {\"z\": 2}}, \"b\": {\"x\": 3, \"w\": 4}, "
                    "\"c\": {\"y\": {\"z\": 10}, \"x\": 5}, \"d\": {\"x\": 6, \"y\": {\"z\": 2}}, "
                    "\"e\": {\"x\": 1, \"y\": {\"z\": 2}, \"w\": 4}, "
                    "\"f\": {\"x\": 1, \"y\": {\"z\": 2}, \"w\": 7}, \"g\": {\"x\": 8}, "
                    "\"h\": {\"<<\": 9}}");
    sc_release(&env, text);
    int64_t integer;
    SC_FAILS(&env, sc_config_get_integer(&integer, config, sc_config_find(config, "e"), "w", 1, 3),
             SOCLE_STATUS_CONFIG);
    SC_EQ_STR(env.text, "net.yaml:5: e.w: must be a whole number from 1 to 3, not 4");
    SC_FAILS(&env, sc_config_get_integer(&integer, config, sc_config_find(config, "c"), "x", 1, 3),
             SOCLE_STATUS_CONFIG);
    SC_EQ_STR(env.text, "net.yaml:3: c.x: must be a whole number from 1 to 3, not 5");
    sc_config_destroy(config);
}

/* ~ and ${NAME} as in a shell; what is not set is said by name. */
Test(config_forms, paths_with_variables) {
    static const struct {
        const char *given, *path;
    } rows[] = {
        {"~/data", "/home/me/data"},
        {"\"~\"", "/home/me"},
        {"${SC_DATA}/a", "/mnt/data/a"},
        {"x/${SC_PART}.gz", "x/one.gz"},
        {"${SC_PART}${SC_PART}", "oneone"},
        {"~me/a", "~me/a"},
        {"a$b/$", "a$b/$"},
        {"x/~", "x/~"},
    };
    static const struct {
        const char *given, *part;
    } bad[] = {
        {"${SC_NOT_SET}/a", "n.yaml:1: p: the environment has no variable SC_NOT_SET"},
        {"${SC_DATA", "\"${SC_DATA\": after ${ come the name of a variable and }"},
        {"${}", "after ${ come"},
        {"${1A}", "after ${ come"},
        {"${SC_EMPTY}", "must be the name of a file, not empty"},
    };
    setenv("HOME", "/home/me", 1);
    setenv("SC_DATA", "/mnt/data", 1);
    setenv("SC_PART", "one", 1);
    setenv("SC_EMPTY", "", 1);
    unsetenv("SC_NOT_SET");
    for (size_t r = 0; r < sizeof rows / sizeof rows[0] + sizeof bad / sizeof bad[0]; r++) {
        sc_env env;
        sc_config *config;
        char yaml[128], *path;
        size_t good = sizeof rows / sizeof rows[0];
        snprintf(yaml, sizeof yaml, "p: %s", r < good ? rows[r].given : bad[r - good].given);
        sc_env_init(&env, NULL, NULL);
        SC_REPRO("%s", yaml);
        SC_OK(&env, sc_config_parse(&config, &env, "n.yaml", yaml, strlen(yaml)));
        const json_t *root = sc_config_root(config);
        if (r < good) {
            SC_OK(&env, sc_config_get_path(&path, config, root, "p"));
            SC_EQ_STR(path, rows[r].path);
            sc_release(&env, path);
        } else {
            SC_FAILS(&env, sc_config_get_path(&path, config, root, "p"), SOCLE_STATUS_CONFIG);
            SC_CONTAINS(env.text, bad[r - good].part);
            SC_TRUE(path == NULL);
        }
        sc_config_destroy(config);
    }
}
