/* SPDX-License-Identifier: Apache-2.0 */
/* A graph computed by the plainest loops, on the host, node after node: what fusion, layout, memory
 * plan and gradient rules are held against. It shares nothing with the drivers but op.h. All
 * numbers are doubles; with `single` every result is rounded to float, which for + - * / and square
 * root is exactly float arithmetic. */
#ifndef SC_TESTS_GRAPH_EVAL_H
#define SC_TESTS_GRAPH_EVAL_H

#include "graph/graph.h"
#include "graph/live.h"

typedef struct eval_home {
    int lane, index;
    int64_t elements;
    double *data;
} eval_home;

typedef struct eval_view { /* element i of a value is data[i * stride] */
    double *data;
    size_t stride;
} eval_view;

typedef struct graph_eval {
    const sc_graph *graph;
    bool single;
    sc_launch launch;
    eval_home *home; /* lanes: values with the same home share memory, as on a device */
    int homes;
    eval_view *view; /* per root value */
    double **owned;  /* per value: memory of its own, or NULL */
    double *arena;   /* memory of a plan */
} graph_eval;

/* Intermediates get memory of their own, or, with `live` and `plan` (one buffer), the places that
 * the plan gives them, poisoned with NaN. */
void eval_create(graph_eval *eval, const sc_graph *graph, bool single, int64_t rows,
                 const sc_live *live, const sc_memplan *plan);
void eval_destroy(graph_eval *eval);
/* Memory of an external home, zero at first. */
double *eval_home_data(graph_eval *eval, int lane, int index, int64_t elements);
/* The same as another evaluation's homes. */
void eval_copy_homes(graph_eval *eval, const graph_eval *from);
void eval_run(graph_eval *eval);

/* For graph_eval_ops.c. */
typedef struct eval_tensor {
    eval_view view;
    int rank;
    int64_t dim[SC_MAX_RANK], elements;
    uint8_t dtype;
} eval_tensor;

eval_tensor eval_tensor_of(const graph_eval *eval, sc_value value);
double eval_get(const eval_tensor *tensor, int64_t i);
void eval_set(const graph_eval *eval, const eval_tensor *tensor, int64_t i, double value);
double eval_round(const graph_eval *eval, double value);
/* Every operation but ELEMENTWISE and REDUCE, without its tail. */
void eval_operation(const graph_eval *eval, const sc_node *node, const eval_tensor *in,
                    const eval_tensor *out);

/* graph_eval_sequence.c; eval_attention: the gradients too. */
void eval_layer_norm(const graph_eval *eval, const sc_node *node, const eval_tensor *in,
                     const eval_tensor *out);
void eval_layer_norm_grad(const graph_eval *eval, const eval_tensor *in, const eval_tensor *dx);
void eval_attention(const graph_eval *eval, const sc_node *node, const eval_tensor *in,
                    const eval_tensor *out);

#endif
