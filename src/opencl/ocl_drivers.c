/* SPDX-License-Identifier: Apache-2.0 */
/* Which vendors' drivers this process loads, decided once, for the loader reads its list once: all
 * that are installed, or only the good ones when one is bad and the process lets us say so
 * (ocl_vendors.h). It must not know devices. */
#include "opencl/ocl_vendors.h"

#include "base/thread_pool.h"
#include "opencl/ocl_api.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Of the process, as the loader's list is. */
static struct {
    pthread_mutex_t lock;
    bool tried;
    int bad;
    bool warned;                   /* of each bad one */
    bool filtered;                 /* the environment names the good ones alone */
    char folder[SC_OCL_PATH_TEXT]; /* where, until the loader has read it */
    char failure[SC_ERROR_TEXT];   /* why the loader is not open, "" when it is or none wanted it */
    sc_ocl_vendors vendors;
} drivers = {.lock = PTHREAD_MUTEX_INITIALIZER};

static socle_status try_all(sc_env *env) {
    if (drivers.tried) return SOCLE_OK;
    sc_ocl_vendors_find(&drivers.vendors);
    SC_TRY(sc_ocl_vendors_try(env, &drivers.vendors));
    drivers.bad = 0;
    for (int i = 0; i < drivers.vendors.count; i++)
        drivers.bad += sc_ocl_verdict_is_bad(&drivers.vendors.vendor[i].verdict);
    drivers.tried = true;
    return SOCLE_OK;
}

/* ---- A process that lets us change its environment ---- */

static void set_unless_set(const sc_environment *environment, const char *name, int value) {
    char text[16];
    const char *present = getenv(name);
    if (present && *present) return;
    snprintf(text, sizeof text, "%d", value);
    environment->set(environment->user, name, text);
}

/* Drivers on the CPU count the machine's processors. What this process may use may be less: a quota
 * of its control group, or a mask. */
static void settle_threads(const sc_environment *environment) {
    int available = sc_processors_available();
    if (available >= sysconf(_SC_NPROCESSORS_ONLN)) return;
    set_unless_set(environment, "POCL_MAX_PTHREAD_COUNT", available);        /* PoCL */
    set_unless_set(environment, "POCL_CPU_MAX_CU_COUNT", available);         /* PoCL, later name */
    set_unless_set(environment, "CL_CONFIG_CPU_TBB_NUM_WORKERS", available); /* Intel */
    set_unless_set(environment, "DPCPP_CPU_NUM_CUS", available); /* Intel, as documented */
}

static void drop_folder(void) {
    sc_ocl_vendors_remove(drivers.folder);
    drivers.folder[0] = '\0';
}

/* Good libraries of OCL_ICD_FILENAMES, and a folder for the others. */
static socle_status show_good(sc_env *env, const sc_environment *environment) {
    sc_text names;
    SC_TRY(sc_ocl_vendors_write(env, &drivers.vendors, drivers.folder));
    sc_text_init(&names, env);
    for (int i = 0; i < drivers.vendors.count; i++) {
        const sc_ocl_vendor *vendor = &drivers.vendors.vendor[i];
        if (vendor->by_filename && !sc_ocl_verdict_is_bad(&vendor->verdict))
            sc_text_add(&names, "%s%s", names.length ? ":" : "", vendor->library);
    }
    socle_status status = names.status;
    if (status == SOCLE_OK) {
        environment->set(environment->user, "OCL_ICD_VENDORS", drivers.folder);
        environment->set(environment->user, "OCL_ICD_FILENAMES", names.length ? names.data : NULL);
        drivers.filtered = true;
    }
    sc_text_free(&names);
    if (status != SOCLE_OK) drop_folder();
    return status;
}

static void warn_of_bad(sc_env *env) {
    drivers.warned = true;
    for (int i = 0; i < drivers.vendors.count; i++) {
        const sc_ocl_vendor *vendor = &drivers.vendors.vendor[i];
        if (!sc_ocl_verdict_is_bad(&vendor->verdict)) continue;
        sc_text text;
        sc_text_init(&text, env);
        sc_ocl_vendor_describe(&text, vendor);
        sc_log_line(env, SOCLE_LOG_WARNING, "goes on without an OpenCL driver: %s", text.data);
        sc_text_free(&text);
    }
}

socle_status sc_ocl_drivers_settle(sc_env *env, const sc_environment *environment) {
    pthread_mutex_lock(&drivers.lock);
    socle_status status = SOCLE_OK;
    if (!drivers.tried) {
        settle_threads(environment);
        status = try_all(env);
        if (status == SOCLE_OK) warn_of_bad(env);
        if (status == SOCLE_OK && drivers.bad && drivers.bad < drivers.vendors.count)
            status = show_good(env, environment);
        if (status == SOCLE_STATUS_IO) {
            sc_log_line(env, SOCLE_LOG_WARNING, "%s", env->text);
            status = SOCLE_OK;
        }
    }
    pthread_mutex_unlock(&drivers.lock);
    return status;
}

/* ---- Opening ---- */

/* What a program that uses the library has to set. */
static socle_status refuse(sc_env *env) {
    sc_text text;
    sc_text_init(&text, env);
    for (int i = 0; i < drivers.vendors.count; i++) {
        const sc_ocl_vendor *vendor = &drivers.vendors.vendor[i];
        if (!sc_ocl_verdict_is_bad(&vendor->verdict)) continue;
        if (text.length) sc_text_add(&text, "; ");
        sc_ocl_vendor_describe(&text, vendor);
    }
    snprintf(drivers.failure, sizeof drivers.failure,
             "OpenCL is not opened, for that would load a driver that is not sound; let "
             "OCL_ICD_VENDORS name a folder with the "
             ".icd files of sound ones, or one such file, before the process starts");
    socle_status status =
        sc_fail(env, SOCLE_STATUS_NO_DEVICE, "%s. Not sound: %s", drivers.failure, text.data);
    sc_text_free(&text);
    return status;
}

socle_status sc_ocl_drivers_open(sc_env *env, bool *none) {
    pthread_mutex_lock(&drivers.lock);
    socle_status status = try_all(env);
    *none = drivers.bad && drivers.bad == drivers.vendors.count;
    if (status != SOCLE_OK) {
        *none = false;
    } else if (!*none && drivers.bad && !drivers.filtered) {
        status = refuse(env);
    } else if (!*none) {
        status = sc_ocl_load(env);
        if (status != SOCLE_OK)
            snprintf(drivers.failure, sizeof drivers.failure,
                     "%.1900s (Debian: apt-get install ocl-icd-libopencl1)", env->text);
        *none = status == SOCLE_STATUS_NOT_FOUND;
        if (*none) {
            drop_folder();
            status = SOCLE_OK;
        }
    }
    pthread_mutex_unlock(&drivers.lock);
    return status;
}

void sc_ocl_drivers_opened(void) {
    pthread_mutex_lock(&drivers.lock);
    drop_folder();
    pthread_mutex_unlock(&drivers.lock);
}

/* ---- Explaining ---- */

/* PoCL offers no device when it cannot make its cache: the folder is not there after it tried, or
 * cannot be written. */
static bool pocl_cache_is_barred(char out[SC_OCL_PATH_TEXT]) {
    const char *own = getenv("POCL_CACHE_DIR"), *cache = getenv("XDG_CACHE_HOME"),
               *home = getenv("HOME");
    struct stat info;
    if (own && *own)
        snprintf(out, SC_OCL_PATH_TEXT, "%s", own);
    else if (cache && *cache)
        snprintf(out, SC_OCL_PATH_TEXT, "%s/pocl", cache);
    else if (home && *home)
        snprintf(out, SC_OCL_PATH_TEXT, "%s/.cache/pocl", home);
    else
        return false;
    return stat(out, &info) != 0 || !S_ISDIR(info.st_mode) || access(out, W_OK | X_OK) != 0;
}

static void explain_no_device(sc_text *out, const sc_ocl_vendor *vendor) {
    char folder[SC_OCL_PATH_TEXT];
    if (strstr(vendor->library, "pocl")) {
        if (pocl_cache_is_barred(folder))
            sc_text_add(out,
                        ": its cache folder %s cannot be written; let POCL_CACHE_DIR or "
                        "XDG_CACHE_HOME name one that can",
                        folder);
        else
            sc_text_add(out, ": let POCL_CACHE_DIR name a folder that can be written and has room, "
                             "and look at POCL_DEVICES");
    } else if (access("/dev/dri", F_OK) == 0 && access("/dev/dri/renderD128", F_OK) == 0 &&
               access("/dev/dri/renderD128", R_OK | W_OK) != 0) {
        sc_text_add(out, ": this user may not use /dev/dri/renderD128; the group `render` may");
    } else {
        sc_text_add(out, ": no device of its kind is here, or its kernel driver is not");
    }
}

void sc_ocl_drivers_explain(sc_text *out) {
    pthread_mutex_lock(&drivers.lock);
    for (int i = 0; i < drivers.vendors.count; i++) {
        const sc_ocl_vendor *vendor = &drivers.vendors.vendor[i];
        const sc_ocl_verdict *verdict = &vendor->verdict;
        bool no_device = verdict->kind == SC_OCL_WELL && verdict->devices == 0;
        bool bad = sc_ocl_verdict_is_bad(verdict) && !drivers.warned;
        if (!no_device && verdict->kind != SC_OCL_UNLOADABLE && !bad) continue;
        sc_text_add(out, "%sthe driver ", out->length ? "\n" : "");
        sc_ocl_vendor_describe(out, vendor);
        if (no_device) explain_no_device(out, vendor);
    }
    if (drivers.warned && drivers.bad)
        sc_text_add(out, "%s%d of %d OpenCL drivers %s passed over, as was said",
                    out->length ? "\n" : "", drivers.bad, drivers.vendors.count,
                    drivers.bad == 1 ? "is" : "are");
    if (drivers.failure[0]) sc_text_add(out, "%s%s", out->length ? "\n" : "", drivers.failure);
    pthread_mutex_unlock(&drivers.lock);
}
