/* SPDX-License-Identifier: Apache-2.0 */
/* Weights that another program wrote: other names, other types, no word of the network. */
#include "tool.h"

static sc_temp temp;

static void begin(void) {
    tool_begin(&temp, false);
}

static void end(void) {
    tool_end(&temp);
}

TestSuite(tool_weights, .init = begin, .fini = end);

typedef struct tensors {
    json_t *header;
    unsigned char *data;
    size_t size;
} tensors;

static tensors read_tensors(const char *name) {
    size_t size, length = 0;
    unsigned char *bytes = (unsigned char *)tool_get(name, &size);
    for (int i = 0; i < 8; i++) length |= (size_t)bytes[i] << (8 * i);
    tensors out = {json_loadb((char *)bytes + 8, length, 0, NULL), NULL, size - 8 - length};
    out.data = calloc(1, out.size + 8);
    memcpy(out.data, bytes + 8 + length, out.size);
    free(bytes);
    SC_TRUE(out.header != NULL);
    return out;
}

static void write_tensors(const char *name, tensors *from) {
    char *text = json_dumps(from->header, JSON_COMPACT);
    size_t count = strlen(text);
    unsigned char *out = calloc(1, 8 + count + from->size);
    for (int i = 0; i < 8; i++) out[i] = (unsigned char)(count >> (8 * i));
    memcpy(out + 8, text, count);
    memcpy(out + 8 + count, from->data, from->size);
    tool_put(name, out, 8 + count + from->size);
    json_decref(from->header);
    free(from->data);
    free(text);
    free(out);
}

/* Appends 8 zero bytes of `type`, `elements` of them. */
static void append_tensor(const char *to, const char *from, const char *name, const char *type,
                          int elements) {
    tensors file = read_tensors(from);
    json_object_set_new(file.header, name,
                        json_pack("{s:s, s:[i], s:[I, I]}", "dtype", type, "shape", elements,
                                  "data_offsets", (json_int_t)file.size,
                                  (json_int_t)file.size + 8));
    file.size += 8;
    write_tensors(to, &file);
}

/* The model of run/ as another program would have written it: its names, no metadata. */
static void put_foreign(void) {
    static const char *const names[][2] = {{"dense1.weight", "classifier.1.weight"},
                                           {"dense1.bias", "classifier.1.bias"},
                                           {"dense2.weight", "classifier.4.weight"},
                                           {"dense2.bias", "classifier.4.bias"}};
    tensors file = read_tensors("run/model.safetensors");
    json_object_del(file.header, "__metadata__");
    for (int i = 0; i < 4; i++) {
        json_t *entry = json_incref(json_object_get(file.header, names[i][0]));
        json_object_del(file.header, names[i][0]);
        json_object_set_new(file.header, names[i][1], entry);
    }
    write_tensors("renamed.safetensors", &file);
    append_tensor("foreign.safetensors", "renamed.safetensors", "bn.num_batches_tracked", "I64", 1);
}

#define RENAMES "--rename classifier.1.*=dense1.* --rename classifier.4.*=dense2.*"

/* The words give the same output as those of the model file. */
static void expect_same(const char *foreign, const char *own) {
    tool_result a = tool_run("%s", foreign), b = tool_run("%s", own);
    SC_EQ(a.code, 0);
    SC_EQ(b.code, 0);
    SC_EQ_STR(a.out, b.out);
    tool_free(&a);
    tool_free(&b);
}

Test(tool_weights, beside_a_configuration) {
    tool_expect(0, NULL, "train tool.yaml -o run --epochs 1");
    put_foreign();
    expect_same("eval -m foreign.safetensors --config tool.yaml --data tool.yaml " RENAMES,
                "eval -m run/model.safetensors --data tool.yaml");
    expect_same("predict -m foreign.safetensors --config tool.yaml --input test-images " RENAMES,
                "predict -m run/model.safetensors --input test-images");
    expect_same("summary foreign.safetensors --config tool.yaml " RENAMES,
                "summary run/model.safetensors");
    tool_put_text("bare.yaml",
                  "inputs: [{shape: [1, 8, 8], dtype: u8, scale: 0.00392156862745098}]\n"
                  "network: [flatten, {dense: {name: classifier.1, units: 16}}, relu, "
                  "{dense: {name: classifier.4, units: 4}}]\n");
    tool_expect(0, NULL, "summary foreign.safetensors --config bare.yaml");
    tool_expect(0, NULL, "predict -m foreign.safetensors --config bare.yaml --input test-images");
    tool_expect(3, "no loss", "eval -m foreign.safetensors --config bare.yaml --data tool.yaml");
}

Test(tool_weights, what_does_not_fit_is_said) {
    tool_expect(0, NULL, "train tool.yaml -o run --epochs 1");
    put_foreign();
    tool_expect(3, "there is no tensor 'dense1.weight'",
                "summary foreign.safetensors --config tool.yaml");
    tool_expect(3, "give the configuration too", "eval -m foreign.safetensors --data tool.yaml");
    tool_put_text("half.yaml", "inputs: [{shape: [1, 8, 8], dtype: u8}]\n"
                               "network: [flatten, {dense: 16}]\n");
    tool_expect(3, "'classifier.4.weight' belongs to no layer",
                "summary foreign.safetensors --config half.yaml --rename classifier.1.*=dense1.*");
    tool_expect(2, "no tensor is named 'clasifier.*'",
                "summary foreign.safetensors --config tool.yaml --rename clasifier.*=a.* " RENAMES);
    tool_expect(3, "both are the parameter",
                "summary foreign.safetensors --config tool.yaml --rename "
                "classifier.4.weight=dense1.weight " RENAMES);
    tool_expect(3, "has shape [16,64]; the network's 'dense2.weight' is [4,16]",
                "summary foreign.safetensors --config tool.yaml --rename classifier.4.*=dense1.* "
                "--rename classifier.1.*=dense2.*");
    tool_expect(2, "FROM=TO", "summary foreign.safetensors --config tool.yaml --rename dense1");
    tool_expect(2, "1 * on the left, 0 on the right",
                "summary foreign.safetensors --config tool.yaml --rename a.*=b");
    tool_expect(2, "--rename goes with --config",
                "eval -m foreign.safetensors --data tool.yaml --rename a=b");
    tool_expect(2, "nosuch", "summary foreign.safetensors --config nosuch.yaml");
}

/* Training begins with the file's weights; a run that goes on has its own. */
Test(tool_weights, to_begin_with) {
    tool_expect(0, NULL, "train tool.yaml -o run --epochs 1");
    put_foreign();
    tool_expect(0, NULL,
                "train tool.yaml -o zero --epochs 0 --set "
                "train.init_from=foreign.safetensors " RENAMES);
    SC_TRUE(tool_same("zero/model.safetensors", "run/model.safetensors"));
    tool_expect(0, NULL,
                "train tool.yaml -o more --epochs 2 --set "
                "train.init_from=foreign.safetensors --set train.steps=17 " RENAMES);
    size_t size;
    char *config = tool_get("more/config.json", &size);
    SC_CONTAINS(config, "\"classifier.1.*\": \"dense1.*\"");
    free(config);
    remove("foreign.safetensors");
    tool_expect(0, NULL, "train --resume more --set train.steps=0");
    tool_expect(3, "train.init_from: ", "train tool.yaml -o none --set train.init_from=nosuch");
    SC_TRUE(!tool_exists("none"));
    tool_expect(2, "there is no file of weights", "train tool.yaml -o none --rename a=b");
}

/* A new head keeps its first weights. */
Test(tool_weights, in_part) {
    tool_expect(0, NULL, "train tool.yaml -o run --epochs 1");
    put_foreign();
    tool_expect(3, "there is no tensor 'dense2.weight'",
                "train tool.yaml -o out --epochs 0 --set train.init_from.file=foreign.safetensors "
                "--rename classifier.1.*=dense1.*");
    tool_result result = tool_run(
        "train tool.yaml -o out --epochs 0 --set train.init_from.file=foreign.safetensors --set "
        "train.init_from.partial=true --rename classifier.1.*=dense1.*");
    SC_EQ(result.code, 0);
    SC_CONTAINS(result.err,
                "2 parameters have no tensor there and stay as they are: dense2.weight");
    SC_CONTAINS(result.err, "classifier.4.weight (F32)");
    tool_free(&result);
    tool_expect(0, NULL, "train tool.yaml -o fresh --epochs 0");
    tensors out = read_tensors("out/model.safetensors"),
            run = read_tensors("run/model.safetensors"),
            fresh = read_tensors("fresh/model.safetensors");
    const size_t dense1 = 4 * (64 * 16 + 16);
    SC_EQ_MEMORY(out.data, run.data, dense1);
    SC_EQ_MEMORY(out.data + dense1, fresh.data + dense1, fresh.size - dense1);
    SC_TRUE(memcmp(out.data, fresh.data, dense1) != 0);
    tensors *all[] = {&out, &run, &fresh};
    for (int i = 0; i < 3; i++) {
        json_decref(all[i]->header);
        free(all[i]->data);
    }
}

/* Softmax of the logits is what is predicted. */
Test(tool_weights, logits) {
    tool_expect(0, NULL, "train tool.yaml -o run --epochs 1");
    tool_result plain = tool_run("predict -m run/model.safetensors --input test-images --json"),
                raw = tool_run(
                    "predict -m run/model.safetensors --input test-images --json --logits");
    json_t *a = tool_json_lines(plain.out), *b = tool_json_lines(raw.out);
    SC_EQ(json_array_size(b), TOOL_TEST);
    for (size_t i = 0; i < TOOL_TEST; i++) {
        json_t *shares = json_object_get(json_array_get(a, i), "outputs"),
               *scores = json_object_get(json_array_get(b, i), "outputs");
        double sum = 0;
        SC_TRUE(json_equal(json_object_get(json_array_get(a, i), "class"),
                           json_object_get(json_array_get(b, i), "class")));
        SC_TRUE(json_object_get(json_array_get(b, i), "logit") != NULL);
        for (size_t c = 0; c < 4; c++) sum += exp(json_number_value(json_array_get(scores, c)));
        for (size_t c = 0; c < 4; c++)
            SC_NEAR(json_number_value(json_array_get(shares, c)),
                    exp(json_number_value(json_array_get(scores, c))) / sum, 1e-5);
    }
    json_decref(a);
    json_decref(b);
    tool_free(&plain);
    tool_free(&raw);
}

/* What no parameter can be is listed and passed over; what one could be must be one. */
Test(tool_weights, tensors_of_other_types) {
    tool_expect(0, NULL, "train tool.yaml -o run --epochs 1");
    append_tensor("a.safetensors", "run/model.safetensors", "bn.num_batches_tracked", "I64", 1);
    append_tensor("b.safetensors", "a.safetensors", "mask", "BOOL", 8);
    tool_result result = tool_run("inspect b.safetensors"),
                plain = tool_run("eval -m run/model.safetensors --data tool.yaml"),
                more = tool_run("eval -m b.safetensors --data tool.yaml");
    SC_EQ(result.code, 0);
    SC_CONTAINS(result.out, "i64");
    SC_CONTAINS(result.out, "bool");
    SC_EQ(more.code, 0);
    SC_EQ_STR(more.out, plain.out);
    SC_CONTAINS(more.err, "bn.num_batches_tracked (I64), mask (BOOL)");
    tool_free(&result);
    tool_free(&plain);
    tool_free(&more);
    append_tensor("c.safetensors", "b.safetensors", "head.weight", "F64", 1);
    tool_expect(0, NULL, "inspect c.safetensors");
    tool_expect(3, "'head.weight' belongs to no layer", "eval -m c.safetensors --data tool.yaml");
}
