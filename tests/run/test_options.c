/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of options tell the truth: each option takes its example, refuses what is out of its
 * range with a text that names the range, means its default where it is left out, and is found by
 * each of its other words. */
#include "option_rows.h"

static sc_env env;

static void begin(void) {
    sc_env_init(&env, NULL, NULL);
    collect_rows();
}

TestSuite(options, .init = begin);

/* The kind that the row is of, or its section, as read by its table. */
static char *value_text(const sc_config *config, const row *row) {
    static _Alignas(16) char data[1 << 14];
    const json_t *root = sc_config_root(config);
    const sc_record *record = row->record;
    SC_TRUE(record->size <= sizeof data);
    if (row->family) {
        bool layer = row->family == &sc_layer_family;
        sc_kind kind;
        const json_t *holder = layer ? json_object_get(root, "network")
                               : row->family == &sc_schedule_family ? json_object_get(root, "train")
                               : row->family == &sc_toy_family
                                   ? sc_config_find(config, "data.train")
                                   : root;
        const char *key = row->family == &sc_metric_family ? "metrics"
                          : row->family == &sc_toy_family  ? "generate"
                                                           : row->family->what;
        SC_OK(&env, sc_kind_find(&kind, config, holder, layer ? NULL : key, 1, row->family));
        SC_OK(&env, sc_kind_read(data, config, &kind));
        record = kind.record;
    } else {
        sc_record_defaults(data, record);
        SC_OK(&env, sc_record_read(data, config, sc_config_find(config, "inputs[0]"), record));
    }
    json_t *value = sc_record_value(data, record);
    char *text = json_dumps(value, JSON_SORT_KEYS);
    json_decref(value);
    return text;
}

/* What the configuration comes to, as text. */
static socle_status settled(char **out, const sc_config *config, const row *row) {
    sc_recipe recipe;
    json_t *tree;
    SC_TRY(sc_recipe_read(&recipe, &env, config));
    SC_OK(&env, sc_recipe_resolve(&tree, &recipe));
    bool whole = !row->family && row->record != &sc_net_input_record;
    *out = whole ? json_dumps(tree, JSON_SORT_KEYS) : value_text(config, row);
    json_decref(tree);
    sc_recipe_free(&recipe);
    return SOCLE_OK;
}

/* With `key` of the row's section set to `value`; NULL: without the key. */
static socle_status with_key(char **out, const row *row, const char *key, const char *value) {
    char text[TEXT], holder[TEXT], assignment[2 * TEXT + 8];
    sc_config *config;
    base_of(text, holder, row);
    SC_OK(&env, sc_config_parse(&config, &env, "text", text, strlen(text)));
    json_object_del(holder[0] ? sc_config_find(config, holder) : sc_config_root(config),
                    row->option->key);
    snprintf(assignment, sizeof assignment, "%s%s%s=%s", holder, holder[0] ? "." : "", key, value);
    if (value) SC_OK(&env, sc_config_set(config, assignment));
    socle_status status = settled(out, config, row);
    sc_config_destroy(config);
    return status;
}

static socle_status with(char **out, const row *row, const char *value) {
    return with_key(out, row, row->option->key, value);
}

static void expect_refused(const row *row, const char *value, const char *text) {
    char *unused;
    SC_REPRO("%s, %s: %s", row->section, row->option->key, value);
    SC_FAILS(&env, with(&unused, row, value), SOCLE_STATUS_CONFIG);
    SC_CONTAINS(env.text, text);
}

static bool is_whole(const sc_option *option) {
    return option->type == SC_OPTION_INTEGER || option->type == SC_OPTION_LONG ||
           option->type == SC_OPTION_PAIR || option->type == SC_OPTION_PADDING;
}

static bool is_number(const sc_option *option) {
    return is_whole(option) || option->type == SC_OPTION_FLOAT || option->type == SC_OPTION_DOUBLE;
}

/* What is next to the range, and of another type, is refused with the range that help and reference
 * tell. */
static void check_range(const row *row) {
    const sc_option *option = row->option;
    sc_text values;
    char text[TEXT], range[TEXT];
    if (!is_number(option)) return;
    sc_text_init(&values, &env);
    sc_option_values_text(&values, option, "");
    const char *at = strstr(values.data, "a whole number");
    if (!at) at = strstr(values.data, "a number");
    SC_TRUE(at != NULL);
    snprintf(range, sizeof range, "must be %.*s, not", (int)strcspn(at, ",("), at);
    if (strstr(range, " , not")) memmove(strstr(range, " , not"), strstr(range, ", not"), 7);
    sc_text_free(&values);
    snprintf(text, sizeof text, "%.17g",
             is_whole(option) ? option->minimum - 1
                              : option->minimum - fmax(1, fabs(option->minimum)));
    expect_refused(row, text, range);
    snprintf(text, sizeof text, "%.17g",
             is_whole(option) && option->maximum < 1e15 ? option->maximum + 1
                                                        : 2 * option->maximum);
    if (option->maximum < 1e18) expect_refused(row, text, range);
    if (option->below)
        snprintf(text, sizeof text, "%.17g", option->maximum), expect_refused(row, text, "below");
    expect_refused(row, "{}", range);
    expect_refused(row, "text", option->type == SC_OPTION_PADDING ? "known words" : range);
    if (is_whole(option)) expect_refused(row, "2.5", range);
}

static void check_default(const row *row) {
    char *without, *with_it;
    sc_text standard;
    bool exact;
    if (row->option->required) {
        SC_FAILS(&env, with(&without, row, NULL), SOCLE_STATUS_CONFIG);
        SC_CONTAINS(env.text, "is missing");
        return;
    }
    sc_text_init(&standard, &env);
    sc_option_default_text(&standard, row->record, row->option, &exact);
    SC_OK(&env, with(&without, row, NULL));
    if (exact) {
        SC_OK(&env, with(&with_it, row, standard.data));
        SC_EQ_STR(with_it, without);
        free(with_it);
    } else
        SC_TRUE(standard.length > 2);
    free(without);
    sc_text_free(&standard);
}

Test(options, are_described) {
    for (int r = 0; r < row_count; r++) {
        const sc_option *option = rows[r].option;
        sc_text values;
        sc_text_init(&values, &env);
        SC_REPRO("%s, %s", rows[r].section, option->key);
        sc_option_values_text(&values, option, "`");
        SC_TRUE(values.length > 3);
        SC_TRUE(option->help && option->example);
        SC_TRUE(option->type != SC_OPTION_WORD || option->words);
        SC_TRUE(option->type != SC_OPTION_KIND || option->family);
        SC_TRUE(option->type != SC_OPTION_SECTION || option->record);
        SC_TRUE(!option->minimum || option->minimum < option->maximum);
        SC_TRUE(rows[r].record->help || strcmp(rows[r].section, "every layer") == 0);
        sc_text_free(&values);
    }
}

Test(options, tell_the_truth) {
    for (int r = 0; r < row_count; r++) {
        char *text;
        SC_REPRO("%s, %s", rows[r].section, rows[r].option->key);
        SC_OK(&env, with(&text, &rows[r], rows[r].option->example));
        free(text);
        check_range(&rows[r]);
        check_default(&rows[r]);
    }
}

Test(options, have_other_words_for_the_same) {
    int count = 0;
    for (int r = 0; r < row_count; r++) {
        char words[TEXT], *ours, *theirs;
        if (!rows[r].option->aliases) continue;
        snprintf(words, sizeof words, "%s", rows[r].option->aliases);
        SC_OK(&env, with(&ours, &rows[r], rows[r].option->example));
        for (char *word = strtok(words, " "); word; word = strtok(NULL, " "), count++) {
            SC_REPRO("%s, %s", rows[r].section, word);
            SC_OK(&env, with_key(&theirs, &rows[r], word, rows[r].option->example));
            SC_EQ_STR(theirs, ours);
            free(theirs);
        }
        free(ours);
    }
    SC_TRUE(count > 20);
}

/* 1, [1, 2], [1, 2, 3, 4], same and valid, wherever there is padding. */
Test(options, padding_has_all_forms) {
    static const char *const same[][2] = {
        {"1", "[1, 1, 1, 1]"}, {"[1]", "[1, 1, 1, 1]"}, {"[1, 0]", "[1, 1, 0, 0]"}, {"1.0", "1"}};
    int count = 0;
    for (int r = 0; r < row_count; r++) {
        char *a, *b;
        if (rows[r].option->type != SC_OPTION_PADDING) continue;
        SC_REPRO("%s, %s", rows[r].section, rows[r].option->key);
        for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
            SC_OK(&env, with(&a, &rows[r], same[i][0]));
            SC_OK(&env, with(&b, &rows[r], same[i][1]));
            SC_EQ_STR(a, b);
            free(a), free(b);
        }
        SC_OK(&env, with(&a, &rows[r], "same"));
        SC_OK(&env, with(&b, &rows[r], "valid"));
        SC_TRUE(strcmp(a, b) != 0);
        free(a), free(b);
        expect_refused(&rows[r], "[1, 2, 3]", "must be same, valid, N");
        expect_refused(&rows[r], "[]", "must have 1 to 4 elements");
        count++;
    }
    SC_EQ(count, 6);
}

/* However a number is written, it is that number, whole or not. */
Test(options, numbers_are_what_they_are_however_written) {
    static const char *const thousandth[] = {"1e-3",  "1.0e-3", "0.001", "1E-3",
                                             "+1e-3", ".001",   "10.e-4"};
    static const char *const thousand[] = {"1000",  "1e3",    "1.0e3", "1E+3",
                                           "0x3e8", "1000.0", "0o1750"};
    for (int r = 0; r < row_count; r++) {
        const sc_option *option = rows[r].option;
        bool whole = is_whole(option);
        const char *const *form = whole ? thousand : thousandth;
        double value = whole ? 1000 : 0.001;
        char *first, *other;
        if (!is_number(option) || value < option->minimum || value > option->maximum) continue;
        if (strcmp(option->key, "kernel") == 0 || strcmp(option->key, "dilation") == 0)
            continue;                                              /* larger than the image */
        if (with(&first, &rows[r], form[0]) != SOCLE_OK) continue; /* groups of filters */
        for (int i = 1; i < 7; i++) {
            SC_REPRO("%s, %s: %s", rows[r].section, option->key, form[i]);
            SC_OK(&env, with(&other, &rows[r], form[i]));
            SC_EQ_STR(other, first);
            free(other);
        }
        free(first);
    }
}
