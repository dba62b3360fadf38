/* SPDX-License-Identifier: Apache-2.0 */
/* docs/configuration.md lists every key that the code reads and no other, with the values, the
 * defaults and an example that the code takes. */
#include "sc_test.h"

#include "base/file.h"
#include "model/net_config.h"
#include "nn/word.h"
#include "train/recipe.h"

enum { KEY, VALUES, DEFAULT, EXAMPLE, TEXT, CELLS, MOST_ROWS = 160, CELL = 200 };

/* One row of a table below a heading such as "### `train.augment`". */
typedef struct row {
    char section[64], cell[CELLS][CELL];
} row;

static sc_env env;
static char *page;
static row rows[MOST_ROWS];
static int row_count;

static bool is_quoted(const char *cell) {
    size_t length = strlen(cell);
    return length > 2 && cell[0] == '`' && strchr(cell + 1, '`') == cell + length - 1;
}

/* `text` without its quotes. */
static const char *plain(const char *cell) {
    static char text[4][CELL];
    static int turn;
    char *out = text[turn = (turn + 1) % 4];
    snprintf(out, CELL, "%.*s", (int)strlen(cell) - 2, cell + 1);
    return out;
}

/* "| `a` | b | ..." */
static bool read_row(row *out, const char *line) {
    for (int c = 0; c < CELLS; c++) {
        if (strncmp(line, "| ", 2) != 0) return false;
        const char *end = strstr(line += 2, " |");
        if (!end || end - line >= CELL) return false;
        memcpy(out->cell[c], line, (size_t)(end - line));
        line = end + 1;
    }
    return is_quoted(out->cell[KEY]);
}

static void load_page(void) {
    size_t size;
    char section[64] = "";
    sc_env_init(&env, NULL, NULL);
    SC_OK(&env, sc_file_read(&env, &page, &size, SC_SOURCE_DIR "/docs/configuration.md", 1 << 20));
    for (const char *line = page; line && *line; line = strchr(line, '\n'), line += line != NULL) {
        row found = {0};
        int length = (int)strcspn(line, "\n");
        char text[1024];
        snprintf(text, sizeof text, "%.*s", length, line);
        if (text[0] == '#') {
            const char *name = strchr(text, '`');
            snprintf(section, sizeof section, "%.*s", name ? (int)strcspn(name + 1, "`") : 0,
                     name ? name + 1 : "");
        }
        if (!section[0] || !read_row(&found, text)) continue;
        SC_TRUE(row_count < MOST_ROWS);
        strcpy(found.section, section);
        rows[row_count++] = found;
    }
    SC_TRUE(row_count > 50);
}

TestSuite(configuration_page, .init = load_page);

static bool on_page(const char *section, const char *key) {
    for (int r = 0; r < row_count; r++)
        if (strcmp(rows[r].section, section) == 0 && strcmp(plain(rows[r].cell[KEY]), key) == 0)
            return true;
    return false;
}

static int expected;
static void expect(const char *section, const char *key) {
    expected++;
    if (!on_page(section, key))
        SC_TEST_FAIL("docs/configuration.md lacks the key '%s' of %s", key, section);
}

static void expect_all(const char *section, const char *const *keys) {
    for (; *keys; keys++) expect(section, *keys);
}

Test(configuration_page, has_every_key_and_no_other) {
    for (int id = 0; id < SC_RECIPE_SECTIONS; id++) {
        const sc_recipe_section *section = sc_recipe_section_of((sc_recipe_section_id)id);
        expect_all(section->path[0] ? section->path : "(root)", section->keys);
    }
    expect_all("inputs[]", sc_net_input_keys());
    expect_all("every layer", sc_net_layer_keys());
    for (const sc_layer_kind *const *kind = sc_layer_kinds(); *kind; kind++)
        for (int i = 0; i < (*kind)->option_count; i++)
            expect((*kind)->word, (*kind)->options[i].key);
    for (const sc_optimizer_kind *const *kind = sc_optimizer_kinds(); *kind; kind++)
        for (int i = 0; i < (*kind)->options; i++) expect((*kind)->word, (*kind)->option[i].key);
    if (row_count == expected) return;
    for (int a = 0; a < row_count; a++)
        for (int b = 0; b < a; b++)
            if (strcmp(rows[a].section, rows[b].section) == 0 &&
                strcmp(rows[a].cell[KEY], rows[b].cell[KEY]) == 0)
                SC_TEST_FAIL("%s has %s twice", rows[a].section, rows[a].cell[KEY]);
    SC_TEST_FAIL("the page has %d keys, the code %d: one on it is unknown", row_count, expected);
}

static void mentioned(const char *word) {
    char quoted[80], listed[80];
    snprintf(quoted, sizeof quoted, "`%s`", word);
    snprintf(listed, sizeof listed, "{%s: ", word);
    if (!strstr(page, quoted) && !strstr(page, listed))
        SC_TEST_FAIL("docs/configuration.md lacks the word '%s'", word);
}

Test(configuration_page, has_every_word) {
    for (const char *const *word = sc_layer_words(); *word; word++) mentioned(*word);
    for (const char *const *word = sc_initializer_words(); *word; word++) mentioned(*word);
    for (const sc_loss_kind *const *kind = sc_loss_kinds(); *kind; kind++) mentioned((*kind)->word);
}

Test(configuration_page, has_every_alias_and_no_other) {
    static const char *const group[] = {
        [SC_WORD_LAYER] = "layer",   [SC_WORD_LOSS] = "loss",
        [SC_WORD_OPTIMIZER] = "optimizer", [SC_WORD_INITIALIZER] = "initialiser",
        [SC_WORD_OPTION] = "option", [SC_WORD_KEY] = "key"};
    const char *at = strstr(page, "## Other words for the same\n");
    int count = -2; /* the title and the line below it */
    SC_TRUE(at != NULL);
    for (const sc_word_alias *alias = sc_word_aliases(); alias->alias; alias++) {
        char line[160];
        if (!alias->word) continue;
        snprintf(line, sizeof line, "\n| %s | `%s` | `%s` |\n", group[alias->group], alias->alias,
                 alias->word);
        if (!strstr(at, line)) SC_TEST_FAIL("docs/configuration.md lacks the line%s", line);
        count--;
    }
    while ((at = strstr(at, "\n|"))) at++, count++;
    SC_EQ(count, 0);
}

/* A configuration in which every section stands, and a member of it can be set. */
static const char *base_of(const char *section) {
    static const struct {
        const char *section, *text;
    } base[] = {
        {"every layer", "network: [{relu: {name: stem}}, {relu: {from: stem}}, relu]"},
        {"dense", "network: [flatten, {dense: {units: 4}}]"},
        {"conv2d", "network: [relu, {conv2d: {filters: 8, kernel: 3}}]"},
        {"maxpool2d", "network: [relu, {maxpool2d: {kernel: 2}}]"},
        {"avgpool2d", "network: [relu, {avgpool2d: {kernel: 2}}]"},
        {"batchnorm", "network: [relu, {batchnorm: {}}]"},
        {"concat", "network: [{relu: {name: a}}, {concat: {from: [a, a]}}]"},
        {"activation", "network: [relu, {activation: {function: relu}}]"},
        {"dropout", "network: [relu, {dropout: {rate: 0.1}}]"},
        {"inputs[]", "inputs: [{shape: [4, 9, 9]}]"},
        {"sgd", "optimizer: {sgd: {}}"},
        {"adam", "optimizer: {adam: {}}"},
    };
    for (size_t i = 0; i < sizeof base / sizeof base[0]; i++)
        if (strcmp(section, base[i].section) == 0) return base[i].text;
    return "{data: {train: {images: a, labels: b}}, network: [relu], loss: mean_squared_error,"
           " train: {checkpoint: {epoch_seconds: 0}, augment: {}, init_from: {file: w}}}";
}

static void holder_of(char out[CELL], const row *row) {
    const char *section = row->section, *text = base_of(section);
    if (strcmp(section, "every layer") == 0)
        snprintf(out, CELL, "network[1].relu");
    else if (strncmp(text, "network", 7) == 0)
        snprintf(out, CELL, "network[1].%s", section);
    else if (strncmp(text, "inputs", 6) == 0)
        snprintf(out, CELL, "inputs[0]");
    else if (strncmp(text, "optimizer", 9) == 0)
        snprintf(out, CELL, "optimizer.%s", section);
    else
        snprintf(out, CELL, "%s", strcmp(section, "(root)") ? section : "");
}

static socle_status net_text(char **out, const sc_config *config) {
    sc_net *net;
    const json_t *network = sc_config_find(config, "network");
    SC_OK(&env, sc_net_create(&net, &env));
    socle_status status = SOCLE_OK;
    if (network)
        SC_EQ(sc_net_input(net, "input", SOCLE_F32, &(socle_shape){3, {8, 9, 9}}, 1.0f), 0);
    else
        status = sc_net_read_inputs(net, config, sc_config_root(config));
    if (!network && status == SOCLE_OK) { /* a network of inputs alone is none */
        sc_layer_options options;
        const sc_layer_kind *relu = sc_layer_kind_find("relu", &options);
        SC_EQ(sc_net_layer(net, relu, NULL, 1, (int[]){0}, &options), 1);
    }
    if (network) status = sc_net_read(net, config, network);
    if (status == SOCLE_OK) status = sc_net_text(out, net);
    sc_net_destroy(net);
    return status;
}

/* What the configuration comes to, as text. */
static socle_status settled(char **out, const sc_config *config, const row *row) {
    const char *base = base_of(row->section);
    const json_t *root = sc_config_root(config);
    sc_recipe recipe;
    json_t *tree;
    *out = NULL;
    if (strncmp(base, "network", 7) == 0 || strncmp(base, "inputs", 6) == 0)
        return net_text(out, config);
    if (strncmp(base, "optimizer", 9) == 0) {
        sc_optimizer optimizer = {0};
        SC_TRY(sc_optimizer_read(&optimizer, config, root));
        *out = calloc(1, CELL);
        for (int i = 0; i < optimizer.kind->options; i++)
            sprintf(*out + strlen(*out), "%a ", (double)optimizer.value[i]);
        return SOCLE_OK;
    }
    SC_TRY(sc_recipe_read(&recipe, &env, config));
    SC_OK(&env, sc_recipe_resolve(&tree, &recipe));
    *out = json_dumps(tree, JSON_SORT_KEYS);
    json_decref(tree);
    sc_recipe_free(&recipe);
    return SOCLE_OK;
}

/* With the row's key set to `value`; NULL: without the key. */
static socle_status with(char **out, const row *row, const char *value) {
    char holder[CELL], assignment[2 * CELL + 8];
    const char *key = plain(row->cell[KEY]), *text = base_of(row->section);
    sc_config *config;
    holder_of(holder, row);
    SC_OK(&env, sc_config_parse(&config, &env, "page", text, strlen(text)));
    snprintf(assignment, sizeof assignment, "%s%s%s=%s", holder, holder[0] ? "." : "", key, value);
    if (value)
        SC_OK(&env, sc_config_set(config, assignment));
    else
        json_object_del(holder[0] ? sc_config_find(config, holder) : sc_config_root(config), key);
    socle_status status = settled(out, config, row);
    sc_config_destroy(config);
    return status;
}

/* The range that the message for a wrong value names. */
static void check_range(const row *row) {
    static const char *const kinds[] = {"a whole number", "a number", "true or false"};
    char range[CELL], *text;
    const char *at = NULL;
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0] && !at; k++)
        at = strstr(row->cell[VALUES], kinds[k]);
    if (!at) return;
    snprintf(range, sizeof range, "must be %.*s, not a mapping", (int)strcspn(at, ",:"), at);
    SC_FAILS(&env, with(&text, row, "{}"), SOCLE_STATUS_CONFIG);
    SC_CONTAINS(env.text, range);
}

static void check_default(const row *row) {
    char *without, *with_it;
    const char *standard = row->cell[DEFAULT];
    if (strcmp(standard, "required") == 0) {
        SC_FAILS(&env, with(&without, row, NULL), SOCLE_STATUS_CONFIG);
        return;
    }
    SC_OK(&env, with(&without, row, NULL));
    if (is_quoted(standard)) {
        SC_OK(&env, with(&with_it, row, plain(standard)));
        SC_EQ_STR(with_it, without);
        free(with_it);
    }
    free(without);
}

Test(configuration_page, tells_the_truth) {
    for (int r = 0; r < row_count; r++) {
        char *text;
        SC_REPRO("%s, %s", rows[r].section, rows[r].cell[KEY]);
        SC_TRUE(is_quoted(rows[r].cell[EXAMPLE]));
        SC_OK(&env, with(&text, &rows[r], plain(rows[r].cell[EXAMPLE])));
        free(text);
        check_range(&rows[r]);
        check_default(&rows[r]);
    }
}
