/* SPDX-License-Identifier: Apache-2.0 */
/* Finding the piece, and commands over an interval that may touch several. */
#include "engine/pieces.h"

sc_cuts sc_cuts_of_lane(const sc_lane_layout *lane) {
    sc_cuts cuts = {.count = lane->chunks};
    for (int c = 0; c < lane->chunks; c++) cuts.end[c] = sc_lane_chunk_begin(lane, c + 1);
    return cuts;
}

void sc_cuts_append(sc_cuts *cuts, size_t bytes, uint64_t most) {
    int last = cuts->count - 1;
    size_t whole = cuts->end[last], used = sc_cuts_bytes(cuts, last);
    bool fits = !used || (used <= most && bytes <= most - used);
    cuts->end[fits ? last : cuts->count++] = whole + bytes;
}

size_t sc_cuts_bytes(const sc_cuts *cuts, int piece) {
    return cuts->end[piece] - (piece ? cuts->end[piece - 1] : 0);
}

size_t sc_cuts_largest(const sc_cuts *cuts) {
    size_t largest = 0;
    for (int p = 0; p < cuts->count; p++)
        if (sc_cuts_bytes(cuts, p) > largest) largest = sc_cuts_bytes(cuts, p);
    return largest;
}

socle_status sc_pieces_create(sc_pieces *out, sc_device *device, const sc_cuts *cuts) {
    *out = (sc_pieces){.cuts = *cuts};
    for (int p = 0; p < cuts->count; p++)
        SC_TRY(sc_buffer_create(&out->base[p].buffer, device, SC_BUFFER_DEVICE,
                                sc_cuts_bytes(cuts, p)));
    return SOCLE_OK;
}

void sc_pieces_destroy(sc_pieces *pieces) {
    for (int p = 0; p < pieces->cuts.count; p++) sc_buffer_destroy(pieces->base[p].buffer);
    *pieces = (sc_pieces){0};
}

static int piece_of(const sc_cuts *cuts, size_t offset) {
    int piece = 0;
    while (piece + 1 < cuts->count && offset >= cuts->end[piece]) piece++;
    return piece;
}

sc_operand sc_pieces_at(const sc_pieces *pieces, size_t offset) {
    int piece = piece_of(&pieces->cuts, offset);
    return (sc_operand){pieces->base[piece].buffer,
                        offset - (piece ? pieces->cuts.end[piece - 1] : 0)};
}

size_t sc_pieces_end(const sc_pieces *pieces, size_t offset, size_t end) {
    size_t cut = pieces->cuts.end[piece_of(&pieces->cuts, offset)];
    return cut < end ? cut : end;
}

socle_status sc_pieces_read(const sc_pieces *pieces, sc_queue *queue, void *whole, size_t begin,
                            size_t end) {
    for (size_t at = begin, next; at < end; at = next) {
        next = sc_pieces_end(pieces, at, end);
        SC_TRY(sc_queue_read(queue, (char *)whole + at, sc_pieces_at(pieces, at), next - at));
    }
    return SOCLE_OK;
}

socle_status sc_pieces_write(const sc_pieces *pieces, sc_queue *queue, const void *whole,
                             size_t begin, size_t end) {
    for (size_t at = begin, next; at < end; at = next) {
        next = sc_pieces_end(pieces, at, end);
        SC_TRY(
            sc_queue_write(queue, sc_pieces_at(pieces, at), (const char *)whole + at, next - at));
    }
    return SOCLE_OK;
}

socle_status sc_pieces_copy(const sc_pieces *to, sc_queue *queue, const sc_pieces *from,
                            size_t begin, size_t end) {
    for (size_t at = begin, next; at < end; at = next) {
        next = sc_pieces_end(from, at, end);
        SC_TRY(sc_queue_copy(queue, sc_pieces_at(to, at), sc_pieces_at(from, at), next - at));
    }
    return SOCLE_OK;
}
