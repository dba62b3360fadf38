/* SPDX-License-Identifier: Apache-2.0 */
/* Which texts were built together, kept on disk: so a network that shares texts with an earlier one
 * builds only what is new. A driver that keeps its own programs finds them by the whole text of a
 * program, so that text is what is kept. Two kinds of files, each sealed: TEXT.unit names the group
 * that a text is in, GROUP.cl is the group's text. A text is believed to be in a group only where
 * the group's text holds it letter by letter. */
#include "opencl/ocl_program.h"

#include <string.h>

static const sc_ocl_cache_kind units = {"unit", "SOCLEU1\n"}, groups = {"cl", "SOCLEG1\n"};

void sc_ocl_group_store(const sc_ocl_device *device, const char *key, const sc_text *source,
                        int count) {
    const sc_ocl_note *note = device->notes;
    if (!sc_ocl_cache_write(device, key, &groups, source->data, source->length)) return;
    for (int i = 0; i < count; i++, note = note->next)
        if (!sc_ocl_cache_write(device, note->key, &units, key, strlen(key))) return;
}

/* The group that the text's file names; false: none. */
static bool read_unit(char group[SC_HASH_TEXT], const sc_ocl_device *device, const char *key) {
    char *file = NULL;
    size_t size = 0;
    const char *name = sc_ocl_cache_read(&file, &size, device, key, &units);
    bool sound = name && size == SC_HASH_TEXT - 1 && strspn(name, "0123456789abcdef") >= size;
    if (sound) {
        memcpy(group, name, size);
        group[size] = '\0';
    }
    sc_release(device->base.env, file);
    return sound;
}

static bool holds(const char *text, size_t size, const sc_text *part) {
    return memmem(text, size, part->data, part->length) != NULL;
}

/* The group as a program: in memory, from disk, or built from its text. Owned by the device; NULL:
 * it cannot be had. */
static cl_program obtain_group(sc_ocl_device *device, const char *key, const char *text,
                               size_t size) {
    const sc_ocl_program *known = sc_ocl_program_find(device, key);
    if (known) return known->handle;
    cl_program program = NULL;
    sc_text source = {.env = device->base.env, .data = (char *)text, .length = size};
    char true_key[SC_HASH_TEXT];
    sc_ocl_program_key(true_key, device, &source);
    if (strcmp(true_key, key) != 0) return NULL;
    sc_ocl_cache_load(&program, device, key);
    if (!program &&
        sc_ocl_program_build(&program, device, &source, "several kernel files", NULL) != SOCLE_OK)
        return NULL;
    if (sc_ocl_program_add(device, key, program, false, true) == SOCLE_OK) return program;
    clReleaseProgram(program);
    return NULL;
}

bool sc_ocl_group_find(sc_ocl_device *device, const sc_ocl_note *note) {
    char group[SC_HASH_TEXT], *file = NULL;
    sc_text unit;
    size_t size = 0;
    cl_program program = NULL;
    if (!read_unit(group, device, note->key)) return false;
    const char *text = sc_ocl_cache_read(&file, &size, device, group, &groups);
    sc_text_init(&unit, device->base.env);
    sc_ocl_unit_add(&unit, &note->source, note->key);
    if (text && unit.status == SOCLE_OK && holds(text, size, &unit))
        program = obtain_group(device, group, text, size);
    sc_text_free(&unit);
    sc_release(device->base.env, file);
    return program && sc_ocl_program_add(device, note->key, program, true, false) == SOCLE_OK;
}
