/* SPDX-License-Identifier: Apache-2.0 */
/* Two data sets as one. See dataset.h. */
#include "base/hash.h"
#include "data/dataset.h"

#include <inttypes.h>
#include <string.h>

static bool are_alike(const sc_column *a, const sc_column *b) {
    return b && a->dtype == b->dtype && a->shape.rank == b->shape.rank &&
           a->row_bytes == b->row_bytes &&
           memcmp(a->shape.size, b->shape.size, (size_t)a->shape.rank * sizeof *a->shape.size) == 0;
}

static socle_status check_alike(const sc_dataset *a, const sc_dataset *b) {
    for (int c = 0; c < sc_dataset_columns(a); c++) {
        const sc_column *column = sc_dataset_column(a, c),
                        *other = sc_dataset_column(b, sc_dataset_find(b, column->name));
        if (are_alike(column, other)) continue;
        return sc_fail(sc_dataset_env(a), SOCLE_STATUS_DATA,
                       "%s: %s '%s' %s %s; both must have the same columns, types and shapes",
                       sc_dataset_label(b), other ? "its column" : "lacks the column", column->name,
                       other ? "is not as that of" : "of", sc_dataset_label(a));
    }
    if (sc_dataset_columns(a) == sc_dataset_columns(b)) return SOCLE_OK;
    return sc_fail(sc_dataset_env(a), SOCLE_STATUS_DATA, "%s: has more columns than %s",
                   sc_dataset_label(b), sc_dataset_label(a));
}

/* ---- Columns ---- */

typedef struct joint {
    sc_env *env;
    const sc_column *first, *second;
    uint32_t count; /* rows of the first */
} joint;

/* As many rows of `row` as lie in one of the two, by their numbers there. */
static uint32_t part_of(const joint *of, const uint32_t *row, uint32_t count, uint32_t *there) {
    const bool behind = row[0] >= of->count;
    uint32_t part = 0;
    for (; part < count && (row[part] >= of->count) == behind; part++)
        there[part] = row[part] - (behind ? of->count : 0);
    return part;
}

static socle_status read_joint(void *user, sc_env *env, const uint32_t *row, uint32_t count,
                               void *out) {
    const joint *of = user;
    uint32_t *there, part;
    SC_TRY(sc_allocate(env, &there, count, sizeof *there));
    socle_status status = SOCLE_OK;
    for (uint32_t i = 0; status == SOCLE_OK && i < count; i += part) {
        part = part_of(of, row + i, count - i, there);
        status = sc_column_read(row[i] < of->count ? of->first : of->second, env, there, part,
                                (char *)out + (size_t)i * of->first->row_bytes);
    }
    sc_release(env, there);
    return status;
}

static void release_joint(void *user) {
    joint *of = user;
    sc_release(of->env, of);
}

static uint64_t stamp_of(const sc_column *column) {
    return column->source ? column->source->stamp : 0;
}

static socle_status stream_both(sc_dataset *out, const sc_column *first, const sc_column *second,
                                int64_t count) {
    const uint64_t stamps[] = {stamp_of(first), stamp_of(second)};
    joint *of;
    SC_TRY(sc_allocate(sc_dataset_env(out), &of, 1, sizeof *of));
    *of = (joint){sc_dataset_env(out), first, second, (uint32_t)count};
    const sc_row_source source = {.user = of,
                                  .read = read_joint,
                                  .release = release_joint,
                                  .stamp = sc_hash_bytes(stamps, sizeof stamps, 0).low};
    socle_status status =
        sc_dataset_add_streamed(out, first->name, first->dtype, &first->shape, &source);
    if (status != SOCLE_OK) release_joint(of);
    return status;
}

static socle_status copy_both(sc_dataset *out, const sc_column *first, const sc_column *second,
                              int64_t count) {
    const size_t bytes = first->row_bytes * (size_t)count,
                 more = second->row_bytes * (size_t)(sc_dataset_count(out) - count);
    void *data;
    SC_TRY(sc_dataset_add_new(out, &data, first->name, first->dtype, &first->shape));
    memcpy(data, first->data, bytes);
    memcpy((char *)data + bytes, second->data, more);
    return SOCLE_OK;
}

static socle_status join(sc_dataset *out, const sc_dataset *a, const sc_dataset *b) {
    for (int c = 0; c < sc_dataset_columns(a); c++) {
        const sc_column *first = sc_dataset_column(a, c),
                        *second = sc_dataset_column(b, sc_dataset_find(b, first->name));
        SC_TRY((first->source || second->source ? stream_both : copy_both)(out, first, second,
                                                                           sc_dataset_count(a)));
        SC_TRY(sc_dataset_set_source(out, first->name, sc_dataset_source(a, c)));
    }
    const char *preparation = sc_dataset_preparation(a);
    return preparation ? sc_dataset_set_preparation(out, preparation) : SOCLE_OK;
}

socle_status sc_dataset_join(sc_dataset **out, sc_dataset *a, sc_dataset *b) {
    *out = NULL;
    SC_TRY(check_alike(a, b));
    SC_TRY(sc_dataset_create(out, sc_dataset_env(a), sc_dataset_label(a),
                             sc_dataset_count(a) + sc_dataset_count(b)));
    socle_status status = join(*out, a, b);
    if (status != SOCLE_OK) {
        sc_dataset_destroy(*out);
        *out = NULL;
        return status;
    }
    if (sc_dataset_is_streamed(*out)) {
        sc_dataset_keep(*out, a);
        sc_dataset_keep(*out, b);
    } else {
        sc_dataset_destroy(a);
        sc_dataset_destroy(b);
    }
    return SOCLE_OK;
}
