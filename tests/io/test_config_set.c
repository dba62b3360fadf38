/* SPDX-License-Identifier: Apache-2.0 */
/* --set: what it changes, and that a refused one changes nothing. */
#include "io/config.h"

#include "sc_test.h"

static const char text[] =
    "train: {epochs: 3, lr: 0.1}\nnetwork:\n- dense: 10\n- relu\n- dropout: {p: 0.5}\n";

static sc_config *fresh(sc_env *env) {
    sc_config *config;
    sc_env_init(env, NULL, NULL);
    SC_OK(env, sc_config_parse(&config, env, "n.yaml", text, strlen(text)));
    return config;
}

Test(config_set, sets) {
    static const struct {
        const char *assignment, *path, *expected; /* the value as JSON */
    } cases[] = {
        {"train.epochs=7", "train.epochs", "7"},
        {"train.epochs= 7 ", "train.epochs", "7"},
        {"train.lr=1e-3", "train.lr", "0.001"},
        {"train.name=a=b", "train.name", "\"a=b\""},
        {"train.name=''", "train.name", "\"\""},
        {"train.name=null", "train.name", "null"},
        {"train={epochs: 1}", "train", "{\"epochs\": 1}"},
        {"optimizer.adam.lr=0.5", "optimizer", "{\"adam\": {\"lr\": 0.5}}"},
        {"optimizer={adam: {lr: [1, 2]}}", "optimizer.adam.lr[1]", "2"},
        {"network[0].dense=20", "network[0].dense", "20"},
        {"network[1]=tanh", "network[1]", "\"tanh\""},
        {"network[2].dropout.p=0.25", "network[2]", "{\"dropout\": {\"p\": 0.25}}"},
        {"network[2].dropout.q=true", "network[2].dropout", "{\"p\": 0.5, \"q\": true}"},
        {"network=[]", "network", "[]"},
        {"a=/usr/share/x.gz", "a", "\"/usr/share/x.gz\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sc_env env;
        sc_config *config = fresh(&env);
        SC_REPRO("--set %s", cases[i].assignment);
        SC_OK(&env, sc_config_set(config, cases[i].assignment));
        json_t *expected = json_loads(cases[i].expected, JSON_DECODE_ANY, NULL);
        SC_TRUE(expected && json_equal(sc_config_find(config, cases[i].path), expected));
        json_decref(expected);
        sc_config_destroy(config);
    }
}

Test(config_set, refuses_and_leaves_the_tree) {
    static const struct {
        const char *assignment, *needle;
    } cases[] = {
        {"train.epochs", "--set train.epochs: has no '='"},
        {"=3", "'' is no path"},
        {"", "has no '='"},
        {"train.epochs=", "has no value"},
        {"train.epochs=  ", "has no value"},
        {"train..epochs=1", "is no path"},
        {".train=1", "is no path"},
        {"train.=1", "is no path"},
        {"train[x]=1", "is no path"},
        {"train[=1", "is no path"},
        {"network[0=1", "is no path"},
        {"network[-1]=1", "is no path"},
        {"network[99999999999999999999]=1", "is no path"},
        {"network[0]x=1", "is no path"},
        {"network.[0]=1", "is no path"},
        {"[0]=1", "begins with a key"},
        {"network[3]=x", "element [3] of a list of 3"},
        {"train[0]=1", "there is no list"},
        {"new[0]=1", "there is no list"},
        {"new.a[0].b=1", "there is no list"},
        {"train.epochs.x=1", "there is no mapping to hold the key 'x'"},
        {"network.x=1", "there is no mapping to hold the key 'x'"},
        {"network[1].x=1", "there is no mapping"},
        {"train.epochs=[1", "--set train.epochs=[1: "},
        {"train.epochs=.nan", "train.epochs: .nan: numbers must be finite"},
        {"train={a: 1, a: 2}", "train.a: this key is there twice"},
        {"a.b.c=*x", "the alias *x"},
        {"a.b=!t x", "tags"},
        {"a.b=\xff", "--set"},
        {"a\xff.b=1", "the key 'a?' is not UTF-8"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sc_env env;
        sc_config *config = fresh(&env), *same = fresh(&env);
        SC_REPRO("--set %s", cases[i].assignment);
        SC_FAILS(&env, sc_config_set(config, cases[i].assignment), SOCLE_STATUS_CONFIG);
        SC_CONTAINS(env.text, cases[i].needle);
        SC_TRUE(json_equal(sc_config_root(config), sc_config_root(same)));
        sc_config_destroy(config);
        sc_config_destroy(same);
    }
}

Test(config_set, too_many_steps) {
    sc_env env;
    sc_config *config = fresh(&env);
    char path[200] = "a";
    for (int i = 0; i < 40; i++) strcat(path, ".b");
    strcat(path, "=1");
    SC_FAILS(&env, sc_config_set(config, path), SOCLE_STATUS_CONFIG);
    SC_CONTAINS(env.text, "more than 32 steps");
    sc_config_destroy(config);
}

/* An error about a value that was set says so, also when it replaces one of the file. */
Test(config_set, errors_point_to_the_option) {
    sc_env env;
    int64_t integer;
    sc_config *config = fresh(&env);
    static const char *const keys[] = {"train", "network"};
    SC_OK(&env, sc_config_set(config, "train.epochs=many"));
    const json_t *train = sc_config_find(config, "train");
    SC_FAILS(&env, sc_config_get_integer(&integer, config, train, "epochs", 1, 9),
             SOCLE_STATUS_CONFIG);
    SC_EQ_STR(env.text, "--set: train.epochs: must be a whole number from 1 to 9, not \"many\"");
    SC_FAILS(&env, sc_config_get_integer(&integer, config, train, "lr", 1, 9), SOCLE_STATUS_CONFIG);
    SC_CONTAINS(env.text, "n.yaml:1: train.lr: ");
    SC_OK(&env, sc_config_set(config, "network[2]={dropout: {p: x}}"));
    const json_t *dropout = sc_config_find(config, "network[2].dropout");
    SC_FAILS(&env, sc_config_get_integer(&integer, config, dropout, "p", 1, 9),
             SOCLE_STATUS_CONFIG);
    SC_CONTAINS(env.text, "--set: network[2].dropout.p: ");
    SC_OK(&env, sc_config_set(config, "trian.epochs=3"));
    SC_FAILS(&env, sc_config_check_keys(config, sc_config_root(config), keys, 2),
             SOCLE_STATUS_CONFIG);
    SC_EQ_STR(env.text, "--set: trian: unknown key; did you mean 'train'?");
    sc_config_destroy(config);
}

/* A member under another word: at its line as before; beside the right one, what was set counts. */
Test(config_set, another_word_becomes_the_key) {
    static const char text[] = "a: {batch_size: x}\nb: {batch_size: 1, batch: 2}\n"
                               "c: {batch_size: 1}\nd: {batch: 1}";
    sc_env env;
    int64_t value = 0;
    sc_config *config;
    sc_env_init(&env, NULL, NULL);
    SC_OK(&env, sc_config_parse(&config, &env, "n.yaml", text, strlen(text)));
    SC_OK(&env, sc_config_set(config, "c.batch=3"));
    SC_OK(&env, sc_config_set(config, "d.batch_size=4"));
    const json_t *a = sc_config_find(config, "a"), *b = sc_config_find(config, "b"),
                 *c = sc_config_find(config, "c"), *d = sc_config_find(config, "d");
    SC_OK(&env, sc_config_rename(config, a, "batch_size", "batch"));
    SC_FAILS(&env, sc_config_get_integer(&value, config, a, "batch", 1, 9), SOCLE_STATUS_CONFIG);
    SC_EQ_STR(env.text, "n.yaml:1: a.batch: must be a whole number from 1 to 9, not \"x\"");
    SC_FAILS(&env, sc_config_rename(config, b, "batch_size", "batch"), SOCLE_STATUS_CONFIG);
    SC_EQ_STR(env.text, "n.yaml:2: b.batch_size: means the same as 'batch', which is there too; "
                        "remove one");
    SC_OK(&env, sc_config_rename(config, c, "batch_size", "batch"));
    SC_OK(&env, sc_config_get_integer(&value, config, c, "batch", 1, 9));
    SC_EQ(value, 3);
    SC_OK(&env, sc_config_rename(config, d, "batch_size", "batch"));
    SC_OK(&env, sc_config_get_integer(&value, config, d, "batch", 1, 9));
    SC_EQ(value, 4);
    SC_EQ(json_object_size(c) + json_object_size(d), 2);
    SC_FAILS(&env, sc_config_get_integer(&value, config, d, "batch", 9, 9), SOCLE_STATUS_CONFIG);
    SC_CONTAINS(env.text, "--set: d.batch: ");
    sc_config_destroy(config);
}

Test(config_set, many_times) {
    sc_env env;
    sc_config *config = fresh(&env);
    for (int i = 0; i < 1000; i++) {
        char assignment[64];
        snprintf(assignment, sizeof assignment, "train={epochs: %d, l: [%d]}", i, i);
        SC_OK(&env, sc_config_set(config, assignment));
        SC_EQ(json_integer_value(sc_config_find(config, "train.l[0]")), i);
    }
    sc_config_destroy(config);
}
