/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the prefix of cl/reduce.cl: parameters, the expression over a row of elements and over
 * one, how results combine, where they go. It must not know how the work is divided. */
#include "opencl/ocl_reduce_text.h"

#include <stdio.h>

static void add_interface(sc_text *text, const sc_op_desc *desc, const sc_ocl_space *space) {
    uint32_t used = sc_expr_used_inputs(desc->expr);
    sc_text_add(text,
                "#define SC_RESULTS %d\n#define SC_INNER_REDUCED %d\n#define SC_INPUT_PARAMETERS ",
                desc->outputs, space->reduced[space->groups - 1]);
    sc_ocl_space_parameters(text, desc);
    sc_text_add(text, "\n#define SC_INPUT_ARGUMENTS ");
    for (int i = 0; i < desc->inputs; i++)
        if (used >> i & 1) sc_text_add(text, "p%d, p%d_offset, ", i, i);
    sc_text_add(text, "\n#define SC_RESULT_PARAMETERS");
    for (int k = 0; k < desc->outputs; k++)
        sc_text_add(text, ", global %s *r%d, ulong r%d_offset",
                    sc_ocl_type_word(desc->tensor[desc->inputs + k].dtype), k, k);
    sc_text_add(text, "\n#define SC_RESULT_ARGUMENTS");
    for (int k = 0; k < desc->outputs; k++) sc_text_add(text, ", r%d, r%d_offset", k, k);
    sc_text_add(text, "\n");
}

/* "k == 0 ? A : k == 1 ? B : C", or the one text if all are equal. */
static void add_choice(sc_text *text, const sc_op_desc *desc, const char *const of_kind[3]) {
    const uint8_t *kind = desc->attr.reduce.kind;
    int last = desc->outputs - 1;
    while (last > 0 && kind[last - 1] == kind[last]) last--;
    for (int k = 0; k < last; k++) sc_text_add(text, "k == %d ? (%s) : ", k, of_kind[kind[k]]);
    sc_text_add(text, "(%s)", of_kind[kind[last]]);
}

static void add_kinds(sc_text *text, const sc_op_desc *desc) {
    static const char *const identity[] = {"0.0f", "-INFINITY", "INFINITY"};
    /* A NaN on either side stays. */
    static const char *const scalar[] = {"a + b", "(a > b) | (a != a) ? a : b",
                                         "(a < b) | (a != a) ? a : b"};
    sc_text_add(text, "#define SC_IDENTITY(k) (");
    add_choice(text, desc, identity);
    sc_text_add(text,
                ")\nstatic inline float sc_combine(const int k, float a, float b)\n{\n    return ");
    add_choice(text, desc, scalar);
    sc_text_add(text, ";\n}\nstatic inline float16 sc_combine16(const int k, float16 a, float16 "
                      "b)\n{\n    return ");
    add_choice(text, desc, scalar);
    sc_text_add(text, ";\n}\n"
                      "static inline void sc_store_result(const int k, uint index, float value "
                      "SC_RESULT_PARAMETERS)\n{\n");
    for (int k = 0; k < desc->outputs; k++) {
        char index[32];
        snprintf(index, sizeof index, "r%d_offset + index", k);
        sc_text_add(text, "    if (k == %d) ", k);
        sc_ocl_text_store(text, desc->tensor[desc->inputs + k].dtype, "r", k, index, "value");
    }
    sc_text_add(text, "}\n");
}

static void add_place(sc_text *text, const sc_op_desc *desc, const sc_ocl_space *space,
                      const sc_ocl_reduce_streams *streams) {
    int last = space->groups - 1;
    sc_text_add(text, "    const sc_launch_values launch = shape->launch;\n");
    sc_ocl_space_coordinates(text, "kept", 0, streams->kept_groups);
    sc_ocl_space_coordinates(text, "reduced", streams->kept_groups, last);
    sc_ocl_space_bases(text, space, desc, streams->operand, &streams->places, 0, last);
}

static void add_values(sc_text *text, const sc_op_desc *desc, const sc_ocl_space *space,
                       const sc_ocl_reduce_streams *streams, const char *target) {
    sc_ocl_space_reads(text, space, desc, streams->operand, &streams->places, NULL);
    sc_ocl_expr_draw_one(text, desc->expr, 3);
    sc_ocl_expr_body(text, desc->expr, 3);
    for (int k = 0; k < desc->outputs; k++) {
        char name[16];
        sc_ocl_expr_output(name, desc->expr, k);
        sc_text_add(text, "            ");
        sc_text_add(text, target, k);
        sc_text_add(text, " = %s;\n", name);
    }
}

/* Whether the expression can run on vectors along the last group: every operand stands still there
 * or goes along. */
static bool has_vector_form(const sc_op_desc *desc, const sc_ocl_space *space,
                            const sc_ocl_reduce_streams *streams) {
    uint32_t used = sc_expr_used_inputs(desc->expr);
    for (int i = 0; i < desc->inputs; i++)
        if (used >> i & 1 && sc_ocl_space_step(space, streams->operand[i]) == SC_OCL_STEP_ANY)
            return false;
    return sc_ocl_expr_has_vector_form(desc->expr) && !sc_ocl_expr_draws(desc->expr);
}

/* sum[k] combined with whole vectors of values; the same values meet in the same order as by way of
 * a tile. */
static void add_accumulate(sc_text *text, const sc_op_desc *desc, const sc_ocl_space *space,
                           const sc_ocl_reduce_streams *streams) {
    uint32_t used = sc_expr_used_inputs(desc->expr);
    sc_text_add(text, "#define SC_HAS_ACCUMULATE\n#define SC_VECTOR_WIDTH 16\n");
    sc_ocl_expr_vector_functions(text, desc->expr);
    sc_text_add(text, "static inline uint sc_accumulate(SC_INPUT_PARAMETERS float16 *sum, uint "
                      "kept, uint reduced, uint begin, "
                      "uint count, const sc_shape_space *shape)\n{\n");
    add_place(text, desc, space, streams);
    sc_text_add(text, "    const uint whole = count - count %% 16;\n"
                      "    for (size_t j = begin; j < begin + whole; j += 16) {\n");
    for (int i = 0; i < desc->inputs; i++) {
        const int dtype = desc->tensor[i].dtype;
        bool along = sc_ocl_space_step(space, streams->operand[i]) == SC_OCL_STEP_ONE;
        if (!(used >> i & 1)) continue;
        sc_text_add(text, "        const float16 x%d = %s", i, along ? "" : "(float16)(");
        (along ? sc_ocl_text_load16 : sc_ocl_text_load)(text, dtype, "a", i, along ? "j" : "0");
        sc_text_add(text, along ? ";\n" : ");\n");
    }
    sc_ocl_expr_vector_body(text, desc->expr, 2);
    for (int k = 0; k < desc->outputs; k++) {
        char name[16];
        sc_ocl_expr_output(name, desc->expr, k);
        sc_text_add(text, "        sum[%d] = sc_combine16(%d, sum[%d], %s);\n", k, k, k, name);
    }
    sc_text_add(text, "    }\n    return whole;\n}\n");
}

void sc_ocl_reduce_text(sc_text *text, const sc_op_desc *desc, const sc_ocl_space *space,
                        const sc_ocl_reduce_streams *streams) {
    sc_text_add(text, "#include \"shape_space.h\"\n#define SC_TILE 512\n");
    sc_ocl_storage(text, desc);
    add_interface(text, desc, space);
    sc_ocl_expr_functions(text, desc->expr);
    add_kinds(text, desc);
    sc_text_add(text, "static inline void sc_evaluate(SC_INPUT_PARAMETERS float tile[][SC_TILE + "
                      "16], uint at, uint kept, uint reduced, "
                      "uint begin, uint count, const sc_shape_space *shape)\n{\n");
    add_place(text, desc, space, streams);
    sc_text_add(text,
                SC_OCL_VECTOR_LOOP "        for (size_t j = begin; j < begin + count; ++j) {\n");
    add_values(text, desc, space, streams, "tile[%d][at + j - begin]");
    sc_text_add(text, "        }\n}\n"
                      "static inline void sc_evaluate_one(SC_INPUT_PARAMETERS float *value, uint "
                      "kept, uint reduced, uint j, "
                      "const sc_shape_space *shape)\n{\n");
    add_place(text, desc, space, streams);
    add_values(text, desc, space, streams, "value[%d]");
    sc_text_add(text, "}\n");
    if (space->reduced[space->groups - 1] && has_vector_form(desc, space, streams))
        add_accumulate(text, desc, space, streams);
}
