/* SPDX-License-Identifier: Apache-2.0 */
/* Texts built together. Some drivers take a third of a second for a program however small it is
 * (reading the language's own declarations, linking its library), so what a caller is going to
 * prepare is announced first: prepare then only notes the texts, and at the end those that are in
 * no cache become few programs of several units. It is a hint: what fails here is left for prepare,
 * which builds that text by itself and says what is wrong with it. */
#include "opencl/ocl_program.h"

#include "base/thread_pool.h"

#include <string.h>

enum { UNITS = 8 }; /* of one program: more hardly saves time, and takes the compiler more memory */

void sc_ocl_announce_begin(sc_device *base) {
    sc_ocl_device_of(base)->announcing = true;
}

socle_status sc_ocl_announce_check(const sc_ocl_device *device) {
    return device->announcing
               ? sc_fail(device->base.env, SOCLE_STATUS_INTERRUPTED, "only announced")
               : SOCLE_OK;
}

socle_status sc_ocl_announce_note(sc_ocl_device *device, const char *key, sc_text *source) {
    sc_ocl_note **last = &device->notes;
    for (; *last; last = &(*last)->next)
        if (strcmp((*last)->key, key) == 0) return SOCLE_OK;
    sc_ocl_note *note = NULL;
    SC_TRY(sc_allocate(device->base.env, &note, 1, sizeof *note));
    memcpy(note->key, key, sizeof note->key);
    note->source = *source;
    sc_text_init(source, device->base.env);
    *last = note;
    return SOCLE_OK;
}

static void drop(sc_ocl_device *device, sc_ocl_note **place) {
    sc_ocl_note *note = *place;
    *place = note->next;
    sc_text_free(&note->source);
    sc_release(device->base.env, note);
}

void sc_ocl_announce_forget(sc_ocl_device *device) {
    while (device->notes) drop(device, &device->notes);
}

/* Puts a program into the list, and each unit of it. */
static socle_status add_units(sc_ocl_device *device, const char *key, cl_program program,
                              int count) {
    const sc_ocl_note *note = device->notes;
    socle_status status = sc_ocl_program_add(device, key, program, false, true);
    if (status != SOCLE_OK) clReleaseProgram(program);
    for (int i = 0; i < count && status == SOCLE_OK; i++, note = note->next)
        status = sc_ocl_program_add(device, note->key, program, true, false);
    return status;
}

/* The first `count` notes as one program. */
static socle_status build_together(sc_ocl_device *device, int count) {
    char key[SC_HASH_TEXT];
    sc_text source;
    cl_program program = NULL;
    const sc_ocl_note *note = device->notes;
    sc_text_init(&source, device->base.env);
    for (int i = 0; i < count; i++, note = note->next)
        sc_ocl_unit_add(&source, &note->source, note->key);
    socle_status status = source.status;
    if (status == SOCLE_OK) {
        sc_ocl_program_key(key, device, &source);
        status = sc_ocl_program_build(&program, device, &source, "several kernel files", NULL);
    }
    if (status == SOCLE_OK) {
        sc_ocl_cache_store(device, key, program);
        sc_ocl_group_store(device, key, &source, count);
    }
    sc_text_free(&source);
    return status == SOCLE_OK ? add_units(device, key, program, count) : status;
}

static bool find_alone(sc_ocl_device *device, const sc_ocl_note *note) {
    cl_program program = NULL;
    sc_ocl_cache_load(&program, device, note->key);
    if (!program) return false;
    if (sc_ocl_program_add(device, note->key, program, false, true) == SOCLE_OK) return true;
    clReleaseProgram(program);
    return false;
}

/* What is on disk, by itself or in a group, needs no building. */
static void take_from_disk(sc_ocl_device *device) {
    for (sc_ocl_note **place = &device->notes; *place;) {
        if (find_alone(device, *place) || sc_ocl_group_find(device, *place))
            drop(device, place);
        else
            place = &(*place)->next;
    }
}

static void say(const sc_ocl_device *device, int count, socle_status status, uint64_t took) {
    const sc_env *env = device->base.env;
    if (status == SOCLE_OK)
        sc_log_line(env, SOCLE_LOG_DEBUG, "%d kernel texts built in %.2f s, as one program", count,
                    (double)took * 1e-9);
    else
        sc_log_line(env, SOCLE_LOG_DEBUG,
                    "%d kernel texts did not build as one program, each is built by itself: %s",
                    count, env->text);
}

void sc_ocl_announce_end(sc_device *base) {
    sc_ocl_device *device = sc_ocl_device_of(base);
    device->announcing = false;
    take_from_disk(device);
    while (device->notes) {
        int count = 0;
        for (const sc_ocl_note *note = device->notes; note && count < UNITS; note = note->next)
            count++;
        if (count > 1) {
            const uint64_t began = sc_now_ns();
            socle_status status = build_together(device, count);
            say(device, count, status, sc_now_ns() - began);
        }
        while (count--) drop(device, &device->notes);
    }
}
