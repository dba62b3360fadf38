/* SPDX-License-Identifier: Apache-2.0 */
/* From YAML text to the tree, event by event. Depth, number of values, anchors and length of keys
 * are limited, so that no text of 16 MB can ask for more than a few hundred MB or run long. */
#include "io/config_reader.h"
#include "io/quote.h"

#include <string.h>

static socle_status at_line(const sc_config_reader *in, socle_status status,
                            const sc_config_node *place, int line) {
    if (status != SOCLE_STATUS_CONFIG) return status;
    char path[SC_CONFIG_PATH] = "";
    if (place) sc_config_path(path, in->config, place);
    if (path[0]) sc_fail_prefix(in->config->env, status, "%s", path);
    if (in->line == SC_CONFIG_FROM_SET)
        return sc_fail_prefix(in->config->env, status, "%s", in->label);
    return sc_fail_prefix(in->config->env, status, "%s:%d", in->label, line);
}

static int line_of(const yaml_event_t *event) {
    return (int)event->start_mark.line + 1;
}

socle_status sc_config_at_place(const sc_config_reader *in, socle_status status,
                                const sc_config_node *place, const yaml_event_t *event) {
    return at_line(in, status, place, sc_config_place_line(in, event));
}

static socle_status next_event(sc_config_reader *in, yaml_event_t *event) {
    if (yaml_parser_parse(&in->yaml, event)) return SOCLE_OK;
    memset(event, 0, sizeof *event);
    if (in->yaml.error == YAML_MEMORY_ERROR)
        return sc_fail(in->config->env, SOCLE_STATUS_OUT_OF_MEMORY, "%s: no memory to read it",
                       in->label);
    const char *problem = in->yaml.problem ? in->yaml.problem : "unreadable";
    if (in->yaml.error == YAML_READER_ERROR)
        return sc_fail(in->config->env, SOCLE_STATUS_CONFIG, "%s: byte %zu: %s", in->label,
                       in->yaml.problem_offset, problem);
    sc_fail(in->config->env, SOCLE_STATUS_CONFIG, "not valid YAML: %s", problem);
    return at_line(in, SOCLE_STATUS_CONFIG, NULL, (int)in->yaml.problem_mark.line + 1);
}

socle_status sc_config_no_memory(const sc_config_reader *in) {
    return sc_fail(in->config->env, SOCLE_STATUS_OUT_OF_MEMORY, "%s: no memory for its values",
                   in->label);
}

int sc_config_place_line(const sc_config_reader *in, const yaml_event_t *event) {
    return in->line >= 0 ? in->line : line_of(event);
}

static socle_status read_value(sc_config_reader *in, json_t **out, const sc_config_node *place,
                               int depth, const yaml_event_t *event);

socle_status sc_config_open_container(sc_config_reader *in, json_t **out, json_t *value,
                                      const sc_config_node *place, int depth,
                                      const yaml_event_t *event, size_t *node) {
    *out = value;
    if (!value) return sc_config_no_memory(in);
    if (depth >= SC_CONFIG_MAX_DEPTH)
        return SC_CONFIG_FAIL_AT(in, place, event, "nested more than %d deep", SC_CONFIG_MAX_DEPTH);
    sc_config_node entry = *place;
    entry.container = value;
    return sc_config_at_place(in, sc_config_add_node(node, in->config, &entry), place, event);
}

static socle_status read_list(sc_config_reader *in, json_t **out, const sc_config_node *place,
                              int depth, const yaml_event_t *start) {
    size_t self;
    SC_TRY(sc_config_open_container(in, out, json_array(), place, depth, start, &self));
    for (size_t index = 0;; index++) {
        yaml_event_t event;
        SC_TRY(next_event(in, &event));
        if (event.type == YAML_SEQUENCE_END_EVENT) {
            yaml_event_delete(&event);
            return SOCLE_OK;
        }
        json_t *item = NULL;
        sc_config_node entry = {
            .index = index, .parent = self, .line = sc_config_place_line(in, &event)};
        socle_status status = read_value(in, &item, &entry, depth + 1, &event);
        yaml_event_delete(&event);
        if (status != SOCLE_OK) {
            json_decref(item);
            return status;
        }
        if (json_array_append_new(*out, item) != 0) return sc_config_no_memory(in);
    }
}

/* A key is a scalar of moderate length that the object does not have yet, unless it was merged. */
static socle_status check_key(const sc_config_reader *in, json_t *object, json_t *merged,
                              const sc_config_node *entry, const yaml_event_t *event) {
    const sc_config_node *parent = &in->config->nodes[entry->parent];
    if (event->type != YAML_SCALAR_EVENT)
        return SC_CONFIG_FAIL_AT(in, parent, event, "a key must be plain text");
    if (event->data.scalar.tag)
        return SC_CONFIG_FAIL_AT(in, parent, event, "tags (!...) are not supported");
    size_t length = event->data.scalar.length;
    if (length > SC_CONFIG_MAX_KEY || strlen(entry->key) != length)
        return SC_CONFIG_FAIL_AT(in, parent, event,
                                 "a key of %zu bytes; at most %d, and none of them zero", length,
                                 SC_CONFIG_MAX_KEY);
    if (json_object_del(merged, entry->key) == 0)
        json_object_del(object, entry->key);
    else if (json_object_get(object, entry->key)) {
        size_t first = sc_config_find_child(in->config, entry->parent, entry->key, 0);
        return SC_CONFIG_FAIL_AT(in, entry, event,
                                 "this key is there twice (first on line %d); remove one",
                                 first == SIZE_MAX ? 0 : in->config->nodes[first].line);
    }
    return SOCLE_OK;
}

static socle_status read_member(sc_config_reader *in, json_t *object, const sc_config_node *entry,
                                int depth) {
    yaml_event_t event;
    json_t *value = NULL;
    SC_TRY(next_event(in, &event));
    socle_status status = read_value(in, &value, entry, depth + 1, &event);
    yaml_event_delete(&event);
    if (status != SOCLE_OK) {
        json_decref(value);
        return status;
    }
    return json_object_set_new(object, entry->key, value) == 0 ? SOCLE_OK : sc_config_no_memory(in);
}

static bool is_merge(const yaml_event_t *key) {
    return key->type == YAML_SCALAR_EVENT && key->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
           strcmp((const char *)key->data.scalar.value, "<<") == 0;
}

/* "<<: *base", "<<: [*a, *b]": of what is merged, the first counts; a key that stands there itself
 * counts most. */
static socle_status read_merge(sc_config_reader *in, json_t *object, json_t *merged,
                               const sc_config_node *entry, int depth) {
    yaml_event_t event;
    json_t *value = NULL;
    SC_TRY(next_event(in, &event));
    socle_status status = read_value(in, &value, entry, depth + 1, &event);
    if (status == SOCLE_OK)
        status = sc_config_merge(in, object, merged, value, entry, depth + 1, &event);
    yaml_event_delete(&event);
    json_decref(value);
    return status;
}

/* One key and its value. */
static socle_status read_pair(sc_config_reader *in, json_t *object, json_t *merged, size_t self,
                              int depth, const yaml_event_t *key) {
    sc_config_node entry = {.parent = self, .line = sc_config_place_line(in, key)};
    if (key->type == YAML_SCALAR_EVENT) entry.key = (const char *)key->data.scalar.value;
    if (is_merge(key)) {
        size_t first = sc_config_find_child(in->config, self, entry.key, 0);
        if (first == SIZE_MAX) return read_merge(in, object, merged, &entry, depth);
        return SC_CONFIG_FAIL_AT(in, &entry, key, "is there twice; write <<: [*a, *b]");
    }
    SC_TRY(check_key(in, object, merged, &entry, key));
    return read_member(in, object, &entry, depth);
}

static socle_status read_object(sc_config_reader *in, json_t **out, const sc_config_node *place,
                                int depth, const yaml_event_t *start) {
    size_t self;
    SC_TRY(sc_config_open_container(in, out, json_object(), place, depth, start, &self));
    json_t *merged = json_object(); /* keys that came with << */
    socle_status status = merged ? SOCLE_OK : sc_config_no_memory(in);
    while (status == SOCLE_OK) {
        yaml_event_t key;
        status = next_event(in, &key);
        if (status != SOCLE_OK) break;
        bool over = key.type == YAML_MAPPING_END_EVENT;
        if (!over) status = read_pair(in, *out, merged, self, depth, &key);
        yaml_event_delete(&key);
        if (over) break;
    }
    json_decref(merged);
    return status;
}

static socle_status read_scalar(sc_config_reader *in, json_t **out, const sc_config_node *place,
                                const yaml_event_t *event) {
    const char *text = (const char *)event->data.scalar.value, *problem = NULL;
    size_t length = event->data.scalar.length, node;
    if (event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
        *out = sc_config_scalar(text, length, &problem);
    else if (strlen(text) != length)
        problem = "a zero byte in the text";
    else
        *out = json_stringn(text, length);
    if (problem) return SC_CONFIG_FAIL_AT(in, place, event, "%s: %s", sc_quote(text).text, problem);
    if (!*out) return sc_config_no_memory(in);
    return sc_config_at_place(in, sc_config_add_node(&node, in->config, place), place, event);
}

static socle_status read_value(sc_config_reader *in, json_t **out, const sc_config_node *place,
                               int depth, const yaml_event_t *event) {
    const yaml_char_t *tag = NULL, *name = NULL;
    socle_status status;
    if (event->type == YAML_ALIAS_EVENT) return sc_config_read_alias(in, out, place, depth, event);
    if (event->type == YAML_SCALAR_EVENT) {
        tag = event->data.scalar.tag;
        name = event->data.scalar.anchor;
    } else if (event->type == YAML_SEQUENCE_START_EVENT) {
        tag = event->data.sequence_start.tag;
        name = event->data.sequence_start.anchor;
    } else {
        tag = event->data.mapping_start.tag;
        name = event->data.mapping_start.anchor;
    }
    if (tag) return SC_CONFIG_FAIL_AT(in, place, event, "tags (!...) are not supported");
    if (event->type == YAML_SCALAR_EVENT)
        status = read_scalar(in, out, place, event);
    else if (event->type == YAML_SEQUENCE_START_EVENT)
        status = read_list(in, out, place, depth, event);
    else
        status = read_object(in, out, place, depth, event);
    return status == SOCLE_OK ? sc_config_keep_anchor(in, place, event, name, *out) : status;
}

/* Skips the beginning of the stream and of the document; *empty where there is none. */
static socle_status begin_document(sc_config_reader *in, bool *empty) {
    static const yaml_event_type_t expected[] = {YAML_STREAM_START_EVENT,
                                                 YAML_DOCUMENT_START_EVENT};
    *empty = false;
    for (size_t i = 0; i < sizeof expected / sizeof *expected && !*empty; i++) {
        yaml_event_t event;
        SC_TRY(next_event(in, &event));
        *empty = event.type != expected[i];
        yaml_event_delete(&event);
    }
    return SOCLE_OK;
}

static socle_status end_document(sc_config_reader *in) {
    for (int i = 0; i < 2; i++) {
        yaml_event_t event;
        SC_TRY(next_event(in, &event));
        socle_status status = SOCLE_OK;
        if (i == 1 && event.type != YAML_STREAM_END_EVENT)
            status = SC_CONFIG_FAIL_AT(in, NULL, &event,
                                       "a second document begins here; only one is possible");
        yaml_event_delete(&event);
        SC_TRY(status);
    }
    return SOCLE_OK;
}

static socle_status read_document(sc_config_reader *in, json_t **out, const sc_config_node *place) {
    bool empty;
    SC_TRY(begin_document(in, &empty));
    if (empty)
        return sc_fail(in->config->env, SOCLE_STATUS_CONFIG, "%s: holds no value", in->label);
    yaml_event_t event;
    SC_TRY(next_event(in, &event));
    sc_config_node entry = *place;
    entry.line = sc_config_place_line(in, &event);
    socle_status status = read_value(in, out, &entry, 0, &event);
    yaml_event_delete(&event);
    SC_TRY(status);
    return end_document(in);
}

/* libyaml compares every directive with all before it, so a text of nothing else would keep it for
 * hours. */
static socle_status check_directives(const sc_config_reader *in, const char *text, size_t size) {
    size_t count = 0;
    for (const char *at = text; at < text + size; at++) {
        if (*at == '%' && (at == text || at[-1] == '\n' || at[-1] == '\r') &&
            ++count > SC_CONFIG_MAX_DIRECTIVES)
            return sc_fail(in->config->env, SOCLE_STATUS_CONFIG,
                           "%s: byte %zu: more than %d lines begin with '%%'", in->label,
                           (size_t)(at - text), SC_CONFIG_MAX_DIRECTIVES);
    }
    return SOCLE_OK;
}

socle_status sc_config_read_yaml(json_t **out, sc_config *config, const char *label,
                                 const sc_config_node *place, int line, const char *text,
                                 size_t size) {
    sc_config_reader in = {.config = config, .label = label, .line = line};
    size_t nodes = config->node_count;
    *out = NULL;
    SC_TRY(check_directives(&in, text, size));
    if (!yaml_parser_initialize(&in.yaml)) return sc_config_no_memory(&in);
    yaml_parser_set_input_string(&in.yaml, (const unsigned char *)text, size);
    socle_status status = read_document(&in, out, place);
    yaml_parser_delete(&in.yaml);
    sc_config_drop_anchors(&in);
    if (status != SOCLE_OK) {
        json_decref(*out);
        *out = NULL;
        sc_config_drop_nodes(config, nodes);
    }
    return status;
}
