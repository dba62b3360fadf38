/* SPDX-License-Identifier: Apache-2.0 */
/* `socle search`: every candidate is a run as `socle train` makes it, losers stop early, and a
 * search that was killed goes on to the same table. */
#include "tool.h"

#include <math.h>
#include <signal.h>
#include <unistd.h>

static sc_temp temp;

static void begin(void) {
    tool_begin(&temp, false);
}

static void end(void) {
    tool_end(&temp);
}

TestSuite(tool_search, .init = begin, .fini = end);

static json_t *results(const char *file) {
    char *text = tool_get(file, NULL);
    json_t *list = json_loads(text, 0, NULL);
    if (!json_is_array(list)) SC_TEST_FAIL("%s is no list: %s", file, text);
    free(text);
    return list;
}

static const char *text_of(const json_t *entry, const char *key) {
    return json_string_value(json_object_get(entry, key));
}

static double number_of(const json_t *entry, const char *key) {
    return json_number_value(json_object_get(entry, key));
}

static double value_of(const json_t *entry, const char *key) {
    return number_of(json_object_get(entry, "values"), key);
}

static int rows_of(const char *run) {
    char name[128];
    int rows = 0;
    snprintf(name, sizeof name, "%s/metrics.jsonl", run);
    char *text = tool_get(name, NULL);
    for (const char *at = text; (at = strchr(at, '\n')); at++) rows++;
    free(text);
    return rows;
}

/* All combinations, to their end; each has the bytes of a run with these settings. */
Test(tool_search, grid) {
    static const double rates[] = {0.001, 0.01, 0.1};
    tool_expect(
        0, "round 1 of 1  run-006",
        "search tool.yaml -o found --set train.epochs=2 --over 'train.batch=[16, 32]' --over "
        "optimizer.adam.lr=log(1e-3,1e-1) --grid 3 --halving 1");
    json_t *list = results("found/results.json");
    double before = INFINITY;
    SC_EQ(json_array_size(list), 6);
    for (size_t i = 0; i < 6; i++) {
        const json_t *entry = json_array_get(list, i);
        const int number = atoi(text_of(entry, "run") + 4) - 1;
        SC_EQ(value_of(entry, "train.batch"), number < 3 ? 16 : 32);
        SC_NEAR(value_of(entry, "optimizer.adam.lr"), rates[number % 3], 1e-9);
        SC_EQ(number_of(entry, "epochs"), 2);
        SC_EQ_STR(text_of(entry, "state"), "finished");
        SC_TRUE(number_of(entry, "val_accuracy") <= before);
        before = number_of(entry, "val_accuracy");
    }
    tool_expect(0, NULL,
                "train tool.yaml -o plain -q --epochs 2 --batch 32 --set "
                "optimizer.adam.lr=0.01");
    SC_TRUE(tool_same("plain/model.safetensors", "found/run-005/model.safetensors"));
    tool_expect(0, NULL, "train found/best.json -o again -q");
    char best[64];
    snprintf(best, sizeof best, "found/%s/model.safetensors",
             text_of(json_array_get(list, 0), "run"));
    SC_TRUE(tool_same("again/model.safetensors", best));
    json_decref(list);
}

/* Of nine three go on, and of these one, which is then as if it had never waited: its schedule is
 * that of the whole run. */
Test(tool_search, losers_stop_early) {
    static const char some[] = "--set data.train.limit=96 --set train.epochs=9 --set "
                               "'train.schedule={cosine: {warmup: 1}}'";
    int stopped = 0, finished = 0;
    tool_expect(0, "round 3 of 3",
                "search tool.yaml -o found %s --over optimizer.adam.lr=log(1e-5,1) --over "
                "network[3].dropout=linear(0,0.5) --over network[1].dense=int(4,40)",
                some);
    json_t *list = results("found/results.json");
    SC_EQ(json_array_size(list), 9);
    for (size_t i = 0; i < 9; i++) {
        const json_t *entry = json_array_get(list, i);
        char run[64];
        snprintf(run, sizeof run, "found/%s", text_of(entry, "run"));
        SC_EQ(number_of(entry, "epochs"), i < 1 ? 9 : i < 3 ? 3 : 1);
        SC_EQ(rows_of(run), i < 1 ? 9 : i < 3 ? 3 : 1);
        stopped += strcmp(text_of(entry, "state"), "stopped early") == 0;
        finished += strcmp(text_of(entry, "state"), "finished") == 0;
        const double rate = value_of(entry, "optimizer.adam.lr"),
                     units = value_of(entry, "network[1].dense");
        SC_TRUE(rate >= 1e-5 && rate <= 1 && units >= 4 && units <= 40 && units == floor(units));
    }
    SC_EQ(finished, 1);
    SC_EQ(stopped, 8);
    const json_t *best = json_array_get(list, 0);
    tool_expect(0, NULL,
                "train tool.yaml -o plain -q %s --set optimizer.adam.lr=%.9g --set "
                "network[3].dropout=%.9g --set network[1].dense=%.0f",
                some, value_of(best, "optimizer.adam.lr"), value_of(best, "network[3].dropout"),
                value_of(best, "network[1].dense"));
    char model[64];
    snprintf(model, sizeof model, "found/%s/model.safetensors", text_of(best, "run"));
    SC_TRUE(tool_same(model, "plain/model.safetensors"));
    json_decref(list);
}

Test(tool_search, goes_on_after_a_kill) {
    static const char some[] =
        "search tool.yaml --set train.epochs=4 --set data.train.limit=96 --over "
        "optimizer.adam.lr=log(1e-4,1) --over 'train.batch=[8, 16, 24]' --runs 6 --halving 2";
    char words[512];
    tool_expect(0, NULL, "%s -o whole", some);
    snprintf(words, sizeof words, "%s -o part", some);
    tool_put_text("err.txt", ""); /* that of the whole one */
    pid_t process = tool_start(words);
    tool_wait_for("err.txt", "run-004");
    kill(process, SIGKILL);
    tool_wait(process);
    tool_expect(0, NULL, "search --resume part");
    SC_TRUE(tool_same("whole/results.csv", "part/results.csv"));
    SC_TRUE(tool_same("whole/results.json", "part/results.json"));
    tool_expect(0, NULL, "search --resume part"); /* nothing is left to do */
    SC_TRUE(tool_same("whole/results.csv", "part/results.csv"));
    char *table = tool_get("part/results.csv", NULL);
    static const char head[] =
        "run,optimizer.adam.lr,train.batch,epochs,val_accuracy,val_loss,state\n";
    SC_TRUE(strncmp(table, head, sizeof head - 1) == 0);
    free(table);
}

Test(tool_search, on_a_terminal_and_for_programs) {
    static const char some[] = "--set train.epochs=1 --set data.train.limit=64 --halving 1";
    tool_result text = tool_run("search tool.yaml -o a %s --over 'loss=[mse, "
                                "softmax_cross_entropy]' --grid 1",
                                some);
    SC_EQ(text.code, 3); /* mse compares no labels of classes with four outputs */
    tool_free(&text);
    text = tool_run("search tool.yaml -o b %s --over 'optimizer=[adam, {sgd: {lr: 0.1}}]' --grid 1",
                    some);
    if (text.code != 0) SC_TEST_FAIL("%s", text.err);
    SC_CONTAINS(text.out, "RUN");
    SC_CONTAINS(text.out, "best configuration b/best.json");
    tool_free(&text);
    tool_result json = tool_run("search --resume b --json");
    json_t *lines = tool_json_lines(json.out);
    SC_TRUE(tool_event(lines, "result") != NULL);
    SC_EQ_STR(text_of(tool_event(lines, "done"), "directory"), "b");
    json_decref(lines);
    tool_free(&json);
}

Test(tool_search, what_cannot_be_searched) {
    static const char over[] = "--over optimizer.adam.lr=log(1e-4,1e-1)";
    tool_expect(2, "which configuration?", "search");
    tool_expect(2, "over what?", "search tool.yaml -o s");
    tool_expect(2, "which directory?", "search tool.yaml %s", over);
    tool_expect(2, "tool.yaml is or lies in a file", "search tool.yaml -o tool.yaml %s", over);
    tool_expect(2, "is neither a range nor a list", "search tool.yaml -o s --over a=lag(1,2)");
    tool_expect(2, "needs two numbers", "search tool.yaml -o s --over a=log(1,x)");
    tool_expect(2, "the second is not larger", "search tool.yaml -o s --over a=int(4,4)");
    tool_expect(2, "begins above 0", "search tool.yaml -o s --over a=log(0,1)");
    tool_expect(2, "needs two whole numbers", "search tool.yaml -o s --over a=int(1,2.5)");
    tool_expect(2, "names no key", "search tool.yaml -o s --over =log(1,2)");
    tool_expect(2, "this key is gone over already",
                "search tool.yaml -o s --over a=[1] --over a=[2]");
    SC_TRUE(!tool_exists("s"));
    tool_expect(2, "there is none: --set train.validation=0.1",
                "search tool.yaml -o t %s --set train.validation=0", over);
    SC_TRUE(!tool_exists("t"));
    tool_expect(2, "trian: unknown key", "search tool.yaml -o u --over trian.batch=[8]");
    tool_expect(2, "run-002: --set: train.batch: must be",
                "search tool.yaml -o t --grid 1 --over 'train.batch=[8, 0]'");
    tool_expect(2, "network[1]", "search tool.yaml -o t --over 'network[1].dense=[8, 0]'");
    tool_expect(2, "needs two numbers", "search tool.yaml -o t --over a=linear(nan,inf)");
    tool_expect(2, "is too wide", "search tool.yaml -o t --over a=linear(-1e308,1e308)");
    tool_expect(2, "of at most 2^53", "search tool.yaml -o t --over a=int(1,1e300)");
    char words[1024] = "search tool.yaml -o t --over 'a=[";
    const size_t head = strlen(words);
    memset(words + head, 'b', 400);
    strcpy(words + head + 400, "]'");
    tool_expect(2, "has a value that is too long", "%s", words);
    tool_expect(3, "holds no search", "search --resume nosuch");
    tool_expect(2, "the search has its configuration and ranges", "search tool.yaml --resume t");
    tool_expect(2, "one of the two", "search --resume t --overwrite");
    SC_TRUE(!tool_exists("t") && !tool_exists("u"));
}

/* A search gives way to another one where that is said, and to nothing else; what is no search's
 * stays. */
Test(tool_search, is_replaced_where_that_is_said) {
    static const char quick[] = "--set train.epochs=1 --set data.train.limit=64 --halving 1";
    char words[256];
    snprintf(words, sizeof words, "search tool.yaml -o s %s --over", quick);
    tool_expect(0, NULL, "%s 'train.batch=[8, 16, 32]' --grid 1", words);
    char *before = tool_get("s/search.json", NULL);
    tool_expect(2, "replaced with --overwrite", "%s 'train.seed=[1, 2]' --grid 1", words);
    tool_expect(2, "there is none: --set train.validation",
                "%s 'train.seed=[1, 2]' --grid 1 --overwrite --set train.validation=0", words);
    char *after = tool_get("s/search.json", NULL);
    SC_EQ_STR(after, before);
    SC_TRUE(tool_exists("s/run-003/model.safetensors"));
    tool_put_text("s/run-002/mine.txt", "a note");
    tool_expect(2, "s/run-002: what lies there beside the run is not of it",
                "%s 'train.seed=[1, 2]' --grid 1 --overwrite", words);
    SC_TRUE(tool_exists("s/run-002/mine.txt"));
    SC_TRUE(tool_exists("s/run-002/model.safetensors"));
    tool_expect(0, NULL, "search --resume s"); /* nothing is lost */
    SC_TRUE(unlink("s/run-002/mine.txt") == 0);
    tool_expect(0, NULL, "%s 'train.seed=[1, 2]' --grid 1 --overwrite", words);
    SC_TRUE(!tool_exists("s/run-003"));
    json_t *list = results("s/results.json");
    SC_EQ(json_array_size(list), 2);
    SC_TRUE(value_of(json_array_get(list, 0), "train.seed") > 0);
    json_decref(list);
    tool_put_text("s/mine.txt", "a note");
    tool_expect(2, "what is of no search", "%s 'train.seed=[3]' --grid 1 --overwrite", words);
    SC_TRUE(tool_exists("s/run-002/model.safetensors"));
    free(before);
    free(after);
}
