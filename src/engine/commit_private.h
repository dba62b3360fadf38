/* SPDX-License-Identifier: Apache-2.0 */
/* What the files behind commit.h share; nobody else includes this. */
#ifndef SC_ENGINE_COMMIT_PRIVATE_H
#define SC_ENGINE_COMMIT_PRIVATE_H

#include "engine/commit.h"
#include "graph/formula.h"

/* A tensor of a lane: blocks of `width` elements. */
static inline sc_value sc_commit_lane(sc_graph *graph, sc_lane lane, int index, int dtype,
                                      int64_t blocks, int64_t width) {
    int64_t dim[2] = {blocks, width};
    sc_tensor_desc desc = sc_tensor_make(dtype, 0, 2, dim);
    return sc_graph_external(graph, lane, index, &desc, NULL);
}

/* What says whether a step is committed: the health word, and the inverse weight, which is the
 * host's (SC_NO_VALUE) or the step's. `healthy` becomes 1 where the health word is still 0 and
 * something counts. */
void sc_commit_inputs(sc_formula *f, sc_value health, sc_value inverse);

/* commit_scale.c: the part of a commit whose gradients are scaled. */
typedef struct sc_scale {
    sc_value now, steady, skipped; /* tensors of HEALTH */
    sc_value overflow;             /* 1: a gradient is beyond f16 where a smaller scale may help */
} sc_scale;

/* `bad`: how many elements of the gradients are not finite. It becomes 0 where that is an overflow,
 * which is no failure. */
void sc_scale_begin(sc_scale *scale, sc_graph *graph, sc_value *bad, sc_value loss);
/* The health word of what must not change in a step that overflows, and 1 / scale; both are put
 * into HEALTH, for further updates of the step. */
sc_value sc_scale_stop(const sc_scale *scale, sc_graph *graph, sc_value health);
sc_value sc_scale_undo(const sc_scale *scale, sc_graph *graph);
/* 1 / (weight * scale), where `inverse` is 1 / weight or SC_NO_VALUE: the host's. */
sc_value sc_scale_inverse(sc_graph *graph, sc_value undo, sc_value inverse);
/* The scale of the next step. Last of all. */
void sc_scale_end(const sc_scale *scale, sc_graph *graph, sc_value health);

/* commit_clip.c: what brings the norm of all gradients, times `inverse`, to clip_norm at most; 1
 * where it is already. It is put into HEALTH too, for further updates of the step. */
sc_value sc_clip_factor(sc_graph *graph, const sc_commit_shape *shape, const sc_value *gradient,
                        sc_value inverse);

/* commit_penalty.c, of a shape with penalties: *gradient, which times `inverse` (SC_NO_VALUE: the
 * host's) is the mean gradient of a piece's loss, becomes that of loss and penalties; *side: as
 * SC_UPDATE_SIDE. / The health word of a step that changes nothing where `inverse` is 0. */
void sc_commit_penalised(sc_graph *graph, const sc_commit_shape *shape, int piece, sc_value inverse,
                         sc_value *gradient, sc_value *side);
sc_value sc_commit_stop(sc_graph *graph, sc_value health, sc_value inverse);

/* Parameters and states of the part's pieces; gradient: one value per piece, by its number. Of a
 * shape with penalties they are mean gradients, `inverse` is their factor, SC_NO_VALUE: 1, and
 * there is a side for each. */
void sc_commit_update(sc_graph *graph, const sc_commit_part *part, const sc_commit_shape *shape,
                      const sc_value *gradient, const sc_value *side, sc_value health,
                      sc_value inverse, sc_step_terms *terms);
/* The same of rows of a table. */
void sc_commit_update_rows(sc_graph *graph, const sc_commit_rows *rows,
                           const sc_commit_shape *shape, sc_value health, sc_value inverse,
                           sc_step_terms *terms);
/* commit_rows.c: the numbers of the step's rows. */
sc_value sc_rows_list(sc_graph *graph, const sc_commit_rows *rows);

#endif
