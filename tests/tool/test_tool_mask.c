/* SPDX-License-Identifier: Apache-2.0 */
/* A mask beside the labels, from a file to a model: what it leaves out is left out as an ignored
 * label leaves it out, by the same bits; a run goes on with the same mask alone; and which masks
 * are refused. */
#include "tool.h"

enum { COUNT = 96, TOKENS = 5, WORDS = 7, IGNORED = 255 };

static sc_temp temp;

static bool is_masked(int sample, int token) {
    return sample == 31 || (token >= 3 && sample % 3 == 0) || (token == 0 && sample % 5 == 1);
}

/* An IDX file of `count` times `tokens` numbers that `value` gives: u8 (0x08), i32 (0x0c) or f32
 * (0x0d). tokens 0: of one dimension. */
static void put(const char *name, int type, int count, int tokens, float (*value)(int, int)) {
    static unsigned char file[12 + 4 * COUNT * TOKENS];
    const unsigned char sizes[] = {0, 0, 0, (unsigned char)count, 0, 0, 0, (unsigned char)tokens};
    const int rank = tokens ? 2 : 1;
    size_t size = 4 + 4 * (size_t)rank;
    memcpy(file, (const unsigned char[]){0, 0, (unsigned char)type, (unsigned char)rank}, 4);
    memcpy(file + 4, sizes, size - 4);
    for (int i = 0; i < count; i++)
        for (int k = 0; k < (tokens ? tokens : 1); k++) {
            float number = value(i, k);
            int32_t whole = (int32_t)number;
            uint32_t bits = (uint32_t)whole;
            if (type == 0x0d) memcpy(&bits, &number, sizeof bits);
            for (int shift = 24; shift >= 0 && type != 0x08; shift -= 8)
                file[size++] = (unsigned char)(bits >> shift);
            if (type == 0x08) file[size++] = (unsigned char)bits;
        }
    tool_put(name, file, size);
}

static int word_of(int i, int k) {
    return (i * 5 + k * k + i / 7) % WORDS;
}

static float text(int i, int k) {
    return (float)word_of(i, k);
}

static float tag(int i, int k) {
    return (float)((word_of(i, k) * 2 + 3) % WORDS);
}

static float tag_or_none(int i, int k) {
    return is_masked(i, k) ? IGNORED : tag(i, k);
}

static float mask(int i, int k) {
    return !is_masked(i, k);
}

static float other_mask(int i, int k) {
    return i == 5 && k == 1 ? 0 : mask(i, k);
}

static float all(int i, int k) {
    (void)i, (void)k;
    return 1;
}

static float none(int i, int k) {
    (void)i, (void)k;
    return 0;
}

static float half(int i, int k) {
    return i == 7 && k == 2 ? 0.5f : 1;
}

static float two(int i, int k) {
    return i == 9 && k == 4 ? 2 : 1;
}

static float not_a_number(int i, int k) {
    return i == 3 && k == 0 ? NAN : 1;
}

#define REST                                                                                       \
    "network:\n"                                                                                   \
    "  - embedding: {vocabulary: 7, units: 6}\n"                                                   \
    "  - dense: 12\n"                                                                              \
    "  - tanh\n"                                                                                   \
    "  - dropout: 0.1\n"                                                                           \
    "  - dense: 7\n"                                                                               \
    "optimizer: {adam: 0.03}\n"                                                                    \
    "train: {epochs: 4, batch: 16, seed: 2, validation: 0.125}\n"

static void begin(void) {
    tool_begin(&temp, false);
    put("texts", 0x0c, COUNT, TOKENS, text);
    put("tags", 0x08, COUNT, TOKENS, tag);
    put("holes", 0x08, COUNT, TOKENS, tag_or_none);
    put("mask", 0x08, COUNT, TOKENS, mask);
    put("mask.f32", 0x0d, COUNT, TOKENS, mask);
    tool_put_text("mask.yaml", "data:\n"
                               "  train: {images: texts, labels: tags, mask: mask, limit: 90}\n"
                               "  test: {images: texts, labels: tags, mask: mask.f32}\n"
                               "loss: softmax_cross_entropy\n" REST);
    tool_put_text("holes.yaml", "data:\n"
                                "  train: {images: texts, labels: holes, limit: 90}\n"
                                "  test: {images: texts, labels: holes}\n"
                                "loss: {softmax_cross_entropy: {ignore: 255}}\n" REST);
}

static void end(void) {
    tool_end(&temp);
}

TestSuite(tool_mask, .init = begin, .fini = end);

/* The last object of a command's output, without what names files and times. */
static json_t *outcome(const char *words) {
    tool_result result = tool_run("%s --json", words);
    if (result.code != 0) SC_TEST_FAIL("%s: %d, %s", words, result.code, result.err);
    json_t *lines = tool_json_lines(result.out), *out = json_object(), *value;
    const char *key;
    json_object_foreach(tool_event(lines, "done"), key,
                        value) if (json_is_real(value) && !strstr(key, "second"))
        json_object_set(out, key, value);
    json_decref(lines);
    tool_free(&result);
    return out;
}

static void expect_same(const char *a, const char *b) {
    json_t *x = outcome(a), *y = outcome(b);
    char *text = json_dumps(x, 0), *other = json_dumps(y, 0);
    SC_TRUE(json_object_size(x) > 0);
    SC_EQ_STR(text, other);
    free(text);
    free(other);
    json_decref(x);
    json_decref(y);
}

static char *predictions(const char *folder) {
    tool_result result = tool_run("predict -m %s/model.safetensors --input texts --all", folder);
    if (result.code != 0) SC_TEST_FAIL("%s: %d, %s", folder, result.code, result.err);
    char *out = strdup(result.out);
    tool_free(&result);
    return out;
}

/* Losses, metrics and the model are those of the run whose labels say the same; so are those of an
 * evaluation, and a mask that the test data lack is 1 there. */
Test(tool_mask, equals_ignored_labels) {
    expect_same("train mask.yaml -o masked", "train holes.yaml -o ignored");
    char *masked = predictions("masked"), *ignored = predictions("ignored");
    SC_TRUE(strlen(masked) > 1000);
    SC_EQ_STR(masked, ignored);
    free(masked);
    free(ignored);
    expect_same("eval -m masked/model.safetensors --data mask.yaml",
                "eval -m ignored/model.safetensors --data holes.yaml");
    put("ones", 0x08, COUNT, TOKENS, all);
    expect_same(
        "train mask.yaml -o lacks --epochs 1 --set 'data.test={images: texts, labels: tags}'",
        "train mask.yaml -o full --epochs 1 --set data.test.mask=ones");
    json_t *with = outcome("eval -m masked/model.safetensors --data mask.yaml"),
           *without = outcome("eval -m masked/model.safetensors --data mask.yaml --split train");
    SC_TRUE(json_real_value(json_object_get(with, "test_loss")) !=
            json_real_value(json_object_get(without, "train_loss")));
    json_decref(with);
    json_decref(without);
}

/* Over several devices the bytes are those of one; a run that stops goes on to the same bytes, and
 * with the same mask alone. */
Test(tool_mask, devices_and_resume) {
    tool_expect(0, NULL, "train mask.yaml -o one --reproducible");
    tool_expect(0, NULL, "train mask.yaml -o two --reproducible --device cpu,cpu");
    SC_TRUE(tool_same("one/model.safetensors", "two/model.safetensors"));
    tool_expect(0, NULL,
                "train mask.yaml -o parts --reproducible --device cpu,cpu "
                "--set train.steps=9");
    tool_expect(0, NULL, "train --resume parts --device cpu --set train.steps=0");
    SC_TRUE(tool_same("one/model.safetensors", "parts/model.safetensors"));
    put("mask", 0x08, COUNT, TOKENS, other_mask);
    tool_expect(2, "the training data differs at mask.hash", "train --resume parts --epochs 5");
    put("mask", 0x08, COUNT, TOKENS, mask);
    tool_expect(2, "the training data differs at mask",
                "train holes.yaml --resume parts --epochs 5 --set loss=softmax_cross_entropy "
                "--set data.train.labels=tags --set data.test.labels=tags");
}

/* Of sample 31 nothing counts: alone in its batch it is a step of no loss, which is told once. */
Test(tool_mask, a_batch_of_which_nothing_counts) {
    tool_result result = tool_run(
        "train mask.yaml -o alone --epochs 2 --set train.batch=1 --set train.shuffle=false "
        "--set train.validation=0 --json");
    SC_EQ(result.code, 0);
    SC_CONTAINS(result.err, "step 32: nothing counts in its 1 sample (");
    const char *again = strstr(result.err, "nothing counts");
    SC_TRUE(!strstr(again + 1, "nothing counts"));
    json_t *lines = tool_json_lines(result.out);
    SC_TRUE(json_is_real(json_object_get(tool_event(lines, "done"), "test_loss")));
    json_decref(lines);
    tool_free(&result);
}

Test(tool_mask, refused) {
    static const struct {
        const char *text;
        int type, count, tokens;
        float (*value)(int, int);
    } bad[] = {
        {"column 'mask': sample 9 has 2 in its mask; 1 is what counts", 0x08, COUNT, TOKENS, two},
        {"column 'mask': sample 7 has 0.5 in its mask", 0x0d, COUNT, TOKENS, half},
        {"column 'mask': sample 3 has nan in its mask", 0x0d, COUNT, TOKENS, not_a_number},
        {"column 'mask': the mask is 0 everywhere", 0x08, COUNT, TOKENS, none},
        {"column 'mask' does not hold values of type u8 or f32", 0x0c, COUNT, TOKENS, mask},
        {"byte 4: 95 values, but", 0x08, COUNT - 1, TOKENS, mask},
        {"column 'mask': a sample has 4 values, the loss 5 rows for each sample", 0x08, COUNT, 4,
         mask},
        {"column 'mask': a sample has 1 value, the loss 5 rows for each sample", 0x08, COUNT, 0,
         all},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        put("bad", bad[i].type, bad[i].count, bad[i].tokens, bad[i].value);
        tool_expect(3, bad[i].text, "train mask.yaml -o x --set data.train.mask=bad");
    }
    put("one", 0x08, COUNT, 0, all);
    tool_expect(3, "and the loss softmax_cross_entropy one row for each sample, of which nothing",
                "train mask.yaml -o x --set network[1]=flatten --set data.train.labels=one "
                "--set data.test.labels=one");
    tool_expect(3, "absent", "train mask.yaml -o x --set data.train.mask=absent");
    tool_expect(2, "data.train.mask", "train mask.yaml -o x --set data.train.mask=3");
    tool_expect(2, "data.train.mask", "train mask.yaml -o x --set data.train.mask=");
    tool_expect(2, "data.train.inputs.mask: is the column of `mask`",
                "train mask.yaml -o x --set 'data.train.inputs={mask: mask}'");
    put("bad", 0x08, COUNT, TOKENS, none);
    tool_put_text("bad.yaml", "data: {test: {images: texts, labels: tags, mask: bad}}\n");
    tool_expect(0, NULL, "train mask.yaml -o good --epochs 1");
    tool_expect(3, "the mask is 0 everywhere", "eval -m good/model.safetensors --data bad.yaml");
}
