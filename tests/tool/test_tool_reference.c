/* SPDX-License-Identifier: Apache-2.0 */
/* Help, manual page, docs/reference.md and schema have every option, kind and word of the tables.
 */
#include "../option_rows.h"
#include "tool.h"

#include <ctype.h>

static sc_temp temp;

static void begin(void) {
    tool_begin(&temp, false);
    if (row_count == 0) collect_rows();
}

static void end(void) {
    tool_end(&temp);
}

TestSuite(tool_reference, .init = begin, .fini = end);

Test(tool_reference, page_is_what_the_tool_prints) {
    tool_result printed = tool_run("help --format=markdown config");
    char *page = tool_get(SC_SOURCE_DIR "/docs/reference.md", NULL);
    SC_EQ(printed.code, 0);
    if (strcmp(printed.out, page) != 0)
        SC_TEST_FAIL("docs/reference.md is not what the tool prints: socle help --format=markdown "
                     "config >docs/reference.md");
    free(page);
    tool_free(&printed);
}

/* `begin` WORD `end` stands in `text`. */
static void expect(const char *text, const char *where, const char *begin, const char *word,
                   const char *end) {
    char quoted[400];
    snprintf(quoted, sizeof quoted, "%s%s%s", begin, word, end);
    if (!strstr(text, quoted)) SC_TEST_FAIL("%s lacks %s", where, word);
}

/* As a manual page writes it. */
static const char *dashed(const char *word) {
    static char out[160];
    size_t used = 0;
    for (; *word && used < sizeof out - 3; word++) {
        if (*word == '-') out[used++] = '\\';
        out[used++] = *word;
    }
    out[used] = '\0';
    return out;
}

static void expect_words(const char *markdown, const char *man, const char *words) {
    char copy[TEXT];
    snprintf(copy, sizeof copy, "%s", words ? words : "");
    for (char *word = strtok(copy, " "); word; word = strtok(NULL, " ")) {
        expect(markdown, "docs/reference.md", "`", word, "`");
        expect(man, "socle-config(5)", "\\fB", dashed(word), "\\fR");
    }
}

/* Text as it was before it was put into lines. */
static void unfold(char *text) {
    char *to = text;
    for (const char *from = text; *from; from++)
        if (!isspace((unsigned char)*from))
            *to++ = *from;
        else if (to > text && to[-1] != ' ')
            *to++ = ' ';
    *to = '\0';
}

static void expect_family(const sc_family *family, const char *markdown, const char *man) {
    for (const sc_record *const *kind = family->record; *kind; kind++) {
        tool_result help = tool_run("help %s %s", family->what, (*kind)->word);
        SC_EQ(help.code, 0);
        for (int i = 0; i < (*kind)->count; i++)
            expect(help.out, "help", "\n  ", (*kind)->options[i].key, "\n");
        unfold(help.out);
        expect(help.out, "help", "", (*kind)->help + 1, "");
        tool_free(&help);
        expect_words(markdown, man, (*kind)->word);
        expect_words(markdown, man, (*kind)->aliases);
    }
    const char *words[SC_FAMILY_MOST_WORDS];
    size_t count = sc_family_words(family, words);
    for (size_t i = 0; i < count; i++) expect_words(markdown, man, words[i]);
}

Test(tool_reference, has_everything) {
    tool_result markdown = tool_run("help --format=markdown config"),
                man = tool_run("help --format=man config"), text = tool_run("help config");
    SC_EQ(man.code, 0);
    for (int r = 0; r < row_count; r++) {
        const sc_option *option = rows[r].option;
        SC_REPRO("%s, %s", rows[r].section, option->key);
        expect(markdown.out, "docs/reference.md", "| `", option->key, "` |");
        expect(man.out, "socle-config(5)", ".TP\n\\fB", dashed(option->key), "\\fR\n");
        expect(text.out, "help config", "\n  ", option->key, "\n");
        expect_words(markdown.out, man.out, option->aliases);
        for (const sc_word *word = option->words; word && word->word; word++) {
            expect_words(markdown.out, man.out, word->word);
            expect_words(markdown.out, man.out, word->aliases);
        }
        if (option->family) expect_family(option->family, markdown.out, man.out);
    }
    tool_free(&markdown);
    tool_free(&man);
    tool_free(&text);
}

Test(tool_reference, manual_page_is_sound) {
    tool_result man = tool_run("help --format=man config");
    tool_put("page.5", man.out, man.out_size);
    tool_free(&man);
    if (system("command -v groff >/dev/null") != 0) return;
    SC_EQ(system("groff -ww -man -Tascii -z page.5 2>said"), 0);
    char *said = tool_get("said", NULL);
    SC_EQ_STR(said, "");
    free(said);
}

static json_t *definition(const json_t *defs, const char *name) {
    json_t *found = json_object_get(defs, name);
    if (!found) SC_TEST_FAIL("the schema has no definition %s", name);
    json_t *list = json_object_get(found, "anyOf");
    while (list) { /* the mapping is the last of the alternatives */
        found = json_array_get(list, json_array_size(list) - 1);
        list = json_object_get(found, "anyOf");
    }
    return found;
}

Test(tool_reference, schema_has_everything) {
    tool_result printed = tool_run("schema"), line = tool_run("schema --json");
    json_t *schema = json_loads(printed.out, 0, NULL), *same = json_loads(line.out, 0, NULL);
    SC_TRUE(schema != NULL && json_equal(schema, same));
    const json_t *defs = json_object_get(schema, "$defs");
    for (int r = 0; r < row_count; r++) {
        char name[TEXT];
        const char *section = rows[r].section;
        const sc_family *family = rows[r].family;
        SC_REPRO("%s, %s", section, rows[r].option->key);
        if (family)
            snprintf(name, sizeof name, "%s.%s", family->what,
                     rows[r].record == family->common ? family->record[0]->word : section);
        else
            snprintf(name, sizeof name, "%.*s", (int)strcspn(section, "["), section);
        const json_t *properties =
            json_object_get(section[0] ? definition(defs, name) : schema, "properties");
        const json_t *value = json_object_get(properties, rows[r].option->key);
        if (!value) SC_TEST_FAIL("the schema lacks %s of %s", rows[r].option->key, name);
        SC_CONTAINS(json_string_value(json_object_get(value, "description")), rows[r].option->help);
    }
    json_decref(schema);
    json_decref(same);
    tool_free(&printed);
    tool_free(&line);
}

/* Terminals are 80 characters wide. */
Test(tool_reference, lines_are_short) {
    static const char *const topics[] = {"", "config", "train", "layer", "layer rnn", "metric"};
    for (size_t i = 0; i < sizeof topics / sizeof topics[0]; i++) {
        tool_result help = tool_run("help %s", topics[i]);
        SC_EQ(help.code, 0);
        for (char *line = strtok(help.out, "\n"); line; line = strtok(NULL, "\n"))
            if (strlen(line) > 80)
                SC_TEST_FAIL("socle help %s: longer than 80: %s", topics[i], line);
        tool_free(&help);
    }
}

/* What a layer has in its own way is told once. */
Test(tool_reference, an_option_stands_once) {
    tool_result help = tool_run("help layer rnn");
    const char *from = strstr(help.out, "\n  from\n");
    SC_TRUE(from && !strstr(from + 1, "\n  from\n"));
    SC_CONTAINS(help.out, "\n  name\n");
    tool_free(&help);
    help = tool_run("help layer flatten");
    SC_CONTAINS(help.out, "\n  from\n");
    SC_TRUE(!strstr(help.out, "No options"));
    tool_free(&help);
    help = tool_run("help layer noise"); /* which reads nothing */
    SC_CONTAINS(help.out, "\n  name\n");
    SC_TRUE(!strstr(help.out, "\n  from\n"));
    tool_free(&help);
}

Test(tool_reference, topics) {
    static const char *const rows_of_help[][2] = {{"layer", "conv2d"},
                                                  {"layers", "global_avgpool"},
                                                  {"layers", "x sigmoid(x)"},
                                                  {"layer conv2d", "dilation"},
                                                  {"layer swish", "softplus"},
                                                  {"optimizer", "adam"},
                                                  {"optimizer adam", "beta2"},
                                                  {"loss", "mean_squared_error"},
                                                  {"losses", "cross_entropy"},
                                                  {"loss mse", "alues against values"},
                                                  {"initialiser", "he_normal"},
                                                  {"initializers", "he_normal"},
                                                  {"train", "weight_decay"},
                                                  {"train", "--resume"},
                                                  {"train groups", "\n  frozen\n"},
                                                  {"groups", "\n  frozen\n"},
                                                  {"init_from", "rename"},
                                                  {"metric", "top5"},
                                                  {"data", "class"},
                                                  {"data.train", "class_weights"},
                                                  {"inputs", "dtype"},
                                                  {"train.checkpoint", "epoch_seconds"},
                                                  {"conv2d", "groups"},
                                                  {"config", "train.augment"}};
    for (size_t i = 0; i < sizeof rows_of_help / sizeof rows_of_help[0]; i++) {
        tool_result help = tool_run("help %s", rows_of_help[i][0]);
        SC_REPRO("socle help %s", rows_of_help[i][0]);
        SC_EQ(help.code, 0);
        SC_CONTAINS(help.out, rows_of_help[i][1]);
        SC_TRUE(strchr(help.out, '`') == NULL || strcmp(rows_of_help[i][0], "train") == 0);
        tool_free(&help);
    }
    tool_expect(2, "did you mean 'conv2d'?", "help layer conv2");
    tool_expect(2, "there is no layer 'glu'; `socle help layer` lists them", "help layer glu");
    tool_expect(2, "did you mean 'layer'?", "help leyer");
    tool_expect(2, "there is no command or topic 'gpu'", "help gpu");
    tool_expect(2, "'train' has no topic 'epoch'; `socle help train` shows", "help train epoch");
    tool_expect(2, "must be text, markdown or man", "help --format=html config");
    tool_expect(2, "one topic at a time", "help a b c");
    tool_expect(2, "schema takes no argument", "schema x");
}
