/* SPDX-License-Identifier: Apache-2.0 */
/* The reference of the copy family. Each operation says which element of the input an element of
 * the output is. */
#include "verify/reference.h"

#include <string.h>

/* Row-major number of an element; -1 when a coordinate lies outside. */
static int64_t number_of(const sc_tensor_desc *tensor, int64_t rows, const int64_t *coordinate) {
    int64_t number = 0;
    for (int d = 0; d < tensor->rank; d++) {
        int64_t size = sc_tensor_dim_at(tensor, d, rows);
        if (coordinate[d] < 0 || coordinate[d] >= size) return -1;
        number = number * size + coordinate[d];
    }
    return number;
}

typedef void source(const sc_op_desc *desc, const int64_t *out, int64_t *in);

static void copy(sc_reference_job *job, source *find) {
    const sc_reference_array *x = &job->operand[0], *y = &job->operand[1];
    int64_t rows = job->launch->rows;
    sc_reference_point point = {.launch = job->launch};
    for (int64_t i = 0; i < y->count; i++) {
        int64_t from[SC_MAX_RANK];
        sc_reference_locate(&point, &y->tensor, rows, i);
        find(job->desc, point.coordinate, from);
        int64_t at = number_of(&x->tensor, rows, from);
        y->value[i] = at < 0 ? 0 : x->value[at];
        y->bound[i] = 0;
    }
}

static void permuted(const sc_op_desc *desc, const int64_t *out, int64_t *in) {
    for (int d = 0; d < desc->tensor[0].rank; d++) in[desc->attr.permute.order[d]] = out[d];
}

static void sliced(const sc_op_desc *desc, const int64_t *out, int64_t *in) {
    for (int d = 0; d < desc->tensor[0].rank; d++) in[d] = out[d] + desc->attr.slice.begin[d];
}

static void padded(const sc_op_desc *desc, const int64_t *out, int64_t *in) {
    for (int d = 0; d < desc->tensor[0].rank; d++) in[d] = out[d] - desc->attr.pad.before[d];
}

static void same(const sc_op_desc *desc, const int64_t *out, int64_t *in) {
    for (int d = 0; d < desc->tensor[0].rank; d++) in[d] = out[d];
}

void sc_reference_permute(sc_reference_job *job) {
    copy(job, permuted);
}
void sc_reference_slice(sc_reference_job *job) {
    copy(job, sliced);
}
void sc_reference_pad(sc_reference_job *job) {
    copy(job, padded);
}
void sc_reference_reorder(sc_reference_job *job) {
    copy(job, same);
}

void sc_reference_concat(sc_reference_job *job) {
    const sc_op_desc *desc = job->desc;
    const sc_reference_array *out = &job->operand[desc->inputs];
    int axis = desc->attr.concat.axis;
    int64_t rows = job->launch->rows;
    sc_reference_point point = {.launch = job->launch};
    memset(out->bound, 0, (size_t)out->count * sizeof *out->bound);
    for (int64_t i = 0; i < out->count; i++) {
        sc_reference_locate(&point, &out->tensor, rows, i);
        int part = 0;
        while (point.coordinate[axis] >= sc_tensor_dim_at(&desc->tensor[part], axis, rows))
            point.coordinate[axis] -= sc_tensor_dim_at(&desc->tensor[part++], axis, rows);
        out->value[i] =
            job->operand[part].value[number_of(&desc->tensor[part], rows, point.coordinate)];
    }
}

void sc_reference_crop2d(sc_reference_job *job) {
    const sc_reference_array *x = &job->operand[0], *origin = &job->operand[1],
                             *out = &job->operand[2];
    int64_t rows = job->launch->rows, width = out->tensor.dim[3];
    sc_reference_point point = {.launch = job->launch};
    for (int64_t i = 0; i < out->count; i++) {
        sc_reference_locate(&point, &out->tensor, rows, i);
        const double *place = &origin->value[point.coordinate[0] * 3];
        if (place[2] != 0) point.coordinate[3] = width - 1 - point.coordinate[3];
        for (int d = 0; d < 2; d++) point.coordinate[2 + d] += (int64_t)place[d];
        int64_t at = number_of(&x->tensor, rows, point.coordinate);
        out->value[i] = at < 0 ? 0 : x->value[at];
        out->bound[i] = 0;
    }
}
