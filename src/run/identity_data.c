/* SPDX-License-Identifier: Apache-2.0 */
/* What tells the data of one run from those of another: their sizes, and hashes of all that lies in
 * memory. See recipe_private.h. */
#include "base/hash.h"
#include "run/recipe_private.h"

/* Of rows that stay in files: sizes and times of these, and some of the rows. */
static socle_status hash_samples(sc_hash *out, const sc_column *column, const sc_dataset *dataset) {
    enum { ROWS = 64 };
    sc_env *env = sc_dataset_env(dataset);
    const int64_t count = sc_dataset_count(dataset);
    char *row;
    SC_TRY(sc_allocate(env, &row, column->row_bytes, 1));
    socle_status status = SOCLE_OK;
    *out = (sc_hash){.low = column->source->stamp};
    for (int64_t i = 0; status == SOCLE_OK && i < ROWS && i < count; i++) {
        const uint32_t number = (uint32_t)(count <= ROWS ? i : i * (count - 1) / (ROWS - 1));
        status = sc_column_read(column, env, &number, 1, row);
        if (status == SOCLE_OK) *out = sc_hash_bytes(row, column->row_bytes, out->low);
    }
    sc_release(env, row);
    return status;
}

static socle_status hash_column(sc_hash *out, const sc_column *column, const sc_dataset *dataset) {
    if (column->source) return hash_samples(out, column, dataset);
    *out = sc_hash_bytes(column->data, column->row_bytes * (size_t)sc_dataset_count(dataset), 0);
    return SOCLE_OK;
}

/* {"type": "u8", "shape": [1, 28, 28], "hash": "..."}; of what is streamed it is "sampled", since
 * another part of the data is hashed. */
static json_t *describe_column(const sc_column *column, sc_hash hash) {
    json_t *out = json_object(), *shape = json_array();
    char text[SC_HASH_TEXT];
    for (int d = 0; d < column->shape.rank; d++)
        json_array_append_new(shape, json_integer(column->shape.size[d]));
    sc_hash_text(text, hash);
    json_object_set_new(out, "type", json_string(sc_dtype_word((int)column->dtype)));
    json_object_set_new(out, "shape", shape);
    json_object_set_new(out, column->source ? "sampled" : "hash", json_string(text));
    return out;
}

socle_status sc_identity_data(json_t **out, const sc_dataset *dataset, uint32_t tail) {
    json_t *data = json_object();
    json_object_set_new(data, "samples", json_integer(sc_dataset_count(dataset)));
    if (tail) json_object_set_new(data, "validation", json_integer(tail));
    for (int c = 0; c < sc_dataset_columns(dataset); c++) {
        const sc_column *column = sc_dataset_column(dataset, c);
        sc_hash hash;
        socle_status status = hash_column(&hash, column, dataset);
        if (status != SOCLE_OK) {
            json_decref(data);
            return status;
        }
        json_object_set_new(data, column->name, describe_column(column, hash));
    }
    *out = data;
    return SOCLE_OK;
}
