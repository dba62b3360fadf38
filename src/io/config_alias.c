/* SPDX-License-Identifier: Apache-2.0 */
/* Anchors, aliases and merge keys: what stands for something that was read before is copied, so
 * that every value has a place of its own in messages. The limits on values and depth count copies
 * too. */
#include "io/config_reader.h"
#include "io/quote.h"

#include <string.h>

/* Scalars never change, so they are shared. */
static socle_status copy_value(sc_config_reader *in, json_t **out, const json_t *value,
                               const sc_config_node *place, int depth, const yaml_event_t *event) {
    if (!json_is_object(value) && !json_is_array(value)) {
        size_t node;
        *out = json_incref((json_t *)value);
        return sc_config_at_place(in, sc_config_add_node(&node, in->config, place), place, event);
    }
    size_t self;
    json_t *copy = json_is_object(value) ? json_object() : json_array();
    SC_TRY(sc_config_open_container(in, out, copy, place, depth, event, &self));
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
            return sc_config_no_memory(in);
        if (at) at = json_object_iter_next((json_t *)value, at);
    }
    return SOCLE_OK;
}

socle_status sc_config_read_alias(sc_config_reader *in, json_t **out, const sc_config_node *place,
                                  int depth, const yaml_event_t *event) {
    const char *name = (const char *)event->data.alias.anchor;
    for (size_t i = in->anchor_count; i-- > 0;)
        if (strcmp(in->anchors[i].name, name) == 0)
            return copy_value(in, out, in->anchors[i].value, place, depth, event);
    return SC_CONFIG_FAIL_AT(in, place, event, "the alias *%s stands for nothing read so far",
                             sc_quote(name).text);
}

static socle_status merge_one(sc_config_reader *in, json_t *object, json_t *merged,
                              const json_t *from, const sc_config_node *place, int depth,
                              const yaml_event_t *event) {
    const char *key;
    json_t *value;
    if (!json_is_object(from))
        return SC_CONFIG_FAIL_AT(in, place, event, "merges a mapping, or a list of mappings");
    json_object_foreach((json_t *)from, key, value) {
        if (json_object_get(object, key)) continue;
        json_t *member = NULL;
        const sc_config_node entry = {.key = key, .parent = place->parent, .line = place->line};
        socle_status status = copy_value(in, &member, value, &entry, depth, event);
        if (status != SOCLE_OK) {
            json_decref(member);
            return status;
        }
        if (json_object_set_new(object, key, member) != 0 ||
            json_object_set_new(merged, key, json_true()) != 0)
            return sc_config_no_memory(in);
    }
    return SOCLE_OK;
}

socle_status sc_config_merge(sc_config_reader *in, json_t *object, json_t *merged,
                             const json_t *value, const sc_config_node *place, int depth,
                             const yaml_event_t *event) {
    const json_t *item;
    size_t i;
    if (!json_is_array(value)) return merge_one(in, object, merged, value, place, depth, event);
    json_array_foreach(value, i, item)
        SC_TRY(merge_one(in, object, merged, item, place, depth, event));
    return SOCLE_OK;
}

socle_status sc_config_keep_anchor(sc_config_reader *in, const sc_config_node *place,
                                   const yaml_event_t *event, const yaml_char_t *name,
                                   json_t *value) {
    if (!name) return SOCLE_OK;
    if (in->anchor_count >= SC_CONFIG_MAX_ANCHORS)
        return SC_CONFIG_FAIL_AT(in, place, event, "more than %d anchors", SC_CONFIG_MAX_ANCHORS);
    SC_TRY(sc_grow(in->config->env, &in->anchors, &in->anchor_capacity, in->anchor_count + 1,
                   sizeof *in->anchors));
    sc_config_anchor *entry = &in->anchors[in->anchor_count];
    SC_TRY(sc_copy_string(in->config->env, &entry->name, (const char *)name));
    entry->value = json_incref(value);
    in->anchor_count++;
    return SOCLE_OK;
}

void sc_config_drop_anchors(sc_config_reader *in) {
    for (size_t i = 0; i < in->anchor_count; i++) {
        json_decref(in->anchors[i].value);
        sc_release(in->config->env, in->anchors[i].name);
    }
    sc_release(in->config->env, in->anchors);
}
