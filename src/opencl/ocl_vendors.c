/* SPDX-License-Identifier: Apache-2.0 */
/* Which vendors' drivers the OpenCL loader would open, found as ocl-icd and Khronos' loader find
 * them, and a folder that names the good ones alone. It loads none. */
#include "opencl/ocl_vendors.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define STANDARD_FOLDER "/etc/OpenCL/vendors"

static const char *variable(const char *name) {
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

static bool is_icd(const char *name) {
    size_t length = strlen(name);
    return length >= 5 && strcmp(name + length - 4, ".icd") == 0;
}

/* True when it fitted; a name that does not is no driver of ours. */
static bool copy(char out[SC_OCL_PATH_TEXT], const char *text, size_t length) {
    if (length >= SC_OCL_PATH_TEXT) return false;
    memcpy(out, text, length);
    out[length] = '\0';
    return true;
}

static void add_library(sc_ocl_vendors *out, const char *icd, const char *library, size_t length,
                        bool by_filename) {
    if (out->count == SC_OCL_VENDORS_MOST || !length) return;
    sc_ocl_vendor *vendor = &out->vendor[out->count];
    memset(vendor, 0, sizeof *vendor);
    vendor->by_filename = by_filename;
    if (copy(vendor->icd, icd, strlen(icd)) && copy(vendor->library, library, length)) out->count++;
}

/* The library is the first line of the file. False: there is no such file. */
static bool add_icd(sc_ocl_vendors *out, const char *path) {
    char line[SC_OCL_PATH_TEXT];
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (file < 0) return false;
    ssize_t length = read(file, line, sizeof line - 1);
    close(file);
    if (length <= 0) return length == 0;
    line[length] = '\0';
    add_library(out, path, line, strcspn(line, "\r\n"), false);
    return true;
}

static bool join(char out[SC_OCL_PATH_TEXT], const char *folder, const char *name) {
    return snprintf(out, SC_OCL_PATH_TEXT, "%s/%s", folder, name) < SC_OCL_PATH_TEXT;
}

static int only_icd(const struct dirent *entry) {
    return is_icd(entry->d_name);
}

static void add_folder(sc_ocl_vendors *out, const char *folder) {
    struct dirent **entries = NULL;
    char path[SC_OCL_PATH_TEXT];
    int count = scandir(folder, &entries, only_icd, alphasort);
    for (int i = 0; i < count; i++) {
        if (join(path, folder, entries[i]->d_name)) add_icd(out, path);
        free(entries[i]);
    }
    free(entries);
}

/* Colons between libraries; what Khronos' loader opens besides. */
static void add_filenames(sc_ocl_vendors *out, const char *list) {
    for (const char *at = list; *at; at += *at == ':') {
        size_t length = strcspn(at, ":");
        add_library(out, "", at, length, true);
        at += length;
    }
}

void sc_ocl_vendors_find(sc_ocl_vendors *out) {
    const char *vendors = variable("OCL_ICD_VENDORS"), *folder = variable("OPENCL_VENDOR_PATH");
    const char *filenames = variable("OCL_ICD_FILENAMES");
    char path[SC_OCL_PATH_TEXT];
    struct stat info;
    memset(out, 0, sizeof *out);
    if (!folder) folder = STANDARD_FOLDER;
    if (!vendors) {
        add_folder(out, folder);
    } else if (stat(vendors, &info) == 0 && S_ISDIR(info.st_mode)) {
        add_folder(out, vendors);
    } else if (is_icd(vendors)) {
        bool found = !strchr(vendors, '/') && join(path, folder, vendors) && add_icd(out, path);
        if (!found) add_icd(out, vendors);
    } else {
        add_library(out, "", vendors, strlen(vendors), false);
    }
    if (filenames) add_filenames(out, filenames);
}

const char *sc_ocl_vendor_name(const sc_ocl_vendor *vendor) {
    const char *path = *vendor->icd ? vendor->icd : vendor->library, *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static socle_status write_icd(sc_env *env, int folder, int number, const char *library) {
    char name[32];
    snprintf(name, sizeof name, "%02d.icd", number);
    int file = openat(folder, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    size_t length = strlen(library);
    bool written =
        file >= 0 && write(file, library, length) == (ssize_t)length && write(file, "\n", 1) == 1;
    int code = errno;
    if (file >= 0 && close(file) != 0) written = false;
    return written ? SOCLE_OK
                   : sc_fail(env, SOCLE_STATUS_IO, "cannot write %s: %s", name, strerror(code));
}

socle_status sc_ocl_vendors_write(sc_env *env, const sc_ocl_vendors *vendors,
                                  char folder[SC_OCL_PATH_TEXT]) {
    const char *above = variable("TMPDIR");
    if (!join(folder, above ? above : "/tmp", "socle-drivers-XXXXXX") || !mkdtemp(folder)) {
        int code = errno;
        folder[0] = '\0';
        return sc_fail(env, SOCLE_STATUS_IO,
                       "cannot make a folder in %s: %s (TMPDIR names another one)",
                       above ? above : "/tmp", strerror(code));
    }
    int handle = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    socle_status status =
        handle >= 0 ? SOCLE_OK : sc_fail(env, SOCLE_STATUS_IO, "cannot open %s", folder);
    for (int i = 0; i < vendors->count && status == SOCLE_OK; i++) {
        const sc_ocl_vendor *vendor = &vendors->vendor[i];
        if (!vendor->by_filename && !sc_ocl_verdict_is_bad(&vendor->verdict))
            status = write_icd(env, handle, i, vendor->library);
    }
    if (handle >= 0) close(handle);
    if (status == SOCLE_OK) return SOCLE_OK;
    sc_ocl_vendors_remove(folder);
    folder[0] = '\0';
    return status;
}

void sc_ocl_vendors_remove(const char *folder) {
    struct dirent **entries = NULL;
    char path[SC_OCL_PATH_TEXT];
    int count = *folder ? scandir(folder, &entries, only_icd, NULL) : 0;
    for (int i = 0; i < count; i++) {
        if (join(path, folder, entries[i]->d_name)) unlink(path);
        free(entries[i]);
    }
    free(entries);
    if (*folder) rmdir(folder);
}
