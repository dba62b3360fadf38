/* SPDX-License-Identifier: Apache-2.0 */
/* Layer normalisation and its gradient in the evaluator, row by row. */
#include "graph_eval.h"

#include <math.h>

void eval_layer_norm(const graph_eval *eval, const sc_node *node, const eval_tensor *in,
                     const eval_tensor *out) {
    int64_t C = in[0].dim[in[0].rank - 1];
    for (int64_t row = 0; row < in[0].elements / C; row++) {
        double mean = 0, variance = 0;
        for (int64_t c = 0; c < C; c++) mean += eval_get(&in[0], row * C + c) / (double)C;
        for (int64_t c = 0; c < C; c++)
            variance += pow(eval_get(&in[0], row * C + c) - mean, 2) / (double)C;
        double inverse = 1 / sqrt(variance + (double)node->attr.layer_norm.epsilon);
        for (int64_t c = 0; c < C; c++)
            eval_set(eval, &out[0], row * C + c,
                     (eval_get(&in[0], row * C + c) - mean) * inverse * eval_get(&in[1], c) +
                         eval_get(&in[2], c));
        eval_set(eval, &out[1], row, mean);
        eval_set(eval, &out[2], row, inverse);
    }
}

void eval_layer_norm_grad(const graph_eval *eval, const eval_tensor *in, const eval_tensor *dx) {
    int64_t C = in[0].dim[in[0].rank - 1];
    for (int64_t row = 0; row < in[0].elements / C; row++) {
        double mean = eval_get(&in[3], row), inverse = eval_get(&in[4], row), sum = 0, dot = 0;
        for (int64_t c = 0; c < C; c++) {
            double g = eval_get(&in[2], row * C + c) * eval_get(&in[1], c);
            sum += g / (double)C;
            dot += g * (eval_get(&in[0], row * C + c) - mean) * inverse / (double)C;
        }
        for (int64_t c = 0; c < C; c++) {
            double g = eval_get(&in[2], row * C + c) * eval_get(&in[1], c);
            double h = (eval_get(&in[0], row * C + c) - mean) * inverse;
            eval_set(eval, dx, row * C + c, inverse * (g - sum - h * dot));
        }
    }
}
