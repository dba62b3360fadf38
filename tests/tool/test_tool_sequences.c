/* SPDX-License-Identifier: Apache-2.0 */
/* Sequences of whole numbers with a label each, from files to a model: an embedding and a dense
 * layer over the tokens, labels that are ignored, a run that stops in the middle of an epoch; and
 * sequences of several lengths, which a file of their own gives. */
#include "tool.h"

enum { COUNT = 96, TOKENS = 5, WORDS = 7, IGNORED = 255 };

static sc_temp temp;

/* An IDX file [COUNT, TOKENS] of i32, or of bytes. */
static void put(const char *name, bool bytes) {
    static unsigned char file[12 + 4 * COUNT * TOKENS];
    size_t size = 12, item = bytes ? 1 : 4;
    memcpy(file, bytes ? "\0\0\x08\x02" : "\0\0\x0c\x02", 4);
    memcpy(file + 4, (unsigned char[]){0, 0, 0, COUNT, 0, 0, 0, TOKENS}, 8);
    for (int i = 0; i < COUNT; i++)
        for (int k = 0; k < TOKENS; k++) {
            int token = (i * 5 + k * k + i / 7) % WORDS, label = (token * 2 + 3) % WORDS;
            memset(file + size, 0, item);
            file[size + item - 1] = (unsigned char)(!bytes                 ? token
                                                    : k == 4 && i % 3 == 0 ? IGNORED
                                                                           : label);
            size += item;
        }
    tool_put(name, file, size);
}

/* An IDX file [count] of bytes: 1 to TOKENS, one of them `odd`. */
static void put_lengths(const char *name, int count, int number, int odd) {
    unsigned char file[8 + COUNT] = {0, 0, 0x08, 1, 0, 0, 0, (unsigned char)count};
    for (int i = 0; i < count; i++)
        file[8 + i] = (unsigned char)(i == number ? odd : 1 + (i * 3 + i / 5) % TOKENS);
    tool_put(name, file, 8 + (size_t)count);
}

/* The same run, whose tokens behind a sample's length are none. */
static void put_lengths_config(void) {
    put_lengths("lengths", COUNT, 0, 4);
    tool_put_text("lengths.yaml",
                  "data:\n"
                  "  train: {images: texts, labels: tags, inputs: {length: lengths}, limit: 90}\n"
                  "  test: {images: texts, labels: tags, inputs: {length: lengths}}\n"
                  "network:\n"
                  "  - embedding: {vocabulary: 7, units: 6, from: input}\n"
                  "  - rnn: {units: 12, return: sequence, from: [embedding1, length]}\n"
                  "  - dense: 7\n"
                  "loss: {softmax_cross_entropy: {ignore: 255, lengths: length}}\n"
                  "optimizer: {adam: 0.03}\n"
                  "train: {epochs: 12, batch: 16, seed: 2, validation: 0.125}\n");
}

static void begin(void) {
    tool_begin(&temp, false);
    put("texts", false);
    put("tags", true);
    tool_put_text(
        "tags.yaml",
        "data: {train: {images: texts, labels: tags}, test: {images: texts, labels: tags}}\n"
        "network:\n"
        "  - embedding: {vocabulary: 7, units: 6}\n"
        "  - dense: 12\n"
        "  - tanh\n"
        "  - dropout: 0.1\n"
        "  - dense: 7\n"
        "loss: {softmax_cross_entropy: {ignore: 255}}\n"
        "optimizer: {adam: 0.03}\n"
        "train: {epochs: 12, batch: 16, seed: 2, validation: 0.125}\n");
}

static void end(void) {
    tool_end(&temp);
}

TestSuite(tool_sequences, .init = begin, .fini = end);

Test(tool_sequences, learn_and_resume) {
    tool_result result = tool_run("train tags.yaml -o whole --json");
    SC_EQ(result.code, 0);
    SC_CONTAINS(result.out, "\"test_accuracy\"");
    tool_free(&result);
    tool_expect(0, NULL, "train tags.yaml -o parts --set train.steps=9"); /* six steps make an epoch
                                                                           */
    tool_expect(0, NULL, "train tags.yaml -o parts --resume parts --set train.steps=0");
    SC_TRUE(tool_same("whole/model.safetensors", "parts/model.safetensors"));
    result = tool_run("eval -m whole/model.safetensors --data tags.yaml --min-accuracy 0.95");
    if (result.code != 0) SC_TEST_FAIL("eval: %d, %s %s", result.code, result.out, result.err);
    tool_free(&result);
    result = tool_run("predict -m whole/model.safetensors --input texts --json");
    SC_EQ(result.code, 0);
    tool_free(&result);
}

static double planned_gradients(const char *words) {
    tool_result result = tool_run("%s", words);
    SC_EQ(result.code, 0);
    json_t *lines = tool_json_lines(result.out);
    const json_t *bytes = json_object_get(tool_event(lines, "plan"), "bytes");
    const double gradients = json_number_value(json_object_get(bytes, "gradients"));
    SC_TRUE(gradients > 0);
    json_decref(lines);
    tool_free(&result);
    return gradients;
}

/* A run that moves the rows alone that its steps look up stops and goes on, on one device and on
 * two; gradients are smaller by what the vocabulary has more. */
Test(tool_sequences, sparse_learn_and_resume) {
#define SPARSE " --set network[0].embedding.vocabulary=400 --set network[0].embedding.sparse=true "
    tool_expect(0, NULL, "train tags.yaml -o whole" SPARSE "--reproducible");
    tool_expect(0, NULL, "train tags.yaml -o parts" SPARSE "--reproducible --set train.steps=9");
    tool_expect(0, NULL, "train --resume parts --set train.steps=0 -d cpu,cpu");
    SC_TRUE(tool_same("whole/model.safetensors", "parts/model.safetensors"));
    tool_expect(0, NULL, "eval -m whole/model.safetensors --data tags.yaml --min-accuracy 0.95");
    const double more =
        planned_gradients("plan tags.yaml --set network[0].embedding.vocabulary=400 --json") -
        planned_gradients("plan tags.yaml" SPARSE "--json");
    SC_EQ((int)more, (400 - 16 * TOKENS) * 6 * 4);
#undef SPARSE
}

Test(tool_sequences, summary_counts_tokens) {
    tool_result result = tool_run("summary tags.yaml");
    SC_EQ(result.code, 0);
    SC_CONTAINS(result.out, "[5, 6]");
    SC_CONTAINS(result.out, "780"); /* multiply-adds: 5 x (12 x 6 + 7 x 12) */
    tool_free(&result);
}

Test(tool_sequences, wrong_data_are_named) {
    tool_expect(3, "sample 1 has the number 5; embedding1 knows 0 to 4",
                "train tags.yaml --set network[0].embedding.vocabulary=5 -o x");
    tool_expect(3, "sample 0 has label 255",
                "train tags.yaml --set loss=softmax_cross_entropy -o x");
    tool_expect(3, "compares 1",
                "train tags.yaml --set network[0]=relu --set network[1]=flatten -o x");
    tool_expect(2, "loss.softmax_cross_entropy.ignore: must be",
                "train tags.yaml --set loss.softmax_cross_entropy.ignore=yes -o x");
}

Test(tool_sequences, lengths_learn_and_resume) {
    put_lengths_config();
    tool_expect(0, NULL, "plan lengths.yaml");
    tool_expect(0, NULL, "train lengths.yaml -o whole");
    tool_expect(0, NULL, "train lengths.yaml -o parts --set train.steps=9");
    tool_expect(0, NULL, "train --resume parts --set train.steps=0");
    SC_TRUE(tool_same("whole/model.safetensors", "parts/model.safetensors"));
    tool_expect(0, NULL, "eval -m whole/model.safetensors --data lengths.yaml --min-accuracy 0.95");
    /* Lengths count: with others the same model has another loss. */
    json_t *loss[2];
    for (int k = 0; k < 2; k++) {
        if (k) put_lengths("lengths", COUNT, 0, 1);
        tool_result result = tool_run("eval -m whole/model.safetensors --data lengths.yaml --json");
        SC_EQ(result.code, 0);
        json_t *lines = tool_json_lines(result.out);
        loss[k] = json_incref(json_object_get(tool_event(lines, "done"), "test_loss"));
        SC_TRUE(json_is_real(loss[k]));
        json_decref(lines);
        tool_free(&result);
    }
    SC_TRUE(!json_equal(loss[0], loss[1]));
    json_decref(loss[0]);
    json_decref(loss[1]);
    tool_expect(2, "the training data differs at length.hash",
                "train lengths.yaml --resume parts --epochs 13");
}

/* `inputs` of the configuration say the same as what follows from the data. */
Test(tool_sequences, lengths_of_declared_inputs) {
    put_lengths_config();
    tool_expect(0, NULL, "train lengths.yaml -o follows --epochs 1");
    tool_expect(0, NULL,
                "train lengths.yaml -o declared --epochs 1 --set "
                "'inputs=[{shape: 5, dtype: i32},{name: length, shape: 1, dtype: u8}]'");
    SC_TRUE(tool_same("follows/model.safetensors", "declared/model.safetensors"));
    tool_expect(
        2, "data.train.inputs.length: the network has no input 'length'; it reads input",
        "train lengths.yaml -o x --set 'inputs=[{shape: 5, dtype: i32}]' --set "
        "network[1].rnn.from=embedding1 --set 'loss={softmax_cross_entropy: {ignore: 255}}'");
}

Test(tool_sequences, wrong_lengths_are_named) {
    put_lengths_config();
    put_lengths("none", COUNT, 17, 0);
    tool_expect(3, "none: column 'length': sample 17 has 0 steps",
                "train lengths.yaml -o x --set data.train.inputs.length=none");
    put_lengths("long", COUNT, 93, TOKENS + 1); /* behind the limit of the training data */
    tool_expect(3, "long: column 'length': sample 93 has 6 steps; rnn1 takes 1 to 5",
                "train lengths.yaml -o x --set data.test.inputs.length=long");
    tool_expect(0, NULL, "train lengths.yaml -o y --epochs 1 --set data.train.inputs.length=long");
    put_lengths("lengths", COUNT, 93, TOKENS + 1);
    tool_expect(3, "lengths: column 'length': sample 93 has 6 steps",
                "eval -m y/model.safetensors --data lengths.yaml");
}

Test(tool_sequences, wrong_files_of_inputs_are_named) {
    put_lengths_config();
    put_lengths("few", COUNT - 1, 0, 1);
    tool_expect(3, "few: byte 4: 95 samples, but ",
                "train lengths.yaml -o x --set data.train.inputs.length=few");
    tool_expect(3, "data.train: nosuch: cannot open",
                "train lengths.yaml -o x --set data.train.inputs.length=nosuch");
    tool_expect(3, "the network reads an input 'length', which these data do not have",
                "train lengths.yaml -o x --set "
                "'data.test={images: texts, labels: tags}'");
    tool_expect(2,
                "data.test.inputs.lenght: the network has no input 'lenght'; it reads "
                "input, length",
                "train lengths.yaml -o x --set data.test.inputs.lenght=lengths");
    tool_expect(2, "data.train.inputs.label: ",
                "train lengths.yaml -o x --set data.train.inputs.label=lengths");
    tool_expect(2, "data.train.inputs.length: must be the name of a file",
                "train lengths.yaml -o x --set 'data.train.inputs={length: \"\"}'");
    SC_TRUE(!tool_exists("x"));
}

/* The line of sample 0, and all of them. */
static void predict(char *first, char **all, const char *file) {
    tool_result result = tool_run("predict -m whole/model.safetensors --input texts --inputs "
                                  "length=%s --json --batch 7",
                                  file);
    if (result.code != 0) SC_TEST_FAIL("predict: %d, %s", result.code, result.err);
    *all = result.out;
    result.out = NULL;
    snprintf(first, 4096, "%.*s", (int)strcspn(*all, "\n"), *all);
    tool_free(&result);
}

Test(tool_sequences, lengths_of_predictions) {
    char first[2][4096], *all[2];
    put_lengths_config();
    put_lengths("other", COUNT, 0, 1);
    tool_expect(0, NULL, "train lengths.yaml -o whole --epochs 1");
    predict(first[0], &all[0], "lengths");
    predict(first[1], &all[1], "other");
    SC_TRUE(strcmp(first[0], first[1]) != 0);
    SC_EQ_STR(all[0] + strlen(first[0]), all[1] + strlen(first[1])); /* the others are as before */
    free(all[0]);
    free(all[1]);
    put_lengths("few", COUNT - 1, 0, 1);
    put_lengths("none", COUNT, 17, 0);
#define PREDICT "predict -m whole/model.safetensors --input texts "
    tool_expect(3, "reads an input 'length', which these data do not have", PREDICT);
    tool_expect(3, "few: byte 4: 95 samples, but texts has 96", PREDICT "--inputs length=few");
    tool_expect(3, "none: column 'length': sample 17 has 0 steps", PREDICT "--inputs length=none");
    tool_expect(3, "nosuch: cannot open", PREDICT "--inputs length=nosuch");
    tool_expect(2, "--inputs: the network has no input 'lenght'; it reads input, length",
                PREDICT "--inputs lenght=lengths");
    tool_expect(2, "--inputs: 'length' is named twice",
                PREDICT "--inputs length=lengths --inputs length=few");
    tool_expect(2, "--inputs: NAME=FILE", PREDICT "--inputs lengths");
}
