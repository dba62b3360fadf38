/* SPDX-License-Identifier: Apache-2.0 */
/* `socle plot`: what is drawn are the run's own numbers, and what cannot be drawn is said. */
#include "tool.h"

static sc_temp temp;

static void begin(void) {
    tool_begin(&temp, false);
}

static void end(void) {
    tool_end(&temp);
}

TestSuite(tool_plot, .init = begin, .fini = end);

/* The figure that a command line gives with --json; the caller frees it. */
static json_t *figure_of(const char *words) {
    tool_result result = tool_run("plot --json %s", words);
    if (result.code != 0) SC_TEST_FAIL("plot %s: %s", words, result.err);
    json_t *lines = tool_json_lines(result.out), *figure = tool_event(lines, "figure");
    SC_TRUE(figure != NULL);
    json_incref(figure);
    json_decref(lines);
    tool_free(&result);
    return figure;
}

static const json_t *panel_of(const json_t *figure, size_t number) {
    return json_array_get(json_object_get(figure, "panels"), number);
}

/* The first mark of a kind and a name (NULL: whatever). */
static const json_t *mark_of(const json_t *panel, const char *kind, const char *name) {
    size_t i;
    json_t *mark;
    json_array_foreach(json_object_get(panel, "marks"), i, mark) {
        const char *has = json_string_value(json_object_get(mark, "name"));
        if (strcmp(json_string_value(json_object_get(mark, "kind")), kind) == 0 &&
            (!name || (has && strcmp(has, name) == 0)))
            return mark;
    }
    SC_TEST_FAIL("no %s '%s'", kind, name ? name : "");
    return NULL;
}

static double number_at(const json_t *mark, const char *key, size_t i) {
    return json_number_value(json_array_get(json_object_get(mark, key), i));
}

static void expect_curve(const json_t *panel, const char *name, const json_t *lines,
                         const char *key) {
    const json_t *mark = mark_of(panel, "line", name);
    SC_EQ(json_array_size(json_object_get(mark, "x")), json_array_size(lines));
    for (size_t i = 0; i < json_array_size(lines); i++) {
        const json_t *row = json_array_get(lines, i);
        SC_EQ(number_at(mark, "x", i), json_integer_value(json_object_get(row, "epoch")));
        SC_NEAR(number_at(mark, "y", i), json_number_value(json_object_get(row, key)), 0);
    }
}

Test(tool_plot, curves_are_the_record) {
    tool_expect(0, NULL, "train tool.yaml -o run --epochs 3 --set train.validation=0.25 -q");
    char *record = tool_get("run/metrics.jsonl", NULL);
    json_t *lines = tool_json_lines(record), *figure = figure_of("run");
    SC_EQ_STR(json_string_value(json_object_get(figure, "what")), "curves");
    SC_EQ(json_array_size(json_object_get(figure, "panels")), 2);
    expect_curve(panel_of(figure, 0), "training", lines, "loss");
    expect_curve(panel_of(figure, 0), "validation", lines, "val_loss");
    expect_curve(panel_of(figure, 1), "training", lines, "accuracy");
    expect_curve(panel_of(figure, 1), "validation", lines, "val_accuracy");
    json_decref(figure);
    json_decref(lines);
    free(record);
}

Test(tool_plot, several_runs) {
    tool_expect(0, NULL, "train tool.yaml -o a/run --epochs 1 -q");
    tool_expect(0, NULL,
                "train tool.yaml -o b/run --epochs 2 -q --set 'optimizer={sgd: {lr: 0.1}}'");
    json_t *figure = figure_of("a/run b/run/ --log");
    const json_t *panel = panel_of(figure, 0);
    SC_EQ(json_array_size(json_object_get(mark_of(panel, "line", "a/run: training"), "x")), 1);
    SC_EQ(json_array_size(json_object_get(mark_of(panel, "line", "b/run/: training"), "x")), 2);
    SC_TRUE(json_is_true(json_object_get(json_object_get(panel, "y"), "logarithmic")));
    json_decref(figure);
    tool_expect(2, "at most 7 of them at once",
                "plot a/run a/run a/run a/run a/run a/run a/run b/run");
}

Test(tool_plot, in_characters) {
    tool_expect(0, NULL, "train tool.yaml -o run --epochs 3 -q");
    tool_result result = tool_run("plot run --text"), other = tool_run("plot run");
    SC_EQ(result.code, 0);
    SC_CONTAINS(result.out, "Learning curves of run\n\nloss\n");
    SC_CONTAINS(result.out, "  * training  o validation\n");
    SC_EQ_STR(result.out, other.out);
    for (const char *line = result.out; *line; line += strcspn(line, "\n") + 1)
        SC_TRUE(strcspn(line, "\n") <= 80);
    tool_free(&result);
    tool_free(&other);
}

#if SC_HAVE_CAIRO
Test(tool_plot, pictures) {
    tool_expect(0, NULL, "train tool.yaml -o run --epochs 2 -q");
    tool_expect(0, "wrote a.svg", "plot run -o a.svg");
    tool_expect(0, NULL, "plot run -o b.svg -q");
    tool_expect(0, NULL, "plot run -o a.png");
    tool_expect(0, NULL, "plot run -o b.png");
    SC_TRUE(tool_same("a.svg", "b.svg") && tool_same("a.png", "b.png"));
    tool_expect(2, "a.svg is there already: name another file, or --overwrite",
                "plot run -o a.svg");
    tool_put_text("a.svg", "old");
    tool_expect(0, NULL, "plot run -o a.svg --overwrite");
    SC_TRUE(tool_same("a.svg", "b.svg"));
}
#endif

Test(tool_plot, what_cannot_be_drawn) {
    tool_expect(2, "which run? socle plot RUN", "plot");
    tool_expect(3, "nosuch: there is no such run", "plot nosuch");
    tool_expect(3, "tool.yaml: is a file; name the directory of a run", "plot tool.yaml");
    mkdir("empty", 0700);
    tool_expect(3, "empty: has no metrics.jsonl", "plot empty");
    tool_put_text("empty/metrics.jsonl", "");
    tool_expect(3, "empty: no epoch has ended there yet", "plot empty");
    tool_put_text("empty/metrics.jsonl", "{\"epoch\": 1, \"loss\": 2.0}\n{\"epoch\": 2, \"lo");
    json_t *figure = figure_of("empty"); /* a run under way */
    SC_EQ(json_array_size(json_object_get(mark_of(panel_of(figure, 0), "line", NULL), "x")), 1);
    json_decref(figure);
    tool_put_text("empty/metrics.jsonl", "{\"epoch\": 1, \"loss\": 2.0}\nx\n");
    tool_expect(3, "empty/metrics.jsonl: line 2: is no record of an epoch", "plot empty");
    tool_expect(2, "there is no figure 'curve'; did you mean 'curves'?", "plot empty --what curve");
    tool_expect(2, "the ending says what is drawn: .svg or .png, not 'a.pdf'",
                "plot empty -o a.pdf");
    SC_TRUE(!tool_exists("a.pdf"));
}

/* Every kind of figure is in the help and in the manual. */
Test(tool_plot, figures_are_listed) {
    tool_result help = tool_run("help plot"), words = tool_run("completion bash");
    char *manual = tool_get(SC_SOURCE_DIR "/src/cli/socle.1", NULL);
    const char *list = strstr(help.out, "Figures:\n");
    SC_TRUE(list != NULL);
    int kinds = 0;
    for (const char *line = strchr(list, '\n') + 1; strncmp(line, "  ", 2) == 0;
         line = strchr(line, '\n') + 1) {
        char word[32], entry[48];
        SC_EQ(sscanf(line, " %31[a-z-]", word), 1);
        snprintf(entry, sizeof entry, "\n.B %s\n", word);
        SC_CONTAINS(manual, entry);
        SC_CONTAINS(words.out, word);
        kinds++;
    }
    SC_TRUE(kinds > 0);
    free(manual);
    tool_free(&help);
    tool_free(&words);
}
