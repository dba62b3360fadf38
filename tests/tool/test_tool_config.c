/* SPDX-License-Identifier: Apache-2.0 */
/* Configurations that are wrong: each ends with exit code 2 and a text that names file, line, key
 * and value, before anything is written. */
#include "tool.h"

static sc_temp temp;

static void begin(void) {
    tool_begin(&temp, false);
}

static void end(void) {
    tool_end(&temp);
}

TestSuite(tool_config, .init = begin, .fini = end);

Test(tool_config, values_set_on_the_command_line) {
    static const struct {
        const char *set, *text;
    } rows[] = {
        {"trian.epochs=3", "unknown key; did you mean 'train'?"},
        {"train.epocs=3", "unknown key; did you mean 'epochs'?"},
        {"data.tset=3", "unknown key; did you mean 'test'?"},
        {"data.train.image=3", "did you mean 'images'?"},
        {"train.batch=0", "train.batch: must be a whole number from 1"},
        {"train.batch=-1", "not -1"},
        {"train.batch=abc", "not \"abc\""},
        {"train.batch=1.5", "not 1.5"},
        {"train.batch=[1]", "not a list"},
        {"train.batch=99999999999", "train.batch"},
        {"train.epochs=-1", "train.epochs"},
        {"train.steps=-1", "train.steps"},
        {"train.seed=-1", "train.seed"},
        {"train.shuffle=maybe", "train.shuffle: must be true or false"},
        {"train.validation=1", "train.validation"},
        {"train.validation=-0.5", "train.validation"},
        {"train.validation=.inf", "finite"},
        {"train.weight_decay=-1", "train.weight_decay"},
        {"train.micro_batch=5", "train.micro_batch: 5 does not divide the batch of 16"},
        {"train=3", "train: must be a mapping"},
        {"optimizer.adam.lr=-1", "optimizer.adam.lr"},
        {"optimizer.adam.lr=.nan", "finite"},
        {"optimizer.adam.lr=fast", "optimizer.adam.lr"},
        {"optimizer.adam.beta3=1", "beta3"},
        {"optimizer=adma", "did you mean 'adam'?"},
        {"optimizer=3", "optimizer"},
        {"loss=cross", "loss"},
        {"loss=[]", "loss"},
        {"network=3", "network: must be a list"},
        {"network=[]", "network"},
        {"network[0]=flaten", "unknown layer 'flaten'; did you mean 'flatten'?"},
        {"network[1]={dens: 3}", "did you mean 'dense'?"},
        {"network[1].dense=0", "network[1].dense"},
        {"network[1].dense=10000000000", "network[1].dense"},
        {"network[1].dense={units: 3, paint: red}", "paint"},
        {"network[3].dropout=1", "network[3].dropout"},
        {"network[3].dropout=-0.1", "network[3].dropout"},
        {"network[0]={conv2d: {filters: 3, kernel: 9}}", "kernel"},
        {"network[0]={conv2d: {filters: 0, kernel: 3}}", "filters"},
        {"network[0]={conv2d: {filters: 3, kernel: 3, stride: 0}}", "stride"},
        {"network[0]={conv2d: {filters: 3, kernel: 3, dilation: 0}}", "dilation"},
        {"network[0]={conv2d: {filters: 3, kernel: 3, groups: 2}}", "groups"},
        {"network[0]={conv2d: {filters: 3}}", "kernel"},
        {"network[1]={conv2d: {filters: 3, kernel: 3}}", "images"},
        {"network[9]=relu", "--set network[9]=relu"},
        {"train.epochs", "has no '='"},
        {"train.epochs=", "no value"},
        {"=3", "--set"},
        {"train..epochs=3", "--set"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        tool_expect(2, rows[i].text, "train tool.yaml -o out --set '%s'", rows[i].set);
    SC_TRUE(!tool_exists("out"));
}

/* A key that is known elsewhere is told where; a word that is a part of others, which. */
Test(tool_config, keys_in_the_wrong_place) {
    static const struct {
        const char *set, *text;
    } rows[] = {
        {"train.learning_rate=0.1",
         "train.learning_rate: unknown key; 'learning_rate' belongs to optimizer: {sgd: {lr: "},
        {"train.lr=0.1", "train.lr: unknown key; 'lr' belongs to optimizer: {sgd: {lr: "},
        {"lr=0.1", "lr: unknown key; 'lr' belongs to optimizer: {sgd: {lr: "},
        {"batch_size=3", "batch_size: unknown key; 'batch_size' belongs to train"},
        {"optimizer.adam.epochs=3", "'epochs' belongs to train"},
        {"train.momentum=0.9", " or optimizer: {sgd: {momentum: "},
        {"train.keep=2", "'keep' belongs to train.checkpoint"},
        {"train.metrics=[accuracy]", "'metrics' belongs to the top level"},
        {"train.frozen=true", "'frozen' belongs to train.groups[0]"},
        {"data.limit=3", "'limit' belongs to data.train or data.validation"},
        {"network[1].dense={units: 3, filters: 3}",
         "network[1].dense.filters: unknown key; 'filters' belongs to network: [{conv2d: {filters: "
         "32}}]"},
        {"network[1].dense={units: 3, init: zeros}",
         "dense.init: unknown key; did you mean 'weight_init' or 'bias_init'?"},
        {"network[1].dense={units: 3, paint: red}", "paint: unknown key; known: units, bias"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        tool_expect(2, rows[i].text, "train tool.yaml -o out --set '%s'", rows[i].set);
    tool_put_text("wrong.yaml", "network: [{dense: 3}]\nlr: 3\n");
    tool_expect(2, "wrong.yaml:2: lr: unknown key; 'lr' belongs to", "summary wrong.yaml");
}

Test(tool_config, usual_abbreviations) {
    tool_expect(0, NULL,
                "train tool.yaml -o out --epochs 0 --set loss=ce --set "
                "'network=[{conv: {filters: 2, kernel: 3}}, bn, lrelu, gap, {fc: 4}]'");
    tool_expect(0, NULL,
                "train tool.yaml -o kl --epochs 0 --set 'loss={ce: {label_smoothing: 0.1}}'");
}

/* A place for anchors, as in compose files. */
Test(tool_config, keys_of_the_users_own) {
    char text[2048];
    snprintf(text, sizeof text, "x-wide: &wide {units: 16}\nx-note: [anything, {at: all}]\n%s",
             tool_config);
    char *at = strstr(text, "dense: ");
    SC_TRUE(at != NULL);
    at[0] = '\0';
    char whole[4096];
    const char *rest = strstr(strstr(tool_config, "dense: "), "\n");
    SC_TRUE(rest != NULL);
    snprintf(whole, sizeof whole, "%sdense: *wide%s", text, rest);
    tool_put_text("own.yaml", whole);
    tool_expect(0, NULL, "train own.yaml -o out --epochs 0");
    tool_expect(0, NULL, "summary own.yaml");
    char *config = tool_get("out/config.json", NULL);
    SC_CONTAINS(config, "\"units\": 16");
    SC_TRUE(strstr(config, "x-") == NULL);
    free(config);
    tool_expect(2, "train.x-note: unknown key", "train own.yaml -o no --set train.x-note=3");
}

Test(tool_config, text_of_the_file) {
    static const struct {
        const char *text, *error;
    } rows[] = {
        {"", "wrong.yaml"},
        {"just text", "wrong.yaml"},
        {"data: {train: {images: a, labels: b}", "wrong.yaml"},
        {"- a\n- b\n", "wrong.yaml"},
        {"data: {train: {images: a, labels: b}}\nnetwork: [relu]\n", "'loss' is missing"},
        {"network: [relu]\nloss: mean_squared_error\n", "'data' is missing"},
        {"data: {}\nnetwork: [relu]\nloss: mean_squared_error\n", "'train' is missing"},
        {"data: {train: {images: a}}\nnetwork: [relu]\nloss: mean_squared_error\n",
         "'labels' is missing"},
        {"data: {train: {images: a, labels: b}}\nloss: mean_squared_error\n",
         "'network' is missing"},
        {"data: {train: {images: a, labels: b}}\ndata: 3\n", "wrong.yaml:2"},
        {"\tdata: 3\n", "wrong.yaml"},
        {"a: &a [*a]\n", "wrong.yaml"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        tool_put_text("wrong.yaml", rows[i].text);
        tool_expect(2, rows[i].error, "train wrong.yaml -o out");
        tool_expect(2, rows[i].error, "summary wrong.yaml");
    }
    tool_put("wrong.yaml", "\x00\x01\x02\xff\xfe", 5);
    tool_expect(2, "wrong.yaml", "train wrong.yaml -o out");
    SC_TRUE(!tool_exists("out"));
}

Test(tool_config, errors_carry_the_line) {
    char text[2048];
    snprintf(text, sizeof text, "%s", tool_config);
    char *at = strstr(text, "epochs: 3");
    memcpy(at, "epoch: 3 ", 9);
    tool_put_text("line.yaml", text);
    tool_expect(2, "line.yaml:12: train.epoch: unknown key; did you mean 'epochs'?",
                "train line.yaml -o out");
}

Test(tool_config, files_that_are_none) {
    tool_expect(2, "nosuch.yaml", "train nosuch.yaml");
    tool_expect(2, "directory", "train . -o out");
    tool_expect(2, "nosuch.yaml", "summary nosuch.yaml");
    tool_put_text("only.yaml", "data: {}\n");
    tool_expect(3, "nosuch.safetensors", "eval -m nosuch.safetensors --data nosuch.yaml");
    SC_TRUE(!tool_exists("runs"));
}

Test(tool_config, standard_input_is_a_configuration) {
    tool_result result =
        tool_run_input(tool_config, strlen(tool_config), "train - -o out --epochs 1");
    SC_EQ(result.code, 0);
    SC_TRUE(tool_exists("out/model.safetensors"));
    tool_free(&result);
}

Test(tool_config, an_output_that_cannot_be) {
    tool_put_text("file", "x");
    tool_expect(2, "file", "train tool.yaml -o file");
    tool_expect(2, "file", "train tool.yaml -o file/below");
    tool_expect(1, "/proc", "train tool.yaml -o /proc/nowhere");
}
