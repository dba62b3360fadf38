/* SPDX-License-Identifier: Apache-2.0 */
/* Two data sets as one. See dataset.h. */
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

static socle_status join(sc_dataset *out, const sc_dataset *a, const sc_dataset *b) {
    for (int c = 0; c < sc_dataset_columns(a); c++) {
        const sc_column *first = sc_dataset_column(a, c),
                        *second = sc_dataset_column(b, sc_dataset_find(b, first->name));
        size_t bytes = first->row_bytes * (size_t)sc_dataset_count(a);
        void *data;
        SC_TRY(sc_dataset_add_new(out, &data, first->name, first->dtype, &first->shape));
        memcpy(data, first->data, bytes);
        memcpy((char *)data + bytes, second->data, second->row_bytes * (size_t)sc_dataset_count(b));
        SC_TRY(sc_dataset_set_source(out, first->name, sc_dataset_source(a, c)));
    }
    const char *preparation = sc_dataset_preparation(a);
    return preparation ? sc_dataset_set_preparation(out, preparation) : SOCLE_OK;
}

socle_status sc_dataset_join(sc_dataset **out, const sc_dataset *a, const sc_dataset *b) {
    *out = NULL;
    SC_TRY(check_alike(a, b));
    SC_TRY(sc_dataset_create(out, sc_dataset_env(a), sc_dataset_label(a),
                             sc_dataset_count(a) + sc_dataset_count(b)));
    socle_status status = join(*out, a, b);
    if (status == SOCLE_OK) return SOCLE_OK;
    sc_dataset_destroy(*out);
    *out = NULL;
    return status;
}
