/* SPDX-License-Identifier: Apache-2.0 */
/* Sound configurations: types of scalars, getters, lines, aliases, canonical text. */
#include "io/config.h"

#include "sc_temp.h"

static sc_config *parse(sc_env *env, const char *text) {
    sc_config *config;
    sc_env_init(env, NULL, NULL);
    SC_OK(env, sc_config_parse(&config, env, "net.yaml", text, strlen(text)));
    return config;
}

Test(config, scalars_of_yaml_1_2) {
    static const struct {
        const char *text;
        json_type type;
        double number;
    } cases[] = {
        {"3", JSON_INTEGER, 3},
        {"-12", JSON_INTEGER, -12},
        {"+7", JSON_INTEGER, 7},
        {"010", JSON_INTEGER, 10},
        {"0x1F", JSON_INTEGER, 31},
        {"0o17", JSON_INTEGER, 15},
        {"-0", JSON_INTEGER, 0},
        {"1e-3", JSON_REAL, 0.001},
        {"1e3", JSON_REAL, 1000},
        {".5", JSON_REAL, 0.5},
        {"5.", JSON_REAL, 5},
        {"-1.5E+2", JSON_REAL, -150},
        {"0.1", JSON_REAL, 0.1},
        {"true", JSON_TRUE, 0},
        {"False", JSON_FALSE, 0},
        {"null", JSON_NULL, 0},
        {"~", JSON_NULL, 0},
        {"", JSON_NULL, 0},
        {"'3'", JSON_STRING, 0},
        {"\"true\"", JSON_STRING, 0},
        {"yes", JSON_STRING, 0},
        {"1_000", JSON_STRING, 0},
        {"0x", JSON_STRING, 0},
        {"1e", JSON_STRING, 0},
        {"-", JSON_STRING, 0},
        {"0x1p3", JSON_STRING, 0},
        {"1.2.3", JSON_STRING, 0},
        {"infinity", JSON_STRING, 0},
        {"nan", JSON_STRING, 0},
        {"same", JSON_STRING, 0},
        {".", JSON_STRING, 0},
        {"e5", JSON_STRING, 0},
        {"0o8", JSON_STRING, 0},
        {"9223372036854775807", JSON_INTEGER, 9223372036854775807.0},
        {"-9223372036854775808", JSON_INTEGER, -9223372036854775808.0},
    };
    sc_env env;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[64];
        snprintf(text, sizeof text, "a: [%s ]\n", cases[i].text);
        if (cases[i].text[0] == '\0') strcpy(text, "a: [null]");
        if (strcmp(cases[i].text, "-") == 0) strcpy(text, "a: ['-']");
        SC_REPRO("%s", text);
        sc_config *config = parse(&env, text);
        json_t *value = sc_config_find(config, "a[0]");
        SC_TRUE(value != NULL);
        SC_EQ(json_typeof(value), cases[i].type);
        SC_TRUE(json_number_value(value) == cases[i].number);
        sc_config_destroy(config);
    }
}

static const char network[] = "# a comment\n"
                              "network:\n"
                              "  - conv2d: {filters: 32, kernel: [3, 5],\n"
                              "             padding: same}\n"
                              "  - relu\n"
                              "  - maxpool: 2\n"
                              "train: {lr: 1e-3, shuffle: false, name: \"x\"}\n";

Test(config, getters_and_paths) {
    sc_env env;
    sc_config *config = parse(&env, network);
    const json_t *conv = sc_config_find(config, "network[0].conv2d");
    const json_t *train = NULL, *list = NULL;
    int64_t filters = 0, kernel[3] = {0}, absent = 77;
    size_t count = 0;
    double lr = 0;
    bool shuffle = true;
    const char *name = NULL;
    int padding = -1;
    static const char *const paddings[] = {"valid", "same"};
    SC_OK(&env, sc_config_get_integer(&filters, config, conv, "filters", 1, 64));
    SC_EQ(filters, 32);
    SC_OK(&env, sc_config_get_integers(kernel, &count, 3, config, conv, "kernel", 1, 9));
    SC_EQ(count, 2);
    SC_EQ(kernel[1], 5);
    SC_OK(&env, sc_config_get_integers(kernel, &count, 3, config, conv, "filters", 1, 99));
    SC_EQ(count, 1);
    SC_EQ(kernel[0], 32);
    SC_OK(&env, sc_config_get_choice(&padding, config, conv, "padding", paddings, 2));
    SC_EQ(padding, 1);
    SC_OK(&env, sc_config_get_object(&train, config, sc_config_root(config), "train"));
    SC_OK(&env, sc_config_get_number(&lr, config, train, "lr", 0, 1));
    SC_TRUE(lr == 0.001);
    SC_OK(&env, sc_config_get_boolean(&shuffle, config, train, "shuffle"));
    SC_TRUE(!shuffle);
    SC_OK(&env, sc_config_get_string(&name, config, train, "name"));
    SC_EQ_STR(name, "x");
    SC_OK(&env, sc_config_get_array(&list, config, sc_config_root(config), "network"));
    SC_EQ(json_array_size(list), 3);
    SC_OK(&env, sc_config_get_number(&lr, config, conv, "filters", 0, 100));
    SC_TRUE(lr == 32);

    SC_OK(&env, sc_config_get_integer(&filters, config, conv, "filters", 32, 32));
    SC_OK(&env, sc_config_get_number(&lr, config, train, "lr", 0.001, 0.001));

    SC_OK(&env, sc_config_get_integer(&absent, config, train, "no", 0, 1));
    SC_OK(&env, sc_config_get_integer(&absent, config, NULL, "no", 0, 1));
    SC_EQ(absent, 77);
    SC_OK(&env, sc_config_require(config, train, "lr"));
    SC_TRUE(sc_config_find(config, "network[3]") == NULL);
    SC_TRUE(sc_config_find(config, "network.conv2d") == NULL);
    SC_TRUE(sc_config_find(config, "train.") == NULL);
    SC_TRUE(sc_config_find(config, "") == NULL);
    SC_EQ(sc_config_line(config, conv, "padding"), 4);
    SC_EQ(sc_config_line(config, conv, NULL), 3);
    SC_EQ(sc_config_line(config, train, "lr"), 7);
    sc_config_destroy(config);
}

Test(config, paths_of_files_are_relative_to_the_configuration) {
    sc_env env;
    sc_temp temp;
    sc_config *config;
    char *path, expected[600];
    static const char text[] = "a: data/x.gz\nb: /abs/y\nc: ''\n";
    sc_env_init(&env, NULL, NULL);
    sc_temp_make(&temp);
    SC_OK(&env, sc_config_load(&config, &env, sc_temp_put(&temp, "n.yaml", text, strlen(text))));
    const json_t *root = sc_config_root(config);
    SC_OK(&env, sc_config_get_path(&path, config, root, "a"));
    snprintf(expected, sizeof expected, "%s/data/x.gz", temp.path);
    SC_EQ_STR(path, expected);
    sc_release(&env, path);
    SC_OK(&env, sc_config_get_path(&path, config, root, "b"));
    SC_EQ_STR(path, "/abs/y");
    sc_release(&env, path);
    SC_FAILS(&env, sc_config_get_path(&path, config, root, "c"), SOCLE_STATUS_CONFIG);
    SC_OK(&env, sc_config_get_path(&path, config, root, "d"));
    SC_TRUE(path == NULL);
    SC_OK(&env, sc_config_set(config, "a=data/z"));
    SC_OK(&env, sc_config_get_path(&path, config, root, "a"));
    SC_EQ_STR(path, "data/z");
    sc_release(&env, path);
    sc_config_destroy(config);
    SC_OK(&env, sc_config_parse(&config, &env, "not/a/file", text, strlen(text)));
    SC_OK(&env, sc_config_get_path(&path, config, sc_config_root(config), "a"));
    SC_EQ_STR(path, "data/x.gz");
    sc_release(&env, path);
    sc_config_destroy(config);
    sc_temp_remove(&temp);
}

Test(config, errors_name_line_path_values_and_remedy) {
    sc_env env;
    sc_config *config = parse(&env, network);
    const json_t *conv = sc_config_find(config, "network[0].conv2d");
    const json_t *train = sc_config_find(config, "train"), *none = NULL;
    int64_t integer, kernel[2];
    size_t count;
    double number;
    bool truth;
    const char *text;
    int choice;
    static const char *const words[] = {"valid", "some"};
    static const char *const keys[] = {"filters", "kernels", "padding"};
    SC_FAILS(&env, sc_config_get_integer(&integer, config, conv, "filters", 1, 16),
             SOCLE_STATUS_CONFIG);
    SC_EQ_STR(env.text,
              "net.yaml:3: network[0].conv2d.filters: must be a whole number from 1 to 16, not 32");
    SC_FAILS(&env, sc_config_get_integer(&integer, config, conv, "padding", 0, INT64_MAX),
             SOCLE_STATUS_CONFIG);
    SC_EQ_STR(env.text,
              "net.yaml:4: network[0].conv2d.padding: must be a whole number >= 0, not \"same\"");
    SC_FAILS(&env, sc_config_get_integer(&integer, config, train, "lr", 0, INT64_MAX),
             SOCLE_STATUS_CONFIG);
    SC_CONTAINS(env.text, "net.yaml:7: train.lr: must be a whole number >= 0, not 0.001");
    SC_FAILS(&env, sc_config_get_integers(kernel, &count, 2, config, conv, "kernel", 1, 4),
             SOCLE_STATUS_CONFIG);
    SC_EQ_STR(env.text,
              "net.yaml:3: network[0].conv2d.kernel[1]: must be a whole number from 1 to 4, not 5");
    SC_FAILS(&env, sc_config_get_integers(kernel, &count, 1, config, conv, "kernel", 1, 9),
             SOCLE_STATUS_CONFIG);
    SC_CONTAINS(env.text, "must have 1 to 1 elements, not 2");
    SC_FAILS(&env, sc_config_get_number(&number, config, train, "lr", 0.01, 1),
             SOCLE_STATUS_CONFIG);
    SC_EQ_STR(env.text, "net.yaml:7: train.lr: must be a number from 0.01 to 1, not 0.001");
    SC_FAILS(&env, sc_config_get_number(&number, config, train, "name", 0, INFINITY),
             SOCLE_STATUS_CONFIG);
    SC_CONTAINS(env.text, "must be a number >= 0, not \"x\"");
    SC_FAILS(&env, sc_config_get_number(&number, config, train, "lr", -INFINITY, 0.0001),
             SOCLE_STATUS_CONFIG);
    SC_CONTAINS(env.text, "must be a number <= 0.0001, not 0.001");
    SC_FAILS(&env, sc_config_get_boolean(&truth, config, train, "lr"), SOCLE_STATUS_CONFIG);
    SC_CONTAINS(env.text, "train.lr: must be true or false, not 0.001");
    SC_FAILS(&env, sc_config_get_string(&text, config, train, "lr"), SOCLE_STATUS_CONFIG);
    SC_CONTAINS(env.text, "must be text");
    SC_FAILS(&env, sc_config_get_object(&none, config, train, "lr"), SOCLE_STATUS_CONFIG);
    SC_FAILS(&env, sc_config_get_array(&none, config, sc_config_root(config), "train"),
             SOCLE_STATUS_CONFIG);
    SC_CONTAINS(env.text, "net.yaml:7: train: must be a list such as [a, b], not a mapping");
    SC_FAILS(&env, sc_config_get_choice(&choice, config, conv, "padding", words, 2),
             SOCLE_STATUS_CONFIG);
    SC_CONTAINS(env.text, "net.yaml:4: network[0].conv2d.padding: ");
    SC_CONTAINS(env.text, "did you mean 'some'?");
    SC_FAILS(&env, sc_config_check_keys(config, conv, keys, 3), SOCLE_STATUS_CONFIG);
    SC_EQ_STR(env.text,
              "net.yaml:3: network[0].conv2d.kernel: unknown key; did you mean 'kernels'?");
    SC_FAILS(&env, sc_config_check_keys(config, train, keys, 3), SOCLE_STATUS_CONFIG);
    SC_CONTAINS(env.text, "train.lr: unknown key; known: filters, kernels, padding");
    SC_FAILS(&env, sc_config_require(config, conv, "groups"), SOCLE_STATUS_CONFIG);
    SC_EQ_STR(env.text, "net.yaml:3: network[0].conv2d: the key 'groups' is missing");
    SC_FAILS(&env, sc_config_require(config, sc_config_root(config), "loss"), SOCLE_STATUS_CONFIG);
    SC_EQ_STR(env.text, "net.yaml:2: the key 'loss' is missing");
    SC_FAILS(
        &env,
        sc_config_fail_item(config, sc_config_find(config, "network"), 1, "no layer '%s'", "relu"),
        SOCLE_STATUS_CONFIG);
    SC_EQ_STR(env.text, "net.yaml:5: network[1]: no layer 'relu'");
    SC_OK(&env, sc_config_check_keys(config, NULL, keys, 3));
    sc_config_destroy(config);
}

Test(config, what_code_added_has_no_place_but_a_name) {
    sc_env env;
    int64_t integer;
    sc_config *config = parse(&env, "a: {b: 1}\n");
    json_t *added = json_pack("{s:s}", "c", "x");
    json_object_set_new(sc_config_root(config), "new", added);
    SC_FAILS(&env, sc_config_get_integer(&integer, config, added, "c", 0, 1), SOCLE_STATUS_CONFIG);
    SC_EQ_STR(env.text, "net.yaml: c: must be a whole number from 0 to 1, not \"x\"");
    json_object_set_new(sc_config_find(config, "a"), "d", json_string("y"));
    SC_FAILS(&env, sc_config_get_integer(&integer, config, sc_config_find(config, "a"), "d", 0, 1),
             SOCLE_STATUS_CONFIG);
    SC_CONTAINS(env.text, "net.yaml:1: a.d: must be");
    sc_config_destroy(config);
}

Test(config, aliases_are_copies) {
    sc_env env;
    char *text;
    sc_config *config =
        parse(&env, "base: &b {x: 1, y: [2, 3], e: {}}\ncopy: *b\nlist:\n- *b\n- &s 5\n- *s\n"
                    "- &b 6\n- *b\n");
    SC_OK(&env, sc_config_set(config, "copy.y[0]=9"));
    SC_OK(&env, sc_config_text(&text, config, 0));
    SC_EQ_STR(
        text,
        "{\"base\": {\"x\": 1, \"y\": [2, 3], \"e\": {}}, \"copy\": {\"x\": 1, \"y\": [9, 3], "
        "\"e\": {}}, \"list\": [{\"x\": 1, \"y\": [2, 3], \"e\": {}}, 5, 5, 6, 6]}");
    sc_release(&env, text);
    int64_t integer;
    SC_FAILS(&env,
             sc_config_get_integer(&integer, config, sc_config_find(config, "list[0]"), "y", 0, 1),
             SOCLE_STATUS_CONFIG);
    SC_CONTAINS(env.text, "net.yaml:4: list[0].y: ");
    sc_config_destroy(config);
}

/* The text of a tree is a configuration with the same tree. */
Test(config, text_reads_back_equal) {
    sc_env env;
    static const char *const sources[] = {
        network, "{}", "a: []\nb: {}\nc: [[], [{}]]\n",
        "r: [0.1, 1e300, 5e-324, 1.0, -0.0, 123456789.125, 1e22]\ns: \"q\\\" \\\\ \\n \\t \\x7f "
        "\\e \\u00e9 \\U0001F600 \\N \\L \\P \\u0080 \\ufeff \\uffff\"\n"
        "'odd key: #': |\n  two\n  lines\n'': 1\n"};
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        for (int indent = 0; indent <= 2; indent += 2) {
            char *text;
            sc_config *again, *config = parse(&env, sources[i]);
            SC_OK(&env, sc_config_text(&text, config, indent));
            SC_REPRO("%s", text);
            SC_OK(&env, sc_config_parse(&again, &env, "again", text, strlen(text)));
            SC_TRUE(json_equal(sc_config_root(config), sc_config_root(again)));
            json_t *plain = json_loads(text, 0, NULL);
            SC_TRUE(json_equal(sc_config_root(config), plain));
            json_decref(plain);
            sc_release(&env, text);
            sc_config_destroy(again);
            sc_config_destroy(config);
        }
    }
}

Test(config, saved_file_is_indented_and_loads) {
    sc_env env;
    sc_temp temp;
    sc_config *again, *config = parse(&env, "b: 1\na: {lr: 0.1, l: [x]}\n");
    sc_temp_make(&temp);
    const char *path = sc_temp_file(&temp, "config.json");
    SC_OK(&env, sc_config_save(config, path));
    char text[200] = "";
    FILE *file = fopen(path, "r");
    SC_TRUE(file != NULL);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    SC_EQ_STR(
        text,
        "{\n  \"b\": 1,\n  \"a\": {\n    \"lr\": 0.1,\n    \"l\": [\n      \"x\"\n    ]\n  }\n}\n");
    SC_OK(&env, sc_config_load(&again, &env, path));
    SC_TRUE(json_equal(sc_config_root(config), sc_config_root(again)));
    sc_config_destroy(again);
    sc_config_destroy(config);
    sc_temp_remove(&temp);
}

Test(config, standard_input) {
    sc_env env;
    sc_temp temp;
    sc_config *config;
    int64_t integer;
    sc_env_init(&env, NULL, NULL);
    sc_temp_make(&temp);
    SC_TRUE(freopen(sc_temp_put(&temp, "in", "a: x\n", 5), "r", stdin) != NULL);
    SC_OK(&env, sc_config_load(&config, &env, "-"));
    SC_FAILS(&env, sc_config_get_integer(&integer, config, sc_config_root(config), "a", 0, 1),
             SOCLE_STATUS_CONFIG);
    SC_CONTAINS(env.text, "standard input:1: a: must be");
    sc_config_destroy(config);
    sc_temp_remove(&temp);
}

static socle_status use(sc_env *env, void *argument) {
    sc_config *config;
    char *text = NULL, *path = NULL;
    int64_t integer = 0;
    (void)argument;
    SC_TRY(sc_config_parse(&config, env, "c", "a: &x {b: [1, 2], p: q}\nc: *x\n", 30));
    socle_status status = sc_config_set(config, "d.e.f={g: [3]}");
    if (status == SOCLE_OK)
        status = sc_config_get_path(&path, config, sc_config_find(config, "a"), "p");
    if (status == SOCLE_OK)
        status = sc_config_get_integer(&integer, config, sc_config_find(config, "d.e"), "x", 0, 1);
    if (status == SOCLE_OK) status = sc_config_text(&text, config, 2);
    sc_release(env, text);
    sc_release(env, path);
    sc_config_destroy(config);
    return status;
}

Test(config, every_allocation_may_fail) {
    sc_test_each_allocation(use, NULL);
}
