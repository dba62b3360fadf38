/* SPDX-License-Identifier: Apache-2.0 */
/* Model files that are damaged or made up: exit code 3 from every command that reads one. */
#include "tool.h"

#include <sys/ioctl.h>

static sc_temp temp;

static void begin(void) {
    tool_begin(&temp, false);
}

static void end(void) {
    tool_end(&temp);
}

TestSuite(tool_model, .init = begin, .fini = end);

static void put_model(const char *header, size_t length, size_t data) {
    size_t size = 8 + strlen(header) + data;
    char *bytes = calloc(1, size);
    for (int i = 0; i < 8; i++) bytes[i] = (char)(length >> (8 * i));
    memcpy(bytes + 8, header, strlen(header));
    tool_put("bad.safetensors", bytes, size);
    free(bytes);
}

static void expect_bad_everywhere(void) {
    tool_expect(3, "bad.safetensors", "eval -m bad.safetensors --data tool.yaml");
    tool_expect(3, "bad.safetensors", "predict -m bad.safetensors --input test-images");
    tool_expect(3, "bad.safetensors", "summary bad.safetensors");
    tool_expect(3, "bad.safetensors", "inspect bad.safetensors");
}

Test(tool_model, made_up) {
    static const char tensor[] = "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}";
    char header[512];
    tool_put_text("bad.safetensors", "");
    expect_bad_everywhere();
    tool_put_text("bad.safetensors", "abc");
    expect_bad_everywhere();
    put_model("{}", 1000, 0); /* header longer than the file */
    expect_bad_everywhere();
    put_model("{}", SIZE_MAX, 0);
    expect_bad_everywhere();
    put_model("[]", 2, 0);
    expect_bad_everywhere();
    snprintf(header, sizeof header,
             "%s,\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[4,12]}}",
             tensor); /* overlap
                       */
    put_model(header, strlen(header), 12);
    expect_bad_everywhere();
    snprintf(header, sizeof header,
             "%s,\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[12,20]}}",
             tensor); /* hole
                       */
    put_model(header, strlen(header), 20);
    expect_bad_everywhere();
    snprintf(header, sizeof header, "%s}", tensor);
    put_model(header, strlen(header), 7); /* cut */
    expect_bad_everywhere();
    put_model(header, strlen(header), 9); /* more than the header says */
    expect_bad_everywhere();
    put_model(
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,0]}}",
        strlen(
            "{\"a\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,0]}}"),
        0);
    expect_bad_everywhere();
}

/* Sound as a file, but no model. */
Test(tool_model, without_a_network) {
    static const char header[] = "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}";
    put_model(header, strlen(header), 8);
    tool_expect(3, "bad.safetensors", "eval -m bad.safetensors --data tool.yaml");
    tool_expect(3, "bad.safetensors", "summary bad.safetensors");
    tool_expect(0, NULL, "inspect bad.safetensors");
}

/* What a terminal would obey comes from no file. */
Test(tool_model, control_characters) {
    static const char header[] =
        "{\"__metadata__\":{\"note\":\"\\u001b]0;title\\u0007 \\u009b31m end\"},"
        "\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}";
    put_model(header, strlen(header), 8);
    static const char *const lines[] = {"inspect bad.safetensors", "inspect -v bad.safetensors"};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        tool_result result = tool_run("%s", lines[i]);
        SC_EQ(result.code, 0);
        SC_CONTAINS(result.out, "note: ?]0;title? ?31m end");
        tool_free(&result);
    }
    tool_put_text("net.yaml",
                  "inputs: [{shape: [2]}]\nnetwork: [{dense: 1}]\nloss: mse\n"
                  "data: {train: {images: train-images, labels: train-labels}}\n"
                  "train: {init_from: {file: bad.safetensors, rename: {\"a\\e[31m*\": \"b\"}}}\n");
    tool_expect(2, "'a?[31m*' = 'b'", "train net.yaml -o run");
}

Test(tool_model, cut_anywhere) {
    tool_expect(0, NULL, "train tool.yaml -o run --epochs 1");
    size_t size;
    char *data = tool_get("run/model.safetensors", &size);
    for (size_t keep = 0; keep < size; keep += size / 9 + 1) {
        tool_put("bad.safetensors", data, keep);
        expect_bad_everywhere();
    }
    free(data);
}

Test(tool_model, another_shape_in_the_data) {
    tool_expect(0, NULL, "train tool.yaml -o run --epochs 1");
    size_t size;
    char *data = tool_get("test-images", &size);
    memcpy(data + 8, "\x00\x00\x00\x04\x00\x00\x00\x10", 8);
    tool_put("test-images", data, size);
    free(data);
    tool_expect(3, "test-images", "eval -m run/model.safetensors --data tool.yaml");
    tool_expect(3, "test-images", "predict -m run/model.safetensors --input test-images");
}

Test(tool_model, inspect_and_summary) {
    tool_expect(0, NULL, "train tool.yaml -o run --epochs 1");
    tool_result result = tool_run("summary run/model.safetensors"),
                other = tool_run("summary tool.yaml");
    SC_EQ(result.code, 0);
    SC_CONTAINS(result.out, "dense1");
    SC_CONTAINS(result.out, "1,108"); /* 64*16 + 16 + 16*4 + 4 */
    SC_EQ_STR(result.out, other.out);
    tool_free(&result);
    tool_free(&other);
    result = tool_run("summary run/model.safetensors --json");
    json_t *lines = tool_json_lines(result.out), *summary = tool_event(lines, "summary");
    SC_EQ(json_integer_value(json_object_get(summary, "parameters")), 1108);
    SC_EQ(json_array_size(json_object_get(summary, "layers")), 6);
    json_decref(lines);
    tool_free(&result);
    result = tool_run("inspect run/model.safetensors --json");
    lines = tool_json_lines(result.out);
    SC_EQ(json_array_size(json_object_get(json_array_get(lines, 0), "tensors")), 4);
    json_decref(lines);
    tool_free(&result);
    result = tool_run("inspect train-images");
    SC_EQ(result.code, 0);
    SC_CONTAINS(result.out, "u8, 256x8x8");
    tool_free(&result);
    tool_expect(3,
                "tool.yaml: neither a safetensors nor an IDX file: it is a text; `socle summary`",
                "inspect tool.yaml");
    tool_put("torch.pt", "PK\x03\x04\x14\0\0\0\0\0", 10);
    tool_expect(3, "it is a ZIP archive, as PyTorch's .pt", "inspect torch.pt");
    tool_put("noise", "\1\2\3\4\5\6\7\x08\x09", 9);
    tool_expect(3, "it begins with 01 02 03 04 05 06 07 08", "inspect noise");
    tool_put("empty", "", 0);
    tool_expect(3, "it is empty", "inspect empty");
    tool_expect(3, "nosuch", "inspect nosuch");
    tool_expect(3, ".", "inspect .");
}

/* A file of weights has no samples; whole, cut off or garbled, `socle data` says what it is. */
Test(tool_model, weights_are_no_samples) {
    size_t size;
    char *model;
    tool_expect(0, NULL, "train tool.yaml -o run");
    tool_expect(3, "it is a safetensors file of 4 tensors, as models are; `socle inspect`",
                "data run/model.safetensors");
    model = tool_get("run/model.safetensors", &size);
    tool_put("cut.safetensors", model, 100);
    tool_expect(3, "does not fit into a file of 100 bytes; the file is truncated",
                "data cut.safetensors");
    tool_put("renamed", model, size - 1);
    tool_expect(3, "renamed: ", "data renamed");
    tool_expect(3, "truncated", "data renamed");
    memset(model, 0xa5, 16);
    tool_put("garbled.safetensors", model, size);
    tool_expect(3, "no safetensors file", "data garbled.safetensors");
    free(model);
    tool_put("empty.safetensors", "", 0);
    tool_expect(3, "no safetensors file", "data empty.safetensors");
    tool_put("pickle.csv", "\x80\x02}q", 4);
    tool_expect(3, "pickle.csv: is a Python pickle; samples are read from CSV", "data pickle.csv");
    tool_put("noise", "a,\"\1\2\3\4", 7);
    tool_expect(3, "noise: is no text, and no kind of file that is known; samples", "data noise");
    tool_put("wide.csv",
             "\xff\xfe"
             "a\0,\0",
             6);
    tool_expect(3, "UTF-16", "data wide.csv");
    tool_put("twice", "BZh91AY", 7);
    tool_expect(3, "twice: is packed by bzip2; samples", "data twice");
    tool_expect(3, "it is packed by bzip2; gzip can be read", "inspect twice");
}

/* Where the inputs are given, nothing else is needed. */
Test(tool_model, summary_without_data) {
    tool_put_text("net.yaml",
                  "inputs: [{shape: [1, 8, 8], dtype: u8}]\n"
                  "network: [{conv2d: {filters: 4, kernel: 3}}, flatten, {dense: 10}]\n");
    tool_result result = tool_run("summary net.yaml --json");
    SC_EQ(result.code, 0);
    json_t *lines = tool_json_lines(result.out), *summary = tool_event(lines, "summary");
    SC_EQ(json_integer_value(json_object_get(summary, "multiply_adds")), 4 * 9 * 36 + 1440);
    SC_EQ(json_integer_value(json_object_get(summary, "activation_bytes")), 64 + 576 + 576 + 40);
    json_decref(lines);
    tool_free(&result);
    tool_put_text("gone.yaml", "data: {train: {images: gone, labels: gone}}\n"
                               "inputs: [{shape: [4]}]\nnetwork: [{dense: 2}]\nloss: mse\n");
    result = tool_run("summary gone.yaml");
    SC_EQ(result.code, 0);
    SC_CONTAINS(result.out, "one sample: multiply-adds 8, activations 24 B\n");
    tool_free(&result);
    tool_put_text("wrong.yaml", "inputs: [{shape: [4]}]\nnetwork: [{dense: 2}]\nlos: mse\n");
    tool_expect(2, "los: unknown key; did you mean 'loss'?", "summary wrong.yaml");
}

/* NaN is never right: no sample counts, no threshold is met, and it is said. */
Test(tool_model, weights_of_nan) {
    tool_expect(0, NULL, "train tool.yaml -o run --epochs 1");
    size_t size;
    char *data = tool_get("run/model.safetensors", &size);
    memset(data + size - 16 - 4 * 16 * 4, 0xff, 4 * 16 * 4); /* a dense layer's weights, before its
                                                                bias */
    tool_put("nan.safetensors", data, size);
    free(data);
    tool_expect(5, "values that are NaN", "eval -m nan.safetensors --data tool.yaml");
    tool_result result =
        tool_run("eval -m nan.safetensors --data tool.yaml --min-accuracy 0.1 --json");
    SC_EQ(result.code, 5);
    json_t *lines = tool_json_lines(result.out);
    SC_EQ(json_number_value(json_object_get(tool_event(lines, "done"), "test_accuracy")), 0);
    SC_TRUE(!json_object_get(tool_event(lines, "done"), "test_loss"));
    json_decref(lines);
    tool_free(&result);
    result = tool_run("predict -m nan.safetensors --input test-images");
    SC_EQ(result.code, 5);
    SC_TRUE(strncmp(result.out, "nan nan\nnan nan\n", 16) == 0);
    SC_CONTAINS(result.err, "64 of 64 samples");
    tool_free(&result);
    result = tool_run("predict -m nan.safetensors --input test-images --all");
    SC_CONTAINS(result.out, " nan");
    SC_TRUE(strstr(result.out, "-nan") == NULL);
    tool_free(&result);
    result = tool_run("eval -m nan.safetensors --data tool.yaml");
    SC_CONTAINS(result.out, "loss nan");
    SC_TRUE(strstr(result.out, "-nan") == NULL && strstr(result.err, "-nan") == NULL);
    tool_free(&result);
}

Test(tool_model, eval_says_which_data) {
    tool_expect(0, NULL, "train tool.yaml -o run --epochs 1");
    static const char *const words[] = {"train", "test"};
    for (int i = 0; i < 2; i++) {
        tool_result result =
            tool_run("eval -m run/model.safetensors --data tool.yaml --split %s --json", words[i]);
        json_t *lines = tool_json_lines(result.out), *done = tool_event(lines, "done");
        SC_EQ_STR(json_string_value(json_object_get(done, "split")), words[i]);
        SC_EQ(json_integer_value(json_object_get(done, "samples")), i ? TOOL_TEST : TOOL_TRAIN);
        SC_TRUE(json_is_real(json_object_get(done, i ? "test_loss" : "train_loss")));
        SC_TRUE(!json_object_get(done, i ? "train_loss" : "test_loss"));
        json_decref(lines);
        tool_free(&result);
    }
}

/* Replaced between the reading of its network and that of its weights, which both fit: the tool has
 * the first once it reads its input. */
Test(tool_model, replaced_while_it_is_read) {
    size_t size;
    char *images = tool_get("test-images", &size);
    tool_expect(0, NULL, "train tool.yaml -o a --epochs 1 -q");
    tool_expect(0, NULL, "train tool.yaml -o b --epochs 1 -q --set network[2]=tanh");
    SC_EQ(mkfifo("in.txt", 0600), 0);
    pid_t run = tool_start("predict -m a/model.safetensors --input -");
    int input = open("in.txt", O_WRONLY);
    SC_EQ(write(input, images, 16), 16);
    for (int waiting = 16; waiting > 0; usleep(500)) SC_EQ(ioctl(input, FIONREAD, &waiting), 0);
    SC_EQ(rename("b/model.safetensors", "a/model.safetensors"), 0);
    SC_EQ(write(input, images + 16, size - 16), size - 16);
    close(input);
    SC_EQ(tool_wait(run), 3);
    char *err = tool_get("err.txt", NULL);
    SC_CONTAINS(err, "a/model.safetensors: was replaced by a model of another network");
    free(err);
    free(images);
}

static int words_of_line(const char *line) {
    int words = 1;
    for (; *line && *line != '\n'; line++) words += *line == ' ';
    return words;
}

/* Dropout at prediction time: means and deviations, the same each time; a network without any is
 * told. */
Test(tool_model, dropout_at_prediction) {
    tool_expect(0, NULL,
                "train tool.yaml --set 'network=[flatten,{dense: 8},relu,{dropout: 0.5},"
                "{gaussian_noise: 0.1},{dense: 4}]' --epochs 1 -o drops");
    tool_result one = tool_run("predict -m drops/model.safetensors --input test-images --json "
                               "--dropout-samples 20"),
                again = tool_run("predict -m drops/model.safetensors --input test-images --json "
                                 "--dropout-samples 20"),
                plain = tool_run("predict -m drops/model.safetensors --input test-images --all"),
                text = tool_run("predict -m drops/model.safetensors --input test-images --all "
                                "--dropout-samples 2");
    SC_EQ(one.code, 0);
    SC_CONTAINS(one.out, "\"deviations\": [");
    SC_TRUE(!strstr(one.out, "\"deviations\": [0.0,"));
    SC_EQ_STR(one.out, again.out);
    SC_EQ(words_of_line(plain.out), 2 + TOOL_CLASSES); /* class, probability, outputs */
    SC_EQ(words_of_line(text.out), 3 + 2 * TOOL_CLASSES);
    tool_free(&one);
    tool_free(&again);
    tool_free(&plain);
    tool_free(&text);
    tool_expect(0, NULL, "train tool.yaml --epochs 1 -o none --set 'network=[flatten,{dense: 4}]'");
    tool_expect(2, "--dropout-samples: this network has no dropout and no noise",
                "predict -m none/model.safetensors --input test-images --dropout-samples 5");
    tool_expect(2, "--dropout-samples",
                "predict -m none/model.safetensors --input test-images "
                "--dropout-samples 1");
}
