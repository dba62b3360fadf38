/* SPDX-License-Identifier: Apache-2.0 */
/* Compares two results element by element. Knows tensors, not what computed them. */
#include "backend/check_compare.h"

#include "op/storage.h"

#include <math.h>
#include <string.h>

static double element(const void *data, int dtype, int64_t at) {
    return (double)sc_number_load(data, dtype, at).f;
}

/* Index of the first element that differs too much, or -1. Numbers next to each other may be
 * rounded apart when they are stored. */
static int64_t first_difference(const void *a, const void *b, int dtype, int64_t count,
                                double relative, double absolute) {
    static const double step[] = {[SOCLE_F16] = 0x1p-10, [SOCLE_BF16] = 0x1p-7};
    double largest = 0;
    for (int64_t i = 0; i < count; i++) {
        double size = fabs(element(a, dtype, i));
        if (isfinite(size) && size > largest) largest = size;
    }
    double room = relative * largest > absolute ? relative * largest : absolute;
    for (int64_t i = 0; i < count; i++) {
        double x = element(a, dtype, i), y = element(b, dtype, i);
        bool same = x == y || (isnan(x) && isnan(y));
        if (!same && !(fabs(x - y) <= room + step[dtype] * fabs(x))) return i;
    }
    return -1;
}

static socle_status compare_bytes(sc_env *env, const void *a, const void *b, const sc_op_desc *desc,
                                  int number, int64_t count, double relative, double absolute,
                                  const char *first, const char *second) {
    const sc_tensor_desc *tensor = &desc->tensor[number];
    char shape[128];
    sc_tensor_text(shape, sizeof shape, tensor);
    if (!sc_dtype_is_float(tensor->dtype)) {
        if (memcmp(a, b, (size_t)count * sc_dtype_size(tensor->dtype)) == 0) return SOCLE_OK;
        return sc_fail(env, SOCLE_STATUS_WRONG_RESULT,
                       "%s: output %d, %s, differs between %s and %s", sc_op_word(desc->op),
                       number - desc->inputs, shape, first, second);
    }
    int64_t at = first_difference(a, b, tensor->dtype, count, relative, absolute);
    if (at < 0) return SOCLE_OK;
    return sc_fail(env, SOCLE_STATUS_WRONG_RESULT,
                   "%s: output %d, %s, element %lld is %.9g by %s and %.9g by %s",
                   sc_op_word(desc->op), number - desc->inputs, shape, (long long)at,
                   element(a, tensor->dtype, at), first, element(b, tensor->dtype, at), second);
}

socle_status sc_check_compare(sc_env *env, sc_queue *const queue[2], const sc_operand at[2],
                              const sc_op_desc *desc, int number, int64_t rows, double relative,
                              double absolute, const char *first, const char *second) {
    const sc_tensor_desc *tensor = &desc->tensor[number];
    int64_t count = sc_tensor_elements_at(tensor, rows);
    size_t bytes = (size_t)count * sc_dtype_size(tensor->dtype);
    char *data;
    if (!bytes) return SOCLE_OK;
    SC_TRY(sc_allocate(env, &data, bytes, 2));
    socle_status status = SOCLE_OK;
    for (int s = 0; s < 2 && status == SOCLE_OK; s++) {
        status = sc_queue_read(queue[s], data + (size_t)s * bytes, at[s], bytes);
        if (status == SOCLE_OK) status = sc_queue_finish(queue[s]);
    }
    if (status == SOCLE_OK)
        status = compare_bytes(env, data, data + bytes, desc, number, count, relative, absolute,
                               first, second);
    sc_release(env, data);
    return status;
}
