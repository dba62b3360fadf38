/* SPDX-License-Identifier: Apache-2.0 */
/* See dataset.h. */
#include "data/dataset.h"

#include <inttypes.h>
#include <string.h>

typedef struct owner {
    void (*release)(void *user, const void *data);
    void *user;
} owner;

struct sc_dataset {
    sc_env *env;
    char *label;
    char *preparation;         /* NULL = none */
    uint32_t *stratum, *group; /* NULL = none */
    int64_t reach;             /* of samples that follow one another; -1: they do not */
    int64_t count;
    int columns;
    sc_column column[SC_DATASET_MAX_COLUMNS];
    owner owners[SC_DATASET_MAX_COLUMNS];
    sc_row_source row_source[SC_DATASET_MAX_COLUMNS]; /* read NULL = in memory */
    sc_dataset *kept[2];                              /* NULL = none */
    char *sources[SC_DATASET_MAX_COLUMNS];            /* NULL = none */
};

socle_status sc_dataset_create(sc_dataset **out, sc_env *env, const char *label, int64_t count) {
    *out = NULL;
    if (count < 1 || count > UINT32_MAX)
        return sc_fail(env, SOCLE_STATUS_INVALID_ARGUMENT,
                       "%s: %" PRId64 " samples; 1 to %" PRIu32 " are possible", label, count,
                       UINT32_MAX);
    sc_dataset *dataset;
    SC_TRY(sc_allocate(env, &dataset, 1, sizeof *dataset));
    dataset->env = env;
    dataset->count = count;
    dataset->reach = -1;
    socle_status status = sc_copy_string(env, &dataset->label, label);
    if (status != SOCLE_OK) {
        sc_dataset_destroy(dataset);
        return status;
    }
    *out = dataset;
    return SOCLE_OK;
}

void sc_dataset_destroy(sc_dataset *dataset) {
    if (!dataset) return;
    for (int i = 0; i < dataset->columns; i++) {
        if (dataset->owners[i].release)
            dataset->owners[i].release(dataset->owners[i].user, dataset->column[i].data);
        if (dataset->row_source[i].release)
            dataset->row_source[i].release(dataset->row_source[i].user);
        sc_release(dataset->env, dataset->sources[i]);
    }
    sc_release(dataset->env, dataset->label);
    sc_release(dataset->env, dataset->preparation);
    sc_release(dataset->env, dataset->stratum);
    sc_release(dataset->env, dataset->group);
    for (int i = 0; i < 2; i++) sc_dataset_destroy(dataset->kept[i]);
    sc_release(dataset->env, dataset);
}

static socle_status row_bytes(const sc_dataset *dataset, const char *name, socle_dtype dtype,
                              const socle_shape *shape, size_t *bytes) {
    size_t all;
    if (dtype != SOCLE_F32 && dtype != SOCLE_U8 && dtype != SOCLE_I32)
        return sc_fail(dataset->env, SOCLE_STATUS_INVALID_ARGUMENT,
                       "%s: column '%s': unknown dtype %d", dataset->label, name, (int)dtype);
    /* Rank N+1 is that of the whole column, which has to be a tensor too. */
    if (shape->rank < 0 || shape->rank >= SOCLE_MAX_RANK)
        return sc_fail(dataset->env, SOCLE_STATUS_SHAPE,
                       "%s: column '%s': a sample of rank %d; 0 to %d are possible", dataset->label,
                       name, shape->rank, SOCLE_MAX_RANK - 1);
    *bytes = dtype == SOCLE_U8 ? 1 : 4;
    for (int i = 0; i < shape->rank; i++)
        if (shape->size[i] < 1 || !sc_mul_size(bytes, *bytes, (size_t)shape->size[i]))
            return sc_fail(dataset->env, SOCLE_STATUS_SHAPE,
                           "%s: column '%s': size %" PRId64
                           " of dimension %d is below 1 or too large",
                           dataset->label, name, shape->size[i], i);
    if (!sc_mul_size(&all, *bytes, (size_t)dataset->count) || all > PTRDIFF_MAX)
        return sc_fail(dataset->env, SOCLE_STATUS_SHAPE,
                       "%s: column '%s': %" PRId64 " samples of %zu bytes are too many",
                       dataset->label, name, dataset->count, *bytes);
    return SOCLE_OK;
}

/* Everything but the data. */
static socle_status describe(const sc_dataset *dataset, sc_column *column, const char *name,
                             socle_dtype dtype, const socle_shape *shape) {
    if (dataset->columns == SC_DATASET_MAX_COLUMNS)
        return sc_fail(dataset->env, SOCLE_STATUS_INVALID_ARGUMENT,
                       "%s: column '%s' is one more than %d", dataset->label, name,
                       SC_DATASET_MAX_COLUMNS);
    if (name[0] == '\0' || strlen(name) >= SC_DATASET_NAME)
        return sc_fail(dataset->env, SOCLE_STATUS_INVALID_ARGUMENT,
                       "%s: column '%s': a name has 1 to %d bytes", dataset->label, name,
                       SC_DATASET_NAME - 1);
    if (sc_dataset_find(dataset, name) >= 0)
        return sc_fail(dataset->env, SOCLE_STATUS_INVALID_ARGUMENT,
                       "%s: column '%s' is there already", dataset->label, name);
    *column = (sc_column){.dtype = dtype, .shape = *shape};
    strcpy(column->name, name);
    return row_bytes(dataset, name, dtype, shape, &column->row_bytes);
}

socle_status sc_dataset_add_borrowed(sc_dataset *dataset, const char *name, socle_dtype dtype,
                                     const socle_shape *shape, const void *data,
                                     void (*release)(void *user, const void *data), void *user) {
    sc_column column;
    SC_TRY(describe(dataset, &column, name, dtype, shape));
    column.data = data;
    dataset->owners[dataset->columns] = (owner){release, user};
    dataset->column[dataset->columns++] = column;
    return SOCLE_OK;
}

socle_status sc_dataset_add_streamed(sc_dataset *dataset, const char *name, socle_dtype dtype,
                                     const socle_shape *shape, const sc_row_source *source) {
    const int index = dataset->columns;
    SC_TRY(sc_dataset_add_borrowed(dataset, name, dtype, shape, NULL, NULL, NULL));
    dataset->row_source[index] = *source;
    dataset->column[index].source = &dataset->row_source[index];
    return SOCLE_OK;
}

void sc_dataset_keep(sc_dataset *dataset, sc_dataset *other) {
    dataset->kept[dataset->kept[0] != NULL] = other;
}

static void release_own(void *env, const void *data) {
    sc_release(env, (void *)data);
}

socle_status sc_dataset_add_new(sc_dataset *dataset, void **data, const char *name,
                                socle_dtype dtype, const socle_shape *shape) {
    sc_column column;
    *data = NULL;
    SC_TRY(describe(dataset, &column, name, dtype, shape));
    SC_TRY(sc_allocate(dataset->env, data, (size_t)dataset->count, column.row_bytes));
    return sc_dataset_add_borrowed(dataset, name, dtype, shape, *data, release_own, dataset->env);
}

socle_status sc_dataset_add_copy(sc_dataset *dataset, const char *name, socle_dtype dtype,
                                 const socle_shape *shape, const void *data) {
    void *copy;
    SC_TRY(sc_dataset_add_new(dataset, &copy, name, dtype, shape));
    memcpy(copy, data, (size_t)dataset->count * dataset->column[dataset->columns - 1].row_bytes);
    return SOCLE_OK;
}

static socle_status no_column(const sc_dataset *dataset, const char *name) {
    return sc_fail(dataset->env, SOCLE_STATUS_NOT_FOUND, "%s: there is no column '%s'",
                   dataset->label, name);
}

socle_status sc_dataset_set_source(sc_dataset *dataset, const char *name, const char *path) {
    int index = sc_dataset_find(dataset, name);
    char *copy;
    if (index < 0) return no_column(dataset, name);
    SC_TRY(sc_copy_string(dataset->env, &copy, path));
    sc_release(dataset->env, dataset->sources[index]);
    dataset->sources[index] = copy;
    return SOCLE_OK;
}

sc_env *sc_dataset_env(const sc_dataset *dataset) {
    return dataset->env;
}

const char *sc_dataset_label(const sc_dataset *dataset) {
    return dataset->label;
}

int64_t sc_dataset_count(const sc_dataset *dataset) {
    return dataset->count;
}

int sc_dataset_columns(const sc_dataset *dataset) {
    return dataset->columns;
}

const sc_column *sc_dataset_column(const sc_dataset *dataset, int index) {
    return index >= 0 && index < dataset->columns ? &dataset->column[index] : NULL;
}

int sc_dataset_find(const sc_dataset *dataset, const char *name) {
    for (int i = 0; i < dataset->columns; i++)
        if (strcmp(dataset->column[i].name, name) == 0) return i;
    return -1;
}

size_t sc_dataset_row_bytes(const sc_dataset *dataset) {
    size_t sum = 0;
    for (int i = 0; i < dataset->columns; i++) sum += dataset->column[i].row_bytes;
    return sum;
}

size_t sc_dataset_bytes(const sc_dataset *dataset) {
    return sc_dataset_row_bytes(dataset) * (size_t)dataset->count;
}

int64_t sc_column_elements(const sc_column *column) {
    return (int64_t)(column->row_bytes / (column->dtype == SOCLE_U8 ? 1 : 4));
}

int64_t sc_column_label(const sc_column *column, int64_t element) {
    if (column->dtype == SOCLE_U8) return ((const uint8_t *)column->data)[element];
    int32_t value;
    memcpy(&value, (const char *)column->data + (size_t)element * sizeof value, sizeof value);
    return value;
}

double sc_column_value(const sc_column *column, int64_t element) {
    float value;
    if (column->dtype != SOCLE_F32) return (double)sc_column_label(column, element);
    memcpy(&value, (const char *)column->data + (size_t)element * sizeof value, sizeof value);
    return (double)value;
}

socle_status sc_dataset_set_preparation(sc_dataset *dataset, const char *text) {
    char *copy;
    SC_TRY(sc_copy_string(dataset->env, &copy, text));
    sc_release(dataset->env, dataset->preparation);
    dataset->preparation = copy;
    return SOCLE_OK;
}

const char *sc_dataset_preparation(const sc_dataset *dataset) {
    return dataset->preparation;
}

static socle_status copy_kinds(const sc_dataset *dataset, uint32_t **to, const uint32_t *kind) {
    uint32_t *copy = NULL;
    if (kind) SC_TRY(sc_allocate(dataset->env, &copy, (size_t)dataset->count, sizeof *copy));
    if (kind) memcpy(copy, kind, (size_t)dataset->count * sizeof *copy);
    sc_release(dataset->env, *to);
    *to = copy;
    return SOCLE_OK;
}

socle_status sc_dataset_set_kinds(sc_dataset *dataset, const uint32_t *stratum,
                                  const uint32_t *group) {
    SC_TRY(copy_kinds(dataset, &dataset->stratum, stratum));
    return copy_kinds(dataset, &dataset->group, group);
}

const uint32_t *sc_dataset_strata(const sc_dataset *dataset) {
    return dataset->stratum;
}

const uint32_t *sc_dataset_groups(const sc_dataset *dataset) {
    return dataset->group;
}

void sc_dataset_set_reach(sc_dataset *dataset, int64_t reach) {
    dataset->reach = reach;
}

int64_t sc_dataset_reach(const sc_dataset *dataset) {
    return dataset->reach;
}

const char *sc_dataset_source(const sc_dataset *dataset, int index) {
    bool known = index >= 0 && index < dataset->columns && dataset->sources[index];
    return known ? dataset->sources[index] : dataset->label;
}

socle_status sc_column_check_labels(sc_env *env, const char *source, const sc_column *column,
                                    int64_t count, int64_t classes, const int32_t *ignored) {
    int64_t values = count * sc_column_elements(column);
    for (int64_t i = 0; i < values; i++) {
        int64_t value = sc_column_label(column, i);
        bool known = (value >= 0 && value < classes) || (ignored && value == *ignored);
        if (!known)
            return sc_fail(env, SOCLE_STATUS_DATA,
                           "%s: column '%s': sample %" PRId64 " has label %" PRId64
                           "; with %" PRId64 " classes, labels are 0 to %" PRId64,
                           source, column->name, i / (values / count), value, classes, classes - 1);
    }
    return SOCLE_OK;
}

socle_status sc_dataset_check_labels(const sc_dataset *dataset, const char *name, int64_t classes) {
    int index = sc_dataset_find(dataset, name);
    if (index < 0) return no_column(dataset, name);
    const sc_column *column = &dataset->column[index];
    if (column->dtype == SOCLE_F32 || sc_column_elements(column) != 1)
        return sc_fail(dataset->env, SOCLE_STATUS_SHAPE,
                       "%s: column '%s' does not hold one whole number (u8 or i32) per sample",
                       sc_dataset_source(dataset, index), name);
    return sc_column_check_labels(dataset->env, sc_dataset_source(dataset, index), column,
                                  dataset->count, classes, NULL);
}

socle_status sc_dataset_classes(const sc_dataset *dataset, const char *name, int64_t *classes) {
    SC_TRY(sc_dataset_check_labels(dataset, name, INT32_MAX));
    const sc_column *column = &dataset->column[sc_dataset_find(dataset, name)];
    *classes = 1;
    for (int64_t i = 0; i < dataset->count; i++) {
        int64_t label = sc_column_label(column, i);
        if (label >= *classes) *classes = label + 1;
    }
    return SOCLE_OK;
}
