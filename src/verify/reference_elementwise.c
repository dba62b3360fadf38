/* SPDX-License-Identifier: Apache-2.0 */
/* The reference of elementwise: its expression at every point of the outputs' shape. */
#include "verify/reference.h"

void sc_reference_elementwise(sc_reference_job *job) {
    const sc_op_desc *desc = job->desc;
    sc_tensor_desc space = sc_op_space(desc);
    int64_t rows = job->launch->rows, points = sc_tensor_elements_at(&space, rows);
    const sc_reference_way way = sc_reference_way_of(job, desc->expr);
    sc_reference_point point = {.launch = job->launch};
    for (int64_t p = 0; p < points; p++) {
        sc_reference_number in[SC_EXPR_INPUTS] = {{0, 0}}, out[SC_EXPR_OUTPUTS];
        sc_reference_locate(&point, &space, rows, p);
        for (int i = 0; i < desc->inputs && i < SC_EXPR_INPUTS; i++) {
            const sc_reference_array *operand = &job->operand[i];
            in[i].value =
                operand->value[sc_reference_broadcast(&operand->tensor, rows, point.coordinate)];
        }
        sc_reference_expr(desc->expr, &point, way, job->correct_divide, in, out);
        for (int k = 0; k < desc->outputs; k++) {
            job->operand[desc->inputs + k].value[p] = out[k].value;
            job->operand[desc->inputs + k].bound[p] = out[k].error;
        }
    }
}
