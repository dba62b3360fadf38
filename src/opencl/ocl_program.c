/* SPDX-License-Identifier: Apache-2.0 */
/* From text to a built program: puts a generated prefix before an embedded kernel file, replaces
 * #include lines by embedded texts (drivers see no files), builds with a fixed option order, and
 * keeps one program per text and options for the life of the device. It must not know what a kernel
 * computes. */
#include "opencl/ocl.h"

#include "base/embedded.h"
#include "base/hash.h"

#include <stdio.h>
#include <string.h>

enum { DEPTH = 8, LOG_LINES = 12, LOG_SHOWN = 1200, LOG_LIMIT = 1 << 20 };

struct sc_ocl_program {
    sc_ocl_program *next;
    char key[SC_HASH_TEXT];
    cl_program handle;
};

/* The file named by a line `#include "NAME"`; false: another line. */
static bool include_name(char name[64], const char *line, size_t length) {
    const char *end = line + length;
    while (line < end && (*line == ' ' || *line == '\t')) line++;
    static const char word[] = "#include \"";
    size_t size = sizeof word - 1;
    if ((size_t)(end - line) <= size || memcmp(line, word, size) != 0) return false;
    line += size;
    const char *quote = memchr(line, '"', (size_t)(end - line));
    if (!quote || quote == line || quote - line >= 64) return false;
    memcpy(name, line, (size_t)(quote - line));
    name[quote - line] = '\0';
    return true;
}

socle_status sc_ocl_splice(sc_text *out, const char *source, size_t size, int depth) {
    const char *end = source + size;
    while (source < end) {
        const char *newline = memchr(source, '\n', (size_t)(end - source));
        size_t length = newline ? (size_t)(newline - source) + 1 : (size_t)(end - source);
        char name[64];
        if (include_name(name, source, length)) {
            const sc_embedded_file *file = sc_embedded_find(name);
            if (!file || depth >= DEPTH)
                return sc_fail(
                    out->env, SOCLE_STATUS_INTERNAL, "kernel source: #include \"%s\" %s", name,
                    file ? "is nested too deep" : "is not embedded; list it in cl/CMakeLists.txt");
            SC_TRY(sc_ocl_splice(out, (const char *)file->data, file->size, depth + 1));
        } else {
            sc_text_add_bytes(out, source, length);
        }
        source += length;
    }
    if (size && end[-1] != '\n') sc_text_add_bytes(out, "\n", 1);
    return out->status;
}

static socle_status assemble(sc_text *source, const char *prefix, const char *file) {
    if (prefix) SC_TRY(sc_ocl_splice(source, prefix, strlen(prefix), 0));
    if (!file) return source->status;
    const sc_embedded_file *embedded = sc_embedded_find(file);
    if (!embedded)
        return sc_fail(source->env, SOCLE_STATUS_INTERNAL,
                       "kernel file %s is not embedded; list it in cl/CMakeLists.txt", file);
    return sc_ocl_splice(source, (const char *)embedded->data, embedded->size, 0);
}

/* Everything that decides what the binary is. */
static void make_key(char out[SC_HASH_TEXT], const sc_ocl_device *device, const sc_text *source,
                     const sc_text *options) {
    const sc_device_info *info = &device->base.info;
    char parts[4 * SC_HASH_TEXT];
    char hash[4][SC_HASH_TEXT];
    sc_hash_text(hash[0], sc_hash_bytes(source->data, source->length, 1));
    sc_hash_text(hash[1], sc_hash_bytes(options->data, options->length, 2));
    sc_hash_text(hash[2], sc_hash_bytes(info->id, strlen(info->id), 3));
    sc_hash_text(hash[3], sc_hash_bytes(info->driver_version, strlen(info->driver_version), 4));
    snprintf(parts, sizeof parts, "%s%s%s%s", hash[0], hash[1], hash[2], hash[3]);
    sc_hash_text(out, sc_hash_bytes(parts, strlen(parts), 5));
}

/* The first lines of the build log, as they fit into a message. */
static void short_log(char out[LOG_SHOWN], const sc_ocl_device *device, cl_program program) {
    size_t size = 0;
    char *log = NULL;
    sc_env env;
    sc_env_child(&env, device->base.env);
    snprintf(out, LOG_SHOWN, "the driver gives no build log");
    if (clGetProgramBuildInfo(program, device->handle, CL_PROGRAM_BUILD_LOG, 0, NULL, &size) !=
            CL_SUCCESS ||
        size <= 1 || size > LOG_LIMIT || sc_allocate(&env, &log, size + 1, 1) != SOCLE_OK)
        return;
    if (clGetProgramBuildInfo(program, device->handle, CL_PROGRAM_BUILD_LOG, size, log, NULL) ==
        CL_SUCCESS) {
        char *end = log;
        for (int lines = 0; lines < LOG_LINES && (end = strchr(end, '\n')) != NULL; lines++) end++;
        if (end) *end = '\0';
        snprintf(out, LOG_SHOWN, "%s", log);
    }
    sc_release(&env, log);
}

static socle_status build_failed(sc_ocl_device *device, cl_program program, const char *file,
                                 const char *options, cl_int code) {
    char log[LOG_SHOWN];
    short_log(log, device, program);
    return sc_fail(device->base.env, sc_ocl_judge(device, code, SC_OCL_PATH_BUILD),
                   "clBuildProgram of %s (%s) on %s failed: %s (%d). %s",
                   file ? file : "generated source", options, device->base.info.name,
                   sc_ocl_error_name(code), (int)code, log);
}

static socle_status build(cl_program *out, sc_ocl_device *device, const sc_text *source,
                          const char *file, const char *options) {
    const char *text = source->data;
    cl_int code = CL_SUCCESS;
    cl_program program =
        clCreateProgramWithSource(device->context, 1, &text, &source->length, &code);
    if (code != CL_SUCCESS || !program)
        return sc_ocl_device_fail(device->base.env, device, "clCreateProgramWithSource",
                                  code ? code : CL_INVALID_PROGRAM, SC_OCL_PATH_BUILD);
    code = clBuildProgram(program, 1, &device->handle, options, NULL, NULL);
    if (code != CL_SUCCESS) {
        socle_status status = build_failed(device, program, file, options, code);
        clReleaseProgram(program);
        return status;
    }
    *out = program;
    return SOCLE_OK;
}

/* From memory, from disk, or built; then remembered. */
static socle_status obtain(cl_program *out, sc_ocl_device *device, const sc_text *source,
                           const char *file, const sc_text *options) {
    char key[SC_HASH_TEXT];
    make_key(key, device, source, options);
    for (const sc_ocl_program *known = device->programs; known; known = known->next) {
        if (strcmp(known->key, key) == 0) {
            *out = known->handle;
            return SOCLE_OK;
        }
    }
    sc_ocl_program *entry = NULL;
    SC_TRY(sc_allocate(device->base.env, &entry, 1, sizeof *entry));
    cl_program program = NULL;
    sc_ocl_cache_load(&program, device, key, options->data);
    if (!program) {
        socle_status status = build(&program, device, source, file, options->data);
        if (status != SOCLE_OK) {
            sc_release(device->base.env, entry);
            return status;
        }
        sc_ocl_cache_store(device, key, program);
    }
    *entry = (sc_ocl_program){.next = device->programs, .handle = program};
    memcpy(entry->key, key, sizeof key);
    device->programs = entry;
    *out = program;
    return SOCLE_OK;
}

socle_status sc_ocl_program_get(cl_program *out, sc_ocl_device *device, const char *prefix,
                                const char *file, const char *defines) {
    sc_text source, options;
    *out = NULL;
    SC_TRY(sc_ocl_check_lost(device, device->base.env));
    sc_text_init(&source, device->base.env);
    sc_text_init(&options, device->base.env);
    sc_text_add(&options, "%s%s%s", device->options, defines && *defines ? " " : "",
                defines ? defines : "");
    socle_status status = assemble(&source, prefix, file);
    if (status == SOCLE_OK) status = options.status;
    if (status == SOCLE_OK) status = obtain(out, device, &source, file, &options);
    sc_text_free(&options);
    sc_text_free(&source);
    return status;
}

void sc_ocl_programs_release(sc_ocl_device *device) {
    while (device->programs) {
        sc_ocl_program *entry = device->programs;
        device->programs = entry->next;
        clReleaseProgram(entry->handle);
        sc_release(device->base.env, entry);
    }
}
