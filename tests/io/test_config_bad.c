/* SPDX-License-Identifier: Apache-2.0 */
/* Configurations that must be refused, with file and line, within bounded memory and time. */
#include "io/config.h"

#include "sc_temp.h"

static void expect_bad_bytes(const char *text, size_t size, const char *needle) {
    sc_env env;
    sc_config *config;
    sc_test_allocator state;
    socle_allocator allocator = sc_test_allocator_init(&state, 0);
    sc_env_init(&env, &allocator, NULL);
    SC_REPRO("%.200s", text);
    char *copy = malloc(size + !size);
    memcpy(copy, text, size);
    SC_FAILS(&env, sc_config_parse(&config, &env, "net.yaml", copy, size), SOCLE_STATUS_CONFIG);
    free(copy);
    SC_TRUE(config == NULL);
    SC_CONTAINS(env.text, "net.yaml");
    SC_CONTAINS(env.text, needle);
    SC_EQ(atomic_load(&state.live), 0);
}

static void expect_bad(const char *text, const char *needle) {
    expect_bad_bytes(text, strlen(text), needle);
}

Test(config_bad, documents) {
    expect_bad("", "net.yaml: holds no value");
    expect_bad("# nothing\n\n", "holds no value");
    expect_bad("3", "net.yaml:1: a configuration is a mapping");
    expect_bad("\n- a\n- b\n", "net.yaml:2: a configuration is a mapping");
    expect_bad("a: 1\n---\nb: 2\n", "net.yaml:2: a second document begins here");
    expect_bad("a: 1\n...\nb: 2\n", "net.yaml:3: ");
    expect_bad("a: [1, 2\nb: 3\n", "not valid YAML");
    expect_bad("a:\n\tb: 1\n", "net.yaml:2: not valid YAML");
    expect_bad("a: 'x\n", "not valid YAML");
    expect_bad("a: b: c\n", "net.yaml:1: not valid YAML");
    expect_bad("a: @x\n", "net.yaml:1: not valid YAML");
    expect_bad("%YAML 3.0\n---\na: 1\n", "not valid YAML");
    expect_bad("a: \xff\n", "byte 3");
    expect_bad("a: \x01\n", "byte 3");
    expect_bad_bytes("a: x\0y\n", 7, "net.yaml");
    expect_bad("a: \"x\\0y\"\n", "net.yaml:1: a: x: a zero byte");
    expect_bad("\"a\\0b\": 1\n", "net.yaml:1: ");
}

Test(config_bad, values) {
    expect_bad("a:\n  b: .nan\n", "net.yaml:2: a.b: .nan: numbers must be finite");
    expect_bad("a: [1, -.inf]\n", "net.yaml:1: a[1]: -.inf: numbers must be finite");
    expect_bad("a: 1e999\n", "net.yaml:1: a: 1e999: this number is too large");
    expect_bad("a: 9223372036854775808\n",
               "a: 9223372036854775808: this whole number does not fit into 64 bits");
    expect_bad("a: -9223372036854775809\n", "does not fit");
    expect_bad("a: 0x8000000000000000\n", "does not fit");
    expect_bad("a: !!str 3\n", "net.yaml:1: a: tags (!...) are not supported");
    expect_bad("a: !x {b: 1}\n", "tags");
    expect_bad("a: ! [1]\n", "tags");
    expect_bad("!!str a: 1\n", "tags");
}

Test(config_bad, keys) {
    expect_bad("a: 1\nb: 2\na: 3\n", "net.yaml:3: a: this key is there twice (first on line 1)");
    expect_bad("x:\n  - {k: 1,\n     k: 2}\n",
               "net.yaml:3: x[0].k: this key is there twice (first on line 2)");
    expect_bad("{[1, 2]: 3}\n", "net.yaml:1: a key must be plain text");
    expect_bad("? {a: 1}\n: 2\n", "a key must be plain text");
    expect_bad("&k a: 1\n*k : 2\n", "a key must be plain text");
    char text[300];
    memset(text, 'k', 260);
    strcpy(text + 161, ": 1\n");
    expect_bad(text, "a key of 161 bytes; at most 160");
}

Test(config_bad, aliases) {
    expect_bad("a: *b\n", "net.yaml:1: a: the alias *b stands for nothing read so far");
    expect_bad("a: {<<: 1}\n", "net.yaml:1: a.<<: merges a mapping, or a list of mappings");
    expect_bad("a: {<<: [{b: 1}, 2]}\n", "a.<<: merges a mapping");
    expect_bad("a: {<<: *b}\n", "a.<<: the alias *b stands for nothing");
    expect_bad("a: {<<: {b: 1},\n <<: {c: 1}}\n",
               "net.yaml:2: a.<<: is there twice; write <<: [*a, *b]");
    expect_bad("a: {<<: {b: 1}, b: 2, b: 3}\n", "a.b: this key is there twice");
    expect_bad("a: &b [1, *b]\n", "a[1]: the alias *b stands for nothing");
    expect_bad("a: &b {c: *b}\n", "the alias *b stands for nothing");
    /* Ten levels of ten: 10^10 values. */
    char text[2000] = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
    for (int level = 1; level < 10; level++) {
        char line[200];
        snprintf(line, sizeof line, "a%d: &a%d [", level, level);
        strcat(text, line);
        for (int i = 0; i < 10; i++) {
            snprintf(line, sizeof line, "*a%d%s", level - 1, i < 9 ? ", " : "]\n");
            strcat(text, line);
        }
    }
    expect_bad(text, "more than 262144 values");
    SC_EQ(strlen(text) < 1000, 1);
}

static char *repeated(const char *head, const char *part, size_t count, const char *tail) {
    size_t step = strlen(part), start = strlen(head);
    char *text = malloc(start + step * count + strlen(tail) + 1);
    strcpy(text, head);
    for (size_t i = 0; i < count; i++) memcpy(text + start + i * step, part, step);
    strcpy(text + start + step * count, tail);
    return text;
}

Test(config_bad, limits) {
    static const struct {
        const char *head, *part, *tail, *needle;
        size_t count;
    } cases[] = {
        {"a: ", "[", "", "nested more than 64 deep", 100000},
        {"a: ", "{b: ", "", "nested more than 64 deep", 100000},
        {"", "- ", "", "nested more than 64 deep", 10000},
        {"a: [", "1,", "]", "more than 262144 values", 300000},
        {"a: [", "&x 1,", "]", "more than 100 anchors", 200},
        {"a: ", "x", "\n", "a configuration may have 16777216", 17 << 20},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *text = repeated(cases[i].head, cases[i].part, cases[i].count, cases[i].tail);
        expect_bad(text, cases[i].needle);
        free(text);
    }
    /* Distinct directives, which libyaml would compare with each other. */
    char *directives = calloc(1, 20 * 300000);
    for (size_t i = 0, used = 0; i < 300000; i++)
        used += (size_t)sprintf(directives + used, "%%TAG !%zu! x\n", i);
    expect_bad(directives, "more than 16 lines begin with '%'");
    free(directives);
    /* An alias may not reach deeper than plain nesting. */
    char deep[2000] = "a: &x ";
    for (int i = 0; i < 40; i++) strcat(deep, "[");
    for (int i = 0; i < 40; i++) strcat(deep, "]");
    strcat(deep, "\nb: ");
    for (int i = 0; i < 40; i++) strcat(deep, "[");
    strcat(deep, "*x");
    for (int i = 0; i < 40; i++) strcat(deep, "]");
    expect_bad(deep, "net.yaml:2: b[0]");
}

Test(config_bad, ten_thousand_layers_are_read) {
    sc_env env;
    sc_config *config;
    char *text = repeated("network:\n", "- dense: {units: 10, activation: relu}\n", 10000, "");
    sc_env_init(&env, NULL, NULL);
    SC_OK(&env, sc_config_parse(&config, &env, "n", text, strlen(text)));
    SC_EQ(json_array_size(sc_config_find(config, "network")), 10000);
    sc_config_destroy(config);
    free(text);
}

Test(config_bad, long_paths_are_cut) {
    char *key = repeated("", "k", 150, ""), text[12000] = "";
    for (int i = 0; i < 40; i++) {
        strcat(text, "{");
        strcat(text, key);
        strcat(text, ": ");
    }
    strcat(text, ".nan");
    expect_bad(text, "kkk...");
    free(key);
}

Test(config_bad, names_cannot_command_a_terminal) {
    sc_env env;
    sc_config *config;
    static const char text[] = "\"a\\e[31m\": 1\n";
    sc_env_init(&env, NULL, NULL);
    SC_OK(&env, sc_config_parse(&config, &env, "n", text, strlen(text)));
    SC_FAILS(&env, sc_config_check_keys(config, sc_config_root(config), NULL, 0),
             SOCLE_STATUS_CONFIG);
    SC_CONTAINS(env.text, "n:1: a?[31m: unknown key");
    sc_config_destroy(config);
}

Test(config_bad, files) {
    sc_env env;
    sc_temp temp;
    sc_config *config;
    sc_env_init(&env, NULL, NULL);
    sc_temp_make(&temp);
    SC_FAILS(&env, sc_config_load(&config, &env, sc_temp_file(&temp, "no.yaml")),
             SOCLE_STATUS_NOT_FOUND);
    SC_CONTAINS(env.text, "no.yaml");
    SC_FAILS(&env, sc_config_load(&config, &env, temp.path), SOCLE_STATUS_IO);
    const char *path = sc_temp_put(&temp, "big", "a: 1\n", 5);
    SC_EQ(truncate(path, 10LL << 30), 0);
    SC_FAILS(&env, sc_config_load(&config, &env, path), SOCLE_STATUS_CONFIG);
    SC_EQ(env.status, SOCLE_STATUS_CONFIG);
    SC_CONTAINS(env.text, "big");
    sc_temp_remove(&temp);
}

static const char sample[] =
    "data: {train: 'a.gz', b: [1, -2.5e3, true, ~]}\n"
    "network:\n- conv: &c {k: 3}\n- \"rel\\u00fc\"\n- *c\ntrain: {lr: 1e-3}\n";

/* Whatever is cut off or flipped: a status, no crash, nothing left. */
Test(config_bad, truncation_and_flips) {
    size_t size = strlen(sample), accepted = 0;
    for (size_t cut = 0; cut < size * 9; cut++) {
        sc_env env;
        sc_config *config;
        sc_test_allocator state;
        socle_allocator allocator = sc_test_allocator_init(&state, 0);
        sc_env_init(&env, &allocator, NULL);
        size_t length = cut < size ? cut : size;
        char *text = malloc(length + !length);
        memcpy(text, sample, length);
        if (cut >= size) text[(cut - size) / 8] ^= (char)(1 << (cut - size) % 8);
        SC_REPRO("%.*s", (int)length, text);
        socle_status status = sc_config_parse(&config, &env, "s.yaml", text, length);
        if (status == SOCLE_OK) {
            accepted++;
        } else {
            SC_EQ(status, SOCLE_STATUS_CONFIG);
            SC_CONTAINS(env.text, "s.yaml");
        }
        sc_config_destroy(config);
        SC_EQ(atomic_load(&state.live), 0);
        free(text);
    }
    SC_TRUE(accepted > size && accepted < size * 8);
}
