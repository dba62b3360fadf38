/* SPDX-License-Identifier: Apache-2.0 */
/* Verdicts about drivers on disk, so that a driver is tried once and not at every start. A file
 * holds numbers alone and is read by sc_file_read_private: another user who could write it could
 * have a driver loaded that crashes. Its name is a hash of everything that a verdict depends on:
 * the driver's files, the program that tried it, the kernel, limits, variables that drivers read.
 */
#include "opencl/ocl_vendors.h"

#include "base/cache_folder.h"
#include "base/file.h"
#include "base/hash.h"

#include <dlfcn.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>

enum { LIMIT = 256, BELIEVED_SECONDS = 3600, MOST_BYTES = 2 << 20 };

static const char format[] =
    "SOCLE-DRIVER 1 kind %d detail %d stage %d platforms %d devices %d time %lld end";

extern char **environ;

/* Variables are many and change; these begin those that change what a driver does, or how long it
 * may take. */
static const char *const read_by_drivers[] = {
    "LD_",      "OCL_",  "OPENCL_VENDOR", "POCL_",    "CL_",      "DPCPP_",
    "RUSTICL_", "MESA_", "GALLIUM_",      "LP_",      "CUDA_",    "NVIDIA_",
    "GPU_",     "HSA_",  "ROC",           "HIP_",     "AMD_",     "RADV_",
    "IGC_",     "NEO",   "ZE_",           "ONEAPI",   "HOME=",    "XDG_CACHE_HOME=",
    "TMPDIR=",  "TBB_",  "OMP_",          "DISPLAY=", "WAYLAND_", "SOCLE_PROBE_SECONDS=",
};

static void add_file(sc_text *key, const char *path) {
    struct stat info;
    if (stat(path, &info) != 0) {
        sc_text_add(key, "%s -\n", path);
        return;
    }
    sc_text_add(key, "%s %llu %llu %lld %lld.%09ld\n", path, (unsigned long long)info.st_dev,
                (unsigned long long)info.st_ino, (long long)info.st_size,
                (long long)info.st_mtim.tv_sec, info.st_mtim.tv_nsec);
}

/* A name without a slash is looked for by the linker: first in the folders it names here, then as
 * its cache says. */
static void add_library(sc_text *key, const char *name) {
    Dl_serinfo size, *list = NULL;
    struct stat info;
    char path[SC_OCL_PATH_TEXT];
    if (strchr(name, '/')) {
        add_file(key, name);
        return;
    }
    sc_text_add(key, "%s\n", name);
    add_file(key, "/etc/ld.so.cache");
    void *self = dlopen(NULL, RTLD_LAZY);
    if (self && dlinfo(self, RTLD_DI_SERINFOSIZE, &size) == 0 && size.dls_size < 1 << 20 &&
        sc_allocate(key->env, &list, size.dls_size, 1) == SOCLE_OK) {
        *list = size;
        if (dlinfo(self, RTLD_DI_SERINFOSIZE, list) != 0 ||
            dlinfo(self, RTLD_DI_SERINFO, list) != 0)
            list->dls_cnt = 0;
        for (unsigned i = 0; i < list->dls_cnt; i++)
            if (snprintf(path, sizeof path, "%s/%s", list->dls_serpath[i].dls_name, name) <
                    (int)sizeof path &&
                stat(path, &info) == 0)
                add_file(key, path);
    }
    if (self) dlclose(self);
    sc_release(key->env, list);
}

static void add_surroundings(sc_text *key) {
    struct utsname system; /* drivers talk to the kernel's part of theirs */
    if (uname(&system) == 0) sc_text_add(key, "%s %s\n", system.release, system.version);
    for (int i = 0; i < RLIMIT_NLIMITS; i++) {
        struct rlimit limit;
        if (getrlimit((__rlimit_resource_t)i, &limit) == 0)
            sc_text_add(key, "%d %llu %llu\n", i, (unsigned long long)limit.rlim_cur,
                        (unsigned long long)limit.rlim_max);
    }
    for (char **at = environ; at && *at; at++)
        for (size_t i = 0; i < sizeof read_by_drivers / sizeof read_by_drivers[0]; i++)
            if (strncmp(*at, read_by_drivers[i], strlen(read_by_drivers[i])) == 0) {
                sc_text_add(key, "%s\n", *at);
                break;
            }
}

static bool is_ours(const char *name) {
    return sc_cache_name_is(name, (const char *const[]){"", NULL});
}

/* FOLDER/HASH; NULL when there is no folder for it. With `make` the folder is made where it is
 * missing, and loses its oldest verdicts where there are too many. */
static char *file_path(sc_env *env, const sc_ocl_vendor *vendor, const char *program, bool make) {
    char *folder = NULL, *path = NULL, hash[SC_HASH_TEXT];
    sc_text key;
    if (sc_user_directory(env, &folder, "cache", "drivers") != SOCLE_OK) return NULL;
    if (make && sc_make_private_directories(env, folder) != SOCLE_OK) {
        sc_release(env, folder);
        return NULL;
    }
    if (make) sc_cache_folder_limit(folder, MOST_BYTES, is_ours);
    sc_text_init(&key, env);
    add_file(&key, program);
    if (*vendor->icd) add_file(&key, vendor->icd);
    add_library(&key, vendor->library);
    add_surroundings(&key);
    sc_hash_text(hash, sc_hash_bytes(key.data, key.length, 0));
    size_t size = strlen(folder) + sizeof hash + 2;
    if (key.status == SOCLE_OK && sc_allocate(env, &path, size, 1) == SOCLE_OK)
        snprintf(path, size, "%s/%s", folder, hash);
    sc_text_free(&key);
    sc_release(env, folder);
    return path;
}

/* A bad one that says something of the driver, not of the moment. */
static bool is_lasting(const sc_ocl_verdict *verdict) {
    return sc_ocl_verdict_is_bad(verdict) && verdict->kind != SC_OCL_NO_PROCESS &&
           verdict->kind != SC_OCL_STARVED;
}

static bool parse(sc_ocl_verdict *out, const char *text, size_t size) {
    sc_ocl_verdict read = {0};
    char again[LIMIT];
    int kind, stage;
    long long made, now = (long long)time(NULL);
    if (sscanf(text, format, &kind, &read.detail, &stage, &read.platforms, &read.devices, &made) !=
        6)
        return false;
    int length = snprintf(again, sizeof again, format, kind, read.detail, stage, read.platforms,
                          read.devices, made);
    if (length < 0 || (size_t)length != size || memcmp(again, text, size) != 0) return false;
    read.kind = (sc_ocl_verdict_kind)kind;
    read.stage = (probe_stage_id)stage;
    bool kept = kind == SC_OCL_WELL || is_lasting(&read);
    if (!kept || stage < 0 || stage >= PROBE_STAGE_COUNT || read.platforms < 0 || read.devices < 0)
        return false;
    if (sc_ocl_verdict_is_bad(&read) && (made > now || now - made > BELIEVED_SECONDS)) return false;
    *out = read;
    return true;
}

bool sc_ocl_verdict_load(sc_env *parent, sc_ocl_vendor *vendor, const char *program) {
    sc_env env; /* nothing that goes wrong here is an error of the caller's */
    sc_env_child(&env, parent);
    char *data = NULL, *path = file_path(&env, vendor, program, false);
    size_t size = 0;
    bool found = false;
    if (path) {
        socle_status status = sc_file_read_private(&env, &data, &size, path, LIMIT - 1);
        found = status == SOCLE_OK && parse(&vendor->verdict, data, size);
        if (status != SOCLE_OK && status != SOCLE_STATUS_NOT_FOUND)
            sc_log_line(parent, SOCLE_LOG_WARNING,
                        "what is known of OpenCL drivers is not read: %s", env.text);
    }
    sc_release(&env, data);
    sc_release(&env, path);
    return found;
}

/* A driver that offers no device, does not load, or could not be tried is asked again each time:
 * that is quick, and may have been mended. */
void sc_ocl_verdict_store(sc_env *parent, const sc_ocl_vendor *vendor, const char *program) {
    const sc_ocl_verdict *v = &vendor->verdict;
    bool kept = v->kind == SC_OCL_WELL ? v->devices > 0 : is_lasting(v);
    char text[LIMIT];
    sc_env env;
    if (!kept) return;
    sc_env_child(&env, parent);
    int length = snprintf(text, sizeof text, format, (int)v->kind, v->detail, (int)v->stage,
                          v->platforms, v->devices, (long long)time(NULL));
    char *path = file_path(&env, vendor, program, true);
    if (path && sc_file_write_whole(&env, path, text, (size_t)length) != SOCLE_OK)
        sc_log_line(parent, SOCLE_LOG_DEBUG, "the verdict about %s is not kept: %s",
                    sc_ocl_vendor_name(vendor), env.text);
    sc_release(&env, path);
}
