/* SPDX-License-Identifier: Apache-2.0 */
/* The canonical text of a descriptor: equal text means the same operation on the same shapes. Used
 * in cache keys and messages; nothing parses it. */
#include "base/text.h"
#include "op/op.h"

static void print_tensor(sc_text *text, const sc_tensor_desc *tensor) {
    sc_text_add(text, "%s[", sc_dtype_word(tensor->dtype));
    for (int d = 0; d < tensor->rank; d++) {
        sc_text_add(text, "%s", d ? "," : "");
        if (d == 0 && tensor->rows_per_sample > 1)
            sc_text_add(text, "N*%lld=", (long long)tensor->rows_per_sample);
        else if (d == 0 && tensor->rows_per_sample)
            sc_text_add(text, "N=");
        sc_text_add(text, "%lld", (long long)tensor->dim[d]);
    }
    sc_text_add(text, "]%s", tensor->layout == SC_LAYOUT_C16 ? ":c16" : "");
}

static void print_window(sc_text *text, const sc_window *window) {
    sc_text_add(text, " kernel %dx%d stride %dx%d dilation %dx%d pad %d+%dx%d+%d",
                window->kernel[0], window->kernel[1], window->stride[0], window->stride[1],
                window->dilation[0], window->dilation[1], window->pad_before[0],
                window->pad_after[0], window->pad_before[1], window->pad_after[1]);
}

static void print_sizes(sc_text *text, const char *word, const int64_t *sizes, int count) {
    sc_text_add(text, " %s ", word);
    for (int d = 0; d < count; d++) sc_text_add(text, "%s%lld", d ? "," : "", (long long)sizes[d]);
}

static void print_reduce(sc_text *text, const sc_op_desc *desc) {
    static const char *const kinds[] = {"sum", "max", "min"};
    sc_text_add(text, " axes 0x%x", (unsigned)desc->attr.reduce.axes);
    for (int k = 0; k < desc->outputs; k++)
        sc_text_add(text, "%s%s", k ? "," : " ",
                    desc->attr.reduce.kind[k] <= SC_REDUCE_MIN ? kinds[desc->attr.reduce.kind[k]]
                                                               : "?");
}

static void print_attributes(sc_text *text, const sc_op_desc *desc) {
    const sc_op_attr *attr = &desc->attr;
    int rank = desc->tensor[0].rank;
    switch (desc->op) {
    case SC_OP_MATMUL:
        sc_text_add(text, "%s%s", attr->matmul.transpose_a ? " ta" : "",
                    attr->matmul.transpose_b ? " tb" : "");
        break;
    case SC_OP_CONV2D:
    case SC_OP_CONV2D_GRAD_INPUT:
    case SC_OP_CONV2D_GRAD_WEIGHT:
        print_window(text, &attr->conv.window);
        sc_text_add(text, " groups %d", attr->conv.groups);
        break;
    case SC_OP_MAXPOOL2D:
    case SC_OP_MAXPOOL2D_GRAD:
        print_window(text, &attr->pool.window);
        break;
    case SC_OP_AVGPOOL2D:
    case SC_OP_AVGPOOL2D_GRAD:
        print_window(text, &attr->pool.window);
        sc_text_add(text, "%s", attr->pool.count_padding ? " count_padding" : "");
        break;
    case SC_OP_REDUCE:
        print_reduce(text, desc);
        break;
    case SC_OP_SOFTMAX:
    case SC_OP_SOFTMAX_GRAD:
        sc_text_add(text, "%s", attr->softmax.log ? " log" : "");
        break;
    case SC_OP_LAYER_NORM:
        sc_text_add(text, " epsilon %.9g", (double)attr->layer_norm.epsilon);
        break;
    case SC_OP_ATTENTION:
    case SC_OP_ATTENTION_GRAD_QUERY:
    case SC_OP_ATTENTION_GRAD_KEY:
        sc_text_add(text, " heads %d scale %.9g", attr->attention.heads,
                    (double)attr->attention.scale);
        if (attr->attention.causal)
            sc_text_add(text, " causal %lld", (long long)attr->attention.shift);
        break;
    case SC_OP_PERMUTE:
        sc_text_add(text, " order ");
        for (int d = 0; d < rank; d++)
            sc_text_add(text, "%s%d", d ? "," : "", attr->permute.order[d]);
        break;
    case SC_OP_SLICE:
        print_sizes(text, "begin", attr->slice.begin, rank);
        break;
    case SC_OP_PAD:
        print_sizes(text, "before", attr->pad.before, rank);
        break;
    case SC_OP_CONCAT:
        sc_text_add(text, " axis %d", attr->concat.axis);
        break;
    default:
        break;
    }
}

void sc_op_print(sc_text *text, const sc_op_desc *desc) {
    sc_text_add(text, "%s(", sc_op_word(desc->op));
    for (int i = 0; i < desc->inputs; i++) {
        if (i) sc_text_add(text, ",");
        print_tensor(text, &desc->tensor[i]);
    }
    sc_text_add(text, ")->");
    for (int i = 0; i < desc->outputs; i++) {
        if (i) sc_text_add(text, ",");
        print_tensor(text, &desc->tensor[desc->inputs + i]);
    }
    print_attributes(text, desc);
    if (desc->expr && (desc->op == SC_OP_ELEMENTWISE || desc->op == SC_OP_REDUCE)) {
        sc_text_add(text, " expr{");
        sc_expr_print(text, desc->expr);
        sc_text_add(text, "}");
    }
    if (desc->tail) {
        sc_text_add(text, " tail{");
        sc_expr_print(text, desc->tail);
        sc_text_add(text, "}");
    }
    if (desc->portable) sc_text_add(text, " portable");
}
