/* SPDX-License-Identifier: Apache-2.0 */
/* Where the values of a configuration came from, and the errors that say so. Lookups are linear:
 * they happen once, on the way out of a failure. */
#include "io/config_hint.h"
#include "io/config_private.h"
#include "io/quote.h"

#include <stdio.h>
#include <string.h>

socle_status sc_config_add_node(size_t *out, sc_config *config, const sc_config_node *node) {
    if (config->node_count >= SC_CONFIG_MAX_NODES)
        return sc_fail(config->env, SOCLE_STATUS_CONFIG,
                       "more than %d values (aliases count as what they stand for); no "
                       "configuration is that large",
                       SC_CONFIG_MAX_NODES);
    SC_TRY(sc_grow(config->env, &config->nodes, &config->node_capacity, config->node_count + 1,
                   sizeof *config->nodes));
    sc_config_node *entry = &config->nodes[config->node_count];
    *entry = *node;
    if (node->key) SC_TRY(sc_arena_string(config->keys, &entry->key, node->key));
    json_incref(entry->container);
    *out = config->node_count++;
    return SOCLE_OK;
}

void sc_config_drop_nodes(sc_config *config, size_t count) {
    while (config->node_count > count) json_decref(config->nodes[--config->node_count].container);
}

size_t sc_config_find_node(const sc_config *config, const json_t *container) {
    for (size_t i = config->node_count; i-- > 0;)
        if (container && config->nodes[i].container == container) return i;
    return SIZE_MAX;
}

size_t sc_config_find_child(const sc_config *config, size_t parent, const char *key, size_t index) {
    if (parent == SIZE_MAX) return SIZE_MAX;
    for (size_t i = config->node_count; i-- > 0;) {
        const sc_config_node *node = &config->nodes[i];
        if (node->parent != parent || !node->key != !key) continue;
        if (key ? strcmp(node->key, key) == 0 : node->index == index) return i;
    }
    return SIZE_MAX;
}

void sc_config_path(char out[SC_CONFIG_PATH], const sc_config *config, const sc_config_node *node) {
    const sc_config_node *chain[SC_CONFIG_MAX_DEPTH + 2];
    size_t length = 0, used = 0;
    for (; node && length < sizeof chain / sizeof *chain; length++) {
        chain[length] = node;
        node = node->parent == SIZE_MAX ? NULL : &config->nodes[node->parent];
    }
    out[0] = '\0';
    while (length-- > 0 && used < SC_CONFIG_PATH - 1) {
        int added = 0;
        if (chain[length]->key)
            added = snprintf(out + used, SC_CONFIG_PATH - used, "%s%s", used > 0 ? "." : "",
                             sc_quote(chain[length]->key).text);
        else if (chain[length]->parent != SIZE_MAX)
            added = snprintf(out + used, SC_CONFIG_PATH - used, "[%zu]", chain[length]->index);
        used += added > 0 ? (size_t)added : 0;
    }
}

/* "FILE:LINE: PATH: " before the text of the failure. What code added to the tree has no place of
 * its own and gets that of its container. */
static socle_status place_failure(const sc_config *config, const json_t *container, const char *key,
                                  size_t index, bool is_member) {
    char path[SC_CONFIG_PATH];
    size_t parent = sc_config_find_node(config, container);
    if (parent == SIZE_MAX)
        return sc_fail_prefix(config->env, SOCLE_STATUS_CONFIG, "%s%s%s", config->label,
                              key ? ": " : "", key ? sc_quote(key).text : "");
    sc_config_node place = config->nodes[parent];
    if (is_member) {
        size_t child = sc_config_find_child(config, parent, key, index);
        place = (sc_config_node){.key = key, .index = index, .parent = parent, .line = place.line};
        if (child != SIZE_MAX) place.line = config->nodes[child].line;
    }
    sc_config_path(path, config, &place);
    if (path[0]) sc_fail_prefix(config->env, SOCLE_STATUS_CONFIG, "%s", path);
    if (place.line == SC_CONFIG_FROM_SET)
        return sc_fail_prefix(config->env, SOCLE_STATUS_CONFIG, "--set");
    return sc_fail_prefix(config->env, SOCLE_STATUS_CONFIG, "%s:%d", config->label, place.line);
}

socle_status sc_config_fail(const sc_config *config, const json_t *container, const char *key,
                            const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    sc_fail_v(config->env, SOCLE_STATUS_CONFIG, format, arguments);
    va_end(arguments);
    return place_failure(config, container, key, 0, key != NULL);
}

socle_status sc_config_fail_item(const sc_config *config, const json_t *array, size_t index,
                                 const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    sc_fail_v(config->env, SOCLE_STATUS_CONFIG, format, arguments);
    va_end(arguments);
    return place_failure(config, array, NULL, index, true);
}

socle_status sc_config_place(const sc_config *config, socle_status status) {
    const char *text = config->env->text, *end = strstr(text, ": ");
    char path[SC_CONFIG_PATH];
    size_t length = end ? (size_t)(end - text) : 0;
    if (status != SOCLE_STATUS_CONFIG || length == 0 || length >= sizeof path) return status;
    memcpy(path, text, length);
    path[length] = '\0';
    char *point = strrchr(path, '.');
    if (point) *point = '\0';
    const json_t *container = point ? sc_config_find(config, path) : config->root;
    const char *key = point ? point + 1 : path;
    if (!json_object_get(container, key)) return status;
    return sc_config_fail(config, container, key, "%s", end + 2);
}

int sc_config_line(const sc_config *config, const json_t *container, const char *key) {
    size_t node = sc_config_find_node(config, container);
    if (node != SIZE_MAX && key) node = sc_config_find_child(config, node, key, 0);
    return node == SIZE_MAX ? SC_CONFIG_FROM_SET : config->nodes[node].line;
}
