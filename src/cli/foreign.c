/* SPDX-License-Identifier: Apache-2.0 */
/* See foreign.h. */
#include "cli/foreign.h"

#include <string.h>

#define BEGINS(text, what, advice)                                                                 \
    { text, sizeof(text) - 1, what, advice, false }
#define SAVE "save the weights as safetensors"
#define SHOW "`socle data` shows it"
#define PACK "gzip can be read"

const sc_foreign *sc_foreign_kind(const unsigned char *head, size_t size) {
    static const sc_foreign kinds[] = {
        BEGINS("PK\x03\x04", "a ZIP archive, as PyTorch's .pt and .pth are", SAVE),
        BEGINS("\x80\x02", "a Python pickle", SAVE),
        BEGINS("\x80\x04", "a Python pickle", SAVE),
        BEGINS("\x89HDF", "an HDF5 file, as Keras' .h5 are", SAVE),
        BEGINS("\x93NUMPY", "a NumPy array", SHOW),
        BEGINS("GGUF", "a GGUF file", ""),
        BEGINS("\x89PNG", "a PNG image", SHOW),
        BEGINS("\xff\xd8\xff", "a JPEG image", SHOW),
        BEGINS("\x7f"
               "ELF",
               "a program or library", ""),
        BEGINS("\x1f\x8b", "packed twice", ""),
        BEGINS("BZh", "packed by bzip2", PACK),
        BEGINS("\xfd"
               "7zXZ",
               "packed by xz", PACK),
        BEGINS("\x28\xb5\x2f\xfd", "packed by zstd", PACK),
        BEGINS("SIMPLE  =", "a FITS file", ""),
        BEGINS("%PDF", "a PDF file", ""),
        BEGINS("SQLite format 3", "an SQLite database", ""),
        BEGINS("PAR1", "a Parquet file", ""),
        BEGINS("\xd0\xcf\x11\xe0", "an old Excel or Word file", ""),
    };
    static const sc_foreign empty = {.what = "empty", .advice = ""};
    static const sc_foreign text = {
        .what = "a text", .advice = "`socle summary` reads configurations", .text = true};
    if (size == 0) return &empty;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (size >= kinds[i].length && memcmp(head, kinds[i].begin, kinds[i].length) == 0)
            return &kinds[i];
    for (size_t i = 0; i < size; i++)
        if (head[i] < ' ' && !strchr("\t\n\r", head[i])) return NULL;
    return &text;
}

bool sc_may_be_safetensors(const unsigned char *head, size_t size) {
    return size >= 9 && head[8] == '{' && !head[4] && !head[5] && !head[6] && !head[7];
}
