/* SPDX-License-Identifier: Apache-2.0 */
/* Data files that are missing, damaged or do not suit the network: exit code 3, a text that names
 * the file, nothing written. */
#include "tool.h"

#include <zlib.h>

static sc_temp temp;

static void begin(void) {
    tool_begin(&temp, false);
}

static void end(void) {
    tool_end(&temp);
}

TestSuite(tool_data, .init = begin, .fini = end);

static void expect_bad(const char *text) {
    tool_expect(3, text, "train tool.yaml -o out");
    SC_TRUE(!tool_exists("out"));
}

/* Changes some bytes of a file; size SIZE_MAX keeps its length. */
static void damage(const char *name, size_t at, const void *bytes, size_t count, size_t size) {
    size_t length;
    char *data = tool_get(name, &length);
    memcpy(data + at, bytes, count);
    tool_put(name, data, size == SIZE_MAX ? length : size);
    free(data);
}

static void gzip(const char *name, const char *from, size_t keep) {
    size_t size;
    char *data = tool_get(from, &size);
    gzFile file = gzopen(name, "wb");
    if (!file || gzwrite(file, data, (unsigned)size) != (int)size || gzclose(file) != Z_OK)
        SC_TEST_FAIL("gzip %s", name);
    free(data);
    if (keep) damage(name, 0, "\x1f", 1, keep);
}

Test(tool_data, missing) {
    remove("train-images");
    expect_bad("train-images: cannot open");
    tool_put_images("train-images", TOOL_TRAIN, 1);
    remove("test-labels");
    expect_bad("data.test: test-labels");
}

Test(tool_data, not_a_file) {
    remove("train-images");
    mkdir("train-images", 0700);
    expect_bad("train-images: is a directory");
    rmdir("train-images");
    mkfifo("train-images", 0600);
    expect_bad("train-images");
}

Test(tool_data, empty_and_short) {
    static const size_t sizes[] = {0, 1, 3, 4, 7, 8, 15, 16, 17, 1000, 16 + TOOL_TRAIN * 64 - 1};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        tool_put_images("train-images", TOOL_TRAIN, 1);
        damage("train-images", 0, "", 0, sizes[i]);
        expect_bad("train-images");
    }
}

Test(tool_data, trailing_bytes) {
    size_t size;
    char *data = tool_get("train-images", &size);
    data = realloc(data, size + 1);
    data[size] = 7;
    tool_put("train-images", data, size + 1);
    free(data);
    expect_bad("train-images");
}

Test(tool_data, headers_that_lie) {
    static const struct {
        size_t at, count;
        const char *bytes;
    } rows[] = {
        {0, 1, "\x01"},                             /* magic */
        {0, 4, "\x89PNG"},                          /* another format */
        {2, 1, "\x0e"},                             /* element type */
        {2, 1, "\xff"},                             /* no element type */
        {3, 1, "\x00"},                             /* rank 0 */
        {3, 1, "\xff"},                             /* rank 255 */
        {4, 4, "\x00\x00\x00\x00"},                 /* no samples */
        {4, 4, "\x00\x00\x01\x01"},                 /* one sample more than there is */
        {4, 4, "\xff\xff\xff\xff"},                 /* 4 G samples */
        {4, 4, "\x80\x00\x00\x00"},                 /* 2^31 */
        {8, 8, "\x00\x01\x00\x00\x00\x01\x00\x00"}, /* 65536 x 65536: the product wraps 32 bits */
        {4, 12, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"}, /* wraps 64 bits */
        {8, 4, "\x00\x00\x00\x00"},                                  /* a side of 0 */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        tool_put_images("train-images", TOOL_TRAIN, 1);
        damage("train-images", rows[i].at, rows[i].bytes, rows[i].count, SIZE_MAX);
        expect_bad("train-images");
    }
}

Test(tool_data, gzip) {
    gzip("whole.gz", "train-images", 0);
    tool_expect(0, NULL, "train tool.yaml -o packed --set data.train.images=whole.gz");
    tool_expect(0, NULL, "train tool.yaml -o plain");
    SC_TRUE(tool_same("packed/model.safetensors", "plain/model.safetensors"));
    gzip("cut.gz", "train-images", 500);
    tool_expect(3, "cut.gz", "train tool.yaml -o out --set data.train.images=cut.gz");
    gzip("flipped.gz", "train-images", 0);
    damage("flipped.gz", 300, "\x55\xaa\x55\xaa", 4, SIZE_MAX);
    tool_expect(3, "flipped.gz", "train tool.yaml -o out --set data.train.images=flipped.gz");
    tool_put_text("text.gz", "this is text, whatever its name says");
    tool_expect(3, "text.gz", "train tool.yaml -o out --set data.train.images=text.gz");
    SC_TRUE(!tool_exists("out"));
}

Test(tool_data, labels) {
    damage("train-labels", 8 + 17, "\x09", 1, SIZE_MAX);
    expect_bad("sample 17 has label 9");
    tool_put_labels("train-labels", TOOL_TRAIN, 1);
    damage("test-labels", 8 + 3, "\x04", 1, SIZE_MAX);
    expect_bad("sample 3 has label 4; with 4 classes");
    tool_put_labels("test-labels", TOOL_TEST, 2);
    tool_put_labels("train-labels", TOOL_TRAIN - 1, 1);
    expect_bad("255");
    tool_put_images("train-labels", TOOL_TRAIN, 1); /* images in place of labels */
    expect_bad("train-labels");
}

Test(tool_data, other_shape_of_test_data) {
    size_t size;
    char *data = tool_get("test-images", &size);
    memcpy(data + 8, "\x00\x00\x00\x04\x00\x00\x00\x10", 8); /* 4 x 16 in place of 8 x 8 */
    tool_put("test-images", data, size);
    free(data);
    expect_bad("test-images");
}

Test(tool_data, split_of_too_few_samples) {
    tool_expect(2, NULL, "train tool.yaml -o out --set data.train.limit=1");
    SC_TRUE(!tool_exists("out"));
    tool_expect(0, NULL, "train tool.yaml -o two --set data.train.limit=2");
    tool_expect(2, NULL,
                "train tool.yaml -o out --set data.train.limit=10 --set train.drop_short=true");
}

Test(tool_data, predict) {
    tool_expect(0, NULL, "train tool.yaml -o run --epochs 1");
    tool_expect(3, "nosuch", "predict -m run/model.safetensors --input nosuch");
    tool_expect(3, "train-labels", "predict -m run/model.safetensors --input train-labels");
    tool_result result = tool_run_input("abc", 3, "predict -m run/model.safetensors --input -");
    SC_EQ(result.code, 3);
    SC_CONTAINS(result.err, "standard input");
    SC_EQ_STR(result.out, "");
    tool_free(&result);
}

Test(tool_data, eval_without_that_part) {
    tool_expect(0, NULL, "train tool.yaml -o run --epochs 1");
    tool_put_text("part.yaml", "data:\n  train: {images: train-images, labels: train-labels}\n");
    tool_expect(2, "data.test", "eval -m run/model.safetensors --data part.yaml");
    tool_expect(0, NULL, "eval -m run/model.safetensors --data part.yaml --split train");
    damage("test-labels", 8, "\x63", 1, SIZE_MAX);
    tool_expect(3, "label 99", "eval -m run/model.safetensors --data tool.yaml");
}

/* The tool's numbers are means by weight, in training, at its end and in a later evaluation; a
 * continued run has the same weights. */
Test(tool_data, class_weights) {
    tool_expect(2, "data.train.class_weights: has weights for 3 classes, the labels are of 4",
                "train tool.yaml -o out --set data.train.class_weights=[1,2,3]");
    tool_expect(2, "data.train.class_weights: has 5 weights, the network tells 4 classes apart",
                "train tool.yaml -o out --set data.train.class_weights=[1,2,3,4,5]");
    tool_expect(2, "data.train.class_weights[1]",
                "plan tool.yaml --set data.train.class_weights=[1,-2,3,4]");
    SC_TRUE(!tool_exists("out"));
    tool_expect(0, NULL, "plan tool.yaml --set data.train.class_weights=[1,0,3,4]");
    tool_expect(0, NULL,
                "train tool.yaml -o out --epochs 1 --set data.train.class_weights=[1,0,3,4]");
    tool_expect(0, NULL, "train --resume out --epochs 2");
    tool_expect(2, "the training data differs at weight.hash",
                "train tool.yaml --resume out --epochs 3 --set data.train.class_weights=[1,1,3,4]");
    size_t size;
    char *text = tool_get("tool.yaml", &size), *train = strstr(text, "labels: train-labels");
    char changed[8192];
    snprintf(changed, sizeof changed, "%.*s, class_weights: [0, 1, 0, 0]%s",
             (int)(train - text) + 20, text, train + 20);
    tool_put_text("weighted.yaml", changed);
    double accuracy[2], loss[2];
    for (int k = 0; k < 2; k++) {
        tool_result result =
            tool_run("eval -m out/model.safetensors --data %s --split train --json",
                     k ? "weighted.yaml" : "tool.yaml");
        SC_EQ(result.code, 0);
        json_t *lines = tool_json_lines(result.out), *event = tool_event(lines, "done");
        accuracy[k] = json_number_value(json_object_get(event, "train_accuracy"));
        loss[k] = json_number_value(json_object_get(event, "train_loss"));
        SC_EQ(json_integer_value(json_object_get(event, "samples")), TOOL_TRAIN);
        json_decref(lines);
        tool_free(&result);
    }
    /* Class 1 was worth nothing in training, and is all that counts in the second evaluation. */
    SC_TRUE(accuracy[0] > 0.5 && accuracy[1] < 0.3 && loss[1] > 2 * loss[0]);
    snprintf(changed, sizeof changed, "%.*s, class_weights: [1]%s", (int)(train - text) + 20, text,
             train + 20);
    tool_put_text("weighted.yaml", changed);
    tool_expect(2, "has weights for 1 classes",
                "eval -m out/model.safetensors --data weighted.yaml --split train");
    free(text);
}

/* The lines of metrics.csv without their last column. */
static char *without_speed(const char *name) {
    size_t size, used = 0;
    char *text = tool_get(name, &size);
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        size_t length = (size_t)(strrchr(line, ',') - line);
        memmove(text + used, line, length);
        used += length;
        text[used++] = ';';
    }
    text[used ? used - 1 : 0] = '\0';
    return text;
}

/* The summed weight of the part of an epoch that was done is no whole number; a run goes on with it
 * to the same bytes. */
Test(tool_data, class_weights_within_an_epoch) {
    const char weights[] = "--set data.train.class_weights=[0.1,0.7,3.3,1e-3]";
    tool_expect(0, NULL, "train tool.yaml -o whole %s", weights);
    tool_expect(0, NULL, "train tool.yaml -o part --set train.steps=17 %s", weights);
    tool_expect(0, NULL, "train --resume part --set train.steps=0");
    SC_TRUE(tool_same("part/model.safetensors", "whole/model.safetensors"));
    tool_result metrics[2] = {tool_run("eval -m whole/model.safetensors --data whole/config.json"),
                              tool_run("eval -m part/model.safetensors --data part/config.json")};
    SC_TRUE(metrics[0].code == 0 && metrics[1].code == 0);
    SC_EQ_STR(metrics[0].out, metrics[1].out);
    for (int k = 0; k < 2; k++) tool_free(&metrics[k]);
    char *text[2] = {without_speed("whole/metrics.csv"), without_speed("part/metrics.csv")};
    SC_EQ_STR(text[0], text[1]); /* the loss of the epoch that was interrupted among them */
    for (int k = 0; k < 2; k++) free(text[k]);
}

/* Labels as IDX of another element type: 0x0c i32, 0x0d f32. */
static void convert_labels(const char *to, const char *from, char type) {
    size_t size;
    char *data = tool_get(from, &size), *wide = calloc(1, 8 + 4 * (size - 8));
    memcpy(wide, data, 8);
    wide[2] = type;
    for (size_t i = 0; i < size - 8; i++) {
        float value = (float)data[8 + i];
        uint32_t bits = (uint32_t)data[8 + i];
        if (type == 0x0d) memcpy(&bits, &value, sizeof bits);
        for (int b = 0; b < 4; b++) wide[8 + 4 * i + (size_t)b] = (char)(bits >> (24 - 8 * b));
    }
    tool_put(to, wide, 8 + 4 * (size - 8));
    free(wide);
    free(data);
}

/* The data sets of a run may have labels of different types; the numbers stay. */
Test(tool_data, label_types_differ) {
    static const struct {
        const char *train, *test, *settings;
    } rows[] = {
        {"train-labels", "test-labels", ""},
        {"train-labels", "test-i32", ""},
        {"train-i32", "test-labels", ""},
        {"train-labels", "test-labels",
         "--set loss=mean_squared_error --set 'network=[flatten, {dense: 1}]'"},
        {"train-f32", "test-i32",
         "--set loss=mean_squared_error --set 'network=[flatten, {dense: 1}]'"},
        {"train-i32", "test-f32",
         "--set loss=mean_squared_error --set 'network=[flatten, {dense: 1}]'"},
        {"train-labels", "test-f32",
         "--set loss=mean_squared_error --set 'network=[flatten, {dense: 1}]'"},
    };
    static const char *const parts[] = {"train", "test"};
    for (int p = 0; p < 2; p++) {
        char from[32], to[32];
        snprintf(from, sizeof from, "%s-labels", parts[p]);
        snprintf(to, sizeof to, "%s-i32", parts[p]);
        convert_labels(to, from, 0x0c);
        snprintf(to, sizeof to, "%s-f32", parts[p]);
        convert_labels(to, from, 0x0d);
    }
    char *first = NULL;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        tool_result result = tool_run("train tool.yaml -o out%zu --epochs 1 %s --set "
                                      "data.train.labels=%s --set data.test.labels=%s",
                                      i, rows[i].settings, rows[i].train, rows[i].test);
        SC_EQ(result.code, 0);
        char *loss = strstr(result.out, "test loss"); /* without the speed before it */
        SC_TRUE(loss != NULL);
        *strstr(loss, "model ") = '\0';
        if (i == 0 || i == 3) {
            free(first);
            first = strdup(loss);
        }
        SC_EQ_STR(loss, first);
        tool_free(&result);
    }
    free(first);
    tool_expect(3, "test-f32: the loss softmax_cross_entropy needs class numbers",
                "train tool.yaml -o bad --set data.test.labels=test-f32");
}

Test(tool_data, shares_outside_0_to_1) {
    size_t size;
    convert_labels("shares", "train-labels", 0x0d); /* 0 to 3 */
    tool_put_text("bce.yaml", "data:\n"
                              "  train: {images: train-images, labels: shares}\n"
                              "network: [flatten, {dense: 1}]\n"
                              "loss: binary_cross_entropy\n"
                              "train: {epochs: 1, batch: 32}\n");
    tool_expect(3, "shares: column 'target': sample", "train bce.yaml -o out");
    char *data = tool_get("shares", &size);
    for (size_t i = 8; i < size; i += 4) memcpy(data + i, "\x3f\x80\0\0", 4);
    tool_put("shares", data, size);
    tool_expect(0, NULL, "train bce.yaml -o ones");
    memcpy(data + 8, "\xbf\x80\0\0", 4);
    tool_put("shares", data, size);
    free(data);
    tool_expect(3, "sample 0 has target -1", "train bce.yaml -o out");
    tool_expect(3, "sample 0 has target -1",
                "eval -m ones/model.safetensors --data bce.yaml --split train");
    SC_TRUE(!tool_exists("out"));
}

Test(tool_data, the_labels_file_is_named) {
    size_t size;
    char *data = tool_get("train-labels", &size);
    data[8] = 9;
    tool_put("train-labels", data, size);
    free(data);
    tool_expect(3, "train-labels: column 'label': sample 0 has label 9", "train tool.yaml -o out");
    tool_expect(3, "train-labels: column 'label': sample 0 has label 9",
                "train tool.yaml -o out --set data.train.limit=32");
}

/* Images of 8x8x3 whose channels lie last: asked about, then read. */
Test(tool_data, channels_last) {
    enum { IMAGES = TOOL_TRAIN, BYTES = 16 + 4 + IMAGES * 8 * 8 * 3 };
    size_t size;
    char *plain = tool_get("train-images", &size), *colours = calloc(1, BYTES);
    memcpy(colours, plain, 16);
    colours[3] = 4;
    colours[19] = 3;
    for (int i = 0; i < IMAGES * 64; i++)
        for (int c = 0; c < 3; c++) colours[20 + 3 * i + c] = plain[16 + i];
    tool_put("colours", colours, BYTES);
    free(plain);
    free(colours);
    tool_put_text("colours.yaml",
                  "data:\n"
                  "  train: {images: colours, labels: train-labels}\n"
                  "network: [{conv2d: {filters: 4, kernel: 3}}, flatten, {dense: 4}]\n"
                  "loss: softmax_cross_entropy\n"
                  "train: {epochs: 1, batch: 32}\n");
    tool_expect(3, "colours: images of 8x8x3: is the last size the channels?",
                "train colours.yaml -o out");
    tool_expect(2, "layout", "train colours.yaml -o out --set data.layout=hwc");
    SC_TRUE(!tool_exists("out"));
    tool_expect(0, NULL, "train colours.yaml -o out --set data.layout=nhwc");
    tool_expect(3, "say layout nhwc", "predict -m out/model.safetensors --input colours");
    tool_expect(0, NULL, "predict -m out/model.safetensors --input colours --layout nhwc");
    tool_expect(3, "a sample is u8[8,8,3]",
                "predict -m out/model.safetensors --input colours --layout nchw");
    tool_expect(2, "--layout", "predict -m out/model.safetensors --input colours --layout x");
}

/* A loss behind the activation that it applies itself: said where the network is built. */
Test(tool_data, softmax_before_its_loss) {
    const char *set = "--set 'network=[flatten, {dense: 4}, softmax]'";
    tool_expect(0, "softmax1: the loss softmax_cross_entropy applies softmax itself",
                "train tool.yaml -o out --epochs 1 %s", set);
    size_t size;
    char *text = tool_get("tool.yaml", &size);
    char changed[4096], *loss = strstr(text, "loss:");
    snprintf(changed, sizeof changed, "%.*s  - softmax\n%s", (int)(loss - text), text, loss);
    tool_put_text("squashed.yaml", changed);
    free(text);
    tool_expect(0, "Leave this layer out", "summary squashed.yaml");
}

/* 193 samples in batches of 192: the last group of the batch normalisation is one sample. */
Test(tool_data, a_group_of_one_sample) {
    const char *set =
        "--set 'network=[flatten, {dense: 4}, batchnorm]' --set data.train.limit=193 --set "
        "train.validation=0 --set train.batch=192 --epochs 1";
    tool_expect(0, "train.drop_short leaves that step out", "train tool.yaml -o out %s", set);
    tool_result result = tool_run("train tool.yaml -o dropped --set train.drop_short=true %s", set);
    SC_EQ(result.code, 0);
    SC_TRUE(!strstr(result.err, "drop_short"));
    tool_free(&result);
}
