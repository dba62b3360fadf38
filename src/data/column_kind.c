/* SPDX-License-Identifier: Apache-2.0 */
/* See column_kind.h: the table, and what its values must be. */
#include "data/column_kind.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define F32 (1u << SOCLE_F32)
#define U8 (1u << SOCLE_U8)
#define I32 (1u << SOCLE_I32)

/* Of the weights of all samples: its reciprocal is a normal float, and sums of weighted losses stay
 * finite. */
#define MOST_WEIGHT 1e30
#define LEAST_WEIGHT 1e-15f /* sums of smaller ones may be 0 to a device */

static socle_status check_weights(sc_env *env, const char *source, const sc_column *column,
                                  int64_t count) {
    const float *weight = column->data;
    double sum = 0;
    for (int64_t i = 0; i < count; i++) {
        if (!isfinite(weight[i]) || weight[i] < 0.0f ||
            (weight[i] > 0.0f && weight[i] < LEAST_WEIGHT))
            return sc_fail(env, SOCLE_STATUS_DATA,
                           "%s: column '%s': sample %" PRId64
                           " has weight %g; a weight is 0 or a finite number of at least %g",
                           source, column->name, i, (double)weight[i], (double)LEAST_WEIGHT);
        sum += (double)weight[i];
    }
    if (sum > 0 && sum <= MOST_WEIGHT) return SOCLE_OK;
    return sc_fail(
        env, SOCLE_STATUS_DATA,
        "%s: column '%s': the weights add up to %g; their sum must be above 0 and at most %g",
        source, column->name, sum, MOST_WEIGHT);
}

static socle_status check_mask(sc_env *env, const char *source, const sc_column *column,
                               int64_t count) {
    int64_t each = sc_column_elements(column), kept = 0;
    for (int64_t i = 0; i < count * each; i++) {
        double value = sc_column_value(column, i);
        kept += value == 1;
        if (value != 0 && value != 1)
            return sc_fail(env, SOCLE_STATUS_DATA,
                           "%s: column '%s': sample %" PRId64
                           " has %g in its mask; 1 is what counts, 0 what does not",
                           source, column->name, i / each, value);
    }
    if (kept) return SOCLE_OK;
    return sc_fail(env, SOCLE_STATUS_DATA,
                   "%s: column '%s': the mask is 0 everywhere: nothing counts", source,
                   column->name);
}

const sc_column_kind sc_column_kinds[] = {
    [SC_COLUMN_INPUT] = {.name = "input", .key = "images"},
    [SC_COLUMN_LABEL] = {.name = "label", .use = SC_USE_TARGET, .key = "labels"},   /* u8, i32 */
    [SC_COLUMN_TARGET] = {.name = "target", .use = SC_USE_TARGET, .key = "labels"}, /* f32 */
    [SC_COLUMN_WEIGHT] = {.name = "weight",
                          .use = SC_USE_FACTOR,
                          .dtypes = F32,
                          .key = "class_weights",
                          .standard = 1,
                          .check = check_weights},
    {.name = "mask",
     .use = SC_USE_FACTOR,
     .key = "mask",
     .file = true,
     .dtypes = U8 | F32,
     .per_row = true,
     .standard = 1,
     .check = check_mask},
    {0},
};

const sc_column_kind *sc_column_kind_find(const char *name) {
    for (const sc_column_kind *kind = sc_column_kinds; kind->name; kind++)
        if (strcmp(kind->name, name) == 0) return kind;
    return NULL;
}

const char *sc_column_name(int kind) {
    return sc_column_kinds[kind].name;
}

/* "u8 or f32" */
static void types_text(char *out, size_t size, unsigned dtypes) {
    static const struct {
        unsigned bit;
        const char *word;
    } types[] = {{U8, "u8"}, {I32, "i32"}, {F32, "f32"}};
    int length = 0;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (dtypes & types[i].bit)
            length += snprintf(out + length, size - (size_t)length, "%s%s", length ? " or " : "",
                               types[i].word);
}

socle_status sc_dataset_check_factor(const sc_dataset *dataset, const sc_column_kind *kind) {
    sc_env *env = sc_dataset_env(dataset);
    int index = sc_dataset_find(dataset, kind->name);
    const sc_column *column = sc_dataset_column(dataset, index);
    char types[32];
    if (!column)
        return sc_fail(env, SOCLE_STATUS_NOT_FOUND, "%s: there is no column '%s'",
                       sc_dataset_label(dataset), kind->name);
    const char *source = sc_dataset_source(dataset, index);
    types_text(types, sizeof types, kind->dtypes);
    if (!(kind->dtypes >> column->dtype & 1) || (!kind->per_row && sc_column_elements(column) != 1))
        return sc_fail(env, SOCLE_STATUS_DATA, "%s: column '%s' does not hold %s%s%s", source,
                       column->name, kind->per_row ? "values of type " : "one ", types,
                       kind->per_row ? "" : " per sample");
    return kind->check ? kind->check(env, source, column, sc_dataset_count(dataset)) : SOCLE_OK;
}
