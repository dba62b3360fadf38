/* SPDX-License-Identifier: Apache-2.0 */
/* Samples from a text: windows of characters or words, and what comes next. The vocabulary is that
 * of the training text; other parts, and what a model is asked about, are read by it. */
#include "data/files.h"
#include "data/text_samples.h"
#include "run/readers.h"

#include <string.h>

/* What decides how a sample is made; another part of the data cannot have it otherwise. */
static const char *const learnt_keys[] = {"by", "length", "labels_of", "vocabulary", NULL};

static socle_status learn(sc_preparation *out, const sc_reading *reading, const char *label,
                          const char *text, size_t size) {
    const sc_recipe_part *part = reading->part;
    const sc_token_form form = {.length = part->length,
                                .each = strcmp(part->labels_of, "each") == 0,
                                .vocabulary.by = part->by};
    return sc_preparation_of_text(out, reading->env, &form, label, text, size,
                                  (size_t)part->vocabulary);
}

static socle_status make(sc_dataset **out, const sc_reading *reading, const char *label,
                         const char *text, size_t size) {
    sc_preparation preparation;
    bool known;
    int64_t every = reading->part->every;
    SC_TRY(sc_reading_learnt(&preparation, &known, reading, learnt_keys));
    socle_status status = known ? sc_preparation_check(&preparation, SC_MADE_OF_TEXT, label)
                                : learn(&preparation, reading, label, text, size);
    if (status == SOCLE_OK)
        status = sc_text_samples(out, &preparation, label, text, size,
                                 every ? every : preparation.tokens.length);
    sc_preparation_free(&preparation);
    return status;
}

static socle_status read_text(sc_dataset **out, const sc_reading *reading) {
    const char *paths = reading->part->text;
    char *text, *label = NULL;
    size_t size;
    *out = NULL;
    SC_TRY(sc_text_read_files(&text, &size, reading->env, paths));
    socle_status status = sc_files_label(&label, reading->env, paths);
    if (status == SOCLE_OK) status = make(out, reading, label, text ? text : "", size);
    sc_release(reading->env, label);
    sc_release(reading->env, text);
    return status;
}

const sc_reader sc_reader_text = {.key = "text",
                                  .keys = "by length every labels_of vocabulary",
                                  .learnt = learnt_keys,
                                  .read = read_text};
