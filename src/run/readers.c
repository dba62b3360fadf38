/* SPDX-License-Identifier: Apache-2.0 */
/* See readers.h: the table, and whose keys are whose. */
#include "run/readers.h"

static const sc_reader *const readers[] = {&sc_reader_idx, &sc_reader_csv, &sc_reader_toy, NULL};

const sc_reader *sc_reader_owner(const char *key) {
    for (int r = 0; readers[r]; r++)
        if (sc_is_among(readers[r]->key, key) || sc_is_among(readers[r]->keys, key))
            return readers[r];
    return NULL;
}

const sc_reader *sc_reader_named(const json_t *json) {
    for (int r = 0; readers[r]; r++)
        if (json_object_get(json, readers[r]->key)) return readers[r];
    return NULL;
}

socle_status sc_reader_find(const sc_reader **out, const sc_config *config, const json_t *json) {
    const sc_reader *reader = sc_reader_named(json);
    const char *key;
    json_t *value;
    *out = reader;
    if (!reader) return sc_config_require(config, json, readers[0]->key);
    json_object_foreach((json_t *)json, key, value) {
        const sc_reader *owner = sc_reader_owner(key);
        if (owner && owner != reader)
            return sc_config_fail(config, json, key,
                                  "goes with `%s`, and these data come from `%s`: leave one out",
                                  owner->key, reader->key);
    }
    return reader->check ? reader->check(config, json) : SOCLE_OK;
}

void sc_reader_strip(const sc_reader *reader, json_t *part) {
    const char *key;
    json_t *value;
    void *next;
    json_object_foreach_safe(part, next, key, value) {
        const sc_reader *owner = sc_reader_owner(key);
        if (owner && owner != reader) json_object_del(part, key);
    }
}
