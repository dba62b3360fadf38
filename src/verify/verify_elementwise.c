/* SPDX-License-Identifier: Apache-2.0 */
/* Cases of elementwise: every opcode by itself over special values, then sizes, broadcasting,
 * several outputs, launch arguments, coordinates, integer types and random numbers. */
#include "verify/case.h"
#include "verify/tolerance.h"

#include <string.h>

static sc_tensor_desc matching(sc_expr_type type, bool batched, int64_t rows, int64_t width) {
    return SC_VERIFY_TENSOR(type == SC_EXPR_INT ? SOCLE_I32 : SOCLE_F32, batched, rows, width);
}

/* Operations whose result keeps the sign of a zero, to the bit. */
static bool keeps_zero_sign(sc_expr_op op) {
    switch (op) {
    case SC_EXPR_MUL:
    case SC_EXPR_DIV:
    case SC_EXPR_NEG:
    case SC_EXPR_ABS:
    case SC_EXPR_SQUARE:
    case SC_EXPR_SIGN:
    case SC_EXPR_RELU:
    case SC_EXPR_SELECT:
        return true;
    default:
        return false;
    }
}

static void one_opcode(sc_verify_list *list, sc_expr_op op, uint8_t fill, int64_t rows,
                       int64_t width) {
    const sc_expr_info *info = sc_expr_op_info(op);
    sc_verify_case test = sc_verify_case_of(SC_OP_ELEMENTWISE, info->arity, 1, info->word);
    int a[3] = {0, 0, 0};
    for (int i = 0; i < info->arity; i++) {
        test.desc.tensor[i] = matching(info->argument[i], true, rows, width);
        test.fill[i] = fill;
        a[i] = sc_expr_input(&test.expr, i, info->argument[i]);
    }
    if (info->arity == 3) test.fill[0] = SC_FILL_TIES;
    sc_expr_output(&test.expr, sc_expr_add_node(&test.expr, op, a[0], a[1], a[2]));
    test.signed_zero = keeps_zero_sign(op);
    test.in_place = info->result == info->argument[0];
    list->emit(list, &test);
}

static void opcodes(sc_verify_list *list) {
    for (int op = SC_EXPR_LEAVES; op < SC_EXPR_COUNT; op++) {
        bool unary = sc_expr_op_info((sc_expr_op)op)->arity == 1;
        int64_t rows = list->small ? 3
                       : unary     ? 11
                                   : 37,
                width = list->small ? 23
                        : unary     ? 97
                                    : 131;
        one_opcode(list, (sc_expr_op)op, SC_FILL_SPECIAL, rows, width);
        if (!list->small && sc_expr_op_info((sc_expr_op)op)->argument[0] == SC_EXPR_FLOAT)
            one_opcode(list, (sc_expr_op)op, SC_FILL_WIDE, 5, 1021);
    }
}

/* All operations of the same arguments, four in one: few kernels for the quick part. */
static void opcodes_by_four(sc_verify_list *list) {
    bool done[SC_EXPR_COUNT] = {false};
    unsigned met = 0; /* kinds of arguments and rounding that the quick part has */
    for (int first = SC_EXPR_LEAVES; first < SC_EXPR_COUNT; first++) {
        if (done[first]) continue;
        const sc_expr_info *info = sc_expr_op_info((sc_expr_op)first);
        sc_verify_case test = sc_verify_case_of(SC_OP_ELEMENTWISE, info->arity, 0, "by four");
        int a[3] = {0, 0, 0};
        for (int i = 0; i < info->arity; i++) {
            test.desc.tensor[i] = matching(info->argument[i], true, 11, 97);
            test.fill[i] = info->arity == 3 && i == 0 ? SC_FILL_TIES : SC_FILL_SPECIAL;
            a[i] = sc_expr_input(&test.expr, i, info->argument[i]);
        }
        for (int op = first; op < SC_EXPR_COUNT && test.desc.outputs < SC_EXPR_OUTPUTS; op++) {
            const sc_expr_info *other = sc_expr_op_info((sc_expr_op)op);
            if (done[op] || other->arity != info->arity ||
                memcmp(other->argument, info->argument, sizeof info->argument) != 0 ||
                sc_tolerance_correctly_rounded((sc_expr_op)op, true) !=
                    sc_tolerance_correctly_rounded((sc_expr_op)first, true))
                continue;
            done[op] = true;
            sc_expr_output(&test.expr,
                           sc_expr_add_node(&test.expr, (sc_expr_op)op, a[0], a[1], a[2]));
            test.desc.outputs++;
        }
        unsigned kind = (unsigned)info->arity * 8 + info->argument[0] * 4u +
                        info->argument[1] * 2u +
                        sc_tolerance_correctly_rounded((sc_expr_op)first, true);
        test.quick = !(met >> kind & 1);
        met |= 1u << kind;
        list->emit(list, &test);
    }
}

/* in0 * in1 + scalar0 * in2 */
static void multiply_add(sc_expr *expr) {
    int a = sc_expr_input(expr, 0, SC_EXPR_FLOAT), b = sc_expr_input(expr, 1, SC_EXPR_FLOAT);
    int c = sc_expr_input(expr, 2, SC_EXPR_FLOAT), s = sc_expr_leaf(expr, SC_EXPR_SCALAR, 0, 0);
    int ab = sc_expr_add_node(expr, SC_EXPR_MUL, a, b, 0),
        sc = sc_expr_add_node(expr, SC_EXPR_MUL, s, c, 0);
    sc_expr_output(expr, sc_expr_add_node(expr, SC_EXPR_ADD, ab, sc, 0));
}

static void combine(sc_verify_list *list, const char *label, sc_tensor_desc a, sc_tensor_desc b,
                    sc_tensor_desc c) {
    sc_verify_case test = sc_verify_case_of(SC_OP_ELEMENTWISE, 3, 1, label);
    test.desc.tensor[0] = a;
    test.desc.tensor[1] = b;
    test.desc.tensor[2] = c;
    test.scalar = 0.3f;
    test.in_place = test.quick = true;
    multiply_add(&test.expr);
    list->emit(list, &test);
}

static void sizes(sc_verify_list *list) {
    static const int64_t size[] = {1, 2, 5, 31, 32, 33, 63, 64, 65, 4099};
    for (int i = 0; i < (list->small ? 4 : 10); i++) {
        sc_tensor_desc flat = SC_VERIFY_TENSOR(SOCLE_F32, 0, size[i]);
        sc_tensor_desc rows = SC_VERIFY_TENSOR(SOCLE_F32, 1, size[i] % 7 + 1, size[i]);
        sc_tensor_desc tall = SC_VERIFY_TENSOR(SOCLE_F32, 1, size[i]);
        combine(list, "size, unbatched", flat, flat, flat);
        combine(list, "size, batched", rows, rows, rows);
        if (!list->small) combine(list, "size, one per row", tall, tall, tall);
    }
    sc_tensor_desc scalar = sc_verify_tensor(SOCLE_F32, 0, 0, NULL);
    combine(list, "rank 0", scalar, scalar, scalar);
}

static void broadcasts(sc_verify_list *list) {
    sc_tensor_desc image = SC_VERIFY_TENSOR(SOCLE_F32, 1, 3, 17, 5, 6),
                   channel = SC_VERIFY_TENSOR(SOCLE_F32, 0, 1, 17, 1, 1);
    sc_tensor_desc one = SC_VERIFY_TENSOR(SOCLE_F32, 0, 1, 1, 1, 1),
                   pixel = SC_VERIFY_TENSOR(SOCLE_F32, 1, 3, 1, 5, 6);
    combine(list, "per channel", image, channel, channel);
    combine(list, "per pixel and one", image, pixel, one);
    sc_tensor_desc matrix = SC_VERIFY_TENSOR(SOCLE_F32, 1, 5, 33),
                   row = SC_VERIFY_TENSOR(SOCLE_F32, 0, 1, 33);
    sc_tensor_desc column = SC_VERIFY_TENSOR(SOCLE_F32, 1, 5, 1);
    combine(list, "row and column", matrix, row, column);
    combine(list, "outer", column, row, row);
    combine(list, "several rows per sample", SC_VERIFY_TENSOR(SOCLE_F32, 3, 12, 5),
            SC_VERIFY_TENSOR(SOCLE_F32, 0, 1, 5), SC_VERIFY_TENSOR(SOCLE_F32, 3, 12, 1));
    if (list->small) return;
    combine(list, "rank 6", SC_VERIFY_TENSOR(SOCLE_F32, 1, 2, 3, 1, 5, 1, 7),
            SC_VERIFY_TENSOR(SOCLE_F32, 0, 1, 1, 4, 1, 3, 7),
            SC_VERIFY_TENSOR(SOCLE_F32, 0, 1, 3, 4, 1, 1, 1));
    combine(list, "unbatched, ends spread", SC_VERIFY_TENSOR(SOCLE_F32, 0, 1, 9, 1),
            SC_VERIFY_TENSOR(SOCLE_F32, 0, 8, 1, 70), SC_VERIFY_TENSOR(SOCLE_F32, 0, 8, 9, 1));
}

/* A step of Adam: p, g, m, v -> p', m', v'; scalar 4 is the rate. */
static void optimizer(sc_verify_list *list) {
    sc_verify_case test = sc_verify_case_of(SC_OP_ELEMENTWISE, 4, 3, "adam");
    sc_expr *e = &test.expr;
    int in[4], s[8];
    for (int i = 0; i < 4; i++) {
        test.desc.tensor[i] = SC_VERIFY_TENSOR(SOCLE_F32, 0, list->small ? 37 : 1031);
        in[i] = sc_expr_input(e, i, SC_EXPR_FLOAT);
    }
    test.fill[3] = SC_FILL_POSITIVE;
    test.in_place = test.quick = true;
    for (int i = 4; i < 8; i++) s[i] = sc_expr_leaf(e, SC_EXPR_SCALAR, i, 0);
    int unit = sc_expr_const(e, 1.0f);
    int m1 = sc_expr_add_node(e, SC_EXPR_MUL, s[5], in[2], 0);
    int m2 =
        sc_expr_add_node(e, SC_EXPR_MUL, sc_expr_add_node(e, SC_EXPR_SUB, unit, s[5], 0), in[1], 0);
    int m = sc_expr_add_node(e, SC_EXPR_ADD, m1, m2, 0);
    int v1 = sc_expr_add_node(e, SC_EXPR_MUL, s[6], in[3], 0),
        g2 = sc_expr_add_node(e, SC_EXPR_SQUARE, in[1], 0, 0);
    int v2 =
        sc_expr_add_node(e, SC_EXPR_MUL, sc_expr_add_node(e, SC_EXPR_SUB, unit, s[6], 0), g2, 0);
    int v = sc_expr_add_node(e, SC_EXPR_ADD, v1, v2, 0);
    int root =
        sc_expr_add_node(e, SC_EXPR_ADD, sc_expr_add_node(e, SC_EXPR_SQRT, v, 0, 0), s[7], 0);
    int step =
        sc_expr_add_node(e, SC_EXPR_MUL, s[4], sc_expr_add_node(e, SC_EXPR_DIV, m, root, 0), 0);
    sc_expr_output(e, sc_expr_add_node(e, SC_EXPR_SUB, in[0], step, 0));
    sc_expr_output(e, m);
    sc_expr_output(e, v);
    list->emit(list, &test);
}

/* Normalisation, activation and scale in one: (sigmoid(x - in1) * tanh(x)) / sqrt(in2). */
static void chain(sc_verify_list *list) {
    sc_verify_case test = sc_verify_case_of(SC_OP_ELEMENTWISE, 3, 1, "chain");
    sc_expr *e = &test.expr;
    int in[3];
    for (int i = 0; i < 3; i++) in[i] = sc_expr_input(e, i, SC_EXPR_FLOAT);
    test.desc.tensor[0] = SC_VERIFY_TENSOR(SOCLE_F32, 1, 3, 19, 7, 5);
    test.desc.tensor[1] = test.desc.tensor[2] = SC_VERIFY_TENSOR(SOCLE_F32, 0, 1, 19, 1, 1);
    test.fill[2] = SC_FILL_POSITIVE;
    test.quick = true;
    int gate = sc_expr_add_node(e, SC_EXPR_SIGMOID,
                                sc_expr_add_node(e, SC_EXPR_SUB, in[0], in[1], 0), 0, 0);
    int product =
        sc_expr_add_node(e, SC_EXPR_MUL, gate, sc_expr_add_node(e, SC_EXPR_TANH, in[0], 0, 0), 0);
    sc_expr_output(e, sc_expr_add_node(e, SC_EXPR_DIV, product,
                                       sc_expr_add_node(e, SC_EXPR_SQRT, in[2], 0, 0), 0));
    list->emit(list, &test);
}

/* A leaf that is an argument of the launch, a coordinate or a random number, as the whole result.
 */
static void leaf(sc_verify_list *list, sc_expr_op op, int index, int32_t imm, sc_tensor_desc out) {
    sc_verify_case test = sc_verify_case_of(SC_OP_ELEMENTWISE, 0, 1, sc_expr_op_info(op)->word);
    sc_expr_output(&test.expr, sc_expr_leaf(&test.expr, op, index, imm));
    out.dtype = sc_expr_op_info(op)->result == SC_EXPR_INT ? SOCLE_I32 : SOCLE_F32;
    test.desc.tensor[0] = out;
    test.quick = op == SC_EXPR_UNIFORM || op == SC_EXPR_NORMAL || op == SC_EXPR_COORD;
    test.scalar = 0.75f;
    list->emit(list, &test);
}

static void leaves(sc_verify_list *list) {
    sc_tensor_desc rows = SC_VERIFY_TENSOR(SOCLE_F32, 1, 5, 7, 9),
                   flat = SC_VERIFY_TENSOR(SOCLE_F32, 0, 333);
    sc_tensor_desc odd = SC_VERIFY_TENSOR(SOCLE_F32, 1, 3, 33),
                   one = sc_verify_tensor(SOCLE_F32, 0, 0, NULL);
    for (int d = 0; d < 3; d++) leaf(list, SC_EXPR_COORD, d, 0, rows);
    leaf(list, SC_EXPR_SCALAR, 0, 0, rows);
    leaf(list, SC_EXPR_SCALAR, 7, 0, one);
    leaf(list, SC_EXPR_STEP, 0, 0, flat);
    leaf(list, SC_EXPR_ROWS, 0, 0, rows);
    leaf(list, SC_EXPR_SAMPLE, 0, 0, rows);
    leaf(list, SC_EXPR_SAMPLE, 0, 0, flat);
    sc_tensor_desc several = SC_VERIFY_TENSOR(SOCLE_F32, 3, 12, 7);
    leaf(list, SC_EXPR_COORD, 0, 0, several);
    leaf(list, SC_EXPR_ROWS, 0, 0, several);
    leaf(list, SC_EXPR_SAMPLE, 0, 0, several);
    leaf(list, SC_EXPR_UNIFORM, 0, 1, several);
    leaf(list, SC_EXPR_NORMAL, 0, 1, several);
    leaf(list, SC_EXPR_CONST_INT, 0, -2147483647, odd);
    for (int32_t ordinal = 0; ordinal < 2; ordinal++) {
        leaf(list, SC_EXPR_UNIFORM, 0, ordinal, odd);
        leaf(list, SC_EXPR_UNIFORM, 0, ordinal, flat);
        leaf(list, SC_EXPR_NORMAL, 0, ordinal, odd);
        leaf(list, SC_EXPR_NORMAL, 0, ordinal, flat);
    }
}

/* uniform < 0.4 ? 0 : x / 0.6, with the mask as a second output of bytes. */
static void dropout(sc_verify_list *list, sc_tensor_desc x_desc) {
    sc_verify_case test = sc_verify_case_of(SC_OP_ELEMENTWISE, 1, 2, "dropout");
    sc_expr *e = &test.expr;
    int x = sc_expr_input(e, 0, SC_EXPR_FLOAT), u = sc_expr_leaf(e, SC_EXPR_UNIFORM, 0, 5);
    int drop = sc_expr_add_node(e, SC_EXPR_LT, u, sc_expr_const(e, 0.4f), 0);
    int kept = sc_expr_add_node(e, SC_EXPR_MUL, x, sc_expr_const(e, 1.6666666f), 0);
    sc_expr_output(e, sc_expr_add_node(e, SC_EXPR_SELECT, drop, sc_expr_const(e, 0.0f), kept));
    sc_expr_output(e, drop);
    test.desc.tensor[0] = test.desc.tensor[1] = test.desc.tensor[2] = x_desc;
    test.desc.tensor[2].dtype = SOCLE_U8;
    test.in_place = test.quick = true;
    list->emit(list, &test);
}

/* Bytes to floats, (x - 127) / 64, and bytes to bytes, 255 - x. */
static void pixels(sc_verify_list *list) {
    sc_verify_case test = sc_verify_case_of(SC_OP_ELEMENTWISE, 1, 2, "pixels");
    sc_expr *e = &test.expr;
    int x = sc_expr_input(e, 0, SC_EXPR_INT), f = sc_expr_add_node(e, SC_EXPR_TO_FLOAT, x, 0, 0);
    int centred = sc_expr_add_node(e, SC_EXPR_SUB, f, sc_expr_const(e, 127.0f), 0);
    sc_expr_output(e, sc_expr_add_node(e, SC_EXPR_MUL, centred, sc_expr_const(e, 0.015625f), 0));
    sc_expr_output(e, sc_expr_add_node(e, SC_EXPR_INT_SUB, sc_expr_const_int(e, 255), x, 0));
    for (int i = 0; i < 3; i++)
        test.desc.tensor[i] = SC_VERIFY_TENSOR(i == 1 ? SOCLE_F32 : SOCLE_U8, 1, 4, 1, 13, 11);
    test.quick = true;
    list->emit(list, &test);
}

void sc_verify_elementwise_cases(sc_verify_list *list) {
    if (!list->half) opcodes(list);
    /* Numbers of every kind, and products that round, overflow and are next to nothing. */
    if (list->half) one_opcode(list, SC_EXPR_NEG, SC_FILL_SPECIAL, 37, 131);
    if (list->half) one_opcode(list, SC_EXPR_NEG, SC_FILL_WIDE, 37, 131);
    if (list->half) one_opcode(list, SC_EXPR_MUL, SC_FILL_SPECIAL, 37, 131);
    if (list->half) one_opcode(list, SC_EXPR_MUL, SC_FILL_SPECIAL, 38, 131);
    if (!list->small) opcodes_by_four(list);
    sizes(list);
    broadcasts(list);
    optimizer(list);
    chain(list);
    leaves(list);
    dropout(list, SC_VERIFY_TENSOR(SOCLE_F32, 1, 6, 3, 5, 7));
    dropout(list, SC_VERIFY_TENSOR(SOCLE_F32, 5, 15, 33));
    pixels(list);
}

/* Which dimensions an operand has of a space; the others are 1. */
static sc_tensor_desc spread(const sc_tensor_desc *space, int dtype, unsigned mask) {
    sc_tensor_desc tensor = *space;
    tensor.dtype = (uint8_t)dtype;
    for (int d = 0; d < space->rank; d++)
        if (!(mask >> d & 1)) tensor.dim[d] = 1;
    tensor.rows_per_sample = mask & 1 ? space->rows_per_sample : 0;
    return tensor;
}

void sc_verify_elementwise_random(sc_verify_list *list, sc_draw *draw) {
    uint64_t *style = &draw->style;
    int64_t size[SC_MAX_RANK];
    bool rows = !sc_draw_once_in(style, 3);
    int rank = (int)sc_draw_between(style, 1, sc_draw_once_in(style, 4) ? 6 : 4);
    int inputs = (int)sc_draw_between(style, 0, 4), outputs = (int)sc_draw_between(style, 1, 3);
    if (inputs == 0 && sc_draw_below(style, 4)) inputs = 1;
    sc_draw_sizes(&draw->row, rank, size, 1 << 11);
    for (int d = 0; d < rank; d++) /* a size of 1 is a pattern of its own */
        if (size[d] == 1 && sc_draw_below(&draw->row, 8)) size[d] = 2;
    sc_tensor_desc space = sc_verify_tensor(SOCLE_F32, rows, rank, size);
    sc_verify_case test = sc_verify_case_of(SC_OP_ELEMENTWISE, inputs, outputs, "random");
    for (int i = 0; i < inputs; i++) {
        unsigned mask = sc_draw_once_in(style, 2) ? ~0u : (unsigned)sc_draw_next(style);
        int dtype = sc_draw_once_in(style, 4) ? (int)sc_draw_below(style, 3) : SOCLE_F32;
        test.desc.tensor[i] = spread(&space, dtype, mask);
    }
    for (int k = 0; k < outputs; k++) test.desc.tensor[inputs + k] = space;
    sc_verify_random_expr(&test, style, outputs, sc_draw_once_in(style, 4));
    test.in_place = true;
    list->emit(list, &test);
}
