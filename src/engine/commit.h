/* SPDX-License-Identifier: Apache-2.0 */
/* The commit: what happens once per training step, after the micro-batches' sums are added up. One
 * small graph over flat lanes:
 *
 *   gradients --all finite?--> health word --+--> update of parameters and optimizer state
 *   loss sum  ----finite?------^             +--> running statistics
 *                                            +--> totals of the epoch
 *
 * The health word holds the first step whose loss or gradient was not finite, or 0. Everything that
 * persists is predicated on it, so a NaN never reaches the weights and the host may look later.
 * Steps count from 1.
 *
 * The update divides the gradients by the number of samples, which the host knows
 * (SC_SCALAR_INVERSE_SAMPLE_WEIGHT). Where samples have weights it divides by the sum of those,
 * which is one of the sums; where that is 0 the step changes nothing. */
#ifndef SC_ENGINE_COMMIT_H
#define SC_ENGINE_COMMIT_H

#include "engine/pieces.h"
#include "graph/plan.h"
#include "nn/layer.h"

/* Tensors of SC_LANE_SUMS: scalars, of which the network's metrics are the last, then the batch
 * statistics in the layout of SC_LANE_STATISTICS. */
enum { SC_SUM_LOSS, SC_SUM_SAMPLE_WEIGHT, SC_SUM_METRICS, SC_SUMS = SC_SUM_METRICS + SC_NET_SUMS };
/* Tensors of SC_LANE_HEALTH. The total of sum k is that of two tensors, from SC_HEALTH_TOTALS + 2
 * k: the second holds what the first has lost by rounding. */
enum {
    SC_HEALTH_STEP,
    SC_HEALTH_SCALE, /* sc_scaling, as floats */
    SC_HEALTH_STEADY,
    SC_HEALTH_SKIPPED,
    SC_HEALTH_STOP,    /* of the step that is committed: the word that says whether, */
    SC_HEALTH_UNSCALE, /* and 1 / its scale */
    SC_HEALTH_CLIP,    /* the factor of its gradients, where they are clipped by their norm */
    SC_HEALTH_LAST_LOSS,
    SC_HEALTH_TOTALS,
    SC_HEALTH_TENSORS = SC_HEALTH_TOTALS + 2 * SC_SUMS /* at most */
};
/* Tensors of SC_LANE_COEFFICIENTS: one value per block of SC_BLOCK parameters (the last: per block
 * of statistics). With the parameters in several pieces, each has a tensor of each kind
 * (sc_coefficient_index), and MOMENTUM one. TENSOR (which tensor of the piece, from 0) and LIVE
 * (elements of the block that are not padding) are there where the optimizer sums over tensors, L1
 * and L2 where there are penalties. */
enum {
    SC_COEFFICIENT_RATE_SCALE,
    SC_COEFFICIENT_DECAY,
    SC_COEFFICIENT_MOMENTUM,
    SC_COEFFICIENT_TENSOR,
    SC_COEFFICIENT_LIVE,
    SC_COEFFICIENT_L1,
    SC_COEFFICIENT_L2
};
static inline int sc_coefficient_index(int kind, int pieces, int piece) {
    return kind <= SC_COEFFICIENT_DECAY      ? kind * pieces + piece
           : kind == SC_COEFFICIENT_MOMENTUM ? 2 * pieces
                                             : (kind - 1) * pieces + 1 + piece;
}

/* Tensors of SC_LANE_ROWS, two for each table that is updated by rows: the numbers of a step's
 * rows, and for each row of the table the place that it has in this list, from 1; what other rows
 * have there means nothing. */
enum { SC_ROWS_LIST, SC_ROWS_MAP, SC_ROWS_TENSORS };
static inline int sc_rows_index(int table, int kind) {
    return table * SC_ROWS_TENSORS + kind;
}

typedef struct sc_commit_shape {
    int pieces;                               /* of the parameters, gradients and states */
    int trained;                              /* so many of them, the first, have gradients */
    int64_t parameter_blocks[SC_LANE_PIECES]; /* of each piece: bytes / SC_LANE_ALIGNMENT; of a
                                                 table that is updated by rows, of its gradient */
    bool by_rows[SC_LANE_PIECES];             /* the piece is such a table */
    int64_t tensors[SC_LANE_PIECES]; /* in each piece; where the optimizer sums over tensors */
    int64_t statistic_blocks;        /* may be 0 */
    int sums;                        /* scalars of SUMS: SC_SUM_METRICS and the metrics */
    float clip_norm, clip_value;     /* most of the gradients' norm, and of each element; 0: no
                                        limit */
    bool penalised;                  /* blocks have penalties, which gradients are to include */
    bool scaled;                     /* gradients come multiplied by the scale */
    bool weighted; /* not every sample counts 1: the divisor is the sum of what counts, in SUMS */
} sc_commit_shape;

/* The pieces that one optimizer moves. */
typedef struct sc_commit_part {
    const sc_optimizer *optimizer;
    int first, count;
} sc_commit_part;

/* Appends the commit to a graph of capacity 1, with the update of one part. The lane of statistics
 * is tensor 0 of STATISTICS; piece p is tensor p of PARAMETERS and GRADIENTS, and tensor s * pieces
 * + p of STATE for the optimizer's state s. *terms: what sc_optimizer_scalars computes for each
 * step. */
socle_status sc_commit_build(sc_graph *graph, const sc_commit_part *part,
                             const sc_commit_shape *shape, sc_step_terms *terms);
/* The update of a further part, for a launch of its own behind the commit's. */
socle_status sc_update_build(sc_graph *graph, const sc_commit_part *part,
                             const sc_commit_shape *shape, sc_step_terms *terms);
/* commit_rows.c. A table [rows, units], alone in its piece, of which a step moves at most `most`
 * rows; its gradient is [most, units], in the order of the step's rows, 0 behind them. */
typedef struct sc_commit_rows {
    const sc_optimizer *optimizer;
    int table, piece; /* the table's number among those that are updated so */
    int64_t rows, units, most;
} sc_commit_rows;
/* Graphs of capacity `most`, launched with as many rows as the step has. The map, from the list. */
socle_status sc_rows_place_build(sc_graph *graph, const sc_commit_rows *rows);
/* The update, behind the commit's. */
socle_status sc_rows_update_build(sc_graph *graph, const sc_commit_rows *rows,
                                  const sc_commit_shape *shape, sc_step_terms *terms);
/* The gradient of a table, [most, units], of that of the rows that `index` found in it. */
sc_value sc_rows_gradient(sc_graph *graph, const sc_commit_rows *rows, sc_value index,
                          sc_value gradient);
/* commit_scale.c: `scale`, 1-dimensional where the loss is a list of rows, times what each row
 * counts (SC_NO_VALUE: 1): what the gradient of `loss` begins with. */
sc_value sc_scale_seed(sc_graph *graph, sc_value loss, sc_value weight);
/* totals += sums, unpredicated: evaluation. `sums`: as in sc_commit_shape. */
socle_status sc_totals_build(sc_graph *graph, int sums);
/* One partial += another, over as many blocks as the launch has rows, at most `blocks`, the graph's
 * capacity. Where the two lie changes from run to run, so each comes as a lane of its own for this
 * plan: GRADIENTS the earlier one and result, SUMS the later. */
socle_status sc_add_partials_build(sc_graph *graph, int64_t blocks);

#endif
