/* SPDX-License-Identifier: Apache-2.0 */
/* Where samples come from: a part of the data names its source by a key, and each source is a row
 * of one table (readers.c). A new one is a file with its reader, a row there, and its keys in
 * recipe_part.c. */
#ifndef SC_RUN_READERS_H
#define SC_RUN_READERS_H

#include "run/recipe_private.h"

/* One part of the data, about to be read. */
typedef struct sc_reading {
    sc_env *env;
    const sc_config *config;
    const char *name;   /* of the part: "train" */
    const json_t *json; /* it in the configuration */
    const sc_recipe_part *part;
    const sc_recipe_files *files; /* what `data` says beside its parts */
    const char *preparation; /* what samples are made by (data/preparation.h); NULL: it is to be
                                learnt */
    bool whole;              /* all in memory, whatever part->stream says */
} sc_reading;
bool sc_reading_streams(const sc_reading *reading); /* samples stay in their files */

typedef struct sc_reader {
    const char *key;  /* which names the source */
    bool streams;     /* it can leave samples in their files */
    const char *keys; /* further ones that this reader alone knows, with spaces between them */
    const char *const *learnt; /* keys that decide how a sample is made, ended by NULL: no part has
                                  them otherwise than data.train; NULL: there are none */
    /* Before anything is read: what the table of options cannot check; NULL: nothing. Errors:
     * CONFIG. */
    socle_status (*check)(const sc_config *config, const json_t *json);
    /* All samples of the source. Errors: those of files, DATA, CONFIG. */
    socle_status (*read)(sc_dataset **out, const sc_reading *reading);
    /* Puts what the part's record does not hold into a resolved part; NULL: nothing. */
    socle_status (*resolve)(json_t *out, sc_env *env, const sc_config *config, const json_t *json);
} sc_reader;

/* The reader of a part, all of whose keys it knows. Errors: CONFIG. */
socle_status sc_reader_find(const sc_reader **out, const sc_config *config, const json_t *json);

/* The reader that a part names; NULL: none. */
const sc_reader *sc_reader_named(const json_t *json);
/* Makes readable what samples are made by, where the training data or a model say it; *known false:
 * it is to be learnt of this part. `keys` (ended by NULL) decide how a sample is made: no other
 * part has them otherwise than data.train. Errors: CONFIG (so; or data.train says nothing), DATA.
 */
socle_status sc_reading_learnt(sc_preparation *out, bool *known, const sc_reading *reading,
                               const char *const *keys);

/* The reader to which alone a key of a part belongs; NULL: any source may have it. */
const sc_reader *sc_reader_owner(const char *key);
/* Takes what is another reader's out of a resolved part, and of one that is not data.train what is
 * learnt there and was not given (`json`: as it was). */
void sc_reader_strip(const sc_reader *reader, json_t *part, const char *name, const json_t *json);

extern const sc_reader sc_reader_idx, sc_reader_csv, sc_reader_folder, sc_reader_text,
    sc_reader_toy;

#endif
