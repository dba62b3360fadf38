/* SPDX-License-Identifier: Apache-2.0 */
/* train.groups: what is frozen stays, what has an optimizer of its own goes on with it after a
 * stop, alone and on several devices; and what cannot be is refused with the name of what is wrong.
 */
#include "tool.h"

#define FREEZE "{parameters: dense1, frozen: true}"
#define MIXED                                                                                      \
    "'train.groups=[{parameters: dense1.weight, optimizer: {sgd: {lr: 0.1, momentum: 0.9}}}, "     \
    "{parameters: [\"*.bias\"], rate: 0.5, weight_decay: 0.01}]'"

static sc_temp temp;

static void begin(void) {
    tool_begin(&temp, false);
}

static void end(void) {
    tool_end(&temp);
}

TestSuite(tool_groups, .init = begin, .fini = end);

static bool has(const char *file, const char *text) {
    size_t size, length = strlen(text);
    char *data = tool_get(file, &size);
    bool found = false;
    for (size_t i = 0; i + length <= size && !found; i++) found = !memcmp(data + i, text, length);
    free(data);
    return found;
}

Test(tool_groups, stops_and_goes_on) {
    tool_expect(0, NULL, "train tool.yaml -o whole --set " MIXED);
    tool_expect(0, NULL, "train tool.yaml -o plain");
    SC_TRUE(!tool_same("whole/model.safetensors", "plain/model.safetensors"));
    tool_expect(0, NULL, "train tool.yaml -o part --set train.steps=17 --set " MIXED);
    tool_expect(0, NULL, "train --resume part --set train.steps=0");
    SC_TRUE(tool_same("part/model.safetensors", "whole/model.safetensors"));
    SC_TRUE(has("part/checkpoint.safetensors", "optimizer/momentum/dense1.weight"));
    SC_TRUE(!has("part/checkpoint.safetensors", "optimizer/first_moment/dense1.weight"));
    SC_TRUE(has("part/checkpoint.safetensors", "optimizer/first_moment/dense1.bias"));
}

/* sgd keeps a state where it has momentum. */
Test(tool_groups, momentum_comes_and_goes) {
    tool_expect(0, NULL, "train tool.yaml -o run --set train.steps=17 --set " MIXED);
    tool_expect(
        2, "the optimizer of train.groups[0] kept a state of each weight then, keeps nothing now",
        "train --resume run --set train.steps=0 --set 'train.groups[0].optimizer.sgd.momentum=0'");
    tool_expect(0, NULL,
                "train tool.yaml -o plain --set train.steps=17 --set 'optimizer={sgd: 0.1}'");
    tool_expect(2, "the optimizer kept nothing of each weight then, keeps a state now",
                "train --resume plain --set train.steps=0 --set optimizer.sgd.momentum=0.9");
    tool_expect(0, NULL, "train --resume plain --set train.steps=0 --set optimizer.sgd.lr=0.2");
}

Test(tool_groups, on_two_devices) {
    tool_expect(0, NULL, "train tool.yaml -o one --reproducible --device cpu --set " MIXED);
    tool_expect(0, NULL, "train tool.yaml -o two --reproducible --device cpu,cpu --set " MIXED);
    SC_TRUE(tool_same("one/model.safetensors", "two/model.safetensors"));
    tool_expect(0, NULL,
                "train tool.yaml -o frozen --device cpu,cpu --set 'train.groups=[" FREEZE "]'");
}

/* What is frozen is what the run began with. */
Test(tool_groups, frozen_stays) {
    tool_expect(0, NULL, "train tool.yaml -o begin --epochs 0");
    tool_expect(0, NULL, "train tool.yaml -o frozen --set 'train.groups=[" FREEZE "]'");
    for (int i = 0; i < 4; i++) {
        static const char *const names[] = {"dense1.weight", "dense1.bias", "dense2.weight",
                                            "dense2.bias"};
        size_t size[2];
        char *before = tool_tensor("begin/model.safetensors", names[i], &size[0]),
             *after = tool_tensor("frozen/model.safetensors", names[i], &size[1]);
        SC_EQ(size[0], size[1]);
        SC_EQ(memcmp(before, after, size[0]) == 0, i < 2);
        free(before);
        free(after);
    }
    SC_TRUE(!has("frozen/checkpoint.safetensors", "optimizer/first_moment/dense1"));
    SC_TRUE(has("frozen/checkpoint.safetensors", "optimizer/first_moment/dense2.bias"));
    tool_result result = tool_run("plan tool.yaml --json --set 'train.groups=[" FREEZE "]'"),
                whole = tool_run("plan tool.yaml --json");
    SC_EQ(result.code, 0);
    SC_TRUE(strcmp(result.out, whole.out) != 0);
    tool_free(&result);
    tool_free(&whole);
}

Test(tool_groups, what_cannot_be) {
    tool_expect(2,
                "--set: train.groups[0].parameters: no parameter is called 'dens1.weight'; did you "
                "mean 'dense1.weight'?",
                "train tool.yaml -o bad --set 'train.groups=[{parameters: dens1.weight}]'");
    tool_expect(2,
                "no parameter is called 'stem'; known: dense1.weight, dense1.bias, dense2.weight",
                "train tool.yaml -o bad --set 'train.groups=[{parameters: stem}]'");
    tool_expect(2, "train.groups[1].parameters: dense1.bias is in train.groups[0] already",
                "train tool.yaml -o bad --set 'train.groups=[" FREEZE
                ", {parameters: \"*.bias\"}]'");
    tool_expect(2, "train.groups: every parameter is frozen",
                "train tool.yaml -o bad --set 'train.groups=[{parameters: \"*\", frozen: true}]'");
    tool_expect(2, "train.groups[0]: the key 'parameters' is missing",
                "train tool.yaml -o bad --set 'train.groups=[{frozen: true}]'");
    tool_expect(
        2, "train.groups[0].frozen: what is frozen does not move: leave out 'frozen' or 'rate'",
        "train tool.yaml -o bad --set 'train.groups=[{parameters: dense1, frozen: true, "
        "rate: 2}]'");
    tool_expect(
        2, "unknown optimizer 'adm'; did you mean 'adam'?",
        "train tool.yaml -o bad --set 'train.groups=[{parameters: dense1, optimizer: adm}]'");
    tool_expect(2, "the loss depends on no parameter that is trained",
                "train tool.yaml -o bad --set 'train.groups=[{parameters: dense2, frozen: true}]' "
                "--set 'network[4]={dense: {units: 4, from: flatten1}}'");
    SC_TRUE(!tool_exists("bad"));
}

/* As all of a configuration, by the line of the file. */
Test(tool_groups, where_it_stands) {
    char text[2048];
    snprintf(text, sizeof text, "%s", tool_config);
    char *train = strstr(text, "train: {epochs");
    if (!train) SC_TEST_FAIL("tool.yaml has another train");
    int line = 1;
    for (const char *at = text; at < train; at++) line += *at == '\n';
    snprintf(train, (size_t)(text + sizeof text - train),
             "train:\n  epochs: 1\n  groups:\n    - parameters: dense1\n    - parameters:\n"
             "        - dense2.bias\n        - dens2.weight\n");
    tool_put_text("bad.yaml", text);
    char place[160];
    snprintf(place, sizeof place,
             "bad.yaml:%d: train.groups[1].parameters[1]: no parameter is called 'dens2.weight'",
             line + 6);
    tool_expect(2, place, "train bad.yaml -o bad");
    tool_expect(2, place, "plan bad.yaml");
}

/* States belong to an optimizer: with another one a run is another. Rates may change. */
Test(tool_groups, resumed_with_others) {
    tool_expect(0, NULL, "train tool.yaml -o run --set train.steps=17 --set " MIXED);
    tool_expect(2, "what moves a parameter differs at train.groups",
                "train tool.yaml -o run --resume run");
    tool_expect(2, "what moves a parameter differs at train.groups[0].optimizer",
                "train --resume run --set 'train.groups[0].optimizer=lion'");
    tool_expect(0, "other options of train.groups",
                "train --resume run --set train.groups[1].rate=0.25");
}

static bool same_tensor(const char *a, const char *b, const char *name) {
    size_t size[2];
    char *of_a = tool_tensor(a, name, &size[0]), *of_b = tool_tensor(b, name, &size[1]);
    SC_EQ(size[0], size[1]);
    bool same = memcmp(of_a, of_b, size[0]) == 0;
    free(of_a);
    free(of_b);
    return same;
}

/* The name of a network stands for it alone, though another one's begins so. */
Test(tool_groups, a_group_of_a_network_is_of_no_other) {
    tool_put_text(
        "two.yaml",
        "data: {train: {images: train-images, labels: train-labels}}\n"
        "networks:\n"
        "  gen.x: [flatten, {dense: {units: 8, name: in}}, {dense: {units: 64, name: in.b}},\n"
        "          {reshape: [1, 8, 8]}]\n"
        "  gen: [flatten, {dense: 4}]\n"
        "losses: [{loss: ce, of: gen(gen.x)}]\n"
        "train: {batch: 16, epochs: 1}\n");
    tool_expect(0, NULL, "train two.yaml -o begin --epochs 0");
    tool_expect(0, NULL,
                "train two.yaml -o end --set 'train.groups=[{parameters: gen, frozen: true}]'");
    SC_TRUE(same_tensor("begin/model.safetensors", "end/model.safetensors", "gen.dense1.weight"));
    SC_TRUE(!same_tensor("begin/model.safetensors", "end/model.safetensors", "gen.x.in.weight"));
    tool_expect(0, NULL,
                "train two.yaml -o in --set 'train.groups=[{parameters: gen.x.in, frozen: true}]'");
    SC_TRUE(same_tensor("begin/model.safetensors", "in/model.safetensors", "gen.x.in.weight"));
    SC_TRUE(!same_tensor("begin/model.safetensors", "in/model.safetensors", "gen.x.in.b.weight"));
}
