/* SPDX-License-Identifier: Apache-2.0 */
/* A file as a sequence of bytes, unpacked on the way if it is gzip-compressed (which its first
 * bytes decide, not its name). Checksums and lengths of the compressed form are verified by the
 * time the end is reached. */
#ifndef SC_IO_STREAM_H
#define SC_IO_STREAM_H

#include "io/input.h"

typedef struct sc_stream sc_stream;

/* Takes over the opened input, also on failure. */
socle_status sc_stream_open(sc_stream **out, sc_input *input);
void sc_stream_close(sc_stream *stream); /* NULL is fine */
/* Closes a stream, and gives its file back, still open. */
void sc_stream_give_back(sc_stream *stream, sc_input *out);
/* Up to `size` bytes; *got is less only at the end. Errors: DATA (compressed data damaged or cut),
 * IO. */
socle_status sc_stream_read(sc_stream *stream, void *data, size_t size, size_t *got);

bool sc_stream_is_gzip(const sc_stream *stream);
/* The number of bytes (unpacked) that the whole file can hold at most; exact if it is not
 * compressed. */
uint64_t sc_stream_bound(const sc_stream *stream);

#endif
