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
    tool_expect(2, "--what network has no use for --sample",
                "plot empty --what network --sample 1");
    tool_expect(2, "--what curves has no use for --layer", "plot empty --layer dense");
    tool_expect(2, "--what roc has no use for --log", "plot --log empty --what roc");
    tool_expect(2, "the ending says what is drawn: .svg or .png, not 'a.pdf'",
                "plot empty -o a.pdf");
    SC_TRUE(!tool_exists("a.pdf"));
}

/* What the network says of the test data: rows of probabilities, and the right classes. */
typedef struct answers {
    double share[TOOL_TEST][TOOL_CLASSES];
    int truth[TOOL_TEST], answer[TOOL_TEST];
} answers;

static void read_answers(answers *out) {
    char *labels = tool_get("test-labels", NULL);
    tool_result result = tool_run("predict -m run/model.safetensors --input test-images --json");
    json_t *lines = tool_json_lines(result.out);
    SC_EQ(json_array_size(lines), TOOL_TEST);
    for (int i = 0; i < TOOL_TEST; i++) {
        const json_t *line = json_array_get(lines, (size_t)i);
        out->truth[i] = labels[8 + i];
        out->answer[i] = (int)json_integer_value(json_object_get(line, "class"));
        for (size_t c = 0; c < TOOL_CLASSES; c++) out->share[i][c] = number_at(line, "outputs", c);
    }
    json_decref(lines);
    tool_free(&result);
    free(labels);
}

/* A run that is often wrong. */
static void train_badly(void) {
    tool_expect(0, NULL, "train tool.yaml -o run --epochs 1 --set train.steps=4 -q");
}

Test(tool_plot, confusion_counts_answers) {
    answers a;
    double count[TOOL_CLASSES][TOOL_CLASSES] = {{0}};
    train_badly();
    read_answers(&a);
    for (int i = 0; i < TOOL_TEST; i++) count[a.truth[i]][a.answer[i]]++;
    json_t *figure = figure_of("run --what confusion");
    const json_t *heat = mark_of(panel_of(figure, 0), "heat", NULL);
    SC_EQ(json_array_size(json_object_get(heat, "text")), TOOL_CLASSES * TOOL_CLASSES);
    for (size_t r = 0; r < TOOL_CLASSES; r++) {
        double sum = 0;
        for (size_t c = 0; c < TOOL_CLASSES; c++) sum += count[r][c];
        for (size_t c = 0; c < TOOL_CLASSES; c++) {
            const json_t *text =
                json_array_get(json_object_get(heat, "text"), r * TOOL_CLASSES + c);
            SC_EQ(atoi(json_string_value(text)), count[r][c]);
            SC_NEAR(number_at(heat, "value", r * TOOL_CLASSES + c), count[r][c] / sum, 1e-15);
        }
    }
    json_decref(figure);
    tool_result text = tool_run("plot run --what confusion"),
                file = tool_run("plot run/model.safetensors --data tool.yaml --what confusion");
    SC_CONTAINS(text.out, "rows: right class, columns: answer of the network\n");
    SC_EQ_STR(text.out, file.out);
    tool_free(&text);
    tool_free(&file);
    tool_expect(2, "which data? --data CONFIG", "plot run/model.safetensors --what confusion");
}

Test(tool_plot, mistakes_are_the_worst) {
    answers a;
    double worst = 2;
    int which = -1, mistakes = 0;
    char begin[64], end[64];
    train_badly();
    read_answers(&a);
    for (int i = 0; i < TOOL_TEST; i++) {
        if (a.answer[i] == a.truth[i]) continue;
        mistakes++;
        if (a.share[i][a.truth[i]] < worst) worst = a.share[i][a.truth[i]], which = i;
    }
    SC_TRUE(mistakes > 3);
    json_t *figure = figure_of("run --what mistakes --count 3");
    const json_t *tiles = mark_of(panel_of(figure, 0), "tiles", NULL);
    SC_EQ(json_integer_value(json_object_get(tiles, "count")), 3);
    snprintf(begin, sizeof begin, "is %d (", a.truth[which]);
    snprintf(end, sizeof end, "sample %d", which);
    const char *text = json_string_value(json_array_get(json_object_get(tiles, "text"), 0));
    SC_TRUE(strncmp(text, begin, strlen(begin)) == 0);
    SC_CONTAINS(text, end);
    char *images = tool_get("test-images", NULL);
    for (size_t e = 0; e < TOOL_SIDE * TOOL_SIDE; e++)
        SC_EQ(number_at(tiles, "value", e),
              (unsigned char)images[16 + which * TOOL_SIDE * TOOL_SIDE + (int)e]);
    snprintf(end, sizeof end, "3 of %d mistakes among %d samples", mistakes, TOOL_TEST);
    SC_CONTAINS(json_string_value(json_object_get(figure, "note")), end);
    free(images);
    json_decref(figure);
}

/* The area is the share of pairs, one of the class and one not, that stand in the right order. */
Test(tool_plot, roc_orders_pairs) {
    answers a;
    char name[48];
    train_badly();
    read_answers(&a);
    json_t *figure = figure_of("run --what roc");
    for (int c = 0; c < TOOL_CLASSES; c++) {
        double pairs = 0, right = 0, area = 0;
        for (int i = 0; i < TOOL_TEST; i++)
            for (int k = 0; k < TOOL_TEST; k++) {
                if (a.truth[i] != c || a.truth[k] == c) continue;
                pairs++;
                right += a.share[i][c] > a.share[k][c]    ? 1
                         : a.share[i][c] == a.share[k][c] ? 0.5
                                                          : 0;
            }
        snprintf(name, sizeof name, "%d: area %.3f", c, right / pairs);
        const json_t *line = mark_of(panel_of(figure, 0), "line", name);
        const size_t points = json_array_size(json_object_get(line, "x"));
        for (size_t i = 1; i < points; i++)
            area += (number_at(line, "x", i) - number_at(line, "x", i - 1)) *
                    (number_at(line, "y", i) + number_at(line, "y", i - 1)) / 2;
        SC_NEAR(area, right / pairs, 1e-12);
        SC_NEAR(number_at(line, "x", points - 1), 1, 0);
        SC_NEAR(number_at(line, "y", points - 1), 1, 0);
    }
    json_decref(figure);
}

Test(tool_plot, calibration_error) {
    enum { BINS = 10 };
    answers a;
    double count[BINS] = {0}, right[BINS] = {0}, sure[BINS] = {0}, error = 0;
    char text[64];
    train_badly();
    read_answers(&a);
    for (int i = 0; i < TOOL_TEST; i++) {
        const double share = a.share[i][a.answer[i]];
        int bin = 0;
        while (bin < BINS - 1 && share > (bin + 1) / (double)BINS) bin++;
        count[bin]++;
        right[bin] += a.answer[i] == a.truth[i];
        sure[bin] += share;
    }
    for (int b = 0; b < BINS; b++) error += fabs(right[b] - sure[b]) / TOOL_TEST;
    json_t *figure = figure_of("run --what calibration");
    snprintf(text, sizeof text, "expected calibration error %.4f (over 10 bins)", error);
    SC_CONTAINS(json_string_value(json_object_get(figure, "note")), text);
    const json_t *bars = mark_of(panel_of(figure, 1), "bars", NULL);
    for (int b = 0; b < BINS; b++) SC_EQ(number_at(bars, "y", (size_t)b), count[b]);
    json_decref(figure);
}

Test(tool_plot, weights) {
    double sum = 0;
    size_t size;
    train_badly();
    json_t *figure = figure_of("run --what histograms");
    SC_EQ(json_array_size(json_object_get(figure, "panels")), 2);
    const json_t *bars = mark_of(panel_of(figure, 0), "bars", NULL);
    for (size_t b = 0; b < json_array_size(json_object_get(bars, "y")); b++)
        sum += number_at(bars, "y", b);
    SC_EQ(sum, TOOL_SIDE * TOOL_SIDE * 16);
    json_decref(figure);
    float *weight = (float *)tool_tensor("run/model.safetensors", "dense1.weight", &size);
    figure = figure_of("run/model.safetensors --what filters"); /* each unit sees the picture */
    const json_t *tiles = mark_of(panel_of(figure, 0), "tiles", NULL);
    SC_EQ(json_integer_value(json_object_get(tiles, "count")), 16);
    for (size_t i = 0; i < size / sizeof *weight; i++)
        SC_NEAR(number_at(tiles, "value", i), (double)weight[i], 0);
    free(weight);
    json_decref(figure);
    tool_expect(2, "has no layer 'dense2' with filters", "plot run --what filters --layer dense2");
    figure = figure_of("run --what network");
    SC_CONTAINS(json_string_value(json_object_get(figure, "note")), "1,108 parameters in all");
    size_t i, boxes = 0, arrows = 0;
    json_t *mark;
    json_array_foreach(json_object_get(panel_of(figure, 0), "marks"), i, mark) {
        const char *kind = json_string_value(json_object_get(mark, "kind"));
        boxes += strcmp(kind, "boxes") == 0;
        arrows += strcmp(kind, "arrows") == 0;
    }
    SC_EQ(boxes, 6);
    SC_EQ(arrows, 5);
    SC_EQ(json_array_size(json_object_get(figure, "panels")), 1); /* 64 inputs are too many */
    json_decref(figure);
}

/* What the last layer gives is what predict shows. */
Test(tool_plot, features_end_in_the_answer) {
    answers a;
    train_badly();
    read_answers(&a);
    json_t *figure = figure_of("run --what features --sample 5");
    SC_EQ(json_array_size(json_object_get(figure, "panels")), 4); /* picture, dense, relu, dense */
    const json_t *bars = mark_of(panel_of(figure, 3), "bars", NULL);
    for (size_t c = 0; c < TOOL_CLASSES; c++) /* the shortest decimals of floats below 1 */
        SC_NEAR(number_at(bars, "y", c), a.share[5][c], 0x1p-24);
    json_decref(figure);
    tool_expect(2, "test-images has samples 0 to 63", "plot run --what features --sample 64");
    tool_expect(2, "has no layer nosuch of maps or units",
                "plot run --what features --layer nosuch");
}

Test(tool_plot, of_no_classes) {
    tool_put_text("values.yaml",
                  "data: {train: {images: train-images, labels: train-labels}}\n"
                  "network: [flatten, {dense: 1}]\nloss: mse\ntrain: {epochs: 1, batch: 16}\n");
    tool_expect(0, NULL, "train values.yaml -o values -q");
    tool_expect(2, "is of networks that give one class per sample", "plot values --what confusion");
    tool_expect(0, NULL, "plot values --what network");
}

/* Every kind of figure is in the help and in the manual. */
Test(tool_plot, figures_are_listed) {
    tool_result help = tool_run("help plot"), words = tool_run("completion bash");
    char *manual = tool_get(SC_SOURCE_DIR "/src/cli/socle.1", NULL);
    const char *list = strstr(help.out, "Figures of ");
    SC_TRUE(list != NULL);
    int kinds = 0;
    for (const char *line = list; line && *line; line = strchr(line, '\n')) {
        char word[32], entry[48];
        if (*line == '\n') line++;
        if (strncmp(line, "  ", 2) != 0) continue;
        SC_EQ(sscanf(line, " %31[a-z-]", word), 1);
        snprintf(entry, sizeof entry, "\n.B %s\n", word);
        SC_CONTAINS(manual, entry);
        SC_CONTAINS(words.out, word);
        kinds++;
    }
    SC_TRUE(kinds > 15);
    free(manual);
    tool_free(&help);
    tool_free(&words);
}
