/* SPDX-License-Identifier: Apache-2.0 */
/* See readers.h: the table, whose keys are whose, and what one part has of another. */
#include "run/readers.h"

#include <string.h>

static const sc_reader *const readers[] = {&sc_reader_idx,  &sc_reader_csv, &sc_reader_folder,
                                           &sc_reader_text, &sc_reader_toy, NULL};

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
    if (json_is_true(json_object_get(json, "stream")) && !reader->streams)
        return sc_config_fail(config, json, "stream",
                              "goes with `images` and `folder`, and these data come from `%s`: "
                              "leave one out",
                              reader->key);
    return reader->check ? reader->check(config, json) : SOCLE_OK;
}

void sc_reader_strip(const sc_reader *reader, json_t *part, const char *name, const json_t *json) {
    const char *key;
    json_t *value;
    void *next;
    json_object_foreach_safe(part, next, key, value) {
        const sc_reader *owner = sc_reader_owner(key);
        if (owner && owner != reader) json_object_del(part, key);
    }
    const char *const *learnt = strcmp(name, "train") == 0 ? NULL : reader->learnt;
    for (; learnt && *learnt; learnt++)
        if (!json_object_get(json, *learnt)) json_object_del(part, *learnt);
}

bool sc_reading_streams(const sc_reading *reading) {
    return reading->part->stream && !reading->whole;
}

static socle_status check_alike(const sc_reading *reading, const char *const *keys) {
    const json_t *train;
    SC_TRY(sc_recipe_find_part(&train, reading->config, "train"));
    for (; train && *keys; keys++) {
        json_t *here = json_object_get(reading->json, *keys),
               *there = json_object_get(train, *keys);
        if (here && !json_equal(here, there))
            return sc_config_fail(reading->config, reading->json, *keys,
                                  "is not as in data.train: these samples are made as those are; "
                                  "leave it out here");
    }
    return SOCLE_OK;
}

static socle_status learnt_of_training(sc_preparation *out, const sc_reading *reading) {
    sc_dataset *train;
    SC_TRY(sc_recipe_data(&train, reading->env, reading->config, "train", NULL));
    const char *text = train ? sc_dataset_preparation(train) : NULL;
    socle_status status =
        text ? sc_preparation_read(out, reading->env, "data.train", text)
             : sc_config_fail(reading->config, reading->json, NULL,
                              "needs data.train of the same kind, from which samples are learnt");
    sc_dataset_destroy(train);
    return status;
}

socle_status sc_reading_learnt(sc_preparation *out, bool *known, const sc_reading *reading,
                               const char *const *keys) {
    bool train = strcmp(reading->name, "train") == 0;
    *out = (sc_preparation){0};
    *known = reading->preparation || !train;
    if (!train) SC_TRY(check_alike(reading, keys));
    if (!*known) return SOCLE_OK;
    if (!reading->preparation) return learnt_of_training(out, reading);
    return sc_preparation_read(out, reading->env, "the model's preparation", reading->preparation);
}
