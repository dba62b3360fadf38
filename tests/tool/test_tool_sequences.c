/* SPDX-License-Identifier: Apache-2.0 */
/* Sequences of whole numbers with a label each, from files to a model: an embedding and a dense
 * layer over the tokens, labels that are ignored, a run that stops in the middle of an epoch. */
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
