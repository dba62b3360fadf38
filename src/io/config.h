/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration files: YAML (so JSON too) read into a tree of jansson values that remembers the
 * line of every value, typed access to it, and the errors that go with it: "net.yaml:12:
 * network[3].conv2d.kernel: must be
 * ...". Knows no key of any configuration.
 *
 * Scalars follow the YAML 1.2 core rules: 3, 0x1f, 1e-3, true, null; what is quoted is a string.
 * Infinite and not-a-number values, duplicate keys, tags and several documents are refused; aliases
 * and merge keys (<<) are copied, within limits. */
#ifndef SC_IO_CONFIG_H
#define SC_IO_CONFIG_H

#include "base/env.h"

#include <jansson.h>

typedef struct sc_config sc_config;

/* `path` "-" reads standard input. `env` must outlive the config. Errors: NOT_FOUND, IO, CONFIG. */
socle_status sc_config_load(sc_config **out, sc_env *env, const char *path);
/* The same for text in memory; `label` stands for the path in messages. */
socle_status sc_config_parse(sc_config **out, sc_env *env, const char *label, const char *text,
                             size_t size);
void sc_config_destroy(sc_config *config); /* NULL is fine */

const char *sc_config_label(const sc_config *config);
sc_env *sc_config_env(const sc_config *config);
/* The tree: an object. Borrowed. Code may add members (defaults) with jansson; replacing goes
 * through sc_config_set. */
json_t *sc_config_root(const sc_config *config);
/* The value at a path such as "network[3].conv2d.kernel", or NULL. */
json_t *sc_config_find(const sc_config *config, const char *path);
/* "train.epochs=3", "network[3].dropout=0.2", "optimizer={adam: {lr: 0.1}}": sets one value,
 * written as YAML; objects on the way are created, elements of lists must exist. Errors: CONFIG;
 * the tree is then unchanged. */
socle_status sc_config_set(sc_config *config, const char *assignment);

/* Gives the member `key` of `object`, which is there, the key `word`, of which a reference is kept.
 * Where `word` is there too, the one that came from --set stays. Errors: CONFIG (both came from the
 * file). */
socle_status sc_config_rename(const sc_config *config, const json_t *object, const char *key,
                              const char *word);

/* Getters. `object` is an object of the tree, or NULL, which stands for an absent one. Where the
 * key is absent they succeed and leave *out as it is: put the default there first. Errors: CONFIG
 * (wrong type, out of range). */
socle_status sc_config_get_integer(int64_t *out, const sc_config *config, const json_t *object,
                                   const char *key, int64_t minimum, int64_t maximum);
/* "a whole number from 1 to 10", "a number >= 0": a range as messages say it. */
typedef struct sc_range_text {
    char text[96];
} sc_range_text;
sc_range_text sc_config_integer_range(int64_t minimum, int64_t maximum);
sc_range_text sc_config_number_range(double minimum, double maximum);
/* Integers count as numbers. Bounds are inclusive. */
socle_status sc_config_get_number(double *out, const sc_config *config, const json_t *object,
                                  const char *key, double minimum, double maximum);
socle_status sc_config_get_boolean(bool *out, const sc_config *config, const json_t *object,
                                   const char *key);
/* Borrowed from the tree. */
socle_status sc_config_get_string(const char **out, const sc_config *config, const json_t *object,
                                  const char *key);
/* The name of a file: relative to the folder of the configuration, or to the current one where the
 * value came from --set or the configuration from standard input. "~" and "~/" at the beginning are
 * HOME, "${NAME}" is the environment's variable. Release with sc_release; an absent key gives NULL.
 * Errors: CONFIG (a variable that is not set, too). */
socle_status sc_config_get_path(char **out, const sc_config *config, const json_t *object,
                                const char *key);
/* The same of a list, or of one: a path per line. */
socle_status sc_config_get_paths(char **out, const sc_config *config, const json_t *object,
                                 const char *key);
/* It is a text or a list of texts, none empty. Errors: CONFIG. */
socle_status sc_config_check_paths(const sc_config *config, const json_t *object, const char *key);
socle_status sc_config_get_object(const json_t **out, const sc_config *config, const json_t *object,
                                  const char *key);
socle_status sc_config_get_array(const json_t **out, const sc_config *config, const json_t *object,
                                 const char *key);
/* A word out of `count`: *out is its index. */
socle_status sc_config_get_choice(int *out, const sc_config *config, const json_t *object,
                                  const char *key, const char *const *words, size_t count);
/* One integer, or a list of at most `capacity` of them: *count elements of out. */
socle_status sc_config_get_integers(int64_t *out, size_t *count, size_t capacity,
                                    const sc_config *config, const json_t *object, const char *key,
                                    int64_t minimum, int64_t maximum);

/* A list of numbers; *most: the largest. */
socle_status sc_config_check_numbers(double *most, const sc_config *config, const json_t *object,
                                     const char *key, double minimum, double maximum);

/* Error if the key is absent. */
socle_status sc_config_require(const sc_config *config, const json_t *object, const char *key);
/* Error for a key that is none of `count` words; names the nearest word. */
socle_status sc_config_check_keys(const sc_config *config, const json_t *object,
                                  const char *const *words, size_t count);

/* CONFIG with "FILE:LINE: PATH: " and the formatted text, for a member of `object` (key NULL: the
 * container itself), or for an element of a list. Where the value did not come from the file,
 * FILE:LINE says "--set". */
socle_status sc_config_fail(const sc_config *config, const json_t *container, const char *key,
                            const char *format, ...) SC_PRINTF(4, 5);
socle_status sc_config_fail_item(const sc_config *config, const json_t *array, size_t index,
                                 const char *format, ...) SC_PRINTF(4, 5);
/* The line of a member (key NULL: of the container); 0 = not from the file. */
int sc_config_line(const sc_config *config, const json_t *container, const char *key);

/* The tree as JSON: order of members kept, shortest numbers that read back equal. `indent` 0 = one
 * line. Release with sc_release. */
socle_status sc_config_text(char **out, const sc_config *config, int indent);
/* The same, indented by 2, into a file (atomically). */
socle_status sc_config_save(const sc_config *config, const char *path);

#endif
