/* SPDX-License-Identifier: Apache-2.0 */
/* What the files behind config.h share; no other file includes this. */
#ifndef SC_IO_CONFIG_PRIVATE_H
#define SC_IO_CONFIG_PRIVATE_H

#include "base/arena.h"
#include "io/config.h"

enum {
    SC_CONFIG_MAX_BYTES = 16 << 20,
    SC_CONFIG_MAX_NODES = 1 << 18, /* values of the tree, copies through aliases included */
    SC_CONFIG_MAX_DEPTH = 64,
    SC_CONFIG_MAX_KEY = 160, /* written as escapes it still fits into the 1024 of libyaml */
    SC_CONFIG_MAX_ANCHORS = 100,
    SC_CONFIG_MAX_DIRECTIVES = 16,
    SC_CONFIG_FROM_SET = 0 /* in place of a line */
};

/* Where a value stands: one entry per value that was read, parents before children. A value that is
 * set later gets newer entries; looking up goes from the newest to the oldest. */
typedef struct sc_config_node {
    json_t *container; /* the value where it is an object or a list (one reference held), else NULL
                        */
    const char *key;   /* within an object, else NULL */
    size_t index;      /* within a list */
    size_t parent;     /* SIZE_MAX for the root */
    int line;
} sc_config_node;

struct sc_config {
    sc_env *env;
    char *label;
    bool is_file; /* label is the path of one */
    json_t *root;
    const struct sc_record *table;
    sc_arena *keys;
    sc_config_node *nodes;
    size_t node_count, node_capacity;
};

/* Reads one YAML document. Its values become entries below `place` (whose container is filled in by
 * this); `line` is SC_CONFIG_FROM_SET or -1 for the lines of the text. On failure no entry stays.
 */
socle_status sc_config_read_yaml(json_t **out, sc_config *config, const char *label,
                                 const sc_config_node *place, int line, const char *text,
                                 size_t size);

/* A plain scalar by the rules of YAML 1.2. *problem is set to a fixed text where there is no value.
 */
json_t *sc_config_scalar(const char *text, size_t length, const char **problem);

/* Adds an entry (its key is copied, a reference to its container taken). */
socle_status sc_config_add_node(size_t *out, sc_config *config, const sc_config_node *node);
void sc_config_drop_nodes(sc_config *config, size_t count); /* keeps the first `count` */
size_t sc_config_find_node(const sc_config *config, const json_t *container); /* or SIZE_MAX */
size_t sc_config_find_child(const sc_config *config, size_t parent, const char *key, size_t index);
/* The path of an entry, e.g. "network[3].conv2d"; cut where it is long. */
enum { SC_CONFIG_PATH = 512 };
void sc_config_path(char out[SC_CONFIG_PATH], const sc_config *config, const sc_config_node *node);

/* One step of a path such as "network[3].conv2d": a key or an index. */
typedef struct sc_config_step {
    char key[SC_CONFIG_MAX_KEY + 1];
    size_t index;
    bool is_index;
} sc_config_step;

/* Takes the next step off *path; false where it is malformed. */
bool sc_config_next_step(sc_config_step *step, const char **path);
json_t *sc_config_take_step(json_t *value, const sc_config_step *step); /* or NULL */

#endif
