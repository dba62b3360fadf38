/* SPDX-License-Identifier: Apache-2.0 */
/* From YAML text to the tree, event by event. Depth, number of values, anchors and length of keys
 * are limited, so that no text of 16 MB can ask for more than a few hundred MB or run long. */
#include "io/config_private.h"
#include "io/quote.h"

#include <string.h>
#include <yaml.h>

typedef struct anchor {
    char *name;
    json_t *value; /* complete; one reference held */
} anchor;

typedef struct reader {
    sc_config *config;
    const char *label;
    int line; /* for all values, or -1: that of the event */
    yaml_parser_t yaml;
    anchor *anchors;
    size_t anchor_count, anchor_capacity;
} reader;

/* Puts "FILE:LINE" and the path before the stored text, once. */
static socle_status at_place(const reader *in, socle_status status, const sc_config_node *place,
                             int line) {
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

#define FAIL_AT(in, place, event, ...)                                                             \
    at_place(in, sc_fail((in)->config->env, SOCLE_STATUS_CONFIG, __VA_ARGS__), place,              \
             line_of(event))

static socle_status next_event(reader *in, yaml_event_t *event) {
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
    return at_place(in, SOCLE_STATUS_CONFIG, NULL, (int)in->yaml.problem_mark.line + 1);
}

static socle_status no_memory(const reader *in) {
    return sc_fail(in->config->env, SOCLE_STATUS_OUT_OF_MEMORY, "%s: no memory for its values",
                   in->label);
}

static int place_line(const reader *in, const yaml_event_t *event) {
    return in->line >= 0 ? in->line : line_of(event);
}

static socle_status read_value(reader *in, json_t **out, const sc_config_node *place, int depth,
                               const yaml_event_t *event);

/* Registers an object or list before its members are read, so that they have a parent. */
static socle_status open_container(reader *in, json_t **out, json_t *value,
                                   const sc_config_node *place, int depth,
                                   const yaml_event_t *event, size_t *node) {
    *out = value;
    if (!value) return no_memory(in);
    if (depth >= SC_CONFIG_MAX_DEPTH)
        return FAIL_AT(in, place, event, "nested more than %d deep", SC_CONFIG_MAX_DEPTH);
    sc_config_node entry = *place;
    entry.container = value;
    return at_place(in, sc_config_add_node(node, in->config, &entry), place, place_line(in, event));
}

static socle_status read_list(reader *in, json_t **out, const sc_config_node *place, int depth,
                              const yaml_event_t *start) {
    size_t self;
    SC_TRY(open_container(in, out, json_array(), place, depth, start, &self));
    for (size_t index = 0;; index++) {
        yaml_event_t event;
        SC_TRY(next_event(in, &event));
        if (event.type == YAML_SEQUENCE_END_EVENT) {
            yaml_event_delete(&event);
            return SOCLE_OK;
        }
        json_t *item = NULL;
        sc_config_node entry = {.index = index, .parent = self, .line = place_line(in, &event)};
        socle_status status = read_value(in, &item, &entry, depth + 1, &event);
        yaml_event_delete(&event);
        if (status != SOCLE_OK) {
            json_decref(item);
            return status;
        }
        if (json_array_append_new(*out, item) != 0) return no_memory(in);
    }
}

/* A key is a scalar of moderate length that the object does not have yet. */
static socle_status check_key(const reader *in, const json_t *object, const sc_config_node *entry,
                              const yaml_event_t *event) {
    const sc_config_node *parent = &in->config->nodes[entry->parent];
    if (event->type != YAML_SCALAR_EVENT)
        return FAIL_AT(in, parent, event, "a key must be plain text");
    if (event->data.scalar.tag) return FAIL_AT(in, parent, event, "tags (!...) are not supported");
    size_t length = event->data.scalar.length;
    if (length > SC_CONFIG_MAX_KEY || strlen(entry->key) != length)
        return FAIL_AT(in, parent, event, "a key of %zu bytes; at most %d, and none of them zero",
                       length, SC_CONFIG_MAX_KEY);
    if (json_object_get(object, entry->key)) {
        size_t first = sc_config_find_child(in->config, entry->parent, entry->key, 0);
        return FAIL_AT(in, entry, event, "this key is there twice (first on line %d); remove one",
                       first == SIZE_MAX ? 0 : in->config->nodes[first].line);
    }
    return SOCLE_OK;
}

static socle_status read_member(reader *in, json_t *object, const sc_config_node *entry,
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
    return json_object_set_new(object, entry->key, value) == 0 ? SOCLE_OK : no_memory(in);
}

static socle_status read_object(reader *in, json_t **out, const sc_config_node *place, int depth,
                                const yaml_event_t *start) {
    size_t self;
    SC_TRY(open_container(in, out, json_object(), place, depth, start, &self));
    for (;;) {
        yaml_event_t key;
        SC_TRY(next_event(in, &key));
        if (key.type == YAML_MAPPING_END_EVENT) {
            yaml_event_delete(&key);
            return SOCLE_OK;
        }
        sc_config_node entry = {.parent = self, .line = place_line(in, &key)};
        if (key.type == YAML_SCALAR_EVENT) entry.key = (const char *)key.data.scalar.value;
        socle_status status = check_key(in, *out, &entry, &key);
        if (status == SOCLE_OK) status = read_member(in, *out, &entry, depth);
        yaml_event_delete(&key);
        SC_TRY(status);
    }
}

static socle_status read_scalar(reader *in, json_t **out, const sc_config_node *place,
                                const yaml_event_t *event) {
    const char *text = (const char *)event->data.scalar.value, *problem = NULL;
    size_t length = event->data.scalar.length, node;
    if (event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
        *out = sc_config_scalar(text, length, &problem);
    else if (strlen(text) != length)
        problem = "a zero byte in the text";
    else
        *out = json_stringn(text, length);
    if (problem) return FAIL_AT(in, place, event, "%s: %s", sc_quote(text).text, problem);
    if (!*out) return no_memory(in);
    return at_place(in, sc_config_add_node(&node, in->config, place), place, place_line(in, event));
}

/* A copy of what an alias stands for. Scalars never change, so they are shared. */
static socle_status copy_value(reader *in, json_t **out, const json_t *value,
                               const sc_config_node *place, int depth, const yaml_event_t *event) {
    if (!json_is_object(value) && !json_is_array(value)) {
        size_t node;
        *out = json_incref((json_t *)value);
        return at_place(in, sc_config_add_node(&node, in->config, place), place,
                        place_line(in, event));
    }
    size_t self;
    json_t *copy = json_is_object(value) ? json_object() : json_array();
    SC_TRY(open_container(in, out, copy, place, depth, event, &self));
    sc_config_node entry = {.parent = self, .line = place->line};
    void *at = json_object_iter((json_t *)value);
    size_t count = at ? json_object_size(value) : json_array_size(value);
    for (entry.index = 0; entry.index < count; entry.index++) {
        json_t *member = NULL;
        entry.key = at ? json_object_iter_key(at) : NULL;
        socle_status status = copy_value(
            in, &member, at ? json_object_iter_value(at) : json_array_get(value, entry.index),
            &entry, depth + 1, event);
        if (status != SOCLE_OK) {
            json_decref(member);
            return status;
        }
        if ((at ? json_object_set_new(copy, entry.key, member)
                : json_array_append_new(copy, member)) != 0)
            return no_memory(in);
        if (at) at = json_object_iter_next((json_t *)value, at);
    }
    return SOCLE_OK;
}

static socle_status read_alias(reader *in, json_t **out, const sc_config_node *place, int depth,
                               const yaml_event_t *event) {
    const char *name = (const char *)event->data.alias.anchor;
    for (size_t i = in->anchor_count; i-- > 0;)
        if (strcmp(in->anchors[i].name, name) == 0)
            return copy_value(in, out, in->anchors[i].value, place, depth, event);
    return FAIL_AT(in, place, event, "the alias *%s stands for nothing read so far",
                   sc_quote(name).text);
}

static socle_status keep_anchor(reader *in, const sc_config_node *place, const yaml_event_t *event,
                                const yaml_char_t *name, json_t *value) {
    if (!name) return SOCLE_OK;
    if (in->anchor_count >= SC_CONFIG_MAX_ANCHORS)
        return FAIL_AT(in, place, event, "more than %d anchors", SC_CONFIG_MAX_ANCHORS);
    SC_TRY(sc_grow(in->config->env, &in->anchors, &in->anchor_capacity, in->anchor_count + 1,
                   sizeof *in->anchors));
    anchor *entry = &in->anchors[in->anchor_count];
    SC_TRY(sc_copy_string(in->config->env, &entry->name, (const char *)name));
    entry->value = json_incref(value);
    in->anchor_count++;
    return SOCLE_OK;
}

static socle_status read_value(reader *in, json_t **out, const sc_config_node *place, int depth,
                               const yaml_event_t *event) {
    const yaml_char_t *tag = NULL, *name = NULL;
    socle_status status;
    if (event->type == YAML_ALIAS_EVENT) return read_alias(in, out, place, depth, event);
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
    if (tag) return FAIL_AT(in, place, event, "tags (!...) are not supported");
    if (event->type == YAML_SCALAR_EVENT)
        status = read_scalar(in, out, place, event);
    else if (event->type == YAML_SEQUENCE_START_EVENT)
        status = read_list(in, out, place, depth, event);
    else
        status = read_object(in, out, place, depth, event);
    return status == SOCLE_OK ? keep_anchor(in, place, event, name, *out) : status;
}

/* Skips the beginning of the stream and of the document; *empty where there is none. */
static socle_status begin_document(reader *in, bool *empty) {
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

static socle_status end_document(reader *in) {
    for (int i = 0; i < 2; i++) {
        yaml_event_t event;
        SC_TRY(next_event(in, &event));
        socle_status status = SOCLE_OK;
        if (i == 1 && event.type != YAML_STREAM_END_EVENT)
            status =
                FAIL_AT(in, NULL, &event, "a second document begins here; only one is possible");
        yaml_event_delete(&event);
        SC_TRY(status);
    }
    return SOCLE_OK;
}

static socle_status read_document(reader *in, json_t **out, const sc_config_node *place) {
    bool empty;
    SC_TRY(begin_document(in, &empty));
    if (empty)
        return sc_fail(in->config->env, SOCLE_STATUS_CONFIG, "%s: holds no value", in->label);
    yaml_event_t event;
    SC_TRY(next_event(in, &event));
    sc_config_node entry = *place;
    entry.line = place_line(in, &event);
    socle_status status = read_value(in, out, &entry, 0, &event);
    yaml_event_delete(&event);
    SC_TRY(status);
    return end_document(in);
}

/* libyaml compares every directive with all before it, so a text of nothing else would keep it for
 * hours. */
static socle_status check_directives(const reader *in, const char *text, size_t size) {
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
    reader in = {.config = config, .label = label, .line = line};
    size_t nodes = config->node_count;
    *out = NULL;
    SC_TRY(check_directives(&in, text, size));
    if (!yaml_parser_initialize(&in.yaml)) return no_memory(&in);
    yaml_parser_set_input_string(&in.yaml, (const unsigned char *)text, size);
    socle_status status = read_document(&in, out, place);
    yaml_parser_delete(&in.yaml);
    for (size_t i = 0; i < in.anchor_count; i++) {
        json_decref(in.anchors[i].value);
        sc_release(config->env, in.anchors[i].name);
    }
    sc_release(config->env, in.anchors);
    if (status != SOCLE_OK) {
        json_decref(*out);
        *out = NULL;
        sc_config_drop_nodes(config, nodes);
    }
    return status;
}
