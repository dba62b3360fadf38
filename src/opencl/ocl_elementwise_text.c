/* SPDX-License-Identifier: Apache-2.0 */
/* The texts of elementwise kernels, one per form. It must not know how they are launched. */
#include "opencl/ocl_elementwise.h"

#include <stdio.h>

static void add_parameters(sc_text *text, const sc_op_desc *desc) {
    sc_ocl_space_parameters(text, desc);
    for (int k = 0; k < desc->outputs; k++)
        sc_text_add(text, "global %s *q%d, ulong q%d_offset, ",
                    sc_ocl_type_word(desc->tensor[desc->inputs + k].dtype), k, k);
    sc_text_add(text, "sc_shape_space values)\n{\n"
                      "    const sc_shape_space *shape = &values;\n"
                      "    const sc_launch_values launch = values.launch;\n");
}

static void add_stores(sc_text *text, const sc_op_desc *desc, const char *index) {
    for (int k = 0; k < desc->outputs; k++) {
        char name[16], value[32];
        const int dtype = desc->tensor[desc->inputs + k].dtype;
        sc_ocl_expr_output(name, desc->expr, k);
        snprintf(value, sizeof value, "(%s)%s",
                 sc_dtype_is_float(dtype) ? "float" : sc_ocl_type_word(dtype), name);
        sc_text_add(text, "            ");
        sc_ocl_text_store(text, dtype, "b", k, index, value);
    }
}

/* Random numbers come in runs where the inner loop goes through neighbouring elements of one
 * sample. */
static bool draws_runs(const sc_ocl_space *space, const sc_op_desc *desc,
                       const sc_ocl_elementwise_streams *streams) {
    return sc_ocl_expr_draws(desc->expr) &&
           sc_ocl_space_step(space, streams->places.sample) == SC_OCL_STEP_ZERO &&
           sc_ocl_space_step(space, streams->places.element) == SC_OCL_STEP_ONE;
}

static void add_run_loop(sc_text *text, const sc_ocl_space *space, const sc_op_desc *desc,
                         const sc_ocl_elementwise_streams *streams) {
    sc_text_add(text,
                "        for (uint block = begin; block < end; block += SC_RANDOM_BLOCK) {\n"
                "        const uint count = min((uint)SC_RANDOM_BLOCK, end - block);\n"
                "        const uint element_begin = base_element + block;\n"
                "        const int sample = (int)(base_sample%s);\n",
                streams->places.batched ? " + (uint)launch.sample_offset" : "");
    sc_ocl_expr_draw_run(text, desc->expr, 2);
    sc_text_add(text,
                SC_OCL_VECTOR_LOOP "        for (size_t j = block; j < block + count; ++j) {\n");
    sc_ocl_space_reads(text, space, desc, streams->operand, &streams->places, NULL);
    sc_ocl_expr_draw_next(text, desc->expr, 3, "j - block");
    sc_ocl_expr_body(text, desc->expr, 3);
    add_stores(text, desc, "j");
    sc_text_add(text, "        }\n        }\n");
}

void sc_ocl_elementwise_wide_text(sc_text *text, const sc_ocl_space *space, const sc_op_desc *desc,
                                  const sc_ocl_elementwise_streams *streams) {
    int last = space->groups - 1;
    sc_text_add(text, "kernel void elementwise_wide(");
    add_parameters(text, desc);
    sc_text_add(text, "    const uint total = shape->outer * shape->pieces;\n"
                      "    const uint first = (uint)get_global_id(0) * shape->chunk;\n"
                      "    for (uint at = first; at < min(first + shape->chunk, total); ++at) {\n"
                      "        const uint row = at / shape->pieces;\n"
                      "        const uint begin = (at - row * shape->pieces) * shape->piece;\n"
                      "        const uint end = min(begin + shape->piece, shape->inner);\n");
    sc_ocl_space_coordinates(text, "row", 0, last);
    sc_ocl_space_bases(text, space, desc, streams->operand, &streams->places, 0, last);
    for (int k = 0; k < desc->outputs; k++)
        sc_text_add(text,
                    "        global %s *b%d = q%d + q%d_offset + (size_t)row * shape->inner;\n",
                    sc_ocl_type_word(desc->tensor[desc->inputs + k].dtype), k, k, k);
    if (draws_runs(space, desc, streams)) {
        add_run_loop(text, space, desc, streams);
    } else {
        sc_text_add(text, SC_OCL_VECTOR_LOOP "        for (size_t j = begin; j < end; ++j) {\n");
        sc_ocl_space_reads(text, space, desc, streams->operand, &streams->places, NULL);
        sc_ocl_expr_draw_one(text, desc->expr, 3);
        sc_ocl_expr_body(text, desc->expr, 3);
        add_stores(text, desc, "j");
        sc_text_add(text, "        }\n");
    }
    sc_text_add(text, "    }\n}\n");
}

void sc_ocl_elementwise_thin_text(sc_text *text, const sc_ocl_space *space, const sc_op_desc *desc,
                                  const sc_ocl_elementwise_streams *streams) {
    int last = space->groups - 1;
    sc_text_add(text, "kernel void elementwise_thin(");
    add_parameters(text, desc);
    sc_text_add(text, "    const uint i = (uint)get_global_id(0);\n"
                      "    if (i < shape->outer * shape->inner) {\n");
    sc_text_add(text, last ? "        const uint row = i / shape->inner;\n        const uint j = i "
                             "- row * shape->inner;\n"
                           : "        const uint j = i;\n");
    sc_ocl_space_coordinates(text, "row", 0, last);
    sc_ocl_space_bases(text, space, desc, streams->operand, &streams->places, 0, last);
    for (int k = 0; k < desc->outputs; k++)
        sc_text_add(text, "        global %s *b%d = q%d + q%d_offset;\n",
                    sc_ocl_type_word(desc->tensor[desc->inputs + k].dtype), k, k, k);
    sc_ocl_space_reads(text, space, desc, streams->operand, &streams->places, NULL);
    sc_ocl_expr_draw_one(text, desc->expr, 3);
    sc_ocl_expr_body(text, desc->expr, 3);
    add_stores(text, desc, "i");
    sc_text_add(text, "    }\n}\n");
}

/* ---- quad ---- */

/* What lies in memory along the last group comes as "v0[q]": four elements, read at once where the
 * host found all addresses aligned. */
static bool goes_along(const sc_ocl_space *space, const sc_op_desc *desc,
                       const sc_ocl_elementwise_streams *streams, int input) {
    return sc_expr_used_inputs(desc->expr) >> input & 1 &&
           sc_ocl_space_step(space, streams->operand[input]) == SC_OCL_STEP_ONE;
}

/* The vectors are taken apart behind the branch: taken apart beside their loads they would become
 * four loads again. */
static void add_quad_loads(sc_text *text, const sc_ocl_space *space, const sc_op_desc *desc,
                           const sc_ocl_elementwise_streams *streams) {
    for (int i = 0; i < desc->inputs; i++)
        if (goes_along(space, desc, streams, i))
            sc_text_add(text, "        %s4 w%d;\n", sc_ocl_type_word(desc->tensor[i].dtype), i);
    sc_text_add(text, "        if (whole) {\n");
    for (int i = 0; i < desc->inputs; i++)
        if (goes_along(space, desc, streams, i))
            sc_text_add(text, "            w%d = *(global const %s4 *)(a%d + begin);\n", i,
                        sc_ocl_type_word(desc->tensor[i].dtype), i);
    sc_text_add(text, "        } else {\n");
    for (int i = 0; i < desc->inputs; i++) {
        if (!goes_along(space, desc, streams, i)) continue;
        sc_text_add(text, "            w%d = (%s4)(", i, sc_ocl_type_word(desc->tensor[i].dtype));
        for (int q = 0; q < SC_OCL_QUAD; q++)
            sc_text_add(text, "%sa%d[min(begin + %d, shape->inner - 1)]", q ? ", " : "", i, q);
        sc_text_add(text, ");\n");
    }
    sc_text_add(text, "        }\n");
    for (int i = 0; i < desc->inputs; i++)
        if (goes_along(space, desc, streams, i))
            sc_text_add(text, "        const %s v%d[4] = {w%d.x, w%d.y, w%d.z, w%d.w};\n",
                        sc_ocl_type_word(desc->tensor[i].dtype), i, i, i, i, i);
}

static void add_quad_stores(sc_text *text, const sc_op_desc *desc) {
    sc_text_add(text, "        if (whole) {\n");
    for (int k = 0; k < desc->outputs; k++) {
        const char *word = sc_ocl_type_word(desc->tensor[desc->inputs + k].dtype);
        sc_text_add(text,
                    "            *(global %s4 *)(b%d + begin) = "
                    "(%s4)(u%d[0], u%d[1], u%d[2], u%d[3]);\n",
                    word, k, word, k, k, k, k);
    }
    sc_text_add(text, "        } else {\n");
    for (int k = 0; k < desc->outputs; k++)
        for (int q = 0; q < SC_OCL_QUAD; q++)
            sc_text_add(text,
                        "            if (begin + %d < shape->inner) b%d[begin + %d] = u%d[%d];\n",
                        q, k, q, k, q);
    sc_text_add(text, "        }\n");
}

void sc_ocl_elementwise_quad_text(sc_text *text, const sc_ocl_space *space, const sc_op_desc *desc,
                                  const sc_ocl_elementwise_streams *streams) {
    int last = space->groups - 1;
    sc_text_add(text, "kernel void elementwise_quad(");
    add_parameters(text, desc);
    sc_text_add(text, "    const uint i = (uint)get_global_id(0);\n"
                      "    if (i < shape->outer * shape->pieces) {\n");
    sc_text_add(text, last ? "        const uint row = i / shape->pieces;\n"
                             "        const uint begin = (i - row * shape->pieces) * 4;\n"
                           : "        const uint row = 0, begin = i * 4;\n");
    sc_text_add(text, "        const bool whole = shape->together && begin + 4 <= shape->inner;\n");
    sc_ocl_space_coordinates(text, "row", 0, last);
    sc_ocl_space_bases(text, space, desc, streams->operand, &streams->places, 0, last);
    for (int k = 0; k < desc->outputs; k++) {
        const char *word = sc_ocl_type_word(desc->tensor[desc->inputs + k].dtype);
        sc_text_add(text,
                    "        global %s *b%d = q%d + q%d_offset + (size_t)row * shape->inner;\n"
                    "        %s u%d[4];\n",
                    word, k, k, k, word, k);
    }
    add_quad_loads(text, space, desc, streams);
    sc_text_add(text, "#pragma unroll\n"
                      "        for (uint q = 0; q < 4; ++q) {\n"
                      "            const size_t j = min(begin + q, shape->inner - 1);\n");
    sc_ocl_space_reads(text, space, desc, streams->operand, &streams->places, "v");
    sc_ocl_expr_draw_one(text, desc->expr, 3);
    sc_ocl_expr_body(text, desc->expr, 3);
    for (int k = 0; k < desc->outputs; k++) {
        char name[16];
        sc_ocl_expr_output(name, desc->expr, k);
        sc_text_add(text, "            ");
        sc_ocl_text_keep(text, desc->tensor[desc->inputs + k].dtype, "u", k, "q", name);
    }
    sc_text_add(text, "        }\n");
    add_quad_stores(text, desc);
    sc_text_add(text, "    }\n}\n");
}
