/* SPDX-License-Identifier: Apache-2.0 */
/* `--set a.b[2].c=value`: one value of the tree replaced or added. Everything that can fail comes
 * before the one change of the tree. */
#include "base/text.h"
#include "io/config_private.h"
#include "io/quote.h"

#include <string.h>

enum { MAX_STEPS = SC_CONFIG_MAX_DEPTH / 2 };

typedef struct assignment {
    const char *text; /* as given, for messages */
    sc_config_step steps[MAX_STEPS];
    size_t count;
    const char *value;
} assignment;

#define FAIL_SET(config, set, ...)                                                                 \
    (sc_fail((config)->env, SOCLE_STATUS_CONFIG, __VA_ARGS__),                                     \
     sc_fail_prefix((config)->env, SOCLE_STATUS_CONFIG, "--set %s", sc_quote((set)->text).text))

/* jansson makes no string of anything else. */
static bool is_utf8(const char *text) {
    json_t *string = json_string(text);
    json_decref(string);
    return string != NULL;
}

static socle_status split(const sc_config *config, assignment *set, char *path) {
    const char *at = path;
    set->count = 0;
    do {
        if (set->count >= MAX_STEPS)
            return FAIL_SET(config, set, "more than %d steps in the path", MAX_STEPS);
        const sc_config_step *step = &set->steps[set->count];
        if (!sc_config_next_step(&set->steps[set->count++], &at))
            return FAIL_SET(config, set, "'%s' is no path; write one like network[3].dropout",
                            sc_quote(path).text);
        if (!step->is_index && !is_utf8(step->key))
            return FAIL_SET(config, set, "the key '%s' is not UTF-8", sc_quote(step->key).text);
    } while (*at != '\0');
    if (set->steps[0].is_index)
        return FAIL_SET(config, set, "a path begins with a key, not with an index");
    return SOCLE_OK;
}

static socle_status parse_path(const sc_config *config, assignment *set) {
    const char *equals = strchr(set->text, '=');
    if (!equals) return FAIL_SET(config, set, "has no '='; write PATH=VALUE, e.g. train.epochs=3");
    set->value = equals + 1;
    if (set->value[strspn(set->value, " \t")] == '\0')
        return FAIL_SET(config, set, "has no value after '='; write '' for an empty text");
    char *path;
    SC_TRY(sc_allocate(config->env, &path, (size_t)(equals - set->text) + 1, 1));
    memcpy(path, set->text, (size_t)(equals - set->text));
    socle_status status = split(config, set, path);
    sc_release(config->env, path);
    return status;
}

/* Goes down as far as the tree has the path, but not into the last step: *holder is where something
 * is added or replaced, at step *at. */
static socle_status find_holder(const sc_config *config, const assignment *set, json_t **holder,
                                size_t *at) {
    *holder = config->root;
    for (*at = 0;; ++*at) {
        const sc_config_step *step = &set->steps[*at];
        if (step->is_index && !json_is_array(*holder))
            return FAIL_SET(config, set, "there is no list to take element [%zu] of", step->index);
        if (step->is_index && step->index >= json_array_size(*holder))
            return FAIL_SET(config, set, "element [%zu] of a list of %zu", step->index,
                            json_array_size(*holder));
        if (!step->is_index && !json_is_object(*holder))
            return FAIL_SET(config, set, "there is no mapping to hold the key '%s'",
                            sc_quote(step->key).text);
        json_t *next = sc_config_take_step(*holder, step);
        if (!next || *at + 1 == set->count) break;
        *holder = next;
    }
    for (size_t i = *at + 1; i < set->count; i++)
        if (set->steps[i].is_index)
            return FAIL_SET(config, set, "there is no list to take element [%zu] of",
                            set->steps[i].index);
    return SOCLE_OK;
}

static sc_config_node place_of(const sc_config_step *step, size_t parent) {
    return (sc_config_node){.key = step->is_index ? NULL : step->key,
                            .index = step->is_index ? step->index : 0,
                            .parent = parent,
                            .line = SC_CONFIG_FROM_SET};
}

/* Objects for the steps after `at`, the value in the innermost. */
static socle_status build(json_t **out, sc_config *config, const assignment *set, size_t at,
                          size_t parent) {
    sc_config_node place = place_of(&set->steps[at], parent);
    if (at + 1 == set->count) {
        char label[SC_QUOTED + 8] = "--set ";
        strcat(label, sc_quote(set->text).text);
        return sc_config_read_yaml(out, config, label, &place, SC_CONFIG_FROM_SET, set->value,
                                   strlen(set->value));
    }
    size_t self;
    json_t *inner = NULL;
    *out = place.container = json_object();
    if (!*out) return sc_fail(config->env, SOCLE_STATUS_OUT_OF_MEMORY, "no memory for --set");
    SC_TRY(sc_config_add_node(&self, config, &place));
    socle_status status = build(&inner, config, set, at + 1, self);
    if (status != SOCLE_OK) {
        json_decref(inner);
        return status;
    }
    if (json_object_set_new(*out, set->steps[at + 1].key, inner) != 0)
        return sc_fail(config->env, SOCLE_STATUS_OUT_OF_MEMORY, "no memory for --set");
    return SOCLE_OK;
}

socle_status sc_config_set(sc_config *config, const char *text) {
    assignment set = {.text = text};
    json_t *holder, *value = NULL;
    size_t at, nodes = config->node_count;
    SC_TRY(parse_path(config, &set));
    SC_TRY(find_holder(config, &set, &holder, &at));
    socle_status status = build(&value, config, &set, at, sc_config_find_node(config, holder));
    if (status != SOCLE_OK) {
        json_decref(value);
        sc_config_drop_nodes(config, nodes);
        return status;
    }
    const sc_config_step *step = &set.steps[at];
    int failed = step->is_index ? json_array_set_new(holder, step->index, value)
                                : json_object_set_new(holder, step->key, value);
    if (!failed) return SOCLE_OK;
    sc_config_drop_nodes(config, nodes);
    return sc_fail(config->env, SOCLE_STATUS_OUT_OF_MEMORY, "no memory for --set");
}

static bool is_from_set(const sc_config *config, const json_t *object, const char *key) {
    return sc_config_line(config, object, key) == SC_CONFIG_FROM_SET;
}

socle_status sc_config_rename(const sc_config *config, const json_t *object, const char *key,
                              const char *word) {
    json_t *members = (json_t *)object;
    if (json_object_get(object, word)) {
        bool both = is_from_set(config, object, key) == is_from_set(config, object, word);
        if (both)
            return sc_config_fail(config, object, key,
                                  "means the same as '%s', which is there too; remove one", word);
        if (is_from_set(config, object, word)) {
            json_object_del(members, key);
            return SOCLE_OK;
        }
    }
    size_t node = sc_config_find_child(config, sc_config_find_node(config, object), key, 0);
    if (node != SIZE_MAX) config->nodes[node].key = word;
    if (json_object_set(members, word, json_object_get(object, key)) != 0)
        return sc_fail(config->env, SOCLE_STATUS_OUT_OF_MEMORY, "no memory for the key '%s'", word);
    json_object_del(members, key);
    return SOCLE_OK;
}
