/* SPDX-License-Identifier: Apache-2.0 */
/* The schema that `socle schema` prints accepts and refuses what the tool does; what
 * python3-jsonschema says of it counts. */
#include "../option_rows.h"
#include "tool.h"

#include "io/json_text.h"

#include <glob.h>

static sc_temp temp;
static sc_env env;
static FILE *lines;
static int written;

static void begin(void) {
    tool_begin(&temp, false);
    sc_env_init(&env, NULL, NULL);
    if (row_count == 0) collect_rows();
    lines = fopen("lines", "w");
    SC_TRUE(lines != NULL);
}

static void end(void) {
    tool_end(&temp);
}

TestSuite(tool_schema, .init = begin, .fini = end, .timeout = 120);

static void put(const char *name, bool valid, const json_t *document) {
    json_t *line =
        json_pack("{s: s, s: b, s: O}", "name", name, "valid", valid, "document", document);
    SC_TRUE(line && json_dumpf(line, lines, 0) == 0);
    fputc('\n', lines);
    json_decref(line);
    written++;
}

/* The schema agrees with what was put. */
static void check(void) {
    tool_result schema = tool_run("schema");
    SC_EQ(schema.code, 0);
    tool_put_text("schema.json", schema.out);
    tool_free(&schema);
    SC_EQ(fclose(lines), 0);
    SC_TRUE(written > 0);
    int code = system(SC_PYTHON " " SC_SOURCE_DIR
                                "/tests/tool/check_schema.py schema.json lines >said 2>&1");
    char *said = tool_get("said", NULL);
    if (strstr(said, "No module named 'jsonschema'"))
        cr_skip_test("skipped: python3-jsonschema is not installed");
    if (code != 0) SC_TEST_FAIL("%s", said);
    free(said);
}

static sc_config *parse(const char *text) {
    sc_config *config;
    SC_OK(&env, sc_config_parse(&config, &env, "text", text, strlen(text)));
    return config;
}

Test(tool_schema, accepts_every_example) {
    static const char *const patterns[] = {SC_SOURCE_DIR "/examples/*.yaml",
                                           SC_SOURCE_DIR "/tests/golden/*.yaml"};
    glob_t files;
    for (size_t p = 0; p < 2; p++) SC_EQ(glob(patterns[p], p ? GLOB_APPEND : 0, NULL, &files), 0);
    SC_TRUE(files.gl_pathc >= 7);
    for (size_t i = 0; i < files.gl_pathc; i++) {
        sc_config *config;
        SC_OK(&env, sc_config_load(&config, &env, files.gl_pathv[i]));
        put(files.gl_pathv[i], true, sc_config_root(config));
        sc_config_destroy(config);
    }
    globfree(&files);
    check();
}

typedef struct fault {
    const char *set, *text;
} fault;

static const fault faults[] = {
    /* kind */
    {"network[0]=flaten", "unknown layer 'flaten'"},
    {"network[0]=glu", "unknown layer 'glu'"},
    {"network[1]={dens: 3}", "unknown layer 'dens'"},
    {"network[2]={activation: rleu}", "unknown function 'rleu'"},
    {"network[2]={activation: {function: dense}}", "unknown function 'dense'"},
    {"network[1]={dense: {units: 3, weight_init: he_norml}}", "unknown initialiser"},
    {"network[1]={dense: {units: 3, weight_init: orthogonal}}", "unknown initialiser"},
    {"network[1]={dense: {units: 3, weight_init: {normal: 1, uniform: 1}}}",
     "must be an initialiser"},
    {"network[1]={dense: 3, relu: }", "a layer is one word"},
    {"network[1]={}", "a layer is one word"},
    {"loss=cross", "unknown loss"},
    {"loss=ctc", "unknown loss"},
    {"optimizer=adma", "unknown optimizer"},
    {"optimizer={adam: {}, sgd: {}}", "must be an optimizer"},
    {"optimizer={radam: 0.1}", "unknown optimizer"},
    {"data.layout=nwhc", "unknown layout"},
    {"train.augment={flip: vertical}", "unknown flip"},
    /* type */
    {"network=3", "network: must be a list"},
    {"network[0]=5", "must be a layer"},
    {"network[0]=null", "must be a layer"},
    {"network[0]=[relu]", "must be a layer"},
    {"network[1].dense=many", "must be a whole number"},
    {"network[1].dense=2.5", "must be a whole number"},
    {"network[1].dense={units: 3, bias: 1}", "must be true or false"},
    {"network[1].dense={units: 3, name: 5}", "must be text"},
    {"network[2]={relu: {from: 3}}", "must be a name"},
    {"network[2]={relu: 1}", "takes no value"},
    {"network[0]={flatten: 3}", "takes no value"},
    {"network[3].dropout='0.5'", "must be a number"},
    {"network[0]={maxpool2d: [2, 2, 2]}", "must have 1 to 2 elements"},
    {"network[0]={maxpool2d: {kernel: 2, padding: [1, 2, 3]}}", "must be same, valid"},
    {"network[0]={maxpool2d: {kernel: 2, padding: {}}}", "must be a whole number"},
    {"network[0]={avgpool2d: {kernel: 2, padding: sane}}", "padding"},
    {"loss=[]", "must be a loss"},
    {"optimizer=3", "must be an optimizer"},
    {"optimizer.adam.lr=fast", "must be a number"},
    {"data.train=files", "must be a mapping"},
    {"data.train.images=3", "must be the name of a file"},
    {"data.train.inputs=lengths", "must be a mapping"},
    {"data.train.inputs={length: 3}", "must be text"},
    {"data.train.class_weights=2", "must be a list"},
    {"data.train.class_weights=[1, two]", "must be a number"},
    {"train=3", "must be a mapping"},
    {"train.batch=[1]", "must be a whole number"},
    {"train.shuffle=maybe", "must be true or false"},
    {"train.checkpoint=often", "must be a whole number"},
    {"train.init_from={file: w, rename: {a: 1}}", "must be text"},
    {"inputs=[3]", "must be a mapping"},
    {"inputs=[{shape: a}]", "must be a list"},
    /* range */
    {"network[1].dense=0", "from 1 to 1073741824, not 0"},
    {"network[1].dense=10000000000", "from 1 to 1073741824"},
    {"network[3].dropout=1", "from 0 to 0.999"},
    {"network[3].dropout=-0.1", "from 0 to 0.999"},
    {"network[0]={conv2d: {filters: 3, kernel: 3, stride: [1, 0]}}", "stride[1]"},
    {"network[0]={conv2d: {filters: 3, kernel: 3, padding: -1}}", "padding"},
    {"network[0]={batchnorm: {epsilon: 0}}", "epsilon"},
    {"network[1]={dense: {units: 3, weight_init: {normal: -1}}}", "normal"},
    {"network[2]={add: [a]}", "must be 2 to 64 names"},
    {"optimizer.adam.lr=-1", "optimizer.adam.lr"},
    {"optimizer.adam.beta1=1", "optimizer.adam.beta1"},
    {"network=[]", "at least 1 member"},
    {"train.batch=0", "train.batch"},
    {"train.epochs=-1", "train.epochs"},
    {"train.validation=1", "below 1"},
    {"train.seed=1e30", "train.seed"},
    {"train.augment={shift: -1}", "shift"},
    {"train.checkpoint={keep: 0}", "keep"},
    {"data.train.limit=-1", "limit"},
    {"data.train.class_weights=[0, 0.0]", "above 0"},
    {"data.train.images=''", "the name of a file"},
    {"inputs=[{shape: [0]}]", "shape[0]"},
    {"inputs=[{shape: [1, 1, 1, 1, 1, 1]}]", "must have 1 to 5 elements"},
    /* key */
    {"trian.epochs=3", "unknown key"},
    {"train.epocs=3", "unknown key"},
    {"data.tset=3", "unknown key"},
    {"data.train.image=3", "unknown key"},
    {"optimizer.adam.beta3=1", "unknown key"},
    {"network[1].dense={units: 3, colour: red}", "unknown key"},
    {"network[2]={relu: {function: tanh}}", "unknown key"},
    {"inputs=[{shape: 4, nme: a}]", "unknown key"},
    {"train.augment={rotate: 3}", "unknown key"},
    {"data.test={images: a}", "'labels' is missing"},
    {"network[0]={conv2d: {filters: 3}}", "'kernel'"},
    {"network[1]=dense", "'units'"},
    {"network[3]=dropout", "'rate'"},
    {"network[2]=add", "'from'"},
    {"inputs=[{name: a}]", "'shape' is missing"},
    {"optimizer={adam: {lr: 1, learning_rate: 2}}", "means the same as"},
    {"train={batch: 16, batch_size: 16}", "means the same as"},
};
enum { FAULTS = sizeof faults / sizeof faults[0] };

Test(tool_schema, refuses_what_training_refuses) {
    SC_TRUE(FAULTS >= 50);
    sc_config *sound = parse(tool_config);
    put("tool.yaml", true, sc_config_root(sound));
    sc_config_destroy(sound);
    for (size_t i = 0; i < FAULTS; i++) {
        sc_config *config = parse(tool_config);
        SC_REPRO("--set %s", faults[i].set);
        SC_OK(&env, sc_config_set(config, faults[i].set));
        put(faults[i].set, false, sc_config_root(config));
        char *text;
        SC_OK(&env, sc_config_text(&text, config, 0));
        tool_put_text("wrong.json", text);
        tool_expect(2, faults[i].text, "train wrong.json -o out");
        sc_release(&env, text);
        sc_config_destroy(config);
    }
    SC_TRUE(!tool_exists("out"));
    check();
}

/* One more document: the row's key set to `value` in a configuration that is whole. Whether it is
 * valid is what reading says. */
static int valid_count, refused_count;
static void put_row(const row *row, const char *key, const char *value) {
    char text[TEXT], holder[TEXT], assignment[2 * TEXT + 8];
    base_of(text, holder, row);
    sc_config *config = parse(text);
    json_object_del(holder[0] ? sc_config_find(config, holder) : sc_config_root(config),
                    row->option->key);
    snprintf(assignment, sizeof assignment, "%s%s%s=%s", holder, holder[0] ? "." : "", key, value);
    SC_REPRO("%.400s", assignment);
    SC_OK(&env, sc_config_set(config, assignment));
    json_t *document = json_deep_copy(sc_config_root(config)); /* reading gives aliases our words */
    sc_recipe recipe;
    socle_status status = sc_recipe_read(&recipe, &env, config);
    if (status == SOCLE_OK) sc_recipe_free(&recipe);
    SC_TRUE(status == SOCLE_OK || status == SOCLE_STATUS_CONFIG);
    /* Beyond a schema; formulas are, too. */
    bool relation = status != SOCLE_OK && (strstr(env.text, "does not divide the batch") ||
                                           strstr(env.text, ": column "));
    if (!relation) put(assignment, status == SOCLE_OK, document);
    *(status == SOCLE_OK ? &valid_count : &refused_count) += 1;
    json_decref(document);
    sc_config_destroy(config);
}

/* Every option with values of every form, good and bad (in fast a third of them, by turns): the
 * schema says of each what reading by the tables says. */
Test(tool_schema, agrees_with_reading_about_every_option) {
    static const char *const values[] = {"true",
                                         "1",
                                         "0",
                                         "-1",
                                         "2.5",
                                         "1e3",
                                         "[1]",
                                         "[1, 2, 3]",
                                         "[1, 2, 3, 4]",
                                         "[]",
                                         "{}",
                                         "''",
                                         "x",
                                         "null",
                                         "{a: b}",
                                         "[a, b]",
                                         "1e300",
                                         "same",
                                         "{relu: }",
                                         "zeros",
                                         "[0.5, 0]",
                                         "{normal: 0.1}"};
    for (int r = 0; r < row_count; r++) {
        char number[64], words[TEXT];
        put_row(&rows[r], rows[r].option->key, rows[r].option->example);
        for (size_t v = 0; v < sizeof values / sizeof values[0]; v++)
            if (sc_test_full() || (v + (size_t)r) % 3 == 0)
                put_row(&rows[r], rows[r].option->key, values[v]);
        snprintf(number, sizeof number, "%.17g", rows[r].option->minimum);
        put_row(&rows[r], rows[r].option->key, number);
        snprintf(number, sizeof number, "%.17g", rows[r].option->maximum);
        if (rows[r].option->maximum < 1e15) put_row(&rows[r], rows[r].option->key, number);
        put_row(&rows[r], "no_such_key", "1");
        snprintf(words, sizeof words, "%s", rows[r].option->aliases ? rows[r].option->aliases : "");
        for (char *word = strtok(words, " "); word; word = strtok(NULL, " ")) {
            put_row(&rows[r], word, rows[r].option->example);
            put_row(&rows[r], word, "{}");
        }
    }
    SC_TRUE(valid_count > 200 && refused_count > 800);
    check();
}
