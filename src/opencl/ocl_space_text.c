/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of generated kernels that have to do with place: coordinates from a row number,
 * addresses, the values an expression reads. It must not know what is done with them. */
#include "opencl/ocl_space.h"

#include <stdio.h>

const char *sc_ocl_type_word(int dtype) {
    switch (dtype) {
    case SOCLE_F32:
        return "float";
    case SOCLE_U8:
        return "uchar";
    case SOCLE_I32:
        return "int";
    default:
        return "ushort"; /* cl/storage.h */
    }
}

static const char *half_word(int dtype) {
    return dtype == SOCLE_F16 ? "F16" : "BF16";
}

static bool is_half(int dtype) {
    return dtype == SOCLE_F16 || dtype == SOCLE_BF16;
}

void sc_ocl_text_load(sc_text *text, int dtype, const char *name, int number, const char *index) {
    if (is_half(dtype))
        sc_text_add(text, "SC_LOAD_%s(%s%d, %s)", half_word(dtype), name, number, index);
    else
        sc_text_add(text, "%s%d[%s]", name, number, index);
}

void sc_ocl_text_load16(sc_text *text, int dtype, const char *name, int number, const char *index) {
    if (is_half(dtype))
        sc_text_add(text, "SC_LOAD16_%s(%s%d + %s)", half_word(dtype), name, number, index);
    else
        sc_text_add(text, "vload16(0, %s%d + %s)", name, number, index);
}

void sc_ocl_text_store(sc_text *text, int dtype, const char *name, int number, const char *index,
                       const char *value) {
    if (is_half(dtype))
        sc_text_add(text, "SC_STORE_%s(%s%d, %s, %s);\n", half_word(dtype), name, number, index,
                    value);
    else
        sc_text_add(text, "%s%d[%s] = %s;\n", name, number, index, value);
}

void sc_ocl_text_held(sc_text *text, int dtype, const char *name, int number, const char *index) {
    if (is_half(dtype))
        sc_text_add(text, "sc_of_%s(%s%d[%s])", dtype == SOCLE_F16 ? "f16" : "bf16", name, number,
                    index);
    else
        sc_text_add(text, "%s%d[%s]", name, number, index);
}

void sc_ocl_text_keep(sc_text *text, int dtype, const char *name, int number, const char *index,
                      const char *value) {
    const char *to = dtype == SOCLE_F16 ? "sc_to_f16((float)" : "sc_to_bf16((float)";
    sc_text_add(text, "%s%d[%s] = (%s)%s%s%s;\n", name, number, index, sc_ocl_type_word(dtype),
                is_half(dtype) ? to : "", value, is_half(dtype) ? ")" : "");
}

void sc_ocl_storage(sc_text *text, const sc_op_desc *desc) {
    for (int i = 0; i < desc->inputs + desc->outputs; i++) {
        if (!is_half(desc->tensor[i].dtype)) continue;
        sc_text_add(text, "#include \"storage.h\"\n");
        return;
    }
}

void sc_ocl_space_sum(sc_text *text, const sc_ocl_space *space, int stream, int first, int last) {
    int terms = 0;
    for (int g = first; g < last; g++) {
        if (space->stride[stream][g] == 0) continue;
        if (space->stride[stream][g] == 1)
            sc_text_add(text, "%sc%d", terms++ ? " + " : "", g);
        else
            sc_text_add(text, "%sc%d * (uint)shape->stride[%d]", terms++ ? " + " : "", g,
                        SC_SPACE_STRIDE(stream, g));
    }
    if (terms == 0) sc_text_add(text, "0");
}

void sc_ocl_space_coordinates(sc_text *text, const char *row, int first, int last) {
    if (first >= last) return;
    sc_text_add(text, "        uint rest%d = %s;\n", first, row);
    for (int g = last - 1; g > first; g--)
        sc_text_add(text,
                    "        const uint c%d = rest%d %% shape->size[%d];\n        rest%d /= "
                    "shape->size[%d];\n",
                    g, first, g, first, g);
    sc_text_add(text, "        const uint c%d = rest%d;\n", first, first);
}

void sc_ocl_space_parameters(sc_text *text, const sc_op_desc *desc) {
    uint32_t used = sc_expr_used_inputs(desc->expr);
    for (int i = 0; i < desc->inputs; i++)
        if (used >> i & 1)
            sc_text_add(text, "global const %s *p%d, ulong p%d_offset, ",
                        sc_ocl_type_word(desc->tensor[i].dtype), i, i);
}

static void add_place_base(sc_text *text, const sc_ocl_space *space, const char *name, int stream,
                           int first, int last) {
    if (stream < 0) return;
    sc_text_add(text, "        const uint base_%s = ", name);
    sc_ocl_space_sum(text, space, stream, first, last);
    sc_text_add(text, ";\n");
}

void sc_ocl_space_bases(sc_text *text, const sc_ocl_space *space, const sc_op_desc *desc,
                        const int *stream, const sc_ocl_places *places, int first, int last) {
    uint32_t used = sc_expr_used_inputs(desc->expr);
    for (int i = 0; i < desc->inputs; i++) {
        if (!(used >> i & 1)) continue;
        sc_text_add(text, "        global const %s *a%d = p%d + p%d_offset + (",
                    sc_ocl_type_word(desc->tensor[i].dtype), i, i, i);
        sc_ocl_space_sum(text, space, stream[i], first, last);
        sc_text_add(text, ");\n");
    }
    for (int d = 0; d < SC_MAX_RANK; d++) {
        char name[16] = "coord";
        name[5] = (char)('0' + d);
        add_place_base(text, space, name, places->coord[d], first, last);
    }
    add_place_base(text, space, "sample", places->sample, first, last);
    add_place_base(text, space, "element", places->element, first, last);
}

/* " + j * stride" along the last group. */
static void add_step(sc_text *text, const sc_ocl_space *space, int stream) {
    sc_ocl_step step = sc_ocl_space_step(space, stream);
    if (step == SC_OCL_STEP_ONE) sc_text_add(text, " + (uint)j");
    if (step == SC_OCL_STEP_ANY)
        sc_text_add(text, " + (uint)j * (uint)shape->stride[%d]",
                    SC_SPACE_STRIDE(stream, space->groups - 1));
}

static void add_place(sc_text *text, const sc_ocl_space *space, const char *type, const char *name,
                      int stream, const char *more) {
    if (stream < 0) return;
    sc_text_add(text, "            const %s %s = (%s)(base_%s", type, name, type, name);
    add_step(text, space, stream);
    sc_text_add(text, "%s);\n", more);
}

void sc_ocl_space_reads(sc_text *text, const sc_ocl_space *space, const sc_op_desc *desc,
                        const int *stream, const sc_ocl_places *places, const char *held) {
    uint32_t used = sc_expr_used_inputs(desc->expr);
    for (int i = 0; i < desc->inputs; i++) {
        if (!(used >> i & 1)) continue;
        sc_ocl_step step = sc_ocl_space_step(space, stream[i]);
        char index[48];
        snprintf(index, sizeof index, "j * (size_t)shape->stride[%d]",
                 SC_SPACE_STRIDE(stream[i], space->groups - 1));
        sc_text_add(text, "            const %s x%d = ",
                    sc_dtype_is_float(desc->tensor[i].dtype) ? "float" : "int", i);
        if (held && step == SC_OCL_STEP_ONE)
            sc_ocl_text_held(text, desc->tensor[i].dtype, held, i, "q");
        else
            sc_ocl_text_load(text, desc->tensor[i].dtype, "a", i,
                             step == SC_OCL_STEP_ZERO  ? "0"
                             : step == SC_OCL_STEP_ONE ? "j"
                                                       : index);
        sc_text_add(text, ";\n");
    }
    for (int d = 0; d < SC_MAX_RANK; d++) {
        char name[16] = "coord";
        name[5] = (char)('0' + d);
        add_place(text, space, "int", name, places->coord[d], "");
    }
    add_place(text, space, "int", "sample", places->sample,
              places->batched ? " + (uint)launch.sample_offset" : "");
    add_place(text, space, "uint", "element", places->element, "");
}
