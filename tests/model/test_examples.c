/* SPDX-License-Identifier: Apache-2.0 */
/* Every example and golden configuration names a network that builds, with the sizes it should
 * have. */
#include "base/file.h"
#include "graph/graph.h"
#include "net_text.h"
#include "nn/lanes.h"

static void build(sc_env *env, sc_net *net, sc_build_mode mode) {
    sc_graph *graph;
    sc_build build;
    SC_OK(env, sc_graph_create(&graph, env, 16));
    sc_tensor_desc desc = net->input[0].desc;
    desc.dim[0] = 16;
    sc_value x = sc_graph_external(graph, SC_LANE_INPUTS, 0, &desc, "input");
    SC_OK(env, sc_net_build(&build, net, graph, mode, &x));
    const sc_tensor_desc *out = sc_graph_desc(graph, build.node[net->output]);
    SC_EQ(out->rank, 2);
    SC_EQ(out->dim[0], 16);
    SC_EQ(out->dim[1], 10);
    sc_graph_destroy(graph);
    sc_build_free(&build);
}

static void check(const char *path, const socle_shape *shape, int64_t parameters, size_t tensors) {
    char full[512];
    sc_env env;
    sc_config *config;
    sc_net *net;
    sc_optimizer optimizer = {0};
    sc_env_init(&env, NULL, NULL);
    snprintf(full, sizeof full, "%s/%s", SC_SOURCE_DIR, path);
    SC_REPRO("%s", path);
    SC_OK(&env, sc_config_load(&config, &env, full));
    SC_OK(&env, sc_net_create(&net, &env));
    SC_EQ(sc_net_input(net, SC_INPUT_NAME, SOCLE_U8, shape, 1.0f / 255.0f), 0);
    SC_OK(&env, sc_net_read(net, config, sc_config_find(config, "network")));
    SC_OK(&env, sc_loss_read(net, config, sc_config_root(config), net->output));
    SC_OK(&env, sc_optimizer_read(&optimizer, config, sc_config_root(config)));
    SC_TRUE(optimizer.kind != NULL);
    SC_EQ_STR(net->loss[0].kind->record.word, "softmax_cross_entropy");
    SC_EQ(sc_net_parameter_count(net), parameters);
    SC_EQ(net->parameters, tensors);
    build(&env, net, SC_BUILD_TRAIN);
    build(&env, net, SC_BUILD_EVALUATE);
    sc_net_destroy(net);
    sc_config_destroy(config);
}

static const socle_shape fashion = {3, {1, 28, 28}}, golden = {3, {1, 12, 12}};

Test(examples, mlp) {
    check("examples/fashion-mlp.yaml", &fashion,
          784 * 256 + 256 + 256 * 128 + 128 + 128 * 100 + 100 + 100 * 10 + 10, 8);
}

Test(examples, cnn) {
    check("examples/fashion-cnn.yaml", &fashion,
          32 * 9 + 32 + 64 * 32 * 9 + 64 + 3136 * 128 + 128 + 128 * 10 + 10, 8);
}

Test(examples, first) {
    check("examples/fashion-first.yaml", &fashion, 32 * 9 + 32 + 6272 * 10 + 10, 4);
}

/* The network that README.md shows is the file that it names, to the byte. */
Test(examples, readme_shows_the_file_it_names) {
    char *readme, *file, path[128];
    size_t size;
    sc_env env;
    sc_env_init(&env, NULL, NULL);
    SC_OK(&env, sc_file_read(&env, &readme, &size, SC_SOURCE_DIR "/README.md", 1 << 20));
    const char *shown = strstr(readme, "```yaml\n"),
               *name = strstr(readme, "socle train examples/");
    SC_TRUE(shown && name > shown);
    shown += strlen("```yaml\n");
    name += strlen("socle train ");
    snprintf(path, sizeof path, "%s/%.*s", SC_SOURCE_DIR, (int)strcspn(name, "\n"), name);
    SC_OK(&env, sc_file_read(&env, &file, &size, path, 1 << 20));
    SC_EQ(strstr(shown, "```") - shown, (long)size);
    SC_EQ_MEMORY(shown, file, size);
    sc_release(&env, readme);
    sc_release(&env, file);
}

Test(examples, residual) {
    const int64_t stem = 16 * 9 + 32, block1 = 2 * (16 * 16 * 9 + 32),
                  block2 = 32 * 16 * 9 + 64 + 32 * 32 * 9 + 64 + 32 * 16 + 64;
    check("examples/fashion-residual.yaml", &fashion, stem + block1 + block2 + 330, 6 * 5 + 2);
}

Test(examples, inception) {
    const int64_t stem = 32 * 9 + 32, branch1 = 16 * 32 + 16,
                  branch3 = 16 * 32 + 16 + 32 * 16 * 9 + 32,
                  branch5 = 8 * 32 + 8 + 16 * 8 * 25 + 16, branch_pool = 16 * 32 + 16,
                  head = 80 * 49 * 10 + 10;
    check("examples/fashion-inception.yaml", &fashion,
          stem + branch1 + branch3 + branch5 + branch_pool + head, 16);
}

Test(examples, rnn) {
    check("examples/fashion-rnn.yaml", &fashion, 64 * 28 + 64 * 64 + 2 * 64 + 28 * 64 * 10 + 10, 6);
}

Test(examples, golden) {
    check("tests/golden/rnn.yaml", &golden, 32 * 12 + 32 * 32 + 2 * 32 + 12 * 32 * 10 + 10, 6);
    check("tests/golden/mlp.yaml", &golden, 144 * 32 + 32 + 32 * 32 + 32 + 320 + 10, 6);
    check("tests/golden/cnn.yaml", &golden, 72 + 8 + 16 + 12 * 8 * 9 + 12 + 24 + 120 + 10, 14);
}
