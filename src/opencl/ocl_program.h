/* SPDX-License-Identifier: Apache-2.0 */
/* What the files that make programs share: the list of built texts (ocl_program.c), the texts that
 * are announced and built together (ocl_announce.c), how a text is made ready to lie beside others
 * (ocl_unit.c), and what is kept on disk (ocl_cache.c, ocl_group.c). Operations see ocl.h alone. */
#ifndef SC_OPENCL_OCL_PROGRAM_H
#define SC_OPENCL_OCL_PROGRAM_H

#include "base/hash.h"
#include "opencl/ocl.h"

/* A text that is built: by itself, or as one unit of a program of several texts. */
struct sc_ocl_program {
    sc_ocl_program *next;
    char key[SC_HASH_TEXT];
    cl_program handle;
    bool is_unit; /* the names of its kernels begin as sc_ocl_unit_kernel says */
    bool owns;    /* releases the handle; units never do, their group has an entry of its own */
};

/* A text that is announced and not built. */
struct sc_ocl_note {
    sc_ocl_note *next;
    char key[SC_HASH_TEXT];
    sc_text source;
};

/* Everything that decides what the binary is. */
void sc_ocl_program_key(char out[SC_HASH_TEXT], const sc_ocl_device *device, const sc_text *source);
/* NULL: it is not built. */
const sc_ocl_program *sc_ocl_program_find(const sc_ocl_device *device, const char *key);
/* Builds from source; `file` and `defines` (either may be NULL) are for the message. Errors: BUILD,
 * DEVICE. */
socle_status sc_ocl_program_build(cl_program *out, sc_ocl_device *device, const sc_text *source,
                                  const char *file, const char *defines);
/* Puts a built text into the device's list. With `owns` the handle is the list's from then on, if
 * OK is returned. */
socle_status sc_ocl_program_add(sc_ocl_device *device, const char *key, cl_program handle,
                                bool is_unit, bool owns);

/* Takes over *source, which is empty afterwards. Nothing when the text is noted already. */
socle_status sc_ocl_announce_note(sc_ocl_device *device, const char *key, sc_text *source);
void sc_ocl_announce_forget(sc_ocl_device *device); /* all notes */

/* Remembers that the device's first `count` notes were built together, as the text `source` with
 * that key. */
void sc_ocl_group_store(const sc_ocl_device *device, const char *key, const sc_text *source,
                        int count);
/* Puts the note's text into the device's list if a group on disk has it. */
bool sc_ocl_group_find(sc_ocl_device *device, const sc_ocl_note *note);

/* A kind of files in the cache's folder: KEY.suffix, sealed with `magic` of eight characters. */
typedef struct sc_ocl_cache_kind {
    const char *suffix, *magic;
} sc_ocl_cache_kind;

/* What a sound file of that key holds, and its size; NULL: there is none. *file is to be released
 * in any case. */
const void *sc_ocl_cache_read(char **file, size_t *size, const sc_ocl_device *device,
                              const char *key, const sc_ocl_cache_kind *kind);
bool sc_ocl_cache_write(const sc_ocl_device *device, const char *key, const sc_ocl_cache_kind *kind,
                        const void *payload, size_t size);
/* A built program from disk; *out = NULL when there is none (never an error). */
void sc_ocl_cache_load(cl_program *out, sc_ocl_device *device, const char *key);
void sc_ocl_cache_store(sc_ocl_device *device, const char *key, cl_program program);

/* Adds `source`, whose #include lines are resolved, so that it can lie beside other units: its
 * names that begin with sc_ or SC_, and those of its kernels, get a beginning made of `key`.
 * Comments are left out. */
void sc_ocl_unit_add(sc_text *out, const sc_text *source, const char *key);
enum { SC_OCL_UNIT_NAME = 96 };
/* What a unit's kernel `name` is called; false: it is too long. */
bool sc_ocl_unit_kernel(char out[SC_OCL_UNIT_NAME], const char *key, const char *name);

#endif
