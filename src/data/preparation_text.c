/* SPDX-License-Identifier: Apache-2.0 */
/* A preparation as one line of JSON, which model files carry, and back. What comes from a file is
 * believed as far as it can be checked. */
#include "data/preparation.h"
#include "io/json_text.h"
#include "io/record.h"

#include <float.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define AT(field) offsetof(sc_field, field)

enum { MOST_WIDTH = 1 << 24 };

static const sc_option options[] = {
    {"name", SC_OPTION_TEXT, AT(name), "of the column", .required = true},
    {"kind", SC_OPTION_WORD, AT(kind), "what its values are", .required = true,
     .words = sc_field_kinds},
    {"missing", SC_OPTION_WORD, AT(missing), "what takes the place of no value", .required = true,
     .words = sc_field_missing},
    {"encode", SC_OPTION_WORD, AT(encode), "what categories of an input become",
     .words = sc_field_encodings, .example = "embedding"},
    {"target", SC_OPTION_BOOL, AT(target), "it is predicted", .example = "true"},
    {"fill", SC_OPTION_DOUBLE, AT(fill), "in the place of no value", -DBL_MAX, DBL_MAX,
     .example = "0"},
    {"centre", SC_OPTION_DOUBLE, AT(centre), "what is subtracted", -DBL_MAX, DBL_MAX,
     .example = "0"},
    {"scale", SC_OPTION_DOUBLE, AT(scale), "what is divided by", DBL_MIN, DBL_MAX, .example = "1"},
    {"categories", SC_OPTION_NAMES, SC_OPTION_ELSEWHERE, "the values there are", .least = 1,
     .most = SC_CATEGORIES},
};
static const sc_record record = {.word = "fields",
                                 .options = options,
                                 .count = COUNT(options),
                                 .standard = &(const sc_field){.scale = 1},
                                 .size = sizeof(sc_field)};

#define PICTURE(field) offsetof(sc_picture_form, field)
static const sc_option picture_options[] = {
    {"height", SC_OPTION_LONG, PICTURE(height), "rows of pixels", 1, SC_PICTURE_SIDE,
     .required = true, .example = "28"},
    {"width", SC_OPTION_LONG, PICTURE(width), "pixels of a row", 1, SC_PICTURE_SIDE,
     .required = true, .example = "28"},
    {"channels", SC_OPTION_LONG, PICTURE(channels), "1: grey; 3: colours", 1, 3, .required = true,
     .example = "1"},
    {"scaled", SC_OPTION_BOOL, PICTURE(scaled), "other sizes are scaled", .example = "true"},
    {"grey", SC_OPTION_BOOL, PICTURE(grey), "colours become grey", .example = "true"},
};
static const sc_record picture_record = {.word = "picture",
                                         .options = picture_options,
                                         .count = COUNT(picture_options),
                                         .standard = &(const sc_picture_form){0},
                                         .size = sizeof(sc_picture_form)};

#define TOKENS(field) offsetof(sc_token_form, field)
static const sc_option token_options[] = {
    {"by", SC_OPTION_WORD, TOKENS(vocabulary.by), "what tokens are", .required = true,
     .words = sc_token_kinds, .example = "word"},
    {"length", SC_OPTION_LONG, TOKENS(length), "tokens of a sample", 1, 1 << 20, .required = true,
     .example = "64"},
    {"each", SC_OPTION_BOOL, TOKENS(each), "a label for each token", .example = "true"},
    {"vocabulary", SC_OPTION_NAMES, SC_OPTION_ELSEWHERE, "tokens, from number 1 on", .least = 1,
     .most = SC_VOCABULARY},
};
static const sc_record token_record = {.word = "tokens",
                                       .options = token_options,
                                       .count = COUNT(token_options),
                                       .standard = &(const sc_token_form){0},
                                       .size = sizeof(sc_token_form)};

static json_t *tokens_value(const sc_token_form *form) {
    json_t *value = sc_record_value(form, &token_record), *list = json_array();
    for (size_t i = 1; i < form->vocabulary.count; i++)
        json_array_append_new(list, json_string(form->vocabulary.token[i]));
    json_object_set_new(value, "vocabulary", list);
    return value;
}

static json_t *field_value(const sc_field *field) {
    json_t *value = sc_record_value(field, &record);
    if (!value || !field->categories) return value;
    json_t *list = json_array();
    for (size_t i = 0; i < field->categories; i++)
        json_array_append_new(list, json_string(field->category[i]));
    json_object_set_new(value, "categories", list);
    return value;
}

static bool is_whole(const json_t *list, const sc_preparation *preparation) {
    size_t i;
    json_t *field;
    json_array_foreach(list, i, field) if (json_array_size(json_object_get(field, "categories")) !=
                                           preparation->field[i].categories) return false;
    return json_array_size(list) == preparation->fields;
}

socle_status sc_preparation_text(char **out, const sc_preparation *preparation) {
    const char decimal[] = {preparation->decimal, '\0'};
    json_t *list = json_array();
    *out = NULL;
    for (size_t f = 0; f < preparation->fields; f++)
        json_array_append_new(list, field_value(&preparation->field[f]));
    bool whole = is_whole(list, preparation);
    json_t *root = json_pack("{s: b, s: s, s: o}", "header", preparation->header, "decimal",
                             decimal, "fields", list);
    if (root && preparation->picture.height)
        json_object_set_new(root, "picture",
                            sc_record_value(&preparation->picture, &picture_record));
    if (root && preparation->tokens.length)
        json_object_set_new(root, "tokens", tokens_value(&preparation->tokens));
    sc_text text;
    sc_text_init(&text, preparation->env);
    socle_status status = root && whole ? SOCLE_OK
                                        : sc_fail(preparation->env, SOCLE_STATUS_OUT_OF_MEMORY,
                                                  "no memory for what was learnt of a table");
    if (status == SOCLE_OK) sc_json_text(&text, root, 0);
    if (status == SOCLE_OK) status = text.status;
    if (status == SOCLE_OK) status = sc_copy_string(preparation->env, out, text.data);
    sc_text_free(&text);
    json_decref(root);
    return status;
}

static socle_status read_categories(sc_preparation *out, sc_field *field, const sc_config *config,
                                    const json_t *item) {
    const json_t *list = json_object_get(item, "categories");
    bool wanted = strcmp(field->kind, "categorical") == 0;
    if (field->encode && (!wanted || field->target))
        return sc_config_fail(config, item, "encode", "is of inputs that are categories");
    size_t least = field->target ? 2 : 1;
    if (!wanted && !list) return SOCLE_OK;
    if (!wanted || !json_is_array(list) || json_array_size(list) < least)
        return sc_config_fail(config, item, "categories", "does not suit the kind of the column");
    field->categories = json_array_size(list);
    SC_TRY(sc_arena_allocate(out->arena, &field->category, field->categories,
                             sizeof *field->category));
    for (size_t i = 0; i < field->categories; i++) {
        SC_TRY(sc_arena_string(out->arena, &field->category[i],
                               json_string_value(json_array_get(list, i))));
        if (i && sc_cell_compare(field->category[i - 1], field->category[i]) >= 0)
            return sc_config_fail_item(config, list, i, "is not behind the one before it");
    }
    size_t most = field->categories - (strcmp(field->missing, "category") != 0);
    if (field->fill >= 0 && field->fill <= (double)most &&
        field->fill == (double)(size_t)field->fill)
        return SOCLE_OK;
    return sc_config_fail(config, item, "fill", "is no number of a category");
}

static socle_status read_field(sc_preparation *out, const sc_config *config, const json_t *item) {
    sc_field *field = &out->field[out->fields];
    sc_record_defaults(field, &record);
    SC_TRY(sc_record_read(field, config, item, &record));
    const char *name = field->name;
    SC_TRY(sc_arena_string(out->arena, &field->name, name));
    SC_TRY(read_categories(out, field, config, item));
    const sc_field *first = sc_preparation_target(out, 0);
    out->fields++;
    if (field->target && strcmp(field->missing, "refuse") != 0)
        return sc_config_fail(config, item, "missing", "a target is never missing");
    if (!field->target && first)
        return sc_config_fail(config, item, NULL, "stands behind a target: inputs come first");
    if (!field->target || !first || (!field->categories && !first->categories)) return SOCLE_OK;
    return sc_config_fail(config, item, "categories", "of several targets all are numbers");
}

static socle_status read_picture(sc_preparation *out, const sc_config *config, const json_t *root) {
    const json_t *picture = NULL;
    const char *key = "picture";
    SC_TRY(sc_config_get_object(&picture, config, root, key));
    if (!picture) return SOCLE_OK;
    SC_TRY(sc_record_read(&out->picture, config, picture, &picture_record));
    if (out->picture.channels == 2)
        return sc_config_fail(config, picture, "channels", "must be 1 or 3");
    if (out->fields > 1 || (out->fields && !sc_preparation_classes(out)))
        return sc_config_fail(config, root, "fields", "are not the classes of pictures");
    return SOCLE_OK;
}

static socle_status read_vocabulary(sc_preparation *out, const sc_config *config,
                                    const json_t *tokens) {
    sc_vocabulary *words = &out->tokens.vocabulary;
    const json_t *list = json_object_get(tokens, "vocabulary");
    words->count = json_array_size(list) + 1;
    if (!json_is_array(list))
        return sc_config_fail(config, tokens, "vocabulary", "must be a list of tokens");
    SC_TRY(sc_arena_allocate(out->arena, &words->token, words->count, sizeof *words->token));
    words->token[0] = "";
    for (size_t i = 1; i < words->count; i++) {
        SC_TRY(sc_arena_string(out->arena, &words->token[i],
                               json_string_value(json_array_get(list, i - 1))));
        if (strcmp(words->token[i - 1], words->token[i]) >= 0)
            return sc_config_fail_item(config, list, i - 1, "is not behind the one before it");
    }
    return SOCLE_OK;
}

static socle_status read_tokens(sc_preparation *out, const sc_config *config, const json_t *root) {
    const json_t *tokens = NULL;
    SC_TRY(sc_config_get_object(&tokens, config, root, "tokens"));
    if (!tokens) return SOCLE_OK;
    SC_TRY(sc_record_read(&out->tokens, config, tokens, &token_record));
    SC_TRY(read_vocabulary(out, config, tokens));
    if (!out->fields && !out->picture.height) return SOCLE_OK;
    return sc_config_fail(config, root, "tokens", "stand beside columns or pictures");
}

static socle_status read_fields(sc_preparation *out, const sc_config *config) {
    const json_t *root = sc_config_root(config), *list = NULL;
    const char *decimal = ".";
    out->header = true;
    SC_TRY(sc_config_get_boolean(&out->header, config, root, "header"));
    SC_TRY(sc_config_get_string(&decimal, config, root, "decimal"));
    out->decimal = decimal[0];
    if (strcmp(decimal, ".") != 0 && strcmp(decimal, ",") != 0)
        return sc_config_fail(config, root, "decimal", "must be a point or a comma");
    SC_TRY(sc_config_require(config, root, "fields"));
    SC_TRY(sc_config_get_array(&list, config, root, "fields"));
    SC_TRY(sc_arena_allocate(out->arena, &out->field, json_array_size(list), sizeof *out->field));
    for (size_t i = 0; i < json_array_size(list); i++) {
        if (!json_is_object(json_array_get(list, i)))
            return sc_config_fail_item(config, list, i, "must be a mapping");
        SC_TRY(read_field(out, config, json_array_get(list, i)));
    }
    SC_TRY(read_picture(out, config, root));
    SC_TRY(read_tokens(out, config, root));
    size_t width = sc_preparation_width(out);
    if (width >= 1 && width <= MOST_WIDTH) return SOCLE_OK;
    return sc_config_fail(config, root, "fields", "has no input, or too many");
}

socle_status sc_preparation_read(sc_preparation *out, sc_env *env, const char *label,
                                 const char *text) {
    sc_config *config = NULL;
    *out = (sc_preparation){.env = env};
    socle_status status = sc_arena_create(&out->arena, env);
    if (status == SOCLE_OK) status = sc_config_parse(&config, env, label, text, strlen(text));
    if (status == SOCLE_OK) status = read_fields(out, config);
    sc_config_destroy(config);
    if (status == SOCLE_OK) return SOCLE_OK;
    sc_preparation_free(out);
    /* A program wrote it, no person. */
    if (status == SOCLE_STATUS_CONFIG) env->status = status = SOCLE_STATUS_DATA;
    return status;
}
