/* SPDX-License-Identifier: Apache-2.0 */
/* Samples from the rows of a CSV file. The training data are learnt from, as far as they are
 * trained on; other parts, and what a model is asked about, are made into samples by what was
 * learnt. */
#include "nn/layer.h"
#include "run/readers.h"

#include <string.h>

/* What decides how a sample is made; another part of the data cannot have it otherwise. */
static const char *const learnt_keys[] = {"target",  "features", "ignore", "columns", "standardise",
                                          "min_max", "missing",  "encode", NULL};
/* Those that the record of a part does not hold. */
static const char *const copied_keys[] = {"target",  "features", "ignore",
                                          "columns", "header",   "group"};
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static char separator_of(const char *text) {
    if (!text) return '\0';
    return strcmp(text, "tab") == 0 || strcmp(text, "\\t") == 0 ? '\t' : text[0];
}

static socle_status check_csv(const sc_config *config, const json_t *json) {
    const char *separator = json_string_value(json_object_get(json, "separator"));
    char sign = separator_of(separator);
    if (separator &&
        (sign == '"' || sign == '\n' || sign == '\r' || (sign != '\t' && strlen(separator) != 1)))
        return sc_config_fail(config, json, "separator",
                              "must be one character, and no quote or end of a line; or tab");
    const char *decimal = json_string_value(json_object_get(json, "decimal"));
    if (separator && sign == (decimal ? decimal[0] : '.'))
        return sc_config_fail(
            config, json, "separator",
            "is the sign that stands before decimals too; it must be another one");
    if (!json_is_true(json_object_get(json, "min_max")) ||
        !json_is_true(json_object_get(json, "standardise")))
        return SOCLE_OK;
    return sc_config_fail(config, json, "min_max",
                          "stands in the place of `standardise`: leave "
                          "one out, or say `columns`");
}

static sc_frame_format format_of(const sc_recipe_part *part, const json_t *json) {
    const json_t *header = json_object_get(json, "header");
    return (sc_frame_format){.separator = separator_of(part->separator),
                             .header = !header                ? NULL
                                       : json_is_true(header) ? "yes"
                                                              : "no",
                             .decimal = part->decimal[0]};
}

/* ---- Names of columns ---- */

typedef struct learning {
    const sc_reading *reading;
    const sc_frame *frame;
    sc_arena *arena;
    sc_prepare_options options;
    uint32_t *stratum, *group; /* per row; NULL: the split minds none */
} learning;

/* A name, or a list of them. */
static socle_status read_names(sc_names *out, const learning *from, const char *key) {
    const sc_reading *reading = from->reading;
    const json_t *value = json_object_get(reading->json, key);
    size_t count = json_is_array(value) ? json_array_size(value) : value != NULL;
    const char **names;
    SC_TRY(sc_arena_allocate(from->arena, &names, count, sizeof *names));
    for (size_t i = 0; i < count; i++) {
        const json_t *item = json_is_array(value) ? json_array_get(value, i) : value;
        names[i] = json_string_value(item);
        if (sc_frame_find(from->frame, names[i]) >= 0) continue;
        sc_frame_fail_name(from->frame, names[i]);
        return sc_config_fail(reading->config, reading->json, key, "%s", reading->env->text);
    }
    *out = (sc_names){names, count};
    return SOCLE_OK;
}

static socle_status ignore_too(learning *from, const char *name) {
    sc_names *ignored = &from->options.ignored;
    const char **names;
    SC_TRY(sc_arena_allocate(from->arena, &names, ignored->count + 1, sizeof *names));
    for (size_t i = 0; i < ignored->count; i++) names[i] = ignored->name[i];
    names[ignored->count] = name;
    *ignored = (sc_names){names, ignored->count + 1};
    return SOCLE_OK;
}

static socle_status read_wishes(learning *from) {
    const sc_reading *reading = from->reading;
    const json_t *list = json_object_get(reading->json, "columns");
    size_t count = json_array_size(list);
    sc_column_wish *wish;
    SC_TRY(sc_arena_allocate(from->arena, &wish, count, sizeof *wish));
    for (size_t i = 0; i < count; i++) {
        const json_t *item = json_array_get(list, i);
        SC_TRY(sc_record_read(&wish[i], reading->config, item, &sc_recipe_column_record));
        if (sc_frame_find(from->frame, wish[i].name) >= 0) continue;
        sc_frame_fail_name(from->frame, wish[i].name);
        return sc_config_fail(reading->config, item, "name", "%s", reading->env->text);
    }
    from->options.column = wish;
    from->options.columns = count;
    return SOCLE_OK;
}

/* A target is predicted from the inputs, so it is none of them, and it is there. */
static socle_status check_targets(const learning *from) {
    const sc_prepare_options *options = &from->options;
    const sc_reading *reading = from->reading;
    for (size_t i = 0; i < options->targets.count; i++) {
        const char *name = options->targets.name[i];
        const sc_names before = {options->targets.name, i};
        if (sc_names_have(&options->features, name))
            return sc_config_fail(reading->config, reading->json, "features",
                                  "names '%s', which is the target: what is predicted is no input",
                                  name);
        if (sc_names_have(&options->ignored, name))
            return sc_config_fail(reading->config, reading->json, "ignore",
                                  "names '%s', which is the target", name);
        if (sc_names_have(&before, name))
            return sc_config_fail(reading->config, reading->json, "target", "names '%s' twice",
                                  name);
    }
    return SOCLE_OK;
}

/* ---- What is learnt ---- */

/* Whether whole numbers are classes is a matter of the loss, where there is one. */
static socle_status find_task(sc_task *out, const sc_config *config) {
    const json_t *root = sc_config_root(config);
    sc_kind kind;
    *out = SC_TASK_FOUND;
    if (!json_object_get(root, "loss")) return SOCLE_OK;
    SC_TRY(sc_kind_find(&kind, config, root, "loss", 0, &sc_loss_family));
    const sc_loss_kind *loss = sc_loss_find(kind.record->word);
    *out = loss && sc_loss_counts_correct(loss) ? SC_TASK_CLASSES : SC_TASK_VALUES;
    return SOCLE_OK;
}

/* Classes are strata, and a column that is no input says which rows belong together. */
static socle_status find_kinds(learning *from, bool stratify) {
    const sc_reading *reading = from->reading;
    sc_prepare_options *options = &from->options;
    sc_names group;
    size_t kinds;
    SC_TRY(read_names(&group, from, "group"));
    if (stratify && group.count)
        return sc_config_fail(reading->config, reading->json, "group",
                              "cannot hold beside train.stratify: leave one out");
    if (stratify && (options->targets.count != 1 || options->task == SC_TASK_VALUES))
        return sc_config_fail(reading->config, reading->json, "target",
                              "is not one column of classes, which train.stratify goes by");
    if (group.count && (sc_names_have(&options->targets, group.name[0]) ||
                        sc_names_have(&options->features, group.name[0])))
        return sc_config_fail(reading->config, reading->json, "group",
                              "names '%s', which is a target or a feature too", group.name[0]);
    if (!stratify && !group.count) return SOCLE_OK;
    const char *name = stratify ? options->targets.name[0] : group.name[0];
    SC_TRY(sc_frame_number_values(stratify ? &from->stratum : &from->group, &kinds, from->frame,
                                  (size_t)sc_frame_find(from->frame, name)));
    options->split.stratum = from->stratum;
    options->split.group = from->group;
    return stratify ? SOCLE_OK : ignore_too(from, name);
}

/* Which rows are set aside. */
static socle_status find_split(learning *from, const sc_config *config) {
    sc_split_options *out = &from->options.split;
    const json_t *train = NULL;
    sc_recipe recipe;
    sc_record_defaults(&recipe, &sc_recipe_record);
    SC_TRY(sc_config_get_object(&train, config, sc_config_root(config), "train"));
    socle_status status = sc_record_read_given(&recipe, config, train, &sc_recipe_train_record);
    out->fraction = recipe.fit.validation;
    out->fold = recipe.fit.fold;
    out->seed = recipe.fit.seed;
    if (status == SOCLE_OK) status = find_kinds(from, recipe.fit.stratify);
    sc_record_release(sc_config_env(config), &recipe, &sc_recipe_train_record);
    return status;
}

static socle_status learn(sc_preparation *out, learning *from) {
    const sc_recipe_part *part = from->reading->part;
    sc_prepare_options *options = &from->options;
    SC_TRY(read_names(&options->targets, from, "target"));
    SC_TRY(read_names(&options->features, from, "features"));
    SC_TRY(read_names(&options->ignored, from, "ignore"));
    SC_TRY(check_targets(from));
    SC_TRY(read_wishes(from));
    SC_TRY(find_task(&options->task, from->reading->config));
    SC_TRY(find_split(from, from->reading->config));
    options->missing = part->missing;
    options->encode = part->encode;
    options->scale = part->standardise ? "standardise" : part->min_max ? "min_max" : NULL;
    return sc_preparation_fit(out, from->frame, options);
}

static socle_status prepare_anew(sc_dataset **out, const sc_reading *reading,
                                 const sc_frame *frame) {
    learning from = {.reading = reading, .frame = frame};
    sc_preparation preparation = {0};
    SC_TRY(sc_arena_create(&from.arena, reading->env));
    socle_status status = learn(&preparation, &from);
    if (status == SOCLE_OK)
        status = sc_preparation_apply(out, &preparation, frame, from.options.targets.count > 0);
    if (status == SOCLE_OK) status = sc_dataset_set_kinds(*out, from.stratum, from.group);
    sc_preparation_free(&preparation);
    sc_arena_destroy(from.arena);
    sc_release(reading->env, from.stratum);
    sc_release(reading->env, from.group);
    return status;
}

static socle_status prepare(sc_dataset **out, const sc_reading *reading, const sc_frame *frame) {
    sc_preparation preparation;
    bool known;
    SC_TRY(sc_reading_learnt(&preparation, &known, reading, learnt_keys));
    if (!known) return prepare_anew(out, reading, frame);
    socle_status status =
        sc_preparation_apply(out, &preparation, frame, sc_preparation_targets(&preparation) > 0);
    sc_preparation_free(&preparation);
    return status;
}

static socle_status read_csv(sc_dataset **out, const sc_reading *reading) {
    const sc_recipe_part *part = reading->part;
    const sc_frame_format format = format_of(part, reading->json);
    sc_frame frame;
    *out = NULL;
    SC_TRY(sc_frame_read_csv(&frame, reading->env, part->csv, &format));
    if (part->limit && (size_t)part->limit < frame.rows) frame.rows = (size_t)part->limit;
    socle_status status = prepare(out, reading, &frame);
    sc_frame_free(&frame);
    return status;
}

static socle_status resolve_csv(json_t *out, sc_env *env, const sc_config *config,
                                const json_t *json) {
    (void)env, (void)config;
    for (size_t i = 0; i < COUNT(copied_keys); i++) {
        json_t *value = json_object_get(json, copied_keys[i]);
        if (value) json_object_set_new(out, copied_keys[i], json_deep_copy(value));
    }
    return SOCLE_OK;
}

const sc_reader sc_reader_csv = {.key = "csv",
                                 .keys = "target features ignore columns standardise min_max "
                                         "missing separator header decimal group encode",
                                 .check = check_csv,
                                 .learnt = learnt_keys,
                                 .read = read_csv,
                                 .resolve = resolve_csv};
