/* SPDX-License-Identifier: Apache-2.0 */
/* See reference.h: which tables there are, found by following the first one. */
#include "cli/reference.h"
#include "io/quote.h"
#include "nn/layer.h"
#include "run/recipe.h"

#include <ctype.h>
#include <string.h>

enum { MOST = 32, MOST_COMMON = 8 };

/* Sections and families in the order in which the first table leads to them. */
typedef struct tables {
    const sc_record *section[MOST];
    const sc_family *family[MOST];
    size_t sections, families;
} tables;

static void collect(tables *out, const sc_record *record, bool is_section);

static void collect_family(tables *out, const sc_family *family) {
    for (size_t i = 0; i < out->families; i++)
        if (out->family[i] == family) return;
    if (out->families < MOST) out->family[out->families++] = family;
    for (const sc_record *const *kind = family->record; *kind; kind++) collect(out, *kind, false);
}

static void collect(tables *out, const sc_record *record, bool is_section) {
    for (size_t i = 0; is_section && i < out->sections; i++)
        if (out->section[i] == record) return;
    if (is_section && out->sections < MOST) out->section[out->sections++] = record;
    for (int i = 0; i < record->count; i++) {
        if (record->options[i].record) collect(out, record->options[i].record, true);
        if (record->options[i].family) collect_family(out, record->options[i].family);
    }
}

static tables all(void) {
    tables out = {0};
    collect(&out, &sc_recipe_record, true);
    return out;
}

/* Where no kind has more than one value, its main one, all are rows of one table. */
static bool is_list(const sc_family *family) {
    for (const sc_record *const *kind = family->record; *kind; kind++)
        if ((*kind)->count > 1 || ((*kind)->count && !sc_option_main(*kind, NULL))) return false;
    return !family->common;
}

static void add_titled(sc_page *page, int level, const char *format, const char *name) {
    char title[96];
    snprintf(title, sizeof title, format, name);
    sc_page_heading(page, level, title);
}

static void add_section(sc_page *page, const sc_record *section) {
    if (section->word[0])
        add_titled(page, 2, "`%s`", section->word);
    else
        sc_page_heading(page, 2, "The whole file");
    sc_page_paragraph(page, section->help);
    sc_page_options(page, section);
}

/* A layer that makes its values itself reads none. */
static bool is_needless(const sc_record *kind, const sc_record *common, const sc_option *option) {
    return common == sc_layer_family.common && sc_layer_kind_of(kind)->source &&
           strcmp(option->key, "from") == 0;
}

/* What every kind of a family has, and this one does not have in its own way. */
static void add_common(sc_page *page, const sc_record *kind, const sc_record *common) {
    sc_option left[MOST_COMMON];
    sc_record rest = *common;
    rest.options = left;
    rest.count = 0;
    for (int i = 0; i < common->count && rest.count < MOST_COMMON; i++)
        if (!sc_option_find(kind, NULL, common->options[i].key) &&
            !is_needless(kind, common, &common->options[i]))
            left[rest.count++] = common->options[i];
    if (rest.count) sc_page_options(page, &rest);
}

static void add_kind(sc_page *page, const sc_record *kind, const sc_record *common) {
    const sc_option *main = sc_option_main(kind, NULL);
    sc_text text;
    sc_text_init(&text, page->text.env);
    add_titled(page, 3, "`%s`", kind->word);
    sc_text_add(&text, "%c%s.", toupper(kind->help[0]), kind->help + 1);
    if (main) sc_text_add(&text, " Main option: `%s`.", main->key);
    if (kind->aliases) sc_text_add(&text, " Also called ");
    sc_page_aliases(&text, kind->aliases);
    sc_page_paragraph(page, text.data);
    sc_text_free(&text);
    if (kind->count || !common) sc_page_options(page, kind);
    if (common) add_common(page, kind, common);
}

static void add_family_title(sc_page *page, const sc_family *family) {
    char title[64];
    snprintf(title, sizeof title, "%s%s", family->what,
             family->what[strlen(family->what) - 1] == 's' ? "es" : "s");
    title[0] = (char)toupper(title[0]);
    sc_page_heading(page, 2, title);
    sc_page_paragraph(page, family->help);
}

static void add_family(sc_page *page, const sc_family *family) {
    add_family_title(page, family);
    if (is_list(family)) {
        sc_page_kinds(page, family);
        return;
    }
    if (family->common) {
        add_titled(page, 3, "every %s", family->what);
        sc_page_options(page, family->common);
    }
    for (const sc_record *const *kind = family->record; *kind; kind++) add_kind(page, *kind, NULL);
}

void sc_reference(sc_page *page) {
    const tables tables = all();
    for (size_t i = 0; i < tables.sections; i++) add_section(page, tables.section[i]);
    for (size_t i = 0; i < tables.families; i++) add_family(page, tables.family[i]);
}

bool sc_reference_section(sc_page *page, const char *name) {
    const tables tables = all();
    size_t length = strcspn(name, "["), shown = 0;
    for (size_t i = 0; i < tables.sections && length; i++) {
        const char *word = tables.section[i]->word;
        bool below =
            strncmp(word, name, length) == 0 && (!word[length] || strchr(".[", word[length]));
        if (!below || (name[length] && strcmp(name, word) != 0)) continue;
        add_section(page, tables.section[i]);
        shown++;
    }
    return shown > 0;
}

bool sc_reference_part(sc_page *page, const char *name) {
    const tables tables = all();
    size_t shown = 0;
    for (size_t i = 0; i < tables.sections; i++) {
        const char *last = strrchr(tables.section[i]->word, '.');
        if (!last || strcmp(last + 1, name) != 0) continue;
        add_section(page, tables.section[i]);
        shown++;
    }
    return shown > 0;
}

/* "layer", "layers", "loss", "losses"; and as Americans write an initialiser. */
static bool is_named(const sc_family *family, const char *name) {
    size_t length = strlen(family->what);
    if (strncmp(name, "initializer", 11) == 0 && strcmp(family->what, "initialiser") == 0)
        return !name[11] || !strcmp(name + 11, "s");
    return strncmp(name, family->what, length) == 0 &&
           (!name[length] || strcmp(name + length, "s") == 0 || strcmp(name + length, "es") == 0);
}

static const sc_family *find_family(const char *name) {
    const tables tables = all();
    for (size_t i = 0; i < tables.families; i++)
        if (is_named(tables.family[i], name)) return tables.family[i];
    return NULL;
}

/* A word of an option that names kinds has the kind's page. */
static bool show(sc_page *page, const sc_family *family, const char *word) {
    const char *named;
    const sc_record *kind = sc_family_find(family, word, &named);
    if (!kind) return false;
    add_kind(page, kind, family->common);
    return true;
}

/* One line for each. */
static void list(sc_page *page, const sc_family *family) {
    add_family_title(page, family);
    sc_page_kinds(page, family);
}

bool sc_reference_family(sc_page *page, const char *name, const char *word, socle_status *status) {
    const sc_family *family = find_family(name);
    const char *words[SC_FAMILY_MOST_WORDS];
    *status = SOCLE_OK;
    if (!family) return false;
    if (!word) {
        list(page, family);
        return true;
    }
    if (show(page, family, word)) return true;
    size_t count = sc_family_words(family, words);
    const char *nearest =
        sc_is_among(family->foreign, word) ? NULL : sc_nearest_word(word, words, count);
    *status = sc_fail(page->text.env, SOCLE_STATUS_CONFIG,
                      "there is no %s '%s'%s%s%s `socle help %s` lists them", family->what,
                      sc_quote(word).text, nearest ? "; did you mean '" : ";",
                      nearest ? nearest : "", nearest ? "'?" : "", family->what);
    return true;
}

bool sc_reference_kind(sc_page *page, const char *word) {
    const tables tables = all();
    for (size_t i = 0; i < tables.families; i++)
        if (show(page, tables.family[i], word)) return true;
    return false;
}

size_t sc_reference_topics(const char **names, size_t capacity) {
    const tables tables = all();
    size_t count = 0;
    for (size_t i = 0; i < tables.sections; i++)
        if (tables.section[i]->word[0] && count < capacity)
            names[count++] = tables.section[i]->word;
    for (size_t i = 0; i < tables.families; i++) {
        const char *words[SC_FAMILY_MOST_WORDS];
        size_t kinds = sc_family_words(tables.family[i], words);
        if (count < capacity) names[count++] = tables.family[i]->what;
        for (size_t k = 0; k < kinds && count < capacity; k++) names[count++] = words[k];
    }
    return count;
}

/* A record of the members of a list has no path without their numbers. */
static bool is_listed(const sc_record *section) {
    const tables tables = all();
    for (size_t i = 0; i < tables.sections; i++)
        for (int o = 0; o < tables.section[i]->count; o++) {
            const sc_option *option = &tables.section[i]->options[o];
            if (option->type == SC_OPTION_LIST && option->record == section) return true;
        }
    return false;
}

void sc_reference_each_key(void (*each)(void *user, const char *section, const char *key),
                           void *user) {
    const tables tables = all();
    for (size_t i = 0; i < tables.sections; i++) {
        const sc_record *section = tables.section[i];
        if (!section->word[0] || strchr(section->word, '[') || is_listed(section)) continue;
        for (int o = 0; o < section->count; o++)
            if (section->options[o].type != SC_OPTION_SECTION)
                each(user, section->word, section->options[o].key);
    }
}
