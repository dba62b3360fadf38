/* SPDX-License-Identifier: Apache-2.0 */
/* See folder.h: what lies where. */
#include "data/folder.h"
#include "base/text.h"
#include "io/quote.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Names in a folder, those that begin with a dot left out. */
typedef struct listing {
    sc_folder *folder;
    const char **name;
    size_t names, capacity;
} listing;

static socle_status join(const char **out, const sc_folder *folder, const char *path,
                         const char *name) {
    sc_text text;
    sc_text_init(&text, folder->env);
    size_t length = strlen(path);
    sc_text_add(&text, "%s%s%s", path, length && path[length - 1] == '/' ? "" : "/", name);
    socle_status status = text.status;
    if (status == SOCLE_OK) status = sc_arena_string(folder->arena, out, text.data);
    sc_text_free(&text);
    return status;
}

static socle_status fail_open(sc_env *env, const char *path) {
    int error = errno;
    return sc_fail(env, error == ENOENT ? SOCLE_STATUS_NOT_FOUND : SOCLE_STATUS_IO,
                   "%s: cannot open: %s", path, strerror(error));
}

static socle_status read_names(listing *out, DIR *directory, const char *path) {
    sc_env *env = out->folder->env;
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(directory);
        if (!entry && errno) return fail_open(env, path);
        if (!entry) return SOCLE_OK;
        if (entry->d_name[0] == '.') continue;
        SC_TRY(sc_grow(env, &out->name, &out->capacity, out->names + 1, sizeof *out->name));
        SC_TRY(sc_arena_string(out->folder->arena, &out->name[out->names], entry->d_name));
        out->names++;
    }
}

static int compare_names(const void *a, const void *b) {
    return sc_cell_compare(*(const char *const *)a, *(const char *const *)b);
}

static socle_status list_names(listing *out, const char *path) {
    DIR *directory = opendir(path);
    if (!directory) return fail_open(out->folder->env, path);
    socle_status status = read_names(out, directory, path);
    closedir(directory);
    if (out->names) qsort(out->name, out->names, sizeof *out->name, compare_names);
    return status;
}

static bool is_folder(const char *path) {
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

/* ---- Files ---- */

static socle_status add_file(sc_folder *folder, const char *path, int32_t label) {
    sc_env *env = folder->env;
    if (folder->files == UINT32_MAX)
        return sc_fail(env, SOCLE_STATUS_DATA, "%s: has more than 2^32 pictures", folder->path);
    SC_TRY(sc_grow(env, &folder->file, &folder->capacity, folder->files + 1, sizeof *folder->file));
    SC_TRY(sc_grow(env, &folder->label, &folder->labels, folder->files + 1, sizeof *folder->label));
    folder->label[folder->files] = label;
    folder->file[folder->files++] = path;
    return SOCLE_OK;
}

static socle_status add_named(sc_folder *folder, const char *path, const listing *list,
                              int32_t label) {
    for (size_t i = 0; i < list->names; i++) {
        const char *file;
        if (!sc_picture_is_named(list->name[i])) {
            folder->others++;
            continue;
        }
        SC_TRY(join(&file, folder, path, list->name[i]));
        SC_TRY(add_file(folder, file, label));
    }
    return SOCLE_OK;
}

static socle_status add_files(sc_folder *folder, const char *path, int32_t label) {
    listing list = {.folder = folder};
    size_t before = folder->files;
    socle_status status = list_names(&list, path);
    if (status == SOCLE_OK) status = add_named(folder, path, &list, label);
    sc_release(folder->env, list.name);
    SC_TRY(status);
    if (folder->files > before) return SOCLE_OK;
    return sc_fail(folder->env, SOCLE_STATUS_DATA,
                   "%s: has no picture in it: no file whose name ends in .png, .jpg or .jpeg",
                   path);
}

/* ---- Classes ---- */

static socle_status find_known(int32_t *out, const sc_folder *folder, const char *name,
                               const sc_names *known) {
    for (size_t c = 0; c < known->count; c++)
        if (strcmp(known->name[c], name) == 0) {
            *out = (int32_t)c;
            return SOCLE_OK;
        }
    return sc_fail(folder->env, SOCLE_STATUS_DATA,
                   "%s: the folder '%s' is none of the %zu classes of the training data: %s, %s%s",
                   folder->path, sc_quote(name).text, known->count, sc_quote(known->name[0]).text,
                   sc_quote(known->name[known->count - 1]).text,
                   known->count > 2 ? " and those between" : "");
}

/* Folders whose names are one number, as 1 and 01, would be one class to a model. */
static socle_status check_different(const sc_folder *folder) {
    for (size_t c = 1; c < folder->classes; c++)
        if (sc_cell_compare(folder->class[c - 1], folder -> class[c]) == 0)
            return sc_fail(folder->env, SOCLE_STATUS_DATA,
                           "%s: the folders '%s' and '%s' are named by the same number: give each "
                           "class another name",
                           folder->path, sc_quote(folder->class[c - 1]).text,
                           sc_quote(folder->class[c]).text);
    return SOCLE_OK;
}

static socle_status check_classes(const sc_folder *folder, const sc_names *known) {
    sc_env *env = folder->env;
    if (!folder->classes)
        return sc_fail(env, SOCLE_STATUS_DATA,
                       "%s: has no folders in it: the pictures of each class lie in a folder of "
                       "their own, which is named as the class",
                       folder->path);
    if (folder->classes == 1 && !known)
        return sc_fail(env, SOCLE_STATUS_DATA,
                       "%s: has one class only, '%s': there is nothing to tell apart", folder->path,
                       sc_quote(folder->class[0]).text);
    if (folder->classes > SC_CATEGORIES)
        return sc_fail(env, SOCLE_STATUS_DATA, "%s: has %zu classes; %d are possible", folder->path,
                       folder->classes, SC_CATEGORIES);
    return check_different(folder);
}

static socle_status keep_folders(sc_folder *folder, const listing *list) {
    for (size_t i = 0; i < list->names; i++) {
        const char *path;
        SC_TRY(join(&path, folder, folder->path, list->name[i]));
        if (!is_folder(path)) {
            folder->others++;
            continue;
        }
        if (!sc_is_utf8(list->name[i]))
            return sc_fail(folder->env, SOCLE_STATUS_DATA,
                           "%s: the name of the folder '%s' is not UTF-8", folder->path,
                           sc_quote(list->name[i]).text);
        SC_TRY(sc_grow(folder->env, &folder->class, &folder->class_capacity, folder->classes + 1,
                       sizeof *folder->class));
        folder->class[folder->classes++] = list->name[i];
    }
    return SOCLE_OK;
}

static socle_status list_classes(sc_folder *folder, const sc_names *known) {
    listing list = {.folder = folder};
    socle_status status = list_names(&list, folder->path);
    if (status == SOCLE_OK) status = keep_folders(folder, &list);
    sc_release(folder->env, list.name);
    SC_TRY(status);
    SC_TRY(check_classes(folder, known));
    for (size_t c = 0; c < folder->classes; c++) {
        const char *path;
        int32_t label = (int32_t)c;
        if (known) SC_TRY(find_known(&label, folder, folder->class[c], known));
        SC_TRY(join(&path, folder, folder->path, folder->class[c]));
        SC_TRY(add_files(folder, path, label));
    }
    return SOCLE_OK;
}

/* ---- Order ---- */

typedef struct place {
    double share; /* of its class, before and half of itself */
    size_t file;
} place;

static int compare_places(const void *a, const void *b) {
    const place *x = a, *y = b;
    if (x->share != y->share) return x->share < y->share ? -1 : 1;
    return x->file < y->file ? -1 : x->file > y->file;
}

static void find_places(place *out, const sc_folder *folder) {
    for (size_t first = 0, next; first < folder->files; first = next) {
        for (next = first; next < folder->files && folder->label[next] == folder->label[first];)
            next++;
        for (size_t i = first; i < next; i++)
            out[i] = (place){((double)(i - first) + 0.5) / (double)(next - first), i};
    }
    qsort(out, folder->files, sizeof *out, compare_places);
}

static socle_status mix_classes(sc_folder *folder) {
    place *order;
    const char **file = NULL;
    int32_t *label = NULL;
    SC_TRY(sc_allocate(folder->env, &order, folder->files, sizeof *order));
    socle_status status = sc_allocate(folder->env, &file, folder->files, sizeof *file);
    if (status == SOCLE_OK) status = sc_allocate(folder->env, &label, folder->files, sizeof *label);
    if (status == SOCLE_OK) {
        find_places(order, folder);
        for (size_t i = 0; i < folder->files; i++) {
            file[i] = folder->file[order[i].file];
            label[i] = folder->label[order[i].file];
        }
        memcpy(folder->file, file, folder->files * sizeof *file);
        memcpy(folder->label, label, folder->files * sizeof *label);
    }
    sc_release(folder->env, order);
    sc_release(folder->env, file);
    sc_release(folder->env, label);
    return status;
}

static void tell_others(const sc_folder *folder) {
    if (folder->others)
        sc_log_line(folder->env, SOCLE_LOG_INFO,
                    "%s: %zu files are no .png, .jpg or .jpeg and are left out", folder->path,
                    folder->others);
}

static socle_status begin(sc_folder *out, sc_env *env, const char *path) {
    *out = (sc_folder){.env = env};
    SC_TRY(sc_arena_create(&out->arena, env));
    return sc_arena_string(out->arena, &out->path, path);
}

socle_status sc_folder_list(sc_folder *out, sc_env *env, const char *path, const sc_names *known) {
    socle_status status = begin(out, env, path);
    if (status == SOCLE_OK) status = list_classes(out, known);
    if (status == SOCLE_OK) status = mix_classes(out);
    if (status == SOCLE_OK) tell_others(out);
    if (status != SOCLE_OK) sc_folder_free(out);
    return status;
}

socle_status sc_folder_list_files(sc_folder *out, sc_env *env, const char *path) {
    socle_status status = begin(out, env, path);
    if (status == SOCLE_OK)
        status = is_folder(path) ? add_files(out, path, 0) : add_file(out, out->path, 0);
    if (status != SOCLE_OK) sc_folder_free(out);
    return status;
}

void sc_folder_free(sc_folder *folder) {
    if (!folder->env) return;
    sc_release(folder->env, folder->class);
    sc_release(folder->env, folder->file);
    sc_release(folder->env, folder->label);
    sc_release(folder->env, folder->stamp);
    sc_arena_destroy(folder->arena);
    *folder = (sc_folder){0};
}
