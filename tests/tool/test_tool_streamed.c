/* SPDX-License-Identifier: Apache-2.0 */
/* Samples that stay in their files, as users of the tool meet them: the same run to the bit as with
 * samples in memory, killed and gone on with, on several devices; no more memory than the samples
 * of a step need; and what happens to files that change. */
#include "tool.h"

#include "io/png.h"

#include <signal.h>
#include <sys/resource.h>

static sc_temp temp;

#define STREAM " --set data.train.stream=true --set data.test.stream=true "

static void begin(void) {
    tool_begin(&temp, false);
}

static void end(void) {
    tool_end(&temp);
}

TestSuite(tool_streamed, .init = begin, .fini = end);

static void put_config(const char *name, const char *data, const char *train) {
    char text[2048];
    snprintf(text, sizeof text,
             "data: {%s}\nnetwork: [flatten, dense: 4]\nloss: softmax_cross_entropy\n"
             "train: {epochs: 2, batch: 16, seed: 3%s}\n",
             data, train);
    tool_put_text(name, text);
}

/* Two runs have the same weights, and the same state of the optimizer. */
static void expect_same_run(const char *a, const char *b, const char *file) {
    char first[128], second[128];
    snprintf(first, sizeof first, "%s/%s", a, file);
    snprintf(second, sizeof second, "%s/%s", b, file);
    SC_REPRO("%s, %s", first, second);
    SC_TRUE(tool_same(first, second));
}

static void expect_same_model(const char *a, const char *b) {
    expect_same_run(a, b, "model.safetensors");
}

/* ---- The same run ---- */

Test(tool_streamed, idx_files) {
    tool_expect(0, NULL, "train tool.yaml -o kept");
    tool_expect(0, NULL, "train tool.yaml -o streamed" STREAM); /* a window of all there is */
    expect_same_model("kept", "streamed");
    tool_expect(0, NULL, "train tool.yaml -o kept --overwrite --set train.window=50");
    tool_expect(0, "stay in their files, and are shuffled within windows of 50 samples",
                "train tool.yaml -o streamed --overwrite --set train.window=50" STREAM);
    expect_same_model("kept", "streamed");
    tool_expect(0, NULL, "train streamed/config.json -o again"); /* as it was settled */
    expect_same_model("streamed", "again");
    tool_expect(0, NULL, "train tool.yaml -o order" STREAM "--set train.sampling=in_order");
    tool_expect(0, NULL, "train tool.yaml -o kept --overwrite --set train.sampling=in_order");
    expect_same_model("kept", "order");
    put_config("some.yaml",
               "train: {images: train-images, labels: train-labels, classes: [2, 0, 1, 3], "
               "per_class: 30, limit: 100}",
               "");
    tool_expect(0, NULL, "train some.yaml -o kept --overwrite");
    tool_expect(0, NULL, "train some.yaml -o some --set data.train.stream=true");
    expect_same_model("kept", "some");
}

/* [200,8,8] of reals, as NumPy writes them. */
static void put_npy(const char *name, int count) {
    enum { PIXELS = TOOL_SIDE * TOOL_SIDE };
    char head[128];
    int length = snprintf(
        head + 10, 100, "{'descr': '<f4', 'fortran_order': False, 'shape': (%d, 8, 8), }\n", count);
    memcpy(head, "\x93NUMPY\1\0", 8);
    head[8] = (char)length;
    head[9] = 0;
    size_t size = 10 + (size_t)length, bytes = (size_t)count * PIXELS * sizeof(float);
    char *file = malloc(size + bytes);
    memcpy(file, head, size);
    for (int i = 0; i < count * PIXELS; i++) {
        const float value = (float)(i * 37 % 101) / 50 - 1;
        memcpy(file + size + (size_t)i * sizeof value, &value, sizeof value);
    }
    tool_put(name, file, size + bytes);
    free(file);
}

/* Of one file and of several, with a validation part of its own that is streamed too. */
Test(tool_streamed, npy_files) {
    put_npy("all.npy", 200);
    tool_put_labels("labels", 200, 5);
    put_npy("a-1.npy", 56);
    tool_put_labels("l-1", 56, 6);
    put_config("one.yaml", "train: {images: all.npy, labels: labels}", ", validation: 0.2");
    tool_expect(0, NULL, "train one.yaml -o kept");
    tool_expect(0, NULL, "train one.yaml -o streamed --set data.train.stream=true");
    expect_same_model("kept", "streamed");
    put_config("two.yaml",
               "train: {images: [all.npy, a-1.npy], labels: [labels, l-1]}, validation: {images: "
               "a-1.npy, labels: l-1}",
               ", best: loss");
    tool_expect(0, NULL, "train two.yaml -o two");
    tool_expect(0, NULL,
                "train two.yaml -o streamed --overwrite --set data.train.stream=true --set "
                "data.validation.stream=true");
    expect_same_model("two", "streamed");
    tool_expect(0, NULL, "train two.yaml -o streamed --overwrite --set data.train.stream=true");
    expect_same_model("two", "streamed");
}

static void put_pictures(const char *class, int least) {
    char path[64];
    uint8_t pixel[TOOL_SIDE * TOOL_SIDE];
    sc_env env;
    sc_env_init(&env, NULL, NULL);
    snprintf(path, sizeof path, "pets/%s", class);
    mkdir("pets", 0700);
    mkdir(path, 0700);
    for (int p = 0; p < 20; p++) {
        for (size_t i = 0; i < sizeof pixel; i++)
            pixel[i] = (uint8_t)(least + (int)(i * 37) % 40 + p);
        snprintf(path, sizeof path, "pets/%s/%d.png", class, p);
        SC_OK(&env, sc_png_write(&env, path, TOOL_SIDE, TOOL_SIDE, 1, pixel));
    }
}

Test(tool_streamed, a_folder_of_pictures) {
    put_pictures("cat", 20);
    put_pictures("dog", 150);
    put_config("pets.yaml", "train: {folder: pets}, test: {folder: pets}", ", validation: 0.25");
#define TWO " --set 'network=[flatten, {dense: 2}]'"
    tool_expect(0, NULL, "train pets.yaml -o kept" TWO);
    tool_expect(0, NULL, "train pets.yaml -o streamed" TWO STREAM);
    expect_same_model("kept", "streamed");
    tool_expect(0, NULL, "train pets.yaml -o kept --overwrite --set data.train.limit=11" TWO);
    tool_expect(0, NULL,
                "train pets.yaml -o streamed --overwrite --set data.train.limit=11" TWO STREAM);
    expect_same_model("kept", "streamed");
    tool_put_text("pets/cat/3.png", "broken");
    tool_expect(3, "pets/cat/3.png: ", "train pets.yaml -o no" TWO STREAM);
}

/* ---- Other commands ---- */

static void expect_same_words(const char *words) {
    tool_result kept = tool_run("%s", words), streamed = tool_run("%s" STREAM, words);
    SC_REPRO("%s: %s%s", words, kept.err, streamed.err);
    SC_EQ(kept.code, 0);
    SC_EQ(streamed.code, 0);
    SC_EQ_STR(kept.out, streamed.out);
    tool_free(&kept);
    tool_free(&streamed);
}

Test(tool_streamed, other_commands) {
    tool_expect(0, NULL, "train tool.yaml -o run --epochs 1");
    tool_put_text("streamed.yaml",
                  "data:\n  train: {images: train-images, labels: train-labels, stream: true}\n"
                  "  test: {images: test-images, labels: test-labels, stream: true}\n");
    tool_result kept = tool_run("eval -m run/model.safetensors --data tool.yaml --json"),
                streamed = tool_run("eval -m run/model.safetensors --data streamed.yaml --json");
    json_t *a = tool_json_lines(kept.out), *b = tool_json_lines(streamed.out);
    SC_TRUE(json_equal(json_object_get(json_array_get(a, 0), "test_loss"),
                       json_object_get(json_array_get(b, 0), "test_loss")));
    json_decref(a);
    json_decref(b);
    tool_free(&kept);
    tool_free(&streamed);
    expect_same_words("trace tool.yaml --sample 3");
    expect_same_words("cross-validate tool.yaml --folds 2 --set train.epochs=1");
    tool_expect(0, NULL, "plan tool.yaml" STREAM);
    tool_result whole = tool_run("data tool.yaml"), pieces = tool_run("data streamed.yaml");
    SC_EQ(pieces.code, 0);
    SC_EQ_STR(whole.out, pieces.out);
    tool_free(&whole);
    tool_free(&pieces);
    /* Labels of another type in the test data: targets are turned, the inputs stay where they are.
     */
    tool_put_labels("bytes", TOOL_TEST, 5);
    size_t size;
    char *bytes = tool_get("bytes", &size), wide[8 + 4 * TOOL_TEST] = {0};
    memcpy(wide, bytes, 8);
    wide[2] = 0x0c;
    for (int i = 0; i < TOOL_TEST; i++) wide[8 + 4 * i + 3] = bytes[8 + i];
    tool_put("wide", wide, sizeof wide);
    free(bytes);
    tool_expect(0, NULL, "train tool.yaml -o kept --set data.test.labels=wide");
    tool_expect(0, NULL, "train tool.yaml -o turned --set data.test.labels=wide" STREAM);
    expect_same_model("kept", "turned");
}

Test(tool_streamed, what_is_refused) {
    tool_expect(2, "goes with `images` and `folder`",
                "train tool.yaml -o no --set 'data.train={generate: xor, stream: true}'");
    tool_expect(2, "data.train.stream", "train tool.yaml -o no --set data.train.stream=yes-please");
    tool_expect(2, "train.window", "train tool.yaml -o no --set train.window=-1");
    tool_expect(2,
                "train.window: says how samples are shuffled, and here they are drawn one by one",
                "train tool.yaml -o no --set train.window=9 --set train.sampling=replacement");
    tool_expect(2, "and here they are not",
                "train tool.yaml -o no --set train.window=9 --set train.sampling=in_order");
    tool_put("packed", "\x1f\x8b\x08\0\0\0\0\0\0\3\3\0\0\0\0\0\0\0\0\0", 20);
    tool_expect(3, "packed: is packed",
                "train tool.yaml -o no --set data.train.images=packed" STREAM);
    tool_expect(3, "looks its numbers up",
                "train tool.yaml -o no" STREAM
                "--set 'network=[{embedding: {vocabulary: 256, units: 2}}, flatten, {dense: 4}]'");
    SC_TRUE(!tool_exists("no"));
}

/* ---- Going on ---- */

Test(tool_streamed, killed_and_gone_on_with) {
#define COURSE "--set train.window=50 --set train.checkpoint.steps=5 --threads 1" STREAM
    tool_expect(0, NULL, "train tool.yaml -o whole --epochs 8 " COURSE);
    pid_t run = tool_start("train tool.yaml -o run --json --epochs 8 " COURSE);
    tool_wait_for("out.txt", "\"epoch\": 3,");
    kill(run, SIGKILL);
    tool_wait(run);
    tool_expect(0, NULL, "train --resume run");
    expect_same_model("whole", "run");
    expect_same_run("whole", "run", "checkpoint.safetensors");
    tool_expect(2, "train.window", "train --resume run --epochs 9 --set train.window=51");
}

Test(tool_streamed, several_devices) {
#define FIXED "--reproducible --threads 1 --set train.window=50" STREAM
    tool_expect(0, NULL, "train tool.yaml -o one --device cpu " FIXED);
    tool_expect(0, NULL, "train tool.yaml -o two --device cpu=1,cpu=3 " FIXED);
    expect_same_model("one", "two");
    tool_expect(0, NULL,
                "train tool.yaml -o kept --device cpu --reproducible --threads 1 --set "
                "train.window=50");
    expect_same_model("one", "kept");
}

/* Whatever size, time and some rows say is the same. */
Test(tool_streamed, other_data_are_no_continuation) {
    tool_expect(0, NULL, "train tool.yaml -o run" STREAM);
    tool_expect(0, NULL, "train --resume run --epochs 4");
    tool_put_images("train-images", TOOL_TRAIN, 7); /* other content */
    tool_expect(2, "the training data differs at input.sampled", "train --resume run --epochs 5");
    tool_expect(2, "the training data differs at input.",
                "train --resume run --epochs 5 --set data.train.stream=false");
}

/* A file that is written to while a run reads it ends the run, which says so; what was saved stays.
 */
Test(tool_streamed, files_that_change) {
    pid_t run = tool_start("train tool.yaml -o run --json --epochs 1000000" STREAM);
    tool_wait_for("out.txt", "\"epoch\": 3,");
    tool_put_images("train-images", TOOL_TRAIN, 7);
    SC_EQ(tool_wait(run), 3);
    char *said = tool_get("err.txt", NULL);
    SC_CONTAINS(said, "train-images: was changed while it was in use");
    free(said);
    SC_TRUE(tool_exists("run/checkpoint.safetensors"));
}

/* ---- Memory ---- */

static void put_large(const char *name, uint32_t samples, int side) {
    unsigned char head[16] = {0, 0, 8, 3};
    for (int i = 0; i < 4; i++) head[4 + i] = (unsigned char)(samples >> (24 - 8 * i));
    head[11] = head[15] = (unsigned char)side;
    tool_put(name, head, sizeof head);
    SC_EQ(truncate(name, (off_t)sizeof head + (off_t)samples * side * side), 0); /* reads as zeros
                                                                                  */
    head[3] = 1;
    char labels[64];
    snprintf(labels, sizeof labels, "%s-labels", name);
    tool_put(labels, head, 8);
    SC_EQ(truncate(labels, 8 + (off_t)samples), 0);
}

static long peak_of(const char *name) {
    char data[256];
    struct rusage usage;
    snprintf(data, sizeof data, "train: {images: %s, labels: %s-labels, stream: true}", name, name);
    put_config("large.yaml", data, ", validation: 0.1, window: 1000");
    tool_expect(0, NULL, "train large.yaml -o run --overwrite --batch 512 --set train.steps=20");
    SC_EQ(getrusage(RUSAGE_CHILDREN, &usage), 0);
    return usage.ru_maxrss / 1024;
}

/* 192 MiB of images take a few bytes each, for the order, and not what they have. */
Test(tool_streamed, data_larger_than_memory) {
    enum { SIDE = 64, MIB_MORE = 32 };
    put_large("small", 1024, SIDE);
    put_large("large", 3 << 14, SIDE);
    long small = peak_of("small"), large = peak_of("large");
    SC_REPRO("%ld MiB, then %ld", small, large);
    SC_TRUE(large - small < MIB_MORE);
}
