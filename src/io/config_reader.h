/* SPDX-License-Identifier: Apache-2.0 */
/* What the two halves of the YAML reader share: config_parse.c goes through the events,
 * config_alias.c knows what anchors, aliases and merge keys stand for. */
#ifndef SC_IO_CONFIG_READER_H
#define SC_IO_CONFIG_READER_H

#include "io/config_private.h"

#include <yaml.h>

typedef struct sc_config_anchor {
    char *name;
    json_t *value; /* complete; one reference held */
} sc_config_anchor;

typedef struct sc_config_reader {
    sc_config *config;
    const char *label;
    int line; /* for all values, or -1: that of the event */
    yaml_parser_t yaml;
    sc_config_anchor *anchors;
    size_t anchor_count, anchor_capacity;
} sc_config_reader;

/* config_parse.c: puts "FILE:LINE" and the path before the stored text, once. */
socle_status sc_config_at_place(const sc_config_reader *in, socle_status status,
                                const sc_config_node *place, const yaml_event_t *event);
#define SC_CONFIG_FAIL_AT(in, place, event, ...)                                                   \
    sc_config_at_place(in, sc_fail((in)->config->env, SOCLE_STATUS_CONFIG, __VA_ARGS__), place,    \
                       event)
socle_status sc_config_no_memory(const sc_config_reader *in);
int sc_config_place_line(const sc_config_reader *in, const yaml_event_t *event);
/* Registers an object or list before its members are read, so that they have a parent. */
socle_status sc_config_open_container(sc_config_reader *in, json_t **out, json_t *value,
                                      const sc_config_node *place, int depth,
                                      const yaml_event_t *event, size_t *node);

/* config_alias.c: keeps what an anchor (NULL: none) names. */
socle_status sc_config_keep_anchor(sc_config_reader *in, const sc_config_node *place,
                                   const yaml_event_t *event, const yaml_char_t *name,
                                   json_t *value);
/* A copy of what the alias stands for. */
socle_status sc_config_read_alias(sc_config_reader *in, json_t **out, const sc_config_node *place,
                                  int depth, const yaml_event_t *event);
/* Copies the members of `value`, a mapping or a list of mappings, that `object` does not have yet
 * into it, and writes down their keys in `merged`, so that keys that stand there themselves take
 * their place. `place`: a member of `object`. */
socle_status sc_config_merge(sc_config_reader *in, json_t *object, json_t *merged,
                             const json_t *value, const sc_config_node *place, int depth,
                             const yaml_event_t *event);
void sc_config_drop_anchors(sc_config_reader *in);

#endif
