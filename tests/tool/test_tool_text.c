/* SPDX-License-Identifier: Apache-2.0 */
/* Learning from texts, as users of the tool meet it: a model that tells the next character or word
 * by the vocabulary that it keeps; and what is refused. */
#include "tool.h"

static sc_temp temp;

static const char rest[] = "loss: softmax_cross_entropy\n"
                           "optimizer: {adam: 0.05}\n"
                           "train: {epochs: 12, batch: 16, seed: 3}\n";

static void put_config(const char *name, const char *data, const char *network) {
    char text[1024];
    snprintf(text, sizeof text, "data: {%s}\nnetwork: %s\n%s", data, network, rest);
    tool_put_text(name, text);
}

static const char small[] = "[{embedding: {vocabulary: 6, units: 6}}, flatten, {dense: 6}]";

static void begin(void) {
    char text[512] = "";
    tool_begin(&temp, false);
    for (int i = 0; i < 40; i++) strcat(text, "abcde");
    tool_put_text("song.txt", text);
    put_config("song.yaml", "train: {text: song.txt, length: 3, every: 1}, test: {text: song.txt}",
               small);
}

static void end(void) {
    tool_end(&temp);
}

TestSuite(tool_text, .init = begin, .fini = end);

static void expect_out(const char *input, const char *words, const char *wanted) {
    tool_result result = tool_run_input(input, strlen(input), words);
    SC_REPRO("%s: %s%s", words, result.out, result.err);
    SC_EQ(result.code, 0);
    SC_CONTAINS(result.out, wanted);
    tool_free(&result);
}

static const char predict[] = "predict -m run/model.safetensors --input -";

Test(tool_text, the_next_character) {
    expect_out("", "data song.yaml",
               "vocabulary: 6 numbers: 0 for what is in none, and 5 characters");
    expect_out("", "train song.yaml -o run", "test accuracy 1.0000");
    expect_out("xxxeab", predict, "c 0.");
    expect_out("cde", predict, "a 0.");
    tool_expect(0, NULL, "train run/config.json -o again");
    SC_TRUE(tool_same("run/model.safetensors", "again/model.safetensors"));
    tool_expect(0, NULL, "train song.yaml -o run --resume run --set train.epochs=13");
    tool_expect(0, NULL, "eval -m run/model.safetensors --data song.yaml");
    tool_put_text("short", "ab");
    tool_expect(3, "short: has 2 characters, and a sample needs 3",
                "predict -m run/model.safetensors --input short");
}

Test(tool_text, the_next_word) {
    tool_put_text("a.txt", "one two three. one two three. one two three. one two three. one two ");
    put_config("words.yaml", "train: {text: a.txt, by: word, length: 2, every: 1}",
               "[{embedding: {vocabulary: 5, units: 6}}, flatten, {dense: 5}]");
    tool_expect(0, NULL, "train words.yaml -o run --set train.epochs=40");
    expect_out("and then one two", predict, "three 0.");
    expect_out("two three", predict, ". 0.");
}

Test(tool_text, a_label_for_each) {
    put_config("each.yaml", "train: {text: song.txt, length: 4, labels_of: each}",
               "[{embedding: {vocabulary: 6, units: 6}}, {dense: 6}]");
    expect_out("", "data each.yaml", "label   i32[4]");
    tool_expect(0, NULL, "train each.yaml -o run");
    expect_out("xxabcd", predict, "e 0.");
    expect_out("xxabcd", "predict -m run/model.safetensors --input - --format csv",
               "class,probability\ne,0.");
    tool_expect(0, NULL, "train song.yaml -o few --set data.train.vocabulary=3");
}

static void refuse(int code, const char *data, const char *text) {
    put_config("bad.yaml", data, small);
    SC_REPRO("%s", data);
    tool_expect(code, text, "train bad.yaml -o no");
    SC_TRUE(!tool_exists("no"));
}

/* A text is the same however its lines end, and whatever mark its editor put before it; a line of
 * predictions stays one where the next character is the end of a line. */
Test(tool_text, marks_and_ends_of_lines) {
    char text[1024] = "", marked[1024] = "\xEF\xBB\xBF";
    for (int i = 0; i < 40; i++) strcat(text, "abc\n"), strcat(marked, i % 2 ? "abc\r" : "abc\r\n");
    tool_put_text("lines.txt", text);
    tool_put_text("marked.txt", marked);
    put_config("lines.yaml", "train: {text: lines.txt, length: 3, every: 1}",
               "[{embedding: {vocabulary: 5, units: 6}}, flatten, {dense: 5}]");
    put_config("marked.yaml", "train: {text: marked.txt, length: 3, every: 1}",
               "[{embedding: {vocabulary: 5, units: 6}}, flatten, {dense: 5}]");
    tool_expect(0, NULL, "train lines.yaml -o run");
    tool_expect(0, NULL, "train marked.yaml -o marked");
    SC_TRUE(tool_same("run/model.safetensors", "marked/model.safetensors"));
    expect_out("abc", predict, "\\n 0.");
    expect_out("\xEF\xBB\xBF"
               "bc\r\n",
               predict, "a 0.");
    tool_result result = tool_run_input("a\n\xFC", 3, predict);
    SC_EQ(result.code, 3);
    SC_CONTAINS(result.err, "standard input:2: is not UTF-8");
    tool_free(&result);
}

/* The numbers of words are those of the model, whatever a later text has of them; and where samples
 * begin follows from its length. */
Test(tool_text, a_model_keeps_its_words) {
    char text[512] = "";
    tool_expect(0, NULL, "train song.yaml -o run");
    for (int i = 0; i < 40; i++) strcat(text, "cdex");
    tool_put_text("more.txt", text);
    put_config("more.yaml", "train: {text: more.txt, length: 50}, test: {text: song.txt}", small);
    tool_expect(0, NULL, "update -m run --data more.yaml -o same -q --set optimizer.adam.lr=0");
    SC_TRUE(tool_same("same/model.safetensors", "run/model.safetensors"));
    expect_out("", "data more.yaml", "data.test: song.txt: 3 samples");
    tool_result result =
        tool_run("eval -m same/model.safetensors --data more.yaml --split train --json");
    json_t *lines = tool_json_lines(result.out);
    SC_EQ(json_integer_value(json_object_get(tool_event(lines, "done"), "samples")), 53);
    json_decref(lines);
    tool_free(&result);
    tool_expect(0, NULL, "train more.yaml -o other -q --set data.train.length=3");
    tool_expect(3, "gives classes or columns other names",
                "predict -m run/model.safetensors -m other/model.safetensors --input song.txt");
    tool_expect(0, NULL, "train tool.yaml -o arrays -q --epochs 1");
    tool_expect(3, "learnt from data of another kind",
                "predict -m run/model.safetensors -m arrays/model.safetensors --input song.txt");
}

Test(tool_text, what_is_refused) {
    tool_put("zero.txt", "a\n\0b\0", 5);
    tool_put_text("latin.txt", "gr\xFCn und gr\xFCn");
    tool_put_text("empty.txt", "");
    refuse(3, "train: {text: none.txt}", "none.txt: cannot open");
    refuse(3, "train: {text: zero.txt}", "zero.txt:2: has a zero byte");
    refuse(3, "train: {text: latin.txt}", "latin.txt:1: is not UTF-8");
    refuse(3, "train: {text: empty.txt}", "empty.txt: has no character in it");
    refuse(3, "train: {text: song.txt, length: 500}",
           "song.txt: has 200 characters, and a sample needs 501");
    refuse(2, "train: {text: song.txt, by: letters}", "data.train.by");
    refuse(2, "train: {text: song.txt, separator: ';'}", "goes with `csv`");
    refuse(2, "train: {text: song.txt}, test: {text: song.txt, length: 5}",
           "is not as in data.train");
    refuse(3, "train: {text: song.txt, length: 3, by: word}", "a sample needs 4");
}
