/* SPDX-License-Identifier: Apache-2.0 */
/* Built programs on disk, for drivers that keep none themselves. Drivers crash on damaged binaries,
 * so a file is checked (magic, key, size, hash of the payload) before the driver sees it; whatever
 * is wrong, the program is built from source. One file per program, written whole or not at all.
 * The hash does not say who wrote a file: a folder or file that others could write to is not used
 * (base/file_private.c).
 *
 * SOCLE_CACHE=0 turns it off, SOCLE_CACHE=force on for every driver; SOCLE_CACHE_DIR names the
 * folder. */
#include "opencl/ocl.h"

#include "base/file.h"
#include "base/sealed.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LIMIT = 64 << 20 };
static const char magic[SC_SEALED_MAGIC + 1] = "SOCLEB1\n";

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

socle_status sc_ocl_cache_directory(char **out, sc_env *env, const sc_ocl_facts *facts,
                                    const char *wished) {
    const char *mode = getenv("SOCLE_CACHE"), *folder = getenv("SOCLE_CACHE_DIR");
    bool forced = mode && strcmp(mode, "force") == 0;
    *out = NULL;
    if ((mode && strcmp(mode, "0") == 0) || (facts->caches_programs && !forced)) return SOCLE_OK;
    socle_status status;
    if (folder && *folder)
        status = sc_copy_string(env, out, folder);
    else if (wished)
        status = sc_copy_string(env, out, wished);
    else
        status = sc_user_directory(env, out, "cache", "programs");
    if (status == SOCLE_STATUS_OUT_OF_MEMORY) return status;
    if (status != SOCLE_OK) sc_log_line(env, SOCLE_LOG_INFO, "no cache of built kernels: %s", env->text);
    return *out ? refuse_shared(out, env) : SOCLE_OK;
}

static char *file_path(const sc_ocl_device *device, sc_env *env, const char *key) {
    size_t size = strlen(device->cache_directory) + SC_HASH_TEXT + 8;
    char *path = NULL;
    if (sc_allocate(env, &path, size, 1) == SOCLE_OK)
        snprintf(path, size, "%s/%s.bin", device->cache_directory, key);
    return path;
}

static cl_program from_binary(sc_ocl_device *device, const unsigned char *binary, size_t size,
                              const char *options) {
    cl_int code = CL_SUCCESS, own = CL_SUCCESS;
    cl_program program =
        clCreateProgramWithBinary(device->context, 1, &device->handle, &size, &binary, &own, &code);
    if (code == CL_SUCCESS && own == CL_SUCCESS && program &&
        clBuildProgram(program, 1, &device->handle, options, NULL, NULL) == CL_SUCCESS)
        return program;
    if (program) clReleaseProgram(program);
    return NULL;
}

void sc_ocl_cache_load(cl_program *out, sc_ocl_device *device, const char *key,
                       const char *options) {
    sc_env env; /* nothing that goes wrong here is an error of the caller's */
    *out = NULL;
    if (!device->cache_directory) return;
    sc_env_child(&env, device->base.env);
    char *data = NULL, *path = file_path(device, &env, key);
    size_t size = 0;
    socle_status status = path ? sc_file_read_private(&env, &data, &size, path, LIMIT) : SOCLE_STATUS_NOT_FOUND;
    if (status == SOCLE_OK) {
        size_t bytes;
        const unsigned char *sound = sc_sealed_payload(&bytes, data, size, magic, key);
        if (sound) *out = from_binary(device, sound, bytes, options);
        if (!*out)
            sc_log_line(&env, SOCLE_LOG_WARNING, "cached kernel %s is %s, building from source",
                        path, sound ? "refused by the driver" : "damaged");
    } else if (status != SOCLE_STATUS_NOT_FOUND) {
        sc_log_line(&env, SOCLE_LOG_WARNING, "cached kernel is not used, building from source: %s", env.text);
    }
    sc_release(&env, data);
    sc_release(&env, path);
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

static socle_status write_file(sc_env *env, const char *path, const char *key,
                               const unsigned char *binary, size_t size) {
    unsigned char head[SC_SEALED_HEAD];
    sc_file_writer *writer = NULL;
    sc_sealed_head(head, magic, key, binary, size);
    SC_TRY(sc_file_writer_open(&writer, env, path));
    socle_status status = sc_file_writer_write(writer, head, sizeof head);
    if (status == SOCLE_OK) status = sc_file_writer_write(writer, binary, size);
    if (status == SOCLE_OK) return sc_file_writer_commit(writer);
    sc_file_writer_abandon(writer);
    return status;
}

void sc_ocl_cache_store(sc_ocl_device *device, const char *key, cl_program program) {
    sc_env env;
    if (!device->cache_directory) return;
    sc_env_child(&env, device->base.env);
    unsigned char *binary = NULL;
    size_t size = 0;
    char *path = file_path(device, &env, key);
    if (path && read_binary(&env, program, &binary, &size)) {
        socle_status status = sc_make_private_directories(&env, device->cache_directory);
        if (status == SOCLE_OK) status = write_file(&env, path, key, binary, size);
        if (status != SOCLE_OK)
            sc_log_line(&env, SOCLE_LOG_WARNING, "kernel not cached: %s", env.text);
    }
    sc_release(&env, binary);
    sc_release(&env, path);
}
