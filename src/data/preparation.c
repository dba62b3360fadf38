/* SPDX-License-Identifier: Apache-2.0 */
/* See preparation.h: the words, and what follows from a preparation alone. */
#include "data/preparation.h"

#include <string.h>

const sc_word sc_field_kinds[] = {
    {"numeric", "numbers", "number numerical"},
    {"categorical", "one of some values, each an input of 0 or 1 (one-hot)", "category"},
    {"date", "a day, with a time or not, as days since 1970-01-01", "datetime"},
    {0}};
const sc_word sc_field_scales[] = {
    {"none", "as they are", NULL},
    {"standardise", "minus their mean, divided by their standard deviation",
     "standardize standard zscore"},
    {"min_max", "their least becomes 0, their most 1", "minmax normalise normalize"},
    {0}};
const sc_word sc_field_missing[] = {
    {"refuse", "it is an error", "error"},
    {"mean", "the mean; of categories the most frequent one", "average"},
    {"median", "the median; of categories the most frequent one", NULL},
    {"most_frequent", "the most frequent value, of equally frequent ones the least", "mode"},
    {"category",
     "a category of its own; numbers take their mean, and a further input says that there was none",
     "own_category indicator"},
    {0}};

const sc_word sc_field_encodings[] = {
    {"one_hot", "an input of 0 or 1 for each", "onehot"},
    {"embedding", "a number, which is an input of the column's name, for a layer `embedding`",
     "number ordinal"},
    {"both", "either of them", NULL},
    {0}};

bool sc_names_have(const sc_names *names, const char *name) {
    for (size_t i = 0; i < names->count; i++)
        if (strcmp(names->name[i], name) == 0) return true;
    return false;
}

void sc_preparation_free(sc_preparation *preparation) {
    sc_arena_destroy(preparation->arena);
    *preparation = (sc_preparation){0};
}

static socle_status name_classes(sc_preparation *preparation, const sc_names *classes) {
    sc_field *field;
    SC_TRY(sc_arena_allocate(preparation->arena, &field, 1, sizeof *field));
    *field = (sc_field){.name = "class",
                        .kind = "categorical",
                        .missing = "refuse",
                        .target = true,
                        .scale = 1,
                        .categories = classes->count};
    SC_TRY(sc_arena_allocate(preparation->arena, &field->category, classes->count,
                             sizeof *field->category));
    for (size_t c = 0; c < classes->count; c++)
        SC_TRY(sc_arena_string(preparation->arena, &field->category[c], classes->name[c]));
    preparation->field = field;
    preparation->fields = 1;
    return SOCLE_OK;
}

socle_status sc_preparation_of_pictures(sc_preparation *out, sc_env *env,
                                        const sc_picture_form *form, const sc_names *classes) {
    *out = (sc_preparation){.env = env, .header = true, .decimal = '.', .picture = *form};
    socle_status status = sc_arena_create(&out->arena, env);
    if (status == SOCLE_OK && classes->count) status = name_classes(out, classes);
    if (status != SOCLE_OK) sc_preparation_free(out);
    return status;
}

sc_made_of sc_preparation_made_of(const sc_preparation *preparation) {
    if (preparation->picture.height) return SC_MADE_OF_PICTURES;
    return preparation->tokens.length ? SC_MADE_OF_TEXT : SC_MADE_OF_ROWS;
}

socle_status sc_preparation_check(const sc_preparation *preparation, sc_made_of what,
                                  const char *label) {
    static const char *const names[] = {"a table", "pictures", "a text"};
    sc_made_of is = sc_preparation_made_of(preparation);
    if (is == what) return SOCLE_OK;
    return sc_fail(preparation->env, SOCLE_STATUS_DATA,
                   "%s: the model learnt from %s, and this is read as %s", label, names[is],
                   names[what]);
}

const char *sc_preparation_class(const sc_preparation *preparation, int64_t number) {
    const sc_field *field = sc_preparation_classes(preparation);
    const sc_vocabulary *words = &preparation->tokens.vocabulary;
    if (field && number >= 0 && (size_t)number < field->categories) return field->category[number];
    if (preparation->tokens.length && number > 0 && (size_t)number < words->count)
        return words->token[number];
    return NULL;
}

/* NULL: there are no more. */
static const char *name_of_output(const sc_preparation *preparation, size_t index) {
    const sc_field *classes = sc_preparation_classes(preparation), *target;
    const sc_vocabulary *words = &preparation->tokens.vocabulary;
    if (preparation->tokens.length) return index < words->count ? words->token[index] : NULL;
    if (classes) return index < classes->categories ? classes->category[index] : NULL;
    target = sc_preparation_target(preparation, index);
    return target ? target->name : NULL;
}

bool sc_preparation_answer_alike(const sc_preparation *a, const sc_preparation *b) {
    if (sc_preparation_made_of(a) != sc_preparation_made_of(b)) return false;
    for (size_t i = 0;; i++) {
        const char *x = name_of_output(a, i), *y = name_of_output(b, i);
        if (!x || !y) return x == y;
        if (strcmp(x, y) != 0) return false;
    }
}

size_t sc_field_width(const sc_field *field) {
    size_t more = strcmp(field->missing, "category") == 0;
    if (field->encode && strcmp(field->encode, "embedding") == 0) return 0;
    return (field->categories ? field->categories : 1) + more;
}

size_t sc_field_vocabulary(const sc_field *field) {
    if (!field->encode || strcmp(field->encode, "one_hot") == 0) return 0;
    return field->categories + (strcmp(field->missing, "category") == 0);
}

size_t sc_preparation_width(const sc_preparation *preparation) {
    const sc_picture_form *picture = &preparation->picture;
    size_t width =
        (size_t)(picture->height * picture->width * picture->channels + preparation->tokens.length);
    for (size_t f = 0; f < preparation->fields; f++)
        if (!preparation->field[f].target) width += sc_field_width(&preparation->field[f]);
    return width;
}

size_t sc_preparation_targets(const sc_preparation *preparation) {
    size_t count = 0;
    for (size_t f = 0; f < preparation->fields; f++) count += preparation->field[f].target;
    return count;
}

const sc_field *sc_preparation_target(const sc_preparation *preparation, size_t index) {
    for (size_t f = 0; f < preparation->fields; f++)
        if (preparation->field[f].target && index-- == 0) return &preparation->field[f];
    return NULL;
}

const sc_field *sc_preparation_classes(const sc_preparation *preparation) {
    const sc_field *target = sc_preparation_target(preparation, 0);
    return target && target->categories ? target : NULL;
}
