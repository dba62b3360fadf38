/* SPDX-License-Identifier: Apache-2.0 */
/* The index space of an elementwise operation or a reduction, brought to as few dimensions as its
 * operands allow. Every quantity that depends on the place is a stream: an operand's address, and
 * likewise a coordinate, the sample, the element in the sample. A stream's value is the sum of
 * coordinate * stride over the groups of dimensions. Dimensions merge where no stream can tell them
 * apart, so most work becomes one or two loops. */
#ifndef SC_OPENCL_OCL_SPACE_H
#define SC_OPENCL_OCL_SPACE_H

#include "opencl/ocl.h"

#include "cl/shape_space.h"

typedef struct sc_ocl_space {
    int groups;                    /* after sc_ocl_space_collapse; before: the rank */
    int64_t size[SC_SPACE_GROUPS]; /* at capacity */
    bool reduced[SC_SPACE_GROUPS];
    bool batched; /* the group `rows_group` grows with the samples */
    int rows_group;
    int64_t per_sample; /* elements of that group per sample */
    int streams;
    int64_t stride[SC_SPACE_STREAMS][SC_SPACE_GROUPS];
} sc_ocl_space;

void sc_ocl_space_init(sc_ocl_space *space, const sc_tensor_desc *shape);
/* Each returns the number of the stream; equal ones are shared. */
int sc_ocl_space_operand(sc_ocl_space *space, const sc_tensor_desc *shape,
                         const sc_tensor_desc *operand);
int sc_ocl_space_strides(sc_ocl_space *space, const int64_t stride[SC_SPACE_GROUPS]);
/* Everything that `expr` reads of the place, in a fixed order: coord0 .., sample, element. Where it
 * needs to know samples of several rows apart, the rows become two dimensions: call it when
 * operands and reduced dimensions are set. */
typedef struct sc_ocl_places {
    int coord[SC_MAX_RANK], sample, element; /* stream numbers; -1: not read */
    bool batched;
} sc_ocl_places;
void sc_ocl_space_places(sc_ocl_space *space, sc_ocl_places *out, const sc_expr *expr);
/* Drops dimensions of size 1 and merges neighbours; at least one group is left. Groups of reduced
 * and of kept dimensions never merge. */
void sc_ocl_space_collapse(sc_ocl_space *space);
/* Sorts the groups: kept ones before reduced ones, but the last group stays where it is. */
void sc_ocl_space_sort(sc_ocl_space *space);
/* Fills the kernels' argument for a launch of `rows`. */
void sc_ocl_space_shape(sc_shape_space *out, const sc_ocl_space *space, int64_t rows);
int64_t sc_ocl_space_size(const sc_ocl_space *space, int group, int64_t rows);

/* Text, for the generators (ocl_space_text.c). "c0 * (uint)shape->stride[18] + c1 *
 * (uint)shape->stride[19] + ..." over the groups [first, last) named c0, c1, ...; a stride that is
 * zero for every shape of this pattern is left out. */
void sc_ocl_space_sum(sc_text *text, const sc_ocl_space *space, int stream, int first, int last);
/* How a stream moves along the last group. */
typedef enum sc_ocl_step { SC_OCL_STEP_ZERO, SC_OCL_STEP_ONE, SC_OCL_STEP_ANY } sc_ocl_step;
sc_ocl_step sc_ocl_space_step(const sc_ocl_space *space, int stream);

/* "const uint c2 = rest % ..." lines: the coordinates of the groups [first, last) from the row
 * number `row`. */
void sc_ocl_space_coordinates(sc_text *text, const char *row, int first, int last);
/* The operands' (pointer, offset) parameters p0, p1 ... of the inputs that `expr` reads. */
void sc_ocl_space_parameters(sc_text *text, const sc_op_desc *desc);
/* Lines "const T *a0 = p0 + p0_offset + ..." and "const uint base_coord0 = ..." over the groups
 * [first, last). */
void sc_ocl_space_bases(sc_text *text, const sc_ocl_space *space, const sc_op_desc *desc,
                        const int *stream, const sc_ocl_places *places, int first, int last);
/* Lines "const float x0 = a0[j];" and "const int coord0 = ...": what sc_ocl_expr_body reads, at
 * element `j` of the last group. held NULL: from memory; "v": operands that go along that group
 * stand in arrays v0, v1 ... as they lie in memory, at `q`. */
void sc_ocl_space_reads(sc_text *text, const sc_ocl_space *space, const sc_op_desc *desc,
                        const int *stream, const sc_ocl_places *places, const char *held);
/* Before a loop whose iterations are independent; drivers built on other compilers ignore it. */
#define SC_OCL_VECTOR_LOOP "#ifdef __clang__\n#pragma clang loop vectorize(assume_safety)\n#endif\n"
const char *sc_ocl_type_word(int dtype); /* of what lies in memory: "float", "uchar" ... */
/* The header that loads and stores what `desc` has in half precision; nothing where it has none. */
void sc_ocl_storage(sc_text *text, const sc_op_desc *desc);
/* The value of element `index` of the pointer NAMEnumber, of the 16 from there on, and of a private
 * array with elements as they lie in memory. */
void sc_ocl_text_load(sc_text *text, int dtype, const char *name, int number, const char *index);
void sc_ocl_text_load16(sc_text *text, int dtype, const char *name, int number, const char *index);
void sc_ocl_text_held(sc_text *text, int dtype, const char *name, int number, const char *index);
/* The statement that puts a value there: behind a pointer, into such an array. */
void sc_ocl_text_store(sc_text *text, int dtype, const char *name, int number, const char *index,
                       const char *value);
void sc_ocl_text_keep(sc_text *text, int dtype, const char *name, int number, const char *index,
                      const char *value);

#endif
