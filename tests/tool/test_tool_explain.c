/* SPDX-License-Identifier: Apache-2.0 */
/* `socle explain`: every row of the tables has a formula, a use and a source, in English and a name
 * in Italian, and no other file has a text for it. */
#include "tool.h"

static const char *text_of(const json_t *event, const char *key) {
    const char *text = json_string_value(json_object_get(event, key));
    return text ? text : "";
}

static void expect_text(const json_t *event, const char *key) {
    if (!text_of(event, key)[0])
        SC_TEST_FAIL("the %s '%s' has no %s", text_of(event, "kind"), text_of(event, "word"), key);
}

static int count_kind(const json_t *lines, const char *kind) {
    int count = 0;
    for (size_t i = 0; i < json_array_size(lines); i++)
        count += strcmp(text_of(json_array_get(lines, i), "kind"), kind) == 0;
    return count;
}

Test(tool_explain, every_row_says_all_there_is) {
    sc_temp temp;
    tool_begin(&temp, false);
    tool_result result = tool_run("explain --json --lang it");
    SC_EQ(result.code, 0);
    json_t *lines = tool_json_lines(result.out);
    for (size_t i = 0; i < json_array_size(lines); i++) {
        const json_t *event = json_array_get(lines, i);
        expect_text(event, "help");
        expect_text(event, "formula");
        expect_text(event, "use");
        expect_text(event, "source");
        expect_text(event, "term");
        expect_text(event, "sentence");
        const char *kind = text_of(event, "kind");
        if (strcmp(kind, "activation") == 0 || strcmp(kind, "loss") == 0 ||
            strcmp(kind, "layer") == 0)
            expect_text(event, "derivative");
    }
    SC_TRUE(count_kind(lines, "layer") >= 19);
    SC_TRUE(count_kind(lines, "activation") >= 24);
    SC_TRUE(count_kind(lines, "loss") >= 20);
    SC_TRUE(count_kind(lines, "optimizer") >= 13);
    SC_TRUE(count_kind(lines, "schedule") >= 9);
    SC_TRUE(count_kind(lines, "metric") >= 5);
    json_decref(lines);
    tool_free(&result);
    tool_end(&temp);
}

static const char *in_markdown(const char *text) {
    static char out[1024];
    size_t length = 0;
    for (; *text && length + 2 < sizeof out; text++) {
        if (*text == '|') out[length++] = '\\';
        out[length++] = *text;
    }
    out[length] = '\0';
    return out;
}

/* What `socle help` prints of a row and what `socle explain` prints is one text. */
Test(tool_explain, help_and_explain_have_one_text) {
    sc_temp temp;
    tool_begin(&temp, false);
    tool_result all = tool_run("explain --json"), help = tool_run("help --format=markdown config");
    json_t *lines = tool_json_lines(all.out);
    for (size_t i = 0; i < json_array_size(lines); i++) {
        const json_t *event = json_array_get(lines, i);
        const char *text = text_of(event, "help");
        /* Which begins with a capital there. */
        if (strlen(text) < 2 || !strstr(help.out, in_markdown(&text[1])))
            SC_TEST_FAIL("help has another text for the %s '%s': %s", text_of(event, "kind"),
                         text_of(event, "word"), text);
    }
    json_decref(lines);
    tool_free(&all);
    tool_free(&help);
    tool_end(&temp);
}

Test(tool_explain, formulas_derivatives_and_sources) {
    sc_temp temp;
    tool_begin(&temp, false);
    tool_result result = tool_run("explain swish");
    SC_CONTAINS(result.out, "silu, activation\n");
    SC_CONTAINS(result.out, "formula     silu(x)\n");
    SC_CONTAINS(result.out, "source      Elfwing et al. 2018\n");
    tool_free(&result);
    result = tool_run("explain leaky_relu");
    SC_CONTAINS(result.out, "formula     x if x > 0 else slope * x\n");
    SC_CONTAINS(result.out, "derivative  1 if 0 < x else slope\n");
    SC_CONTAINS(result.out, "options     slope\n");
    tool_free(&result);
    result = tool_run("explain mean_squared_error");
    SC_CONTAINS(result.out, "mean_squared_error, loss\n");
    SC_CONTAINS(result.out, "derivative  by prediction: 2 * prediction - 2 * target\n");
    SC_CONTAINS(result.out, "mean_squared_error, metric\n");
    tool_free(&result);
    result = tool_run("explain binary_cross_entropy");
    SC_CONTAINS(result.out, "sigmoid(prediction)");
    tool_free(&result);
    result = tool_run("explain dense --lang it");
    SC_CONTAINS(result.out, "dense, layer: strato denso\n");
    SC_CONTAINS(result.out, "Ogni uscita");
    SC_CONTAINS(result.out, "formula     y = W x + b\n");
    tool_free(&result);
    tool_end(&temp);
}

Test(tool_explain, an_unknown_word_is_told_the_nearest) {
    sc_temp temp;
    tool_begin(&temp, false);
    tool_expect(2, "is called 'dens'; did you mean 'dense'? `socle explain` lists them",
                "explain dens");
    tool_expect(2, "--lang: must be en or it, not 'fr'", "explain dense --lang fr");
    tool_result result = tool_run("completion bash");
    SC_CONTAINS(result.out, "leaky_relu");
    SC_CONTAINS(result.out, "'explain --lang') words=\"en it\"");
    tool_free(&result);
    tool_end(&temp);
}
