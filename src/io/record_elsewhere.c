/* SPDX-License-Identifier: Apache-2.0 */
/* Where a key belongs that is unknown where it stands: a walk through the tables that describe a
 * whole configuration, "optimizer: {sgd: {lr: 0.1}}". Sections are gone through to their ends; of a
 * family the first record that has the key is named; what such records hold in turn is left out. */
#include "io/record_private.h"

#include <stdio.h>

enum { PLACE = 256, MOST_PLACES = 2, DEEPEST = 8, MOST_FAMILIES = 32 };

typedef struct search {
    sc_text *out;
    const char *key;
    int found;
    const sc_family *seen[MOST_FAMILIES]; /* the first place of each is named */
    int families;
} search;

static void add_place(search *s, const char *place) {
    if (s->found++ >= MOST_PLACES) return;
    if (s->found == 1) sc_text_add(s->out, "; '%s' belongs to ", s->key);
    sc_text_add(s->out, "%s%s", s->found > 1 ? " or " : "", *place ? place : "the top level");
}

static const char *value_of(const sc_option *option) {
    return option->example ? option->example : "...";
}

/* `path` holds one of the family, or a list of such. */
static void look_into_family(search *s, const sc_option *holder, const char *path) {
    char place[PLACE];
    bool list = holder->type == SC_OPTION_LIST;
    const sc_family *family = holder->family;
    for (int i = 0; i < s->families; i++)
        if (s->seen[i] == family) return;
    if (s->families < MOST_FAMILIES) s->seen[s->families++] = family;
    for (int i = 0; family->record[i]; i++) {
        const sc_option *option = sc_option_find(family->record[i], family->common, s->key);
        if (!option) continue;
        int length =
            snprintf(place, sizeof place, "%s: %s{%s: {%s: %s}}%s", path, list ? "[" : "",
                     family->record[i]->word, option->key, value_of(option), list ? "]" : "");
        if (length < PLACE) add_place(s, place);
        return;
    }
}

static void look_into(search *s, const sc_record *record, const char *path, int depth) {
    char below[PLACE];
    if (sc_option_find(record, NULL, s->key)) add_place(s, path);
    for (int i = 0; i < record->count && depth < DEEPEST; i++) {
        const sc_option *option = &record->options[i];
        int length = snprintf(below, sizeof below, "%s%s%s%s", path, *path ? "." : "", option->key,
                              option->type == SC_OPTION_LIST && option->record ? "[0]" : "");
        if (length >= PLACE) continue;
        if (option->record)
            look_into(s, option->record, below, depth + 1);
        else if (option->family && option->type != SC_OPTION_MAP)
            look_into_family(s, option, below);
    }
}

bool sc_record_elsewhere(sc_text *hint, const sc_record *table, const char *key) {
    search s = {.out = hint, .key = key};
    if (table) look_into(&s, table, "", 0);
    return s.found > 0;
}
