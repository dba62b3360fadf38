/* SPDX-License-Identifier: Apache-2.0 */
/* Images of which each row and each column is multiplied with a matrix that the device makes of
 * coordinates: another size, blur, means of regions. So none of these needs an operation of its
 * own, and all have gradients. */
#ifndef SC_NN_IMAGE_MATRIX_H
#define SC_NN_IMAGE_MATRIX_H

#include "graph/graph.h"

/* How much a place of the result takes of each place, before each row of the matrix is divided by
 * its sum. */
typedef struct sc_image_weights {
    const char *formula; /* of `to` and `from`, numbers of places, and of `ratio` and `width` */
    int64_t to, from;
    double ratio, width; /* places of the one to a place of the other; how far it reaches */
} sc_image_weights;

/* A place of the result lies at (to + 0.5) * ratio - 0.5 of the image, whose edge goes on beyond
 * it; a smaller image is the mean around each place. method: "bilinear" or "nearest". */
sc_image_weights sc_image_resized(const char *method, int64_t from, int64_t to);
/* x [N,C,H,W] -> [N,C,down.to,across.to]. */
sc_value sc_image_along_both(sc_graph *graph, sc_value x, sc_image_weights across,
                             sc_image_weights down);

#endif
