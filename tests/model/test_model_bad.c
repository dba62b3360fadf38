/* SPDX-License-Identifier: Apache-2.0 */
/* Model files that lie: about their format, their network, their tensors. Each is refused with DATA
 * and a text that names the file; nothing is read, nothing leaks, nothing large is allocated. */
#include "model_files.h"

static void check_net(const char *path, const char *part) {
    sc_test_allocator state;
    socle_allocator allocator = sc_test_allocator_init(&state, 0);
    sc_env env;
    sc_net *net;
    sc_env_init(&env, &allocator, NULL);
    SC_FAILS(&env, sc_model_load_net(&net, &env, path), SOCLE_STATUS_DATA);
    SC_TRUE(net == NULL);
    SC_EQ(env.status, SOCLE_STATUS_DATA);
    SC_CONTAINS(env.text, path);
    SC_CONTAINS(env.text, part);
    SC_EQ(atomic_load(&state.live), 0);
}

static void check_metadata(const char *format, const char *version, const char *network,
                           const char *part) {
    sc_env env;
    sc_temp temp;
    values values;
    SC_REPRO("%s %s %s", format ? format : "-", version ? version : "-", network ? network : "-");
    sc_env_init(&env, NULL, NULL);
    sc_temp_make(&temp);
    values_net(&values, &env, MODEL_YAML);
    const forged forged = {.format = format, .version = version, .network = network, .changed = -1};
    const char *path = sc_temp_file(&temp, "model.safetensors");
    write_forged(&env, path, &values, &forged);
    check_net(path, part);
    values_free(&values);
    sc_temp_remove(&temp);
}

#define INPUTS                                                                                     \
    "\"inputs\": [{\"name\": \"input\", \"shape\": [1, 8, 8], \"dtype\": \"u8\", \"scale\": 1}]"
#define OUTPUT "\"output\": \"relu1\""

Test(model_bad, metadata) {
    check_metadata(NULL, "1", "{}", "holds weights, but not the network");
    check_metadata("pt", "1", "{}", "holds weights, but not the network");
    check_metadata("socle", NULL, "{}", "'' is no version of a model file");
    check_metadata("socle", "2", "{}",
                   "of version 2, this program reads version 1; use a newer program");
    check_metadata("socle", "1", NULL, "the metadata lack the network");
    check_metadata("socle", "1", "", "");
    check_metadata("socle", "1", "{", "");
    check_metadata("socle", "1", "[]", "");
    check_metadata("socle", "1", "{}", "the key 'inputs' is missing");
    check_metadata("socle", "1", "{" INPUTS "}", "the key 'layers' is missing");
    check_metadata("socle", "1", "{" INPUTS ", \"layers\": 3}", "layers: must be a list");
    check_metadata("socle", "1", "{" INPUTS ", \"layers\": []}",
                   "layers: a network has at least one layer");
    check_metadata("socle", "1", "{" INPUTS ", \"layers\": [\"relu\"]}",
                   "the key 'output' is missing");
    check_metadata("socle", "1", "{" INPUTS ", \"layers\": [\"relu\"], \"output\": 3}",
                   "output: must be text");
    check_metadata("socle", "1", "{" INPUTS ", \"layers\": [\"relu\"], \"output\": \"x\"}",
                   "output: unknown layer or input 'x'");
    check_metadata("socle", "1",
                   "{" INPUTS ", \"layers\": [\"relu\"], " OUTPUT ", \"loss\": \"guess\"}",
                   "loss: unknown loss 'guess'");
    check_metadata("socle", "1",
                   "{" INPUTS ", \"layers\": [\"relu\"], " OUTPUT ", \"run\": \"rm\"}",
                   "run: unknown key");
    check_metadata("socle", "1", "{\"inputs\": [], \"layers\": [\"relu\"], " OUTPUT "}",
                   "inputs: a network has at least one input");
    check_metadata("socle", "1", "{\"inputs\": {}, \"layers\": [\"relu\"], " OUTPUT "}",
                   "inputs: must be a list");
}

Test(model_bad, hostile_layers) {
    check_metadata("socle", "1",
                   "{" INPUTS
                   ", \"layers\": [\"flatten\", {\"dense\": 1000000000}], \"output\": \"dense1\"}",
                   "of 2^31 elements or more");
    check_metadata("socle", "1",
                   "{" INPUTS
                   ", \"layers\": [\"flatten\", {\"dense\": 20000000}], \"output\": \"dense1\"}",
                   "has shape [3,4]; the network's 'dense1.weight' is [20000000,64]");
    check_metadata(
        "socle", "1",
        "{" INPUTS
        ", \"layers\": [{\"conv2d\": {\"filters\": 4, \"kernel\": 0}}], \"output\": \"conv2d1\"}",
        "kernel: must be");
    check_metadata("socle", "1",
                   "{" INPUTS ", \"layers\": [{\"relu\": {\"name\": \"a\", \"from\": \"b\"}}, "
                   "{\"relu\": {\"name\": \"b\", \"from\": \"a\"}}], \"output\": \"b\"}",
                   "unknown layer or input 'b'");
    check_metadata("socle", "1",
                   "{" INPUTS ", \"layers\": [{\"relu\": {\"name\": \"a\"}}, {\"relu\": {\"name\": "
                   "\"a\"}}], \"output\": \"a\"}",
                   "the name 'a' is used twice");
    check_metadata("socle", "1",
                   "{" INPUTS
                   ", \"layers\": [{\"dense\": {\"units\": 1000000000}}], \"output\": \"dense1\"}",
                   "layers[0].dense: dense1: the weight would be");
    check_metadata(
        "socle", "1",
        "{\"inputs\": [{\"shape\": [2147483647, 2147483647]}], \"layers\": [\"relu\"], " OUTPUT "}",
        "a sample has fewer than 2^31 elements");
    check_metadata("socle", "1", "{" INPUTS ", \"layers\": [\"relu\"], " OUTPUT "}",
                   "belongs to no layer of the network, which has 0");
}

/* A file whose tensors disagree with `values`' network, by metadata and by a net built elsewhere.
 */
static void check_tensors(forged forged, const char *part) {
    sc_env env;
    sc_temp temp;
    values values;
    char *text;
    sc_env_init(&env, NULL, NULL);
    sc_temp_make(&temp);
    values_net(&values, &env, MODEL_YAML);
    SC_OK(&env, sc_net_text(&text, values.net));
    forged.format = "socle";
    forged.version = "1";
    forged.network = text;
    const char *path = sc_temp_file(&temp, "model.safetensors");
    write_forged(&env, path, &values, &forged);
    check_net(path, part);
    struct values untouched = {.net = values.net};
    SC_FAILS(&env, sc_model_load_parameters(&env, path, values.net, NULL, values_take, &untouched),
             SOCLE_STATUS_DATA);
    SC_CONTAINS(env.text, part);
    for (int p = 0; p < MOST_PARAMETERS; p++) SC_TRUE(untouched.of[p] == NULL);
    sc_release(&env, text);
    values_free(&values);
    sc_temp_remove(&temp);
}

Test(model_bad, tensors) {
    enum { DENSE_WEIGHT = 6 };
    check_tensors((forged){.changed = DENSE_WEIGHT, .name = "dense1.weight", .transpose = true},
                  "tensor 'dense1.weight' has shape [4,3]; the network's 'dense1.weight' is [3,4]");
    check_tensors((forged){.changed = DENSE_WEIGHT, .name = "dense1.weight", .integers = true},
                  "as I32, is no number that f32 holds");
    check_tensors(
        (forged){.changed = DENSE_WEIGHT, .name = "dense1.wieght"},
        "there is no tensor 'dense1.weight' among 8; the nearest name is 'dense1.wieght'");
    check_tensors((forged){.changed = DENSE_WEIGHT}, "there is no tensor 'dense1.weight' among 7");
    check_tensors((forged){.changed = -1, .extra = "dense2.bias"},
                  "tensor 'dense2.bias' belongs to no layer of the network, which has 8");
}

Test(model_bad, files) {
    sc_env env;
    sc_temp temp;
    sc_net *net;
    sc_env_init(&env, NULL, NULL);
    sc_temp_make(&temp);
    SC_FAILS(&env, sc_model_load_net(&net, &env, sc_temp_file(&temp, "none")),
             SOCLE_STATUS_NOT_FOUND);
    SC_FAILS(&env, sc_model_load_net(&net, &env, sc_temp_put(&temp, "empty", "", 0)),
             SOCLE_STATUS_DATA);
    SC_FAILS(&env, sc_model_load_net(&net, &env, sc_temp_put(&temp, "text", "network: []\n", 12)),
             SOCLE_STATUS_DATA);
    sc_temp_remove(&temp);
}

Test(model_bad, networks_that_cannot_be_saved_leave_no_file) {
    sc_env env;
    sc_temp temp;
    sc_net *net;
    static const socle_shape image = {3, {1, 8, 8}};
    sc_env_init(&env, NULL, NULL);
    sc_temp_make(&temp);
    SC_OK(&env, sc_net_create(&net, &env));
    sc_net_input(net, "input", SOCLE_F32, &image, 1);
    const char *path = sc_temp_file(&temp, "model.safetensors");
    SC_FAILS(&env, sc_model_save(&env, path, net, NULL), SOCLE_STATUS_STATE);
    sc_layer_options options;
    const sc_layer_kind *kind = sc_layer_kind_find("dense", &options);
    options.units = 1 << 30; /* more weights than a tensor can have */
    SC_EQ(sc_net_layer(net, kind, NULL, 1, (int[]){0}, &options), -1);
    SC_FAILS(&env, sc_model_save(&env, path, net, NULL), SOCLE_STATUS_STATE);
    SC_EQ(sc_temp_count(&temp), 0);
    sc_net_destroy(net);
    sc_temp_remove(&temp);
}
