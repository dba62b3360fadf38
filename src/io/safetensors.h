/* SPDX-License-Identifier: Apache-2.0 */
/* The safetensors format, the only model file of Socle: 8 bytes of header length, a JSON header
 * that names tensors (dtype, shape, byte range), then the bytes. Reading trusts nothing: a file
 * that opens without an error is consistent from its first to its last byte. Knows nothing of
 * networks. */
#ifndef SC_IO_SAFETENSORS_H
#define SC_IO_SAFETENSORS_H

#include "base/env.h"

typedef struct sc_safetensors sc_safetensors;

/* Every element type of the format. The first three are what Socle writes; a tensor of any other is
 * listed, and read where its values are numbers (sc_safetensors_read_floats). */
typedef enum sc_safetensors_type {
    SC_SAFETENSORS_F32 = SOCLE_F32,
    SC_SAFETENSORS_U8 = SOCLE_U8,
    SC_SAFETENSORS_I32 = SOCLE_I32,
    SC_SAFETENSORS_F64,
    SC_SAFETENSORS_F16,
    SC_SAFETENSORS_BF16,
    SC_SAFETENSORS_I64,
    SC_SAFETENSORS_U64,
    SC_SAFETENSORS_U32,
    SC_SAFETENSORS_I16,
    SC_SAFETENSORS_U16,
    SC_SAFETENSORS_I8,
    SC_SAFETENSORS_BOOL,
    SC_SAFETENSORS_OTHER
} sc_safetensors_type;

typedef struct sc_safetensors_tensor {
    const char *name; /* UTF-8; only ever a name, never a path */
    const char *word; /* the type as the file says it: "F32", "I64" */
    sc_safetensors_type dtype;
    socle_shape shape; /* rank 0 is a single element; a size may be 0 */
    uint64_t offset;   /* from the start of the file */
    size_t bytes;
} sc_safetensors_tensor;

/* Reads and checks the header; keeps the file open for the data. `env` must outlive the file.
 * Errors: NOT_FOUND, IO, DATA (file, byte offset or tensor name, values in the text). */
socle_status sc_safetensors_open(sc_safetensors **out, sc_env *env, const char *path);
/* The same for bytes in memory, which must outlive the object; `label` stands for the path in
 * messages. */
socle_status sc_safetensors_open_memory(sc_safetensors **out, sc_env *env, const char *label,
                                        const void *data, size_t size);
void sc_safetensors_close(sc_safetensors *file); /* NULL is fine */

const char *sc_safetensors_path(const sc_safetensors *file);
/* Tensors in the order of their bytes. Pointers are borrowed from the file. */
size_t sc_safetensors_count(const sc_safetensors *file);
const sc_safetensors_tensor *sc_safetensors_at(const sc_safetensors *file, size_t index);
const sc_safetensors_tensor *sc_safetensors_find(const sc_safetensors *file,
                                                 const char *name); /* or NULL */
/* The tensor of that name, which must have this dtype and shape; NULL shape = any. Errors: DATA
 * (missing, with the nearest name; or different, with both). */
socle_status sc_safetensors_expect(const sc_safetensors_tensor **out, const sc_safetensors *file,
                                   const char *name, socle_dtype dtype, const socle_shape *shape);

/* A string of `__metadata__`, or NULL; and all of them in the order of the file. */
const char *sc_safetensors_metadata(const sc_safetensors *file, const char *key);
size_t sc_safetensors_metadata_count(const sc_safetensors *file);
void sc_safetensors_metadata_at(const sc_safetensors *file, size_t index, const char **key,
                                const char **value);

/* Whether the elements are floats that can be read as f32: F32, F16, BF16 (exactly) and F64
 * (rounded to the nearest). The 8-bit floats are not: what they mean depends on scales that lie
 * elsewhere. */
bool sc_safetensors_is_float(const sc_safetensors_tensor *tensor);
/* Whether they are floats, or whole numbers: signed and unsigned, of 8 to 64 bits, and BOOL. */
bool sc_safetensors_is_number(const sc_safetensors_tensor *tensor);
/* Reads such a tensor as f32; `count` == its number of elements. Errors: as sc_safetensors_read;
 * DATA (a whole number that f32 does not hold, or a BOOL that is neither 0 nor 1, with its place).
 */
socle_status sc_safetensors_read_floats(const sc_safetensors *file,
                                        const sc_safetensors_tensor *tensor, float *out,
                                        size_t count);
/* Reads all bytes of `tensor` (of this file) into `data`, which has room for `size` ==
 * tensor->bytes. Errors: INVALID_ARGUMENT (size differs), DATA (the file shrank since it was
 * opened), IO. */
socle_status sc_safetensors_read(const sc_safetensors *file, const sc_safetensors_tensor *tensor,
                                 void *data, size_t size);

/* Writing: create, metadata and declare in any order, then the data of all tensors in the order of
 * declaration (in pieces of any size), then commit. The file appears whole or not at all. The bytes
 * depend only on the metadata (sorted by key), the declarations in their order, and the data. */
typedef struct sc_safetensors_writer sc_safetensors_writer;

socle_status sc_safetensors_writer_create(sc_safetensors_writer **out, sc_env *env,
                                          const char *path);
/* Errors: INVALID_ARGUMENT (duplicate key or name, not UTF-8, bad rank or size), STATE (data has
 * begun). */
socle_status sc_safetensors_writer_metadata(sc_safetensors_writer *writer, const char *key,
                                            const char *value);
socle_status sc_safetensors_writer_declare(sc_safetensors_writer *writer, const char *name,
                                           socle_dtype dtype, const socle_shape *shape);
/* The next bytes of the data. Errors: STATE (more than was declared), IO. */
socle_status sc_safetensors_writer_data(sc_safetensors_writer *writer, const void *data,
                                        size_t size);
/* Errors: STATE (less data than declared), IO. Destroys the writer, also on failure. */
socle_status sc_safetensors_writer_commit(sc_safetensors_writer *writer);
void sc_safetensors_writer_abandon(sc_safetensors_writer *writer); /* NULL is fine */

#endif
