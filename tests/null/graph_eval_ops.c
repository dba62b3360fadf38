/* SPDX-License-Identifier: Apache-2.0 */
/* The operations of the evaluator that carry no expression, in the order of op_list.def. Sums run
 * in the order of the loops and are rounded at each step, so equal operands give equal bits. */
#include "graph_eval.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void add_to(const graph_eval *eval, const eval_tensor *out, int64_t i, double a, double b) {
    eval_set(eval, out, i, eval_get(out, i) + eval_round(eval, a * b));
}

static void clear(const graph_eval *eval, const eval_tensor *out) {
    for (int64_t i = 0; i < out->elements; i++) eval_set(eval, out, i, 0.0);
}

static int64_t batch_offset(const eval_tensor *t, const eval_tensor *out, int64_t batch) {
    int64_t offset = 0, step = 1;
    for (int d = out->rank - 3; d >= 0; d--) {
        int64_t coordinate = batch % out->dim[d];
        batch /= out->dim[d];
        if (t->dim[d] != 1) offset += coordinate * step;
        step *= t->dim[d];
    }
    return offset * t->dim[t->rank - 2] * t->dim[t->rank - 1];
}

static void matmul(const graph_eval *eval, const sc_node *node, const eval_tensor *in,
                   const eval_tensor *out) {
    const eval_tensor *a = &in[0], *b = &in[1];
    int r = out->rank;
    bool ta = node->attr.matmul.transpose_a, tb = node->attr.matmul.transpose_b;
    int64_t M = out->dim[r - 2], N = out->dim[r - 1], K = a->dim[ta ? r - 2 : r - 1];
    clear(eval, out);
    for (int64_t batch = 0; M * N > 0 && batch < out->elements / (M * N); batch++) {
        int64_t oa = batch_offset(a, out, batch), ob = batch_offset(b, out, batch);
        for (int64_t m = 0; m < M; m++)
            for (int64_t n = 0; n < N; n++)
                for (int64_t k = 0; k < K; k++)
                    add_to(eval, out, (batch * M + m) * N + n,
                           eval_get(a, oa + (ta ? k * M + m : m * K + k)),
                           eval_get(b, ob + (tb ? n * K + k : k * N + n)));
    }
}

typedef void tap(const graph_eval *eval, const eval_tensor *in, const eval_tensor *out, int64_t x,
                 int64_t w, int64_t y);

/* Calls `visit` for every (input, weight, output) element triple of a convolution, output order
 * outermost. */
static void each_tap(const graph_eval *eval, const sc_node *node, const eval_tensor *x,
                     const eval_tensor *w, const eval_tensor *y, tap *visit, const eval_tensor *in,
                     const eval_tensor *out) {
    const sc_window *win = &node->attr.conv.window;
    int64_t per_out = y->dim[1] / node->attr.conv.groups, per_in = w->dim[1];
    for (int64_t i = 0; i < y->elements; i++) {
        int64_t ow = i % y->dim[3], oh = i / y->dim[3] % y->dim[2],
                o = i / (y->dim[2] * y->dim[3]) % y->dim[1];
        int64_t n = i / (y->dim[1] * y->dim[2] * y->dim[3]);
        for (int64_t j = 0; j < per_in * w->dim[2] * w->dim[3]; j++) {
            int64_t kw = j % w->dim[3], kh = j / w->dim[3] % w->dim[2],
                    c = j / (w->dim[2] * w->dim[3]);
            int64_t h = oh * win->stride[0] - win->pad_before[0] + kh * win->dilation[0];
            int64_t v = ow * win->stride[1] - win->pad_before[1] + kw * win->dilation[1];
            if (h < 0 || h >= x->dim[2] || v < 0 || v >= x->dim[3]) continue;
            int64_t channel = o / per_out * per_in + c;
            visit(eval, in, out, ((n * x->dim[1] + channel) * x->dim[2] + h) * x->dim[3] + v,
                  o * per_in * w->dim[2] * w->dim[3] + j, i);
        }
    }
}

static void forward_tap(const graph_eval *eval, const eval_tensor *in, const eval_tensor *out,
                        int64_t x, int64_t w, int64_t y) {
    add_to(eval, out, y, eval_get(&in[0], x), eval_get(&in[1], w));
}

static void input_tap(const graph_eval *eval, const eval_tensor *in, const eval_tensor *out,
                      int64_t x, int64_t w, int64_t y) {
    add_to(eval, out, x, eval_get(&in[0], y), eval_get(&in[1], w));
}

static void weight_tap(const graph_eval *eval, const eval_tensor *in, const eval_tensor *out,
                       int64_t x, int64_t w, int64_t y) {
    add_to(eval, out, w, eval_get(&in[0], x), eval_get(&in[1], y));
}

static void conv(const graph_eval *eval, const sc_node *node, const eval_tensor *in,
                 const eval_tensor *out) {
    clear(eval, out);
    if (node->op == SC_OP_CONV2D) each_tap(eval, node, &in[0], &in[1], out, forward_tap, in, out);
    if (node->op == SC_OP_CONV2D_GRAD_INPUT)
        each_tap(eval, node, out, &in[1], &in[0], input_tap, in, out);
    if (node->op == SC_OP_CONV2D_GRAD_WEIGHT)
        each_tap(eval, node, &in[0], out, &in[1], weight_tap, in, out);
}

/* The element of x under window position k of pooled element i; -1 in the padding. */
static int64_t pooled_source(const sc_window *win, const eval_tensor *x, const eval_tensor *y,
                             int64_t i, int k) {
    int64_t h = i / y->dim[3] % y->dim[2] * win->stride[0] - win->pad_before[0] +
                k / win->kernel[1] * win->dilation[0];
    int64_t w =
        i % y->dim[3] * win->stride[1] - win->pad_before[1] + k % win->kernel[1] * win->dilation[1];
    if (h < 0 || h >= x->dim[2] || w < 0 || w >= x->dim[3]) return -1;
    return (i / (y->dim[2] * y->dim[3]) * x->dim[2] + h) * x->dim[3] + w;
}

static void maxpool(const graph_eval *eval, const sc_window *win, const eval_tensor *x,
                    const eval_tensor *out) {
    for (int64_t i = 0; i < out[0].elements; i++) {
        double best = 0;
        int where = -1;
        for (int k = 0; k < win->kernel[0] * win->kernel[1]; k++) {
            int64_t source = pooled_source(win, x, &out[0], i, k);
            if (source < 0) continue;
            double value = eval_get(x, source);
            if (where >= 0 && (isnan(best) || (!isnan(value) && value <= best))) continue;
            best = value;
            where = k;
        }
        eval_set(eval, &out[0], i, best);
        eval_set(eval, &out[1], i, where);
    }
}

static void maxpool_grad(const graph_eval *eval, const sc_window *win, const eval_tensor *in,
                         const eval_tensor *dx) {
    clear(eval, dx);
    for (int64_t i = 0; i < in[0].elements; i++)
        add_to(eval, dx, pooled_source(win, dx, &in[0], i, (int)eval_get(&in[1], i)),
               eval_get(&in[0], i), 1.0);
}

static double pool_divisor(const sc_node *node, const eval_tensor *x, const eval_tensor *y,
                           int64_t i) {
    const sc_window *win = &node->attr.pool.window;
    int size = win->kernel[0] * win->kernel[1], inside = 0;
    for (int k = 0; k < size; k++) inside += pooled_source(win, x, y, i, k) >= 0;
    return node->attr.pool.count_padding ? size : inside;
}

static void avgpool(const graph_eval *eval, const sc_node *node, const eval_tensor *in,
                    const eval_tensor *out) {
    bool backward = node->op == SC_OP_AVGPOOL2D_GRAD;
    const sc_window *win = &node->attr.pool.window;
    const eval_tensor *x = backward ? out : in, *y = backward ? in : out;
    clear(eval, out);
    for (int64_t i = 0; i < y->elements; i++) {
        double divisor = pool_divisor(node, x, y, i);
        for (int k = 0; k < win->kernel[0] * win->kernel[1]; k++) {
            int64_t source = pooled_source(win, x, y, i, k);
            if (source < 0) continue;
            if (backward)
                eval_set(eval, out, source, eval_get(out, source) + eval_get(y, i) / divisor);
            else
                eval_set(eval, out, i, eval_get(out, i) + eval_get(x, source) / divisor);
        }
    }
}

static void softmax_row(const graph_eval *eval, const eval_tensor *x, const eval_tensor *y,
                        int64_t row, int64_t C, bool log_form) {
    double most = -INFINITY, sum = 0;
    for (int64_t c = 0; c < C; c++) most = fmax(most, eval_get(x, row * C + c));
    for (int64_t c = 0; c < C; c++) sum += exp(eval_get(x, row * C + c) - most);
    for (int64_t c = 0; c < C; c++) {
        double shifted = eval_get(x, row * C + c) - most;
        eval_set(eval, y, row * C + c, log_form ? shifted - log(sum) : exp(shifted) / sum);
    }
}

static void softmax_grad_row(const graph_eval *eval, const eval_tensor *in, const eval_tensor *dx,
                             int64_t row, int64_t C, bool log_form) {
    double sum = 0;
    for (int64_t i = row * C; i < row * C + C; i++)
        sum += eval_get(&in[1], i) * (log_form ? 1.0 : eval_get(&in[0], i));
    for (int64_t i = row * C; i < row * C + C; i++) {
        double y = eval_get(&in[0], i), dy = eval_get(&in[1], i);
        eval_set(eval, dx, i, log_form ? dy - exp(y) * sum : y * (dy - sum));
    }
}

static void cross_entropy(const graph_eval *eval, const eval_tensor *in, const eval_tensor *out) {
    int64_t C = in[0].dim[1];
    for (int64_t n = 0; n < in[0].dim[0]; n++) {
        int64_t label = (int64_t)eval_get(&in[1], n);
        softmax_row(eval, &in[0], &out[1], n, C, true);
        eval_set(eval, &out[0], n, -eval_get(&out[1], n * C + label));
        for (int64_t c = 0; c < C; c++)
            eval_set(eval, &out[1], n * C + c, exp(eval_get(&out[1], n * C + c)) - (c == label));
    }
}

static void rows_op(const graph_eval *eval, const sc_node *node, const eval_tensor *in,
                    const eval_tensor *out) {
    int64_t C = in[0].dim[in[0].rank - 1];
    for (int64_t row = 0; row < in[0].elements / C; row++) {
        if (node->op == SC_OP_SOFTMAX)
            softmax_row(eval, &in[0], out, row, C, node->attr.softmax.log);
        if (node->op == SC_OP_SOFTMAX_GRAD)
            softmax_grad_row(eval, in, out, row, C, node->attr.softmax.log);
        if (node->op != SC_OP_ARGMAX) continue;
        int64_t best = 0;
        for (int64_t c = 1; c < C && !isnan(eval_get(&in[0], row * C + best)); c++) {
            double value = eval_get(&in[0], row * C + c);
            if (isnan(value) || value > eval_get(&in[0], row * C + best)) best = c;
        }
        eval_set(eval, out, row, (double)best);
    }
}

static void gather(const graph_eval *eval, const sc_node *node, const eval_tensor *in,
                   const eval_tensor *out) {
    bool scatter = node->op == SC_OP_SCATTER_ADD;
    const eval_tensor *index = &in[scatter ? 0 : 1], *table = scatter ? out : &in[0],
                      *rows = scatter ? &in[1] : out;
    int64_t width = table->elements / table->dim[0];
    if (scatter) clear(eval, out);
    for (int64_t n = 0; n < index->dim[0]; n++) {
        int64_t row = (int64_t)eval_get(index, n);
        bool valid = row >= 0 && row < table->dim[0];
        for (int64_t i = 0; i < width; i++) {
            if (scatter && valid)
                add_to(eval, out, row * width + i, eval_get(rows, n * width + i), 1.0);
            if (!scatter)
                eval_set(eval, out, n * width + i, valid ? eval_get(table, row * width + i) : 0.0);
        }
    }
}

static void put_rows(const graph_eval *eval, const eval_tensor *in, const eval_tensor *out) {
    int64_t width = out->elements / out->dim[0];
    for (int64_t i = 0; i < out->elements; i++) eval_set(eval, out, i, eval_get(&in[0], i));
    for (int64_t n = 0; n < in[1].dim[0]; n++) {
        int64_t row = (int64_t)eval_get(&in[1], n);
        bool valid = row >= 0 && row < out->dim[0];
        for (int64_t i = 0; valid && i < width; i++)
            eval_set(eval, out, row * width + i, eval_get(&in[2], n * width + i));
    }
}

/* Copies `small` to or from the place at `begin` in `large`. */
static void copy_box(const graph_eval *eval, const eval_tensor *small, const eval_tensor *large,
                     const int64_t *begin, bool into_large) {
    for (int64_t i = 0; i < small->elements; i++) {
        int64_t rest = i, step = 1, at = 0;
        for (int d = small->rank - 1; d >= 0; d--) {
            at += (rest % small->dim[d] + begin[d]) * step;
            step *= large->dim[d];
            rest /= small->dim[d];
        }
        if (into_large)
            eval_set(eval, large, at, eval_get(small, i));
        else
            eval_set(eval, small, i, eval_get(large, at));
    }
}

static void permute(const graph_eval *eval, const sc_node *node, const eval_tensor *in,
                    const eval_tensor *out) {
    for (int64_t i = 0; i < out->elements; i++) {
        int64_t rest = i, coordinate[SC_MAX_RANK], at = 0;
        for (int d = out->rank - 1; d >= 0; d--) {
            coordinate[node->attr.permute.order[d]] = rest % out->dim[d];
            rest /= out->dim[d];
        }
        for (int d = 0; d < in->rank; d++) at = at * in->dim[d] + coordinate[d];
        eval_set(eval, out, i, eval_get(in, at));
    }
}

static void concat(const graph_eval *eval, const sc_node *node, const eval_tensor *in,
                   const eval_tensor *out) {
    int64_t begin[SC_MAX_RANK] = {0};
    for (int i = 0; i < node->inputs; i++) {
        copy_box(eval, &in[i], out, begin, true);
        begin[node->attr.concat.axis] += in[i].dim[node->attr.concat.axis];
    }
}

static void crop(const graph_eval *eval, const eval_tensor *in, const eval_tensor *out) {
    const eval_tensor *x = &in[0], *origin = &in[1];
    int64_t height = out->dim[2], width = out->dim[3], H = x->dim[2], W = x->dim[3];
    for (int64_t i = 0; i < out->elements; i++) {
        int64_t j = i % width, plane = i / (width * height), n = plane / out->dim[1];
        if (eval_get(origin, n * 3 + 2) != 0) j = width - 1 - j;
        int64_t row = (int64_t)eval_get(origin, n * 3) + i / width % height;
        int64_t column = (int64_t)eval_get(origin, n * 3 + 1) + j;
        bool inside = row >= 0 && row < H && column >= 0 && column < W;
        eval_set(eval, out, i, inside ? eval_get(x, (plane * H + row) * W + column) : 0.0);
    }
}

void eval_operation(const graph_eval *eval, const sc_node *node, const eval_tensor *in,
                    const eval_tensor *out) {
    const int64_t zero[SC_MAX_RANK] = {0};
    switch (node->op) {
    case SC_OP_MATMUL:
        matmul(eval, node, in, out);
        break;
    case SC_OP_CONV2D:
    case SC_OP_CONV2D_GRAD_INPUT:
    case SC_OP_CONV2D_GRAD_WEIGHT:
        conv(eval, node, in, out);
        break;
    case SC_OP_MAXPOOL2D:
        maxpool(eval, &node->attr.pool.window, &in[0], out);
        break;
    case SC_OP_MAXPOOL2D_GRAD:
        maxpool_grad(eval, &node->attr.pool.window, in, out);
        break;
    case SC_OP_AVGPOOL2D:
    case SC_OP_AVGPOOL2D_GRAD:
        avgpool(eval, node, in, out);
        break;
    case SC_OP_SOFTMAX:
    case SC_OP_SOFTMAX_GRAD:
    case SC_OP_ARGMAX:
        rows_op(eval, node, in, out);
        break;
    case SC_OP_CROSS_ENTROPY:
        cross_entropy(eval, in, out);
        break;
    case SC_OP_LAYER_NORM:
        eval_layer_norm(eval, node, in, out);
        break;
    case SC_OP_LAYER_NORM_GRAD:
        eval_layer_norm_grad(eval, in, out);
        break;
    case SC_OP_ATTENTION:
    case SC_OP_ATTENTION_GRAD_QUERY:
    case SC_OP_ATTENTION_GRAD_KEY:
        eval_attention(eval, node, in, out);
        break;
    case SC_OP_GATHER:
    case SC_OP_SCATTER_ADD:
        gather(eval, node, in, out);
        break;
    case SC_OP_PUT_ROWS:
        put_rows(eval, in, out);
        break;
    case SC_OP_PERMUTE:
        permute(eval, node, in, out);
        break;
    case SC_OP_SLICE:
        copy_box(eval, out, in, node->attr.slice.begin, false);
        break;
    case SC_OP_CONCAT:
        concat(eval, node, in, out);
        break;
    case SC_OP_PAD:
        clear(eval, out);
        copy_box(eval, in, out, node->attr.pad.before, true);
        break;
    case SC_OP_CROP2D:
        crop(eval, in, out);
        break;
    case SC_OP_REORDER:
        copy_box(eval, in, out, zero, true);
        break;
    default:
        abort();
    }
}
