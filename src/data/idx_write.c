/* SPDX-License-Identifier: Apache-2.0 */
/* Writes IDX files of bytes: two zeros, the type, the number of dimensions, their sizes (big
 * endian), the values. */
#include "base/file.h"
#include "data/idx.h"

enum { UNSIGNED_BYTE = 0x08, SIZE = 4 };

static socle_status write(sc_file_writer *writer, const sc_idx *idx, const uint8_t *data) {
    uint8_t header[4 + SIZE * SOCLE_MAX_RANK] = {0, 0, UNSIGNED_BYTE, (uint8_t)idx->rank};
    size_t length = 4, values = 1;
    for (int d = 0; d < idx->rank; d++) {
        for (int i = SIZE - 1; i >= 0; i--)
            header[length++] = (uint8_t)((uint64_t)idx->size[d] >> (8 * i));
        values *= (size_t)idx->size[d];
    }
    SC_TRY(sc_file_writer_write(writer, header, length));
    return sc_file_writer_write(writer, data, values);
}

socle_status sc_idx_write(sc_env *env, const char *path, const sc_idx *idx, const uint8_t *data) {
    sc_file_writer *writer;
    SC_TRY(sc_file_writer_open(&writer, env, path));
    socle_status status = write(writer, idx, data);
    if (status == SOCLE_OK) return sc_file_writer_commit(writer);
    sc_file_writer_abandon(writer);
    return status;
}
