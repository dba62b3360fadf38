/* SPDX-License-Identifier: Apache-2.0 */
/* `classes` and `per_class` of a part of the data: the samples of some classes alone, which become
 * classes 0, 1, ... in the order of the list, and at most so many of each, the first. The code
 * behind knows only samples and their labels. */
#include "data/column_kind.h"
#include "run/recipe_private.h"

#include <string.h>

static const char key[] = "classes", per_key[] = "per_class";

typedef struct choice {
    const sc_config *config;
    const json_t *part, *list; /* list NULL: all classes, under their own numbers */
    int64_t most;              /* of a class; 0: all */
    const sc_column *label;
    int64_t classes;
    int64_t *number; /* of each label from 0 to classes - 1 here; -1: it is left out */
    int64_t *taken;  /* samples of it so far */
} choice;

static socle_status read_list(choice *c) {
    size_t i;
    json_t *item;
    for (int64_t k = 0; k < c->classes; k++) c->number[k] = c->list ? -1 : k;
    json_array_foreach(c->list, i, item) {
        const double value = json_number_value(item);
        if (value != (double)(int64_t)value)
            return sc_config_fail_item(c->config, c->list, i, "must be the number of a class");
        if (value >= (double)c->classes)
            return sc_config_fail_item(c->config, c->list, i,
                                       "is no class of these data: their labels are 0 to %lld",
                                       (long long)c->classes - 1);
        if (c->number[(int64_t)value] >= 0)
            return sc_config_fail_item(c->config, c->list, i, "names the class %lld twice",
                                       (long long)value);
        c->number[(int64_t)value] = (int64_t)i;
    }
    return SOCLE_OK;
}

/* How many samples are taken; their numbers into `sample`, unless it is NULL. */
static int64_t take_samples(choice *c, int64_t samples, uint32_t *sample) {
    int64_t count = 0;
    memset(c->taken, 0, (size_t)c->classes * sizeof *c->taken);
    for (int64_t i = 0; i < samples; i++) {
        const int64_t label = sc_column_label(c->label, i);
        if (c->number[label] < 0 || (c->most && c->taken[label] == c->most)) continue;
        c->taken[label]++;
        if (sample) sample[count] = (uint32_t)i;
        count++;
    }
    return count;
}

static socle_status check_taken(const choice *c, sc_env *env, const char *label) {
    for (int64_t k = 0; k < c->classes; k++)
        if (c->list && c->number[k] >= 0 && !c->taken[k])
            return sc_fail(env, SOCLE_STATUS_DATA, "%s: has no sample of class %lld", label,
                           (long long)k);
    return SOCLE_OK;
}

static void put_label(void *to, const choice *c, int64_t at, int64_t from) {
    const int64_t number = c->number[sc_column_label(c->label, from)];
    if (c->label->dtype == SOCLE_U8)
        ((uint8_t *)to)[at] = (uint8_t)number;
    else
        ((int32_t *)to)[at] = (int32_t)number;
}

static socle_status copy_labels(sc_dataset *out, const choice *c, const uint32_t *sample) {
    void *data;
    SC_TRY(sc_dataset_add_new(out, &data, c->label->name, c->label->dtype, &c->label->shape));
    for (int64_t i = 0; i < sc_dataset_count(out); i++) put_label(data, c, i, sample[i]);
    return SOCLE_OK;
}

static socle_status copy_column(sc_dataset *out, const choice *c, const sc_dataset *from, int index,
                                const uint32_t *sample) {
    const sc_column *column = sc_dataset_column(from, index);
    SC_TRY(column == c->label ? copy_labels(out, c, sample)
                              : sc_dataset_add_rows(out, column, sample));
    return sc_dataset_set_source(out, column->name, sc_dataset_source(from, index));
}

/* The chosen samples in the place of all. */
static socle_status copy_samples(sc_dataset **dataset, choice *c, sc_env *env, uint32_t *sample,
                                 int64_t count) {
    sc_dataset *whole = *dataset, *part;
    take_samples(c, sc_dataset_count(whole), sample);
    SC_TRY(sc_dataset_create(&part, env, sc_dataset_label(whole), count));
    socle_status status = SOCLE_OK;
    for (int k = 0; status == SOCLE_OK && k < sc_dataset_columns(whole); k++)
        status = copy_column(part, c, whole, k, sample);
    if (status != SOCLE_OK) {
        sc_dataset_destroy(part);
        return status;
    }
    if (sc_dataset_is_streamed(part))
        sc_dataset_keep(part, whole);
    else
        sc_dataset_destroy(whole);
    *dataset = part;
    return SOCLE_OK;
}

static socle_status choose(sc_dataset **dataset, choice *c, sc_env *env) {
    uint32_t *sample;
    SC_TRY(read_list(c));
    const int64_t count = take_samples(c, sc_dataset_count(*dataset), NULL);
    SC_TRY(check_taken(c, env, sc_dataset_label(*dataset)));
    SC_TRY(sc_allocate(env, &sample, (size_t)count, sizeof *sample));
    socle_status status = copy_samples(dataset, c, env, sample, count);
    sc_release(env, sample);
    return status;
}

socle_status sc_recipe_choose_classes(sc_dataset **dataset, sc_env *env, const sc_config *config,
                                      const json_t *part, int64_t per_class) {
    const char *name = sc_column_name(SC_COLUMN_LABEL);
    choice c = {.config = config, .part = part, .most = per_class};
    SC_TRY(sc_config_get_array(&c.list, config, part, key));
    const char *asked = c.list ? key : per_key;
    if (!c.list && !per_class) return SOCLE_OK;
    if (sc_dataset_preparation(*dataset))
        return sc_config_fail(config, part, asked,
                              "goes with labels that are numbers; the classes of a table have "
                              "names: choose its rows in the file");
    c.label = sc_dataset_column(*dataset, sc_dataset_find(*dataset, name));
    if (!c.label)
        return sc_config_fail(config, part, asked,
                              "needs class numbers (u8 or i32), the labels are f32 values");
    SC_TRY(sc_dataset_classes(*dataset, name, &c.classes));
    SC_TRY(sc_allocate(env, &c.number, 2 * (size_t)c.classes, sizeof *c.number));
    c.taken = c.number + c.classes;
    socle_status status = choose(dataset, &c, env);
    sc_release(env, c.number);
    return status;
}
