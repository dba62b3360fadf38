/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of columns, wherever they lie. See dataset.h. */
#include "base/hash.h"
#include "data/dataset.h"

#include <string.h>

static void copy_rows(void *out, const sc_column *column, const uint32_t *row, uint32_t count) {
    const size_t bytes = column->row_bytes;
    for (uint32_t i = 0; i < count; i++)
        memcpy((char *)out + (size_t)i * bytes, (const char *)column->data + (size_t)row[i] * bytes,
               bytes);
}

socle_status sc_column_read(const sc_column *column, sc_env *env, const uint32_t *row,
                            uint32_t count, void *out) {
    if (column->source) return column->source->read(column->source->user, env, row, count, out);
    copy_rows(out, column, row, count);
    return SOCLE_OK;
}

bool sc_dataset_is_streamed(const sc_dataset *dataset) {
    for (int c = 0; dataset && c < sc_dataset_columns(dataset); c++)
        if (sc_dataset_column(dataset, c)->source) return true;
    return false;
}

socle_status sc_dataset_borrow(sc_dataset *dataset, const sc_column *column) {
    if (!column->source)
        return sc_dataset_add_borrowed(dataset, column->name, column->dtype, &column->shape,
                                       column->data, NULL, NULL);
    sc_row_source borrowed = *column->source;
    borrowed.release = NULL;
    return sc_dataset_add_streamed(dataset, column->name, column->dtype, &column->shape, &borrowed);
}

/* ---- Chosen rows of what is streamed ---- */

typedef struct chosen {
    sc_env *env;
    const sc_column *from;
    uint32_t row[]; /* of each sample */
} chosen;

static socle_status read_chosen(void *user, sc_env *env, const uint32_t *row, uint32_t count,
                                void *out) {
    const chosen *of = user;
    uint32_t *there;
    SC_TRY(sc_allocate(env, &there, count, sizeof *there));
    for (uint32_t i = 0; i < count; i++) there[i] = of->row[row[i]];
    socle_status status = sc_column_read(of->from, env, there, count, out);
    sc_release(env, there);
    return status;
}

static void release_chosen(void *user) {
    chosen *of = user;
    sc_release(of->env, of);
}

static socle_status add_chosen(sc_dataset *dataset, const sc_column *column, const uint32_t *row) {
    sc_env *env = sc_dataset_env(dataset);
    const size_t bytes = (size_t)sc_dataset_count(dataset) * sizeof *row;
    chosen *of;
    SC_TRY(sc_allocate(env, &of, sizeof *of + bytes, 1));
    of->env = env;
    of->from = column;
    memcpy(of->row, row, bytes);
    const sc_row_source source = {.user = of,
                                  .read = read_chosen,
                                  .release = release_chosen,
                                  .stamp = sc_hash_bytes(row, bytes, column->source->stamp).low};
    socle_status status =
        sc_dataset_add_streamed(dataset, column->name, column->dtype, &column->shape, &source);
    if (status != SOCLE_OK) release_chosen(of);
    return status;
}

socle_status sc_dataset_add_rows(sc_dataset *dataset, const sc_column *column,
                                 const uint32_t *row) {
    void *data;
    if (column->source) return add_chosen(dataset, column, row);
    SC_TRY(sc_dataset_add_new(dataset, &data, column->name, column->dtype, &column->shape));
    copy_rows(data, column, row, (uint32_t)sc_dataset_count(dataset));
    return SOCLE_OK;
}
