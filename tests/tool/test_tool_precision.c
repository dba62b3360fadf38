/* SPDX-License-Identifier: Apache-2.0 */
/* `train: {precision: f16 | bf16}` from outside: a run that was stopped and continued is the one
 * that was not, its scale and the steps that overflowed are in its records, and what f16 cannot
 * begin with is refused. */
#include "tool.h"

static sc_temp temp;

static void begin(void) {
    tool_begin(&temp, false);
}

static void end(void) {
    tool_end(&temp);
}

TestSuite(tool_precision, .init = begin, .fini = end);

static double last_of(const char *path, const char *column) {
    char *text = tool_get(path, NULL);
    json_t *rows = tool_json_lines(text);
    const json_t *value = json_object_get(json_array_get(rows, json_array_size(rows) - 1), column);
    double number = json_is_number(value) ? json_number_value(value) : -1;
    json_decref(rows);
    free(text);
    return number;
}

/* Who says nothing of it trains in f32. */
Test(tool_precision, f32_is_what_was_not_said) {
    tool_expect(0, NULL, "train tool.yaml -o run --set train.steps=3");
    tool_result same = tool_run("train --resume run --set train.steps=5 --set train.precision=f32");
    SC_EQ(same.code, 0);
    SC_TRUE(!strstr(same.err, "another train.precision"));
    tool_free(&same);
    tool_expect(0, NULL, "train tool.yaml -o other --set train.steps=3");
    tool_expect(0, "another train.precision (\"f32\" then, \"f16\" now)",
                "train --resume other --set train.steps=5 --set train.precision=half");
}

/* Activations beyond f16, which no scale of gradients helps. */
Test(tool_precision, what_f16_cannot_hold) {
    tool_expect(5, "or train with precision bf16: f16 ends at 65504",
                "train tool.yaml -o big --set data.scale=1e9 --set train.precision=f16");
    tool_expect(0, NULL, "train tool.yaml -o wide --set data.scale=1e9 --set train.precision=bf16");
}

Test(tool_precision, a_run_continued_is_the_run_itself) {
    static const char *const types[] = {"f16", "bf16"};
    for (int t = 0; t < 2; t++) {
        const char *type = types[t];
        SC_REPRO("%s", type);
        tool_expect(0, NULL, "train tool.yaml -o whole --overwrite --set train.precision=%s", type);
        tool_expect(0, NULL,
                    "train tool.yaml -o part --overwrite --set train.steps=5 "
                    "--set train.precision=%s",
                    type);
        tool_expect(0, NULL, "train --resume part --set train.steps=0");
        SC_TRUE(tool_same("part/model.safetensors", "whole/model.safetensors"));
        SC_TRUE(tool_same("part/checkpoint.safetensors", "whole/checkpoint.safetensors"));
        bool scaled = t == 0;
        SC_TRUE(last_of("whole/metrics.jsonl", "loss_scale") == (scaled ? 1024 : -1));
        SC_TRUE(last_of("whole/metrics.jsonl", "skipped_steps") == (scaled ? 0 : -1));
    }
    /* Within rounding it may go on as any other, and come back. */
    tool_expect(0, "another train.precision (\"bf16\" then, \"f32\" now)",
                "train --resume part --epochs 4 --set train.precision=f32");
    tool_expect(0, "another train.precision (\"f32\" then, \"f16\" now)",
                "train --resume part --epochs 5 --set train.precision=f16");
    SC_TRUE(last_of("part/metrics.jsonl", "loss_scale") == 1024);
    tool_expect(0, "another train.precision (\"f16\" then, \"f32\" now)",
                "train --resume part --epochs 6 --set train.precision=f32");
}

Test(tool_precision, mixed_is_f16) {
    tool_expect(0, NULL, "train tool.yaml -o a --epochs 1 --set train.precision=mixed");
    tool_expect(0, NULL, "train tool.yaml -o b --epochs 1 --set train.precision=f16");
    SC_TRUE(tool_same("a/model.safetensors", "b/model.safetensors"));
    tool_expect(2, "precision", "train tool.yaml -o c --set train.precision=f8");
}

/* The first parameter's first element becomes 2^17, which only f16 has no room for. */
Test(tool_precision, weights_beyond_f16_are_refused) {
    size_t size, length = 0;
    const float large = 0x1p17f;
    tool_expect(0, NULL, "train tool.yaml -o tried --epochs 0");
    char *bytes = tool_get("tried/model.safetensors", &size);
    for (int i = 0; i < 8; i++) length |= (size_t)(unsigned char)bytes[i] << (8 * i);
    memcpy(bytes + 8 + length, &large, sizeof large);
    tool_put("large.safetensors", bytes, size);
    free(bytes);
    tool_expect(3, "begins with 131072, and f16 ends at 65504",
                "train tool.yaml -o wrong --set train.init_from=large.safetensors "
                "--set train.precision=f16");
    tool_expect(0, NULL,
                "train tool.yaml -o right --epochs 1 --set train.init_from=large.safetensors "
                "--set train.precision=bf16");
}

/* Initial weights are the configuration's: nothing is on disk from which a run could continue. */
Test(tool_precision, initial_weights_beyond_f16) {
#define LARGE "--set 'network[1]={dense: {units: 12, weight_init: {normal: 1e6}}}' "
    tool_result result = tool_run("train tool.yaml -o large " LARGE "--set train.precision=f16");
    SC_EQ(result.code, 2);
    SC_CONTAINS(result.err, "and f16 ends at 65504; train with precision bf16 or f32");
    SC_TRUE(!strstr(result.err, "--resume"));
    SC_TRUE(!tool_exists("large"));
    tool_free(&result);
    tool_expect(0, NULL, "train tool.yaml -o large --set train.steps=3 " LARGE);
    tool_expect(2, "and f16 ends at 65504",
                "train --resume large --set train.steps=6 --set train.precision=f16");
    tool_expect(0, NULL, "train --resume large --set train.steps=6");
}
