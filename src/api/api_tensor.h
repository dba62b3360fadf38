/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of public tensors and graphs, for api_tensor.c, api_graph.c and api_op.c. */
#ifndef SC_API_API_TENSOR_H
#define SC_API_API_TENSOR_H

#include "api/api.h"
#include "graph/plan.h"

struct socle_tensor {
    socle_context *context;
    sc_tensor_desc desc;
    sc_buffer *buffer;
    sc_queue *queue;
    sc_worker *home;
    int users; /* the caller, and every use by a graph */
};

/* SHAPE, or INVALID_ARGUMENT for the type, when no tensor can be so. */
socle_status sc_api_check_shape(sc_env *env, socle_dtype dtype, const socle_shape *shape);

/* For a job that ended with `status`, on the device's thread: a queue that has failed refuses all
 * that follows, so it gives way to a new one, and the next call works if the device does. The error
 * text stays. Returns `status`. */
socle_status sc_api_renew_queue(sc_queue **queue, sc_device *device, socle_status status);

/* The graph to build on; NULL when there is none, after an error, once it is compiled, or in a
 * callback. */
sc_graph *sc_api_graph(socle_graph *graph);
/* Keeps the text of a first error; returns `value`. */
socle_value sc_api_built(socle_graph *graph, sc_value value);
/* Fails the graph: INVALID_ARGUMENT, `what` is missing. */
socle_value sc_api_graph_missing(socle_graph *graph, const char *function, const char *what);

#endif
