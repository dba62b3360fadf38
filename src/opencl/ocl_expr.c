/* SPDX-License-Identifier: Apache-2.0 */
/* Scalar expressions as OpenCL C: one small function per operation used, its body taken from
 * op/expr_list.def, and one statement per node. The mathematics is that of cl/scalar.h, the same
 * text the cpu driver compiles, so results agree by bits. It must not know shapes: who calls it
 * says what x0, coord0 ... are. */
#include "opencl/ocl.h"

#include <stdio.h>
#include <string.h>

void sc_ocl_launch_values(sc_launch_values *out, const sc_launch *launch) {
    memset(out, 0, sizeof *out);
    _Static_assert(sizeof out->scalar == sizeof launch->scalar, "as many scalars in cl/launch.h");
    memcpy(out->scalar, launch->scalar, sizeof out->scalar);
    out->rows = (int)launch->rows;
    out->step = (int)launch->step;
    out->sample_offset = (int)launch->sample_offset;
    out->seed[0] = (unsigned)(launch->seed & UINT32_MAX);
    out->seed[1] = (unsigned)(launch->seed >> 32);
}

bool sc_ocl_expr_draws(const sc_expr *expr) {
    return sc_expr_uses(expr, SC_EXPR_UNIFORM) || sc_expr_uses(expr, SC_EXPR_NORMAL);
}

/* Bodies that differ on vectors, whose comparisons give -1 and whose casts are functions. */
static const char *vector_body(sc_expr_op op) {
    switch (op) {
    case SC_EXPR_LT:
        return "-(a < b)";
    case SC_EXPR_LE:
        return "-(a <= b)";
    case SC_EXPR_EQ:
        return "-(a == b)";
    case SC_EXPR_NE:
        return "-(a != b)";
    case SC_EXPR_IS_FINITE:
        return "-sc_is_finite(a)";
    case SC_EXPR_SELECT:
        return "a != 0 ? b : c";
    case SC_EXPR_TO_FLOAT:
        return "SC_TO_REAL(a)";
    default:
        return sc_expr_op_info(op)->body;
    }
}

bool sc_ocl_expr_has_vector_form(const sc_expr *expr) {
    for (int k = 0; k < expr->nodes; k++) {
        sc_expr_op op = (sc_expr_op)expr->node[k].op;
        if (op >= SC_EXPR_TO_INT) return false; /* integer arithmetic */
        if (op == SC_EXPR_INPUT && expr->node[k].type != SC_EXPR_FLOAT) return false;
        if (op < SC_EXPR_LEAVES && op != SC_EXPR_INPUT && op != SC_EXPR_CONST &&
            op != SC_EXPR_SCALAR && op != SC_EXPR_UNIFORM && op != SC_EXPR_NORMAL)
            return false;
    }
    return true;
}

static void add_functions(sc_text *text, const sc_expr *expr, bool vector) {
    static const char letters[] = "abc";
    static const char *const types[] = {[SC_EXPR_FLOAT] = "SC_REAL", [SC_EXPR_INT] = "SC_INT"};
    for (int op = SC_EXPR_LEAVES; op < SC_EXPR_COUNT; op++) {
        if (!sc_expr_uses(expr, (sc_expr_op)op)) continue;
        const sc_expr_info *info = sc_expr_op_info((sc_expr_op)op);
        sc_text_add(text, "SC_INLINE %s sc_op_%s(", types[info->result], info->word);
        for (int i = 0; i < info->arity; i++)
            sc_text_add(text, "%s%s %c", i ? ", " : "", types[info->argument[i]], letters[i]);
        sc_text_add(text, ") { return %s; }\n", vector ? vector_body((sc_expr_op)op) : info->body);
    }
}

void sc_ocl_expr_functions(sc_text *text, const sc_expr *expr) {
    sc_text_add(text, sc_ocl_expr_draws(expr) ? "#include \"random.h\"\n"
                                              : "#include \"launch.h\"\n#include \"scalar.h\"\n"
                                                "#include \"scalar_special.h\"\n");
    add_functions(text, expr, false);
}

void sc_ocl_expr_vector_functions(sc_text *text, const sc_expr *expr) {
    static const char more[] = "#undef SC_SCALAR_H\n#undef SC_SCALAR_SPECIAL_H\n"
                               "#include \"scalar.h\"\n#include \"scalar_special.h\"\n";
    if (sc_ocl_expr_draws(expr)) sc_text_add(text, "#include \"random_vector.h\"\n");
    sc_text_add(text,
                "#undef SC_SCALAR_TYPE_H\n#undef SC_WIDTH\n#define SC_WIDTH SC_VECTOR_WIDTH\n");
    if (sc_ocl_expr_draws(expr))
        sc_text_add(text,
                    "#if SC_VECTOR_WIDTH == SC_RANDOM_WIDTH\n#define SC_TYPES_ONLY\n"
                    "#include \"scalar_type.h\"\n#undef SC_TYPES_ONLY\n#else\n%s#endif\n",
                    more);
    else
        sc_text_add(text, "%s", more);
    add_functions(text, expr, true);
}

static void add_leaf(sc_text *text, const sc_expr_node *node, int number) {
    unsigned bits = (unsigned)node->imm.i;
    switch ((sc_expr_op)node->op) {
    case SC_EXPR_INPUT:
        sc_text_add(text, "x%d", node->index);
        break;
    case SC_EXPR_CONST:
        sc_text_add(text, "as_float(0x%08xu)", bits);
        break;
    case SC_EXPR_CONST_INT:
        sc_text_add(text, "as_int(0x%08xu)", bits);
        break;
    case SC_EXPR_SCALAR:
        sc_text_add(text, "launch.scalar[%d]", node->index);
        break;
    case SC_EXPR_STEP:
        sc_text_add(text, "launch.step");
        break;
    case SC_EXPR_ROWS:
        sc_text_add(text, "launch.rows");
        break;
    case SC_EXPR_COORD:
        sc_text_add(text, "coord%d", node->index);
        break;
    case SC_EXPR_SAMPLE:
        sc_text_add(text, "sample");
        break;
    default:
        sc_text_add(text, "draw%d", number);
        break; /* uniform, normal */
    }
}

static void add_body(sc_text *text, const sc_expr *expr, int indent, const char *const types[2]) {
    for (int k = 0; k < expr->nodes; k++) {
        const sc_expr_node *node = &expr->node[k];
        const char *type = types[node->type];
        sc_text_add(text, "%*sconst %s v%d = ", 4 * indent, "", type, k);
        if (node->op < SC_EXPR_LEAVES) {
            sc_text_add(text, "(%s)(", type); /* a scalar fills a vector's lanes */
            add_leaf(text, node, k);
        } else {
            const sc_expr_info *info = sc_expr_op_info((sc_expr_op)node->op);
            sc_text_add(text, "sc_op_%s(", info->word);
            for (int i = 0; i < info->arity; i++)
                sc_text_add(text, "%sv%d", i ? ", " : "", node->argument[i]);
        }
        sc_text_add(text, ");\n");
    }
}

void sc_ocl_expr_body(sc_text *text, const sc_expr *expr, int indent) {
    static const char *const types[] = {[SC_EXPR_FLOAT] = "float", [SC_EXPR_INT] = "int"};
    add_body(text, expr, indent, types);
}

void sc_ocl_expr_vector_body(sc_text *text, const sc_expr *expr, int indent) {
    static const char *const types[] = {[SC_EXPR_FLOAT] = "SC_REAL", [SC_EXPR_INT] = "SC_INT"};
    add_body(text, expr, indent, types);
}

void sc_ocl_expr_output(char out[16], const sc_expr *expr, int k) {
    snprintf(out, 16, "v%d", expr->output[k]);
}

void sc_ocl_expr_draw_one(sc_text *text, const sc_expr *expr, int indent) {
    for (int k = 0; k < expr->nodes; k++) {
        const sc_expr_node *node = &expr->node[k];
        if (node->op == SC_EXPR_UNIFORM || node->op == SC_EXPR_NORMAL)
            sc_text_add(
                text,
                "%*sconst float draw%d = sc_random_one(element, sample, 0x%08xu, launch, %d);\n",
                4 * indent, "", k, (unsigned)node->imm.i, node->op == SC_EXPR_NORMAL);
    }
}

void sc_ocl_expr_draw_run(sc_text *text, const sc_expr *expr, int indent) {
    for (int k = 0; k < expr->nodes; k++) {
        const sc_expr_node *node = &expr->node[k];
        if (node->op == SC_EXPR_UNIFORM || node->op == SC_EXPR_NORMAL)
            sc_text_add(text,
                        "%*sfloat room%d[SC_RANDOM_ROOM];\n"
                        "%*sconst float *run%d = sc_random_run(room%d, element_begin, count, "
                        "sample, 0x%08xu, "
                        "launch, %d);\n",
                        4 * indent, "", k, 4 * indent, "", k, k, (unsigned)node->imm.i,
                        node->op == SC_EXPR_NORMAL);
    }
}

void sc_ocl_expr_draw_vector(sc_text *text, const sc_expr *expr, int indent) {
    for (int k = 0; k < expr->nodes; k++) {
        const sc_expr_node *node = &expr->node[k];
        if (node->op == SC_EXPR_UNIFORM || node->op == SC_EXPR_NORMAL)
            sc_text_add(text,
                        "%*sconst SC_REAL draw%d = sc_random_vector(element, count, sample, "
                        "0x%08xu, launch, %d);\n",
                        4 * indent, "", k, (unsigned)node->imm.i, node->op == SC_EXPR_NORMAL);
    }
}

void sc_ocl_expr_draw_next(sc_text *text, const sc_expr *expr, int indent, const char *index) {
    for (int k = 0; k < expr->nodes; k++)
        if (expr->node[k].op == SC_EXPR_UNIFORM || expr->node[k].op == SC_EXPR_NORMAL)
            sc_text_add(text, "%*sconst float draw%d = run%d[%s];\n", 4 * indent, "", k, k, index);
}
