/* SPDX-License-Identifier: Apache-2.0 */
/* The folder of what was built, and the built programs in it, for drivers that keep none
 * themselves. Drivers crash on damaged binaries, so a file is checked (magic, key, size, hash of
 * the payload) before the driver sees it; whatever is wrong, the program is built from source. One
 * file per program, written whole or not at all. Which texts were built together is kept for every
 * driver (ocl_group.c). The hash does not say who wrote a file: a folder or file that others could
 * write to is not used (base/file_private.c).
 *
 * The files used longest ago go once all of them take too much room.
 *
 * SOCLE_CACHE=0 turns it off, SOCLE_CACHE=force on for every driver; SOCLE_CACHE_DIR names the
 * folder, SOCLE_CACHE_SIZE its largest size in MiB. */
#include "opencl/ocl_program.h"

#include "base/cache_folder.h"
#include "base/file.h"
#include "base/number.h"
#include "base/sealed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LIMIT = 64 << 20, MIB = 1 << 20, MOST_MIB = 512, TERABYTE_MIB = 1 << 20 };
static const sc_ocl_cache_kind binaries = {"bin", "SOCLEB1\n"};

/* A folder that others can write to is no cache; one that is missing will be made. */
static socle_status refuse_shared(char **directory, sc_env *parent) {
    sc_env env; /* nothing that goes wrong here is an error of the caller's */
    sc_env_child(&env, parent);
    socle_status status = sc_directory_is_private(&env, *directory);
    if (status == SOCLE_OK || status == SOCLE_STATUS_NOT_FOUND) return SOCLE_OK;
    if (status != SOCLE_STATUS_OUT_OF_MEMORY)
        sc_log_line(parent, SOCLE_LOG_WARNING, "no cache of built kernels: %s", env.text);
    sc_release(parent, *directory);
    *directory = NULL;
    if (status == SOCLE_STATUS_OUT_OF_MEMORY) sc_env_adopt_error(parent, &env);
    return status == SOCLE_STATUS_OUT_OF_MEMORY ? status : SOCLE_OK;
}

static int64_t most_bytes(sc_env *env) {
    const char *text = getenv("SOCLE_CACHE_SIZE");
    double most = 0;
    if (!text || !*text) return (int64_t)MOST_MIB * MIB;
    if (sc_number_parse(&most, text) && most >= 1 && most <= TERABYTE_MIB)
        return (int64_t)(most * MIB);
    sc_log_line(env, SOCLE_LOG_WARNING,
                "SOCLE_CACHE_SIZE is '%s', not a number of MiB from 1 to %d: the cache of built "
                "kernels is kept below %d MiB",
                text, TERABYTE_MIB, MOST_MIB);
    return (int64_t)MOST_MIB * MIB;
}

static bool is_ours(const char *name) {
    return sc_cache_name_is(name, (const char *const[]){".bin", ".cl", ".unit", NULL});
}

socle_status sc_ocl_cache_open(sc_ocl_cache *out, sc_env *env, const sc_ocl_facts *facts,
                               const char *wished) {
    const char *mode = getenv("SOCLE_CACHE"), *folder = getenv("SOCLE_CACHE_DIR");
    *out =
        (sc_ocl_cache){.binaries = !facts->caches_programs || (mode && strcmp(mode, "force") == 0)};
    if (mode && strcmp(mode, "0") == 0) return SOCLE_OK;
    socle_status status;
    if (folder && *folder)
        status = sc_copy_string(env, &out->directory, folder);
    else if (wished)
        status = sc_copy_string(env, &out->directory, wished);
    else
        status = sc_user_directory(env, &out->directory, "cache", "programs");
    if (status == SOCLE_STATUS_OUT_OF_MEMORY) return status;
    if (status != SOCLE_OK)
        sc_log_line(env, SOCLE_LOG_INFO, "no cache of built kernels: %s", env->text);
    if (!out->directory) return SOCLE_OK;
    SC_TRY(refuse_shared(&out->directory, env));
    if (out->directory) sc_cache_folder_limit(out->directory, most_bytes(env), is_ours);
    return SOCLE_OK;
}

static char *file_path(const sc_ocl_device *device, sc_env *env, const char *key,
                       const sc_ocl_cache_kind *kind) {
    size_t size = strlen(device->cache.directory) + SC_HASH_TEXT + 2 + strlen(kind->suffix);
    char *path = NULL;
    if (sc_allocate(env, &path, size, 1) == SOCLE_OK)
        snprintf(path, size, "%s/%s.%s", device->cache.directory, key, kind->suffix);
    return path;
}

static void say_unused(const sc_env *env, const char *path, const char *why) {
    sc_log_line(env, SOCLE_LOG_WARNING, "cached kernel %s is %s, building from source", path, why);
}

const void *sc_ocl_cache_read(char **file, size_t *size, const sc_ocl_device *device,
                              const char *key, const sc_ocl_cache_kind *kind) {
    sc_env env; /* nothing that goes wrong here is an error of the caller's */
    const void *sound = NULL;
    size_t bytes = 0;
    *file = NULL;
    if (!device->cache.directory) return NULL;
    sc_env_child(&env, device->base.env);
    char *path = file_path(device, &env, key, kind);
    socle_status status =
        path ? sc_file_read_private(&env, file, &bytes, path, LIMIT) : SOCLE_STATUS_NOT_FOUND;
    if (status == SOCLE_OK) {
        sound = sc_sealed_payload(size, *file, bytes, kind->magic, key);
        if (sound)
            sc_cache_file_used(path);
        else
            say_unused(&env, path, "damaged");
    } else if (status != SOCLE_STATUS_NOT_FOUND) {
        sc_log_line(&env, SOCLE_LOG_WARNING, "cached kernel is not used, building from source: %s",
                    env.text);
    }
    sc_release(&env, path);
    return sound;
}

static cl_program from_binary(sc_ocl_device *device, const unsigned char *binary, size_t size) {
    cl_int code = CL_SUCCESS, own = CL_SUCCESS;
    cl_program program =
        clCreateProgramWithBinary(device->context, 1, &device->handle, &size, &binary, &own, &code);
    if (code == CL_SUCCESS && own == CL_SUCCESS && program &&
        clBuildProgram(program, 1, &device->handle, device->options, NULL, NULL) == CL_SUCCESS)
        return program;
    if (program) clReleaseProgram(program);
    return NULL;
}

void sc_ocl_cache_load(cl_program *out, sc_ocl_device *device, const char *key) {
    char *file = NULL;
    size_t size = 0;
    *out = NULL;
    if (!device->cache.binaries) return;
    const void *binary = sc_ocl_cache_read(&file, &size, device, key, &binaries);
    if (binary) *out = from_binary(device, binary, size);
    if (binary && !*out) say_unused(device->base.env, key, "refused by the driver");
    sc_release(device->base.env, file);
}

static bool read_binary(sc_env *env, cl_program program, unsigned char **binary, size_t *size) {
    *binary = NULL;
    if (clGetProgramInfo(program, CL_PROGRAM_BINARY_SIZES, sizeof *size, size, NULL) !=
            CL_SUCCESS ||
        *size == 0 || *size > LIMIT - SC_SEALED_HEAD)
        return false;
    if (sc_allocate(env, binary, *size, 1) != SOCLE_OK) return false;
    return clGetProgramInfo(program, CL_PROGRAM_BINARIES, sizeof *binary, binary, NULL) ==
           CL_SUCCESS;
}

static socle_status write_file(sc_env *env, const char *path, const sc_ocl_cache_kind *kind,
                               const char *key, const void *payload, size_t size) {
    unsigned char head[SC_SEALED_HEAD];
    sc_file_writer *writer = NULL;
    sc_sealed_head(head, kind->magic, key, payload, size);
    SC_TRY(sc_file_writer_open(&writer, env, path));
    socle_status status = sc_file_writer_write(writer, head, sizeof head);
    if (status == SOCLE_OK) status = sc_file_writer_write(writer, payload, size);
    if (status == SOCLE_OK) return sc_file_writer_commit(writer);
    sc_file_writer_abandon(writer);
    return status;
}

bool sc_ocl_cache_write(const sc_ocl_device *device, const char *key, const sc_ocl_cache_kind *kind,
                        const void *payload, size_t size) {
    sc_env env;
    if (!device->cache.directory || size == 0 || size > LIMIT - SC_SEALED_HEAD) return false;
    sc_env_child(&env, device->base.env);
    char *path = file_path(device, &env, key, kind);
    socle_status status = path ? sc_make_private_directories(&env, device->cache.directory)
                               : SOCLE_STATUS_OUT_OF_MEMORY;
    if (status == SOCLE_OK) status = write_file(&env, path, kind, key, payload, size);
    if (status != SOCLE_OK && path)
        sc_log_line(&env, SOCLE_LOG_WARNING, "kernel not cached: %s", env.text);
    sc_release(&env, path);
    return status == SOCLE_OK;
}

void sc_ocl_cache_store(sc_ocl_device *device, const char *key, cl_program program) {
    sc_env env;
    if (!device->cache.directory || !device->cache.binaries) return;
    sc_env_child(&env, device->base.env);
    unsigned char *binary = NULL;
    size_t size = 0;
    if (read_binary(&env, program, &binary, &size))
        sc_ocl_cache_write(device, key, &binaries, binary, size);
    sc_release(&env, binary);
}
