/* SPDX-License-Identifier: Apache-2.0 */
/* Learning from folders of pictures, as users of the tool meet it: classes are named by their
 * folders, the model keeps the names and takes pictures; and what is refused, with the file. */
#include "io/png.h"

#include "tool.h"

static sc_temp temp;

enum { SIDE = 8, PICTURES = 12 };

static const char rest[] = "network: [flatten, dense: 2]\n"
                           "loss: softmax_cross_entropy\n"
                           "optimizer: {adam: 0.05}\n"
                           "train: {epochs: 6, batch: 8, validation: 0.25, seed: 3}\n";

static void put_config(const char *name, const char *data) {
    char text[1024];
    snprintf(text, sizeof text, "data: {%s}\n%s", data, rest);
    tool_put_text(name, text);
}

static void put_picture(const char *path, int side, int channels, int least) {
    uint8_t pixel[4 * SIDE * SIDE * 3];
    sc_env env;
    sc_env_init(&env, NULL, NULL);
    for (size_t i = 0; i < sizeof pixel; i++)
        pixel[i] = (uint8_t)(least + (int)(i * 37 + strlen(path)) % 40);
    SC_OK(&env, sc_png_write(&env, path, side, side, channels, pixel));
}

static void put_class(const char *part, const char *class, int least) {
    char path[128];
    mkdir(part, 0700);
    snprintf(path, sizeof path, "%s/%s", part, class);
    mkdir(path, 0700);
    for (int i = 0; i < PICTURES; i++) {
        snprintf(path, sizeof path, "%s/%s/%d.png", part, class, i);
        put_picture(path, SIDE, 1, least + i);
    }
}

static void begin(void) {
    tool_begin(&temp, false);
    put_class("train", "cat", 20);
    put_class("train", "dog", 190);
    put_class("test", "dog", 180); /* a class less, which keeps its number */
    put_config("pets.yaml", "train: {folder: train}, test: {folder: test}");
}

static void end(void) {
    tool_end(&temp);
}

TestSuite(tool_pictures, .init = begin, .fini = end);

static void expect_out(const char *words, const char *wanted) {
    tool_result result = tool_run("%s", words);
    SC_REPRO("%s: %s%s", words, result.out, result.err);
    SC_EQ(result.code, 0);
    SC_CONTAINS(result.out, wanted);
    tool_free(&result);
}

/* It looks at the classes and the first picture; what it writes trains as it is. */
Test(tool_pictures, a_configuration_to_begin_with) {
    expect_out("new --task images --data train",
               "# A network for 24 pictures of 2 classes: cat, dog");
    expect_out("new --task images --data train", ", size: [8, 8]}");
    expect_out("new --task images --data train -o new.yaml", "");
    expect_out("train new.yaml -o new --epochs 100", "validation accuracy 1.0000");
    put_picture("train/cat/0.png", 2 * SIDE, 1, 20); /* another size: all become as the first */
    expect_out("train new.yaml -o again --epochs 1", "model again");
    tool_expect(3, "test", "new --task images --data test"); /* one class only */
}

Test(tool_pictures, a_model_names_pictures) {
    tool_expect(0, NULL, "train pets.yaml -o run");
    expect_out("eval -m run/model.safetensors --data pets.yaml", "accuracy 1.0000");
    expect_out("predict -m run/model.safetensors --input test/dog/3.png", "dog 0.");
    expect_out("predict -m run/model.safetensors --input train/cat", "train/cat/11.png: cat 0.");
    expect_out("predict -m run/model.safetensors --input train/cat --json",
               "\"file\": \"train/cat/0.png\"");
    expect_out("eval -m run/model.safetensors --data pets.yaml --split train --per-class", "cat");
    /* The resolved configuration is the same run. */
    tool_expect(0, NULL, "train run/config.json -o again");
    SC_TRUE(tool_same("run/model.safetensors", "again/model.safetensors"));
    tool_expect(0, NULL, "train pets.yaml -o run --resume run --set train.epochs=7");
}

/* A model that learnt from arrays takes a picture of its size too. */
Test(tool_pictures, a_model_of_arrays_takes_a_picture) {
    tool_expect(0, NULL, "train tool.yaml -o arrays");
    tool_expect(0, NULL, "predict -m arrays/model.safetensors --input test/dog/3.png");
    put_picture("large.png", 2 * SIDE, 1, 0);
    tool_expect(3, "large.png: is a picture of 16x16",
                "predict -m arrays/model.safetensors --input large.png");
}

Test(tool_pictures, sizes_and_colours) {
    put_picture("train/cat/big.png", 2 * SIDE, 1, 20);
    tool_expect(3, "train/cat/big.png: is a picture of 16x16 (height x width), the others are 8x8",
                "train pets.yaml -o no");
    put_config("scaled.yaml", "train: {folder: train, size: [6, 6]}, test: {folder: test}");
    tool_expect(0, NULL, "train scaled.yaml -o run");
    expect_out("predict -m run/model.safetensors --input train/cat/big.png", "cat 0.");
    remove("train/cat/big.png");
    put_picture("train/dog/red.png", SIDE, 3, 190);
    tool_expect(3, "train/dog/red.png: is a picture in colours, the others are grey",
                "train pets.yaml -o no");
    put_config("grey.yaml", "train: {folder: train, colour: grey}, test: {folder: test}");
    tool_expect(0, NULL, "train grey.yaml -o grey");
    put_config("rgb.yaml", "train: {folder: train, color: rgb}, test: {folder: test}");
    expect_out("data rgb.yaml", "u8[3,8,8]");
    SC_TRUE(!tool_exists("no"));
}

Test(tool_pictures, what_is_in_a_folder) {
    expect_out("data train", "cat: 12, dog: 12");
    expect_out("data train", "u8[1,8,8]");
    expect_out("data train/cat", "train/cat: 12 samples");
    expect_out("data train/cat/1.png", "1 sample");
    expect_out("data pets.yaml", "data.test: test: 12 samples");
}

/* Classes keep their numbers, whichever of them new pictures show; a class that the model does not
 * know is refused. */
Test(tool_pictures, a_model_goes_on) {
    put_class("other", "fox", 20);
    put_class("other", "cat", 90);
    put_config("dogs.yaml", "train: {folder: test}");
    put_config("other.yaml", "train: {folder: other}");
    tool_expect(0, NULL, "train pets.yaml -o run -q");
    tool_expect(0, NULL, "update -m run --data dogs.yaml -o same -q --set optimizer.adam.lr=0");
    SC_TRUE(tool_same("same/model.safetensors", "run/model.safetensors"));
    tool_expect(3, "the folder 'fox' is none of the 2 classes of the training data",
                "update -m run --data other.yaml -o no -q");
    SC_TRUE(!tool_exists("no"));
    tool_expect(0, NULL, "train other.yaml -o foxes -q");
    tool_expect(3, "gives classes or columns other names",
                "predict -m run/model.safetensors -m foxes/model.safetensors --input test/dog");
}

/* Names come from whoever made the folder: a terminal does not obey them. */
Test(tool_pictures, names_that_a_terminal_would_obey) {
    static const char *const words[] = {"predict -m run/model.safetensors --input odd/dog",
                                        "eval -m run/model.safetensors --data odd.yaml --per-class",
                                        "data odd", "data odd.yaml", "train odd.yaml -o again"};
    put_class("odd", "red\x1b[31m\n", 20);
    put_class("odd", "dog", 190);
    put_config("odd.yaml", "train: {folder: odd}, test: {folder: odd}");
    tool_expect(0, NULL, "train odd.yaml -o run -q");
    rename("odd/dog/3.png", "odd/dog/\x1b]0;title\x07.png");
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        tool_result result = tool_run("%s", words[i]);
        SC_REPRO("%s: %s%s", words[i], result.out, result.err);
        SC_EQ(result.code, 0);
        SC_TRUE(!strchr(result.out, 0x1b) && !strchr(result.err, 0x1b));
        tool_free(&result);
    }
    expect_out("predict -m run/model.safetensors --input odd/dog", "\\x1b]0;title\\a.png: dog 0.");
}

static void refuse(int code, const char *data, const char *text) {
    put_config("bad.yaml", data);
    SC_REPRO("%s", data);
    tool_expect(code, text, "train bad.yaml -o no");
    SC_TRUE(!tool_exists("no"));
}

Test(tool_pictures, what_is_refused) {
    refuse(3, "train: {folder: none}", "data.train: none: cannot open");
    refuse(3, "train: {folder: train/cat}", "train/cat: has no folders in it");
    refuse(3, "train: {folder: test}", "test: has one class only, 'dog'");
    refuse(2, "train: {folder: train, standardise: true}", "goes with `csv`");
    refuse(2, "train: {folder: train, size: [0, 3]}", "data.train.size");
    refuse(2, "train: {folder: train}, test: {folder: test, size: 4}", "is not as in data.train");
    tool_put("train/cat/broken.png", "\x89PNG\r\n\x1a\n....", 12);
    refuse(3, "train: {folder: train}", "train/cat/broken.png: the PNG file is broken");
    remove("train/cat/broken.png");
    tool_put_text("page.png", "<html>404</html>");
    tool_put_text("empty.jpg", "");
    tool_expect(3, "page.png: is neither a PNG nor a JPEG file", "data page.png");
    tool_expect(3, "empty.jpg: is empty, and no picture", "data empty.jpg");
    put_class("test", "fox", 90);
    refuse(3, "train: {folder: train}, test: {folder: test}",
           "the folder 'fox' is none of the 2 classes of the training data: cat, dog");
    tool_expect(0, NULL, "train pets.yaml -o run --set data.test.folder=train");
    tool_put_text("rows.csv", "a,b\n1,2\n");
    tool_expect(3, "rows.csv", "predict -m run/model.safetensors --input rows.csv");
}
