/* SPDX-License-Identifier: Apache-2.0 */
/* Formulas in a configuration: an activation, a loss and an optimizer of one's own train to the
 * bytes of the built-in ones of the same formula; a run with them is resumed; what is wrong with
 * one is said with its column. */
#include "tool.h"

#include <sys/stat.h>

/* The model file without the description of the network: the tensors behind the header. */
static char *tensors(const char *run, size_t *size) {
    char name[64];
    uint64_t header;
    snprintf(name, sizeof name, "%s/model.safetensors", run);
    char *data = tool_get(name, size);
    memcpy(&header, data, sizeof header);
    *size -= 8 + (size_t)header;
    memmove(data, data + 8 + header, *size);
    return data;
}

static void expect_same_tensors(const char *a, const char *b) {
    size_t size_a, size_b;
    char *data_a = tensors(a, &size_a), *data_b = tensors(b, &size_b);
    SC_EQ(size_a, size_b);
    SC_TRUE(size_a > 1000);
    SC_EQ_MEMORY(data_a, data_b, size_a);
    free(data_a);
    free(data_b);
}

/* Trains `base` with one built-in thing, and with the formula in its place. */
static void compare(const char *what, const char *base, const char *built_in, const char *formula) {
    SC_REPRO("%s: %s", what, formula);
    tool_expect(0, NULL, "train tool.yaml %s --set '%s' -q --overwrite -o built_in", base,
                built_in);
    tool_expect(0, NULL, "train tool.yaml %s --set '%s' -q --overwrite -o formula", base, formula);
    expect_same_tensors("built_in", "formula");
}

static void put_values(const char *name, int count, unsigned seed) {
    unsigned char head[8] = {
        0, 0, 0x0d, 1, 0, 0, (unsigned char)(count >> 8), (unsigned char)count};
    char *data = calloc(1, sizeof head + 4 * (size_t)count);
    memcpy(data, head, sizeof head);
    for (int i = 0; i < count; i++) {
        seed = seed * 1664525u + 1013904223u;
        float value = (float)(seed >> 8) / 16777216.0f;
        uint32_t bits;
        memcpy(&bits, &value, sizeof bits);
        unsigned char *to = (unsigned char *)data + sizeof head + 4 * i;
        for (int b = 0; b < 4; b++) to[b] = (unsigned char)(bits >> (24 - 8 * b));
    }
    tool_put(name, data, sizeof head + 4 * (size_t)count);
    free(data);
}

Test(tool_formula, trains_to_the_bytes_of_the_built_in_one) {
    sc_temp temp;
    tool_begin(&temp, false);
    compare("activation", "", "network[2]=mish",
            "network[2]={expr: \"x * tanh(log(1 + exp(x)))\"}");
    compare("activation", "", "network[2]=relu", "network[2]={expr: \"max(x, 0)\"}");
    compare("optimizer", "--set train.weight_decay=0.01",
            "optimizer={sgd: {lr: 0.05, momentum: 0.9}}",
            "optimizer={expr: {lr: 0.05, update: \"v = 0.9 * v + g; w = w - lr * v\"}}");
    compare("optimizer", "--set train.weight_decay=0.01", "optimizer={sgd: {lr: 0.05}}",
            "optimizer={expr: {lr: 0.05, update: \"w = w - lr * (g)\"}}");
    compare("optimizer", "", "optimizer={adam: {lr: 0.002}}",
            "optimizer={expr: {lr: 0.002, update: \"m = 0.9 * m + (1 - 0.9) * g; v = 0.999 * v + "
            "(1 - 0.999) * (g * g);"
            " w = w - lr * (m * (1 / (1 - 0.9 ** step)) / (sqrt(v) * (1 / sqrt(1 - 0.999 ** step)) "
            "+ 1e-8))\"}}");
    put_values("train-labels", TOOL_TRAIN, 5);
    put_values("test-labels", TOOL_TEST, 6);
    compare("loss", "--set 'network=[flatten, {dense: 8}, tanh, {dense: 1}]'",
            "loss=mean_squared_error", "loss={expr: \"(prediction - target) ** 2\"}");
    compare(
        "loss", "--set 'network=[flatten, {dense: 8}, tanh, {dense: 1}]'",
        "loss=binary_cross_entropy",
        "loss={expr: \"target * softplus(-prediction) + (1 - target) * softplus(prediction)\"}");
    tool_end(&temp);
}

/* States of a user's optimizer are in the checkpoint under their names. */
Test(tool_formula, a_run_is_resumed) {
    static const char all[] = "--set 'network[2]={expr: \"x / (1 + abs(x))\"}' --set "
                              "'optimizer={expr: {lr: 0.01, update: "
                              "\"speed = 0.9 * speed + g; size = max(0.99 * size, abs(g)); w = w - "
                              "lr * speed / (size + 1e-6)\"}}'";
    sc_temp temp;
    tool_begin(&temp, false);
    tool_expect(0, NULL, "train tool.yaml %s -q -o whole", all);
    tool_expect(0, NULL, "train tool.yaml %s -q -o parts --epochs=2", all);
    tool_result shown = tool_run("inspect parts/checkpoint.safetensors");
    SC_CONTAINS(shown.out, "optimizer/speed/dense1.weight");
    SC_CONTAINS(shown.out, "optimizer/size/dense2.bias");
    tool_free(&shown);
    tool_expect(0, NULL, "train --resume=parts --epochs=3 -q");
    SC_TRUE(tool_same("whole/model.safetensors", "parts/model.safetensors"));
    tool_expect(0, NULL, "eval -m whole/model.safetensors --data=tool.yaml");
    tool_end(&temp);
}

Test(tool_formula, broken_formulas_name_their_column) {
    static const struct {
        const char *change, *text;
    } cases[] = {
        {"network[2]={expr: x * tanh(y)}",
         "network[2].expr: expr1: column 10: unknown name 'y'; known: x"},
        {"network[2]={expr: x * tanh(x}", "column 9: the ')' of this '(' is missing"},
        {"network[2]={expr: max(x)}", "column 1: max takes 2 arguments, not 1"},
        {"network[2]={expr: x x}", "column 3: an operator is expected here, not 'x'"},
        {"network[2]={expr: x / 0}", "column 5: division by 0"},
        {"network[2]={expr: 1 + 2}", "column 1: the formula never uses x"},
        {"network[2]={expr: 1e99 * x}", "column 1: 1e99 is too large for single precision"},
        {"network[2]={expr: {formula: thanh(x)}}",
         "column 1: unknown function 'thanh'; did you mean 'tanh'?"},
        {"loss={expr: abs(prediction - label)}",
         "loss: expr: column 18: unknown name 'label'; known: prediction, target"},
        {"loss={expr: prediction ** 2}", "loss: expr: column 1: the formula never uses target"},
        {"optimizer={expr: w = w - lr * q}",
         "optimizer.expr: column 14: unknown name 'q'; known: w, g, lr, decay, step"},
        {"optimizer={expr: v = 0.9 * v + g}",
         "optimizer.expr: column 1: the update gives w no new value"},
        {"optimizer={expr: w = w - lr}", "optimizer.expr: column 1: the update never uses g"},
        {"optimizer={expr: {update: w = w - g / sqrt(v); v = v + g * g}}",
         "optimizer.expr.update: column 1: where w, g and the states are 0 the update is no "
         "number"},
        {"optimizer={expr: a = a + g; b = b + g; c = c + g; d = d + g; w = a + b + c + d}",
         "column 34: an update keeps at most 3 values"},
    };
    sc_temp temp;
    tool_begin(&temp, false);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        SC_REPRO("--set '%s'", cases[i].change);
        tool_expect(2, cases[i].text, "train tool.yaml --set '%s' -o run", cases[i].change);
    }
    char deep[2000] = "network[2]={expr: x";
    for (int i = 2; i < 120; i++) sprintf(deep + strlen(deep), " + x / %d", i);
    tool_expect(2, "more than 96 operations and numbers; split the formula",
                "train tool.yaml --set '%s}' -o run", deep);
    SC_TRUE(!tool_exists("run"));
    tool_end(&temp);
}
