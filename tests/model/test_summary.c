/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of the summary table. */
#include "model/summary.h"
#include "net_text.h"

static const socle_shape image = {3, {1, 8, 8}};

Test(summary, rows) {
    sc_env env;
    sc_net *net;
    sc_env_init(&env, NULL, NULL);
    SC_OK(
        &env,
        net_from_yaml(
            &net, &env, &image,
            "network: [{conv2d: {filters: 4, kernel: 3, padding: same, name: stem}}, batchnorm, "
            "relu,"
            " {add: [stem, relu1]}, {maxpool: {kernel: 2, from: stem}}, flatten, {dense: 10},"
            " {maxout: {units: 6, pieces: 3}}, prelu, {reshape: {shape: [8, 8], from: flatten1}}, "
            "{attention: 2}, {reshape: {shape: [5, 2], from: dense1}}, {attention: {heads: 1, "
            "from: [attention1, reshape2]}}]"));
    static const struct {
        const char *name, *kind, *shape, *from;
        int parameters, statistics, multiply_adds, bytes;
    } expected[] = {
        {"input", "input", "[1, 8, 8]", "", 0, 0, 0, 64},
        {"stem", "conv2d", "[4, 8, 8]", "", 4 * 9 + 4, 0, 4 * 9 * 64, 1024},
        {"batchnorm1", "batchnorm", "[4, 8, 8]", "", 8, 8, 0, 1024},
        {"relu1", "relu", "[4, 8, 8]", "", 0, 0, 0, 1024},
        {"add1", "add", "[4, 8, 8]", "stem, relu1", 0, 0, 0, 1024},
        {"maxpool2d1", "maxpool2d", "[4, 4, 4]", "stem", 0, 0, 0, 256},
        {"flatten1", "flatten", "[64]", "", 0, 0, 0, 256},
        {"dense1", "dense", "[10]", "", 650, 0, 640, 40},
        {"maxout1", "maxout", "[6]", "", 3 * 6 * 11, 0, 3 * 6 * 10, 24},
        {"prelu1", "prelu", "[6]", "", 1, 0, 0, 24},
        {"reshape1", "reshape", "[8, 8]", "flatten1", 0, 0, 0, 256},
        {"attention1", "attention", "[8, 8]", "", 4 * 72, 0, 4 * 8 * 64 + 2 * 8 * 8 * 8, 256},
        {"reshape2", "reshape", "[5, 2]", "dense1", 0, 0, 0, 40},
        {"attention2", "attention", "[8, 8]", "attention1, reshape2", 2 * 72 + 2 * 24, 0,
         2 * 8 * 64 + 2 * 5 * 16 + 2 * 8 * 5 * 8, 256},
    };
    SC_EQ(sc_net_summary_rows(net), sizeof expected / sizeof expected[0]);
    int64_t parameters = 0;
    for (size_t r = 0; r < sc_net_summary_rows(net); r++) {
        sc_summary_row row = sc_net_summary(net, r);
        SC_EQ_STR(row.name, expected[r].name);
        SC_EQ_STR(row.kind, expected[r].kind);
        SC_EQ_STR(row.shape, expected[r].shape);
        SC_EQ_STR(row.from, expected[r].from);
        SC_EQ(row.parameters, expected[r].parameters);
        SC_EQ(row.statistics, expected[r].statistics);
        SC_EQ(row.multiply_adds, expected[r].multiply_adds);
        SC_EQ(row.bytes, expected[r].bytes);
        parameters += row.parameters;
    }
    SC_EQ(parameters, sc_net_parameter_count(net));
    sc_net_destroy(net);
}

Test(summary, long_names_and_shapes_are_cut_to_fit) {
    enum { LAYERS = 8 };
    char yaml[2048], name[101] = "";
    sc_env env;
    sc_net *net;
    sc_env_init(&env, NULL, NULL);
    memset(name, 'n', sizeof name - 2);
    size_t used = (size_t)snprintf(yaml, sizeof yaml, "network: [");
    for (int i = 0; i < LAYERS; i++)
        used +=
            (size_t)snprintf(yaml + used, sizeof yaml - used, "{relu: {name: %s%d}}, ", name, i);
    used += (size_t)snprintf(yaml + used, sizeof yaml - used, "{add: [%s0, %s1, %s7]}]", name, name,
                             name);
    SC_TRUE(used < sizeof yaml);
    SC_OK(&env, net_from_yaml(&net, &env, &image, yaml));
    sc_summary_row row = sc_net_summary(net, LAYERS + 1);
    SC_EQ(strlen(row.from), 100 + strlen(", ..."));
    SC_CONTAINS(row.from, "n0, ...");
    sc_net_destroy(net);

    const socle_shape large = {5, {2147483646, 1, 1, 1, 1}}, deep = {5, {111, 112, 113, 11, 12}};
    SC_OK(&env, net_from_yaml(&net, &env, &large, "network: [relu]"));
    SC_EQ_STR(sc_net_summary(net, 1).shape, "[2147483646, 1, 1, 1, 1]");
    sc_net_destroy(net);
    SC_OK(&env, net_from_yaml(&net, &env, &deep, "network: [relu]"));
    SC_EQ_STR(sc_net_summary(net, 0).shape, "[111, 112, 113, 11, 12]");
    sc_net_destroy(net);
}
