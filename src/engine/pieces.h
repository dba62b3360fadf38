/* SPDX-License-Identifier: Apache-2.0 */
/* A span of bytes that lies in several device buffers where one would be more than the device
 * allocates at once. Callers count bytes of the whole span and walk it piece by piece:
 *
 *   whole    0 ------------- end[0] -------- end[1] ------- end[2]
 *   buffers  [ base[0]      ][ base[1]      ][ base[2]     ]
 *
 * Cuts are made between tensors, so a tensor lies in one piece, and all spans of one kind are cut
 * alike. It knows lanes and queues, not what the bytes mean. */
#ifndef SC_ENGINE_PIECES_H
#define SC_ENGINE_PIECES_H

#include "graph/lane.h"

/* The most pieces of a lane; a partial may have one more, for the sums behind its gradients. */
enum { SC_LANE_PIECES = 16, SC_PIECES = SC_LANE_PIECES + 1 };

typedef struct sc_cuts {
    int count;
    size_t end[SC_PIECES]; /* in the whole span */
} sc_cuts;

/* As the lane's chunks, of which there are at most SC_LANE_PIECES. */
sc_cuts sc_cuts_of_lane(const sc_lane_layout *lane);
/* Makes the span `bytes` longer: within its last piece, or where that would pass `most`, in a piece
 * of its own. */
void sc_cuts_append(sc_cuts *cuts, size_t bytes, uint64_t most);
size_t sc_cuts_bytes(const sc_cuts *cuts, int piece);
size_t sc_cuts_largest(const sc_cuts *cuts);

typedef struct sc_pieces {
    sc_cuts cuts;
    sc_operand base[SC_PIECES]; /* of each piece */
} sc_pieces;

/* Contents are undefined. What was made before an error is released by sc_pieces_destroy. */
socle_status sc_pieces_create(sc_pieces *out, sc_device *device, const sc_cuts *cuts);
void sc_pieces_destroy(sc_pieces *pieces); /* zeroed is fine */
/* Where the span's byte `offset` lies. */
sc_operand sc_pieces_at(const sc_pieces *pieces, size_t offset);
/* The end of what lies in one piece from `offset` on, at most `end`. */
size_t sc_pieces_end(const sc_pieces *pieces, size_t offset, size_t end);
/* Bytes [begin, end) of the span and of memory of the whole span's size, or of a second span, cut
 * like it. */
socle_status sc_pieces_read(const sc_pieces *pieces, sc_queue *queue, void *whole, size_t begin,
                            size_t end);
socle_status sc_pieces_write(const sc_pieces *pieces, sc_queue *queue, const void *whole,
                             size_t begin, size_t end);
socle_status sc_pieces_copy(const sc_pieces *to, sc_queue *queue, const sc_pieces *from,
                            size_t begin, size_t end);

#endif
