/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of a public tensor, for api_tensor.c and api_graph.c. */
#ifndef SC_API_API_TENSOR_H
#define SC_API_API_TENSOR_H

#include "api/api.h"

struct socle_tensor {
    socle_context *context;
    sc_tensor_desc desc;
    sc_buffer *buffer;
    sc_queue *queue;
};

#endif
