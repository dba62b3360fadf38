/* SPDX-License-Identifier: Apache-2.0 */
/* From text to a built program: puts a generated prefix before an embedded kernel file, replaces
 * #include lines by embedded texts (drivers see no files), builds with a fixed option order, and
 * keeps one program per text and options for the life of the device. It must not know what a kernel
 * computes. */
#include "opencl/ocl_program.h"

#include "base/embedded.h"

#include <stdio.h>
#include <string.h>

enum { DEPTH = 8, LOG_LINES = 12, LOG_SHOWN = 1200, LOG_LIMIT = 1 << 20 };

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

/* "-D NAME=VALUE -D NAME" as lines of the text: so a text is all of itself, and can lie beside
 * others. */
static void add_defines(sc_text *source, const char *defines) {
    static const char option[] = "-D ";
    const size_t skipped = sizeof option - 1;
    for (const char *at = strstr(defines, option), *next; at; at = next) {
        at += skipped;
        next = strstr(at, option);
        size_t length = next ? (size_t)(next - at) : strlen(at);
        while (length && at[length - 1] == ' ') length--;
        const char *equals = memchr(at, '=', length);
        size_t name = equals ? (size_t)(equals - at) : length;
        sc_text_add(source, "#define %.*s %.*s\n", (int)name, at,
                    equals ? (int)(length - name - 1) : 1, equals ? equals + 1 : "1");
    }
}

static socle_status assemble(sc_text *source, const char *prefix, const char *file,
                             const char *defines) {
    if (defines) add_defines(source, defines);
    if (prefix) SC_TRY(sc_ocl_splice(source, prefix, strlen(prefix), 0));
    if (!file) return source->status;
    const sc_embedded_file *embedded = sc_embedded_find(file);
    if (!embedded)
        return sc_fail(source->env, SOCLE_STATUS_INTERNAL,
                       "kernel file %s is not embedded; list it in cl/CMakeLists.txt", file);
    return sc_ocl_splice(source, (const char *)embedded->data, embedded->size, 0);
}

void sc_ocl_program_key(char out[SC_HASH_TEXT], const sc_ocl_device *device,
                        const sc_text *source) {
    const sc_device_info *info = &device->base.info;
    char parts[4 * SC_HASH_TEXT];
    char hash[4][SC_HASH_TEXT];
    sc_hash_text(hash[0], sc_hash_bytes(source->data, source->length, 1));
    sc_hash_text(hash[1], sc_hash_bytes(device->options, strlen(device->options), 2));
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
                                 const char *defines, cl_int code) {
    char log[LOG_SHOWN];
    short_log(log, device, program);
    return sc_fail(device->base.env, sc_ocl_judge(device, code, SC_OCL_PATH_BUILD),
                   "clBuildProgram of %s (%s%s%s) on %s failed: %s (%d). %s",
                   file ? file : "generated source", device->options, defines ? " " : "",
                   defines ? defines : "", device->base.info.name, sc_ocl_error_name(code),
                   (int)code, log);
}

socle_status sc_ocl_program_build(cl_program *out, sc_ocl_device *device, const sc_text *source,
                                  const char *file, const char *defines) {
    const char *text = source->data;
    cl_int code = CL_SUCCESS;
    cl_program program =
        clCreateProgramWithSource(device->context, 1, &text, &source->length, &code);
    if (code != CL_SUCCESS || !program)
        return sc_ocl_device_fail(device->base.env, device, "clCreateProgramWithSource",
                                  code ? code : CL_INVALID_PROGRAM, SC_OCL_PATH_BUILD);
    code = clBuildProgram(program, 1, &device->handle, device->options, NULL, NULL);
    if (code != CL_SUCCESS) {
        socle_status status = build_failed(device, program, file, defines, code);
        clReleaseProgram(program);
        return status;
    }
    *out = program;
    return SOCLE_OK;
}

const sc_ocl_program *sc_ocl_program_find(const sc_ocl_device *device, const char *key) {
    const sc_ocl_program *known = device->programs;
    while (known && strcmp(known->key, key) != 0) known = known->next;
    return known;
}

socle_status sc_ocl_program_add(sc_ocl_device *device, const char *key, cl_program handle,
                                bool is_unit, bool owns) {
    sc_ocl_program *entry = NULL;
    SC_TRY(sc_allocate(device->base.env, &entry, 1, sizeof *entry));
    *entry = (sc_ocl_program){
        .next = device->programs, .handle = handle, .is_unit = is_unit, .owns = owns};
    memcpy(entry->key, key, sizeof entry->key);
    device->programs = entry;
    return SOCLE_OK;
}

/* From memory, from disk, or built; then remembered. */
static socle_status obtain(const sc_ocl_program **out, sc_ocl_device *device, sc_text *source,
                           const char *file, const char *defines) {
    char key[SC_HASH_TEXT];
    sc_ocl_program_key(key, device, source);
    *out = sc_ocl_program_find(device, key);
    if (*out) return SOCLE_OK;
    if (device->announcing) return sc_ocl_announce_note(device, key, source);
    cl_program program = NULL;
    sc_ocl_cache_load(&program, device, key);
    if (!program) {
        SC_TRY(sc_ocl_program_build(&program, device, source, file, defines));
        sc_ocl_cache_store(device, key, program);
    }
    socle_status status = sc_ocl_program_add(device, key, program, false, true);
    if (status != SOCLE_OK) clReleaseProgram(program);
    *out = device->programs;
    return status;
}

socle_status sc_ocl_program_get(const sc_ocl_program **out, sc_ocl_device *device,
                                const char *prefix, const char *file, const char *defines) {
    sc_text source;
    *out = NULL;
    SC_TRY(sc_ocl_check_lost(device, device->base.env));
    sc_text_init(&source, device->base.env);
    socle_status status = assemble(&source, prefix, file, defines);
    if (status == SOCLE_OK) status = obtain(out, device, &source, file, defines);
    sc_text_free(&source);
    return status;
}

void sc_ocl_programs_release(sc_ocl_device *device) {
    sc_ocl_announce_forget(device);
    while (device->programs) {
        sc_ocl_program *entry = device->programs;
        device->programs = entry->next;
        if (entry->owns) clReleaseProgram(entry->handle);
        sc_release(device->base.env, entry);
    }
}

int sc_ocl_programs_count(const sc_device *device) {
    int count = 0;
    for (const sc_ocl_program *entry = ((const sc_ocl_device *)device)->programs; entry;
         entry = entry->next)
        count += entry->owns;
    return count;
}
