/* SPDX-License-Identifier: Apache-2.0 */
/* See run_place.h. */
#include "run/run_place.h"
#include "base/file.h"
#include "base/text.h"
#include "io/metrics.h"
#include "io/safetensors.h"
#include "run/checkpoint_series.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { NAME_ATTEMPTS = 100, LONGEST_NAME = 100, ENVIRONMENT_BYTES = 16 << 20 };

socle_status sc_run_file(char **out, sc_env *env, const char *directory, const char *name) {
    sc_text text;
    *out = NULL;
    sc_text_init(&text, env);
    sc_text_add(&text, "%s%s%s", directory,
                *directory && directory[strlen(directory) - 1] == '/' ? "" : "/", name);
    socle_status status =
        text.status == SOCLE_OK ? sc_copy_string(env, out, text.data) : text.status;
    sc_text_free(&text);
    return status;
}

void sc_run_pictures_name(char out[SC_RUN_PICTURES_NAME], int64_t epoch) {
    snprintf(out, SC_RUN_PICTURES_NAME, "pictures-%04" PRId64 ".png", epoch);
}

static bool is_pictures(const char *name, int64_t *epoch) {
    char again[SC_RUN_PICTURES_NAME];
    if (sscanf(name, "pictures-%" SCNd64, epoch) != 1 || *epoch < 0) return false;
    sc_run_pictures_name(again, *epoch);
    return strcmp(again, name) == 0;
}

void sc_run_drop_pictures(const sc_directory *directory, int64_t epoch) {
    DIR *folder = opendir(sc_directory_path(directory));
    int64_t of;
    for (struct dirent *entry; folder && (entry = readdir(folder));)
        if (is_pictures(entry->d_name, &of) && of > epoch)
            unlinkat(sc_directory_descriptor(directory), entry->d_name, 0);
    if (folder) closedir(folder);
}

bool sc_run_writes(const char *name) {
    static const char *const names[] = {SC_RUN_CHECKPOINT,  SC_RUN_MODEL,    SC_RUN_CONFIG,
                                        SC_RUN_ENVIRONMENT, SC_METRICS_FILE, SC_METRICS_TABLE};
    int64_t step;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(name, names[i]) == 0) return true;
    return sc_checkpoint_older(name, &step) || is_pictures(name, &step);
}

/* --- What a directory holds --- */

typedef enum run_content { NOTHING, A_RUN, SOMETHING_ELSE } run_content;

/* A file with this entry says itself that this program wrote it. */
static bool is_ours(sc_env *env, const char *directory, const char *name, const char *entry) {
    sc_env quiet; /* what is no such file is no failure */
    sc_safetensors *file;
    char *path;
    sc_env_init(&quiet, &env->allocator, NULL);
    if (sc_run_file(&path, &quiet, directory, name) != SOCLE_OK) return false;
    bool ours = false;
    if (sc_safetensors_open(&file, &quiet, path) == SOCLE_OK) {
        const char *format = sc_safetensors_metadata(file, "format");
        ours = format && strcmp(format, "socle") == 0 && sc_safetensors_metadata(file, entry);
        sc_safetensors_close(file);
    }
    sc_release(&quiet, path);
    return ours;
}

static bool has_file(const char *directory, const char *name) {
    sc_env quiet;
    char *path;
    struct stat info;
    sc_env_init(&quiet, NULL, NULL);
    if (sc_run_file(&path, &quiet, directory, name) != SOCLE_OK) return false;
    bool there = lstat(path, &info) == 0;
    sc_release(&quiet, path);
    return there;
}

/* What run_environment.c writes. */
static bool has_environment(sc_env *env, const char *directory) {
    sc_env quiet;
    char *path, *text;
    size_t size;
    sc_env_init(&quiet, &env->allocator, NULL);
    if (sc_run_file(&path, &quiet, directory, SC_RUN_ENVIRONMENT) != SOCLE_OK) return false;
    bool read = sc_file_read(&quiet, &text, &size, path, ENVIRONMENT_BYTES) == SOCLE_OK;
    sc_release(&quiet, path);
    json_t *value = read ? json_loadb(text, size, 0, NULL) : NULL;
    if (read) sc_release(&quiet, text);
    bool ours = json_is_string(json_object_get(value, "version")) &&
                json_is_array(json_object_get(value, "devices")) &&
                json_is_array(json_object_get(value, "launches"));
    json_decref(value);
    return ours;
}

/* A checkpoint or a model alone may have been copied, beside files of the user's that are called as
 * those of a run. A run writes env.json before config.json, so where the one is, the other is. */
static bool is_run(sc_env *env, const char *directory) {
    bool complete = has_environment(env, directory);
    if (is_ours(env, directory, SC_RUN_CHECKPOINT, SC_CHECKPOINT_VERSION_KEY))
        return complete || !has_file(directory, SC_RUN_CONFIG);
    return complete && is_ours(env, directory, SC_RUN_MODEL, "network");
}

/* What lies in every directory or is left by a run that never began. */
static bool counts_as_nothing(const char *name) {
    static const char *const others[] = {".", "..", "lost+found"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (strcmp(name, others[i]) == 0) return true;
    return strncmp(name, ".socle", strlen(".socle")) == 0 || strncmp(name, ".nfs", 4) == 0;
}

static socle_status look_inside(run_content *out, sc_env *env, const char *path) {
    DIR *folder = opendir(path);
    *out = NOTHING;
    if (!folder)
        return sc_fail(env, SOCLE_STATUS_IO, "cannot look into the directory %s: %s", path,
                       strerror(errno));
    for (struct dirent *entry; *out == NOTHING && (entry = readdir(folder));)
        if (!counts_as_nothing(entry->d_name)) *out = SOMETHING_ELSE;
    closedir(folder);
    if (*out != NOTHING && is_run(env, path)) *out = A_RUN;
    return SOCLE_OK;
}

/* A run that is being written is told from one that has ended. */
static socle_status check_unused(sc_env *env, const char *path) {
    sc_env quiet;
    sc_directory *held;
    sc_env_child(&quiet, env);
    socle_status status = sc_directory_hold(&held, &quiet, path);
    if (status == SOCLE_OK) sc_directory_release(held);
    return status == SOCLE_STATUS_STATE ? sc_fail(env, status, "%s", quiet.text) : SOCLE_OK;
}

/* `held`: by this process. */
static socle_status check_content(sc_env *env, const char *path, bool overwrite, bool held) {
    run_content content;
    SC_TRY(look_inside(&content, env, path));
    if (content == SOMETHING_ELSE)
        return sc_fail(env, SOCLE_STATUS_CONFIG,
                       "%s is not empty and holds no run of socle: nothing is written there; name "
                       "a new directory, or an empty one",
                       path);
    if (content == NOTHING || overwrite) return SOCLE_OK;
    if (!held) SC_TRY(check_unused(env, path));
    return sc_fail(env, SOCLE_STATUS_CONFIG,
                   "%s holds a run already: continue it with --resume %s, replace it with "
                   "--overwrite, or name another directory",
                   path, path);
}

/* --- Claiming it --- */

static const char *wished_path(const sc_run_wish *wish) {
    return wish->output ? wish->output : wish->resume;
}

/* The content is looked at twice: once before a lock file is made, which has no place in a
 * directory that is refused, and then with the lock, since another run may have begun and ended
 * there meanwhile. */
static socle_status claim(sc_directory **out, sc_env *env, const char *path, bool overwrite) {
    SC_TRY(check_content(env, path, overwrite, false));
    SC_TRY(sc_directory_hold(out, env, path));
    socle_status status = check_content(env, path, overwrite, true);
    if (status == SOCLE_OK) return SOCLE_OK;
    sc_directory_release(*out);
    *out = NULL;
    return status;
}

socle_status sc_run_place_name(sc_env *env, const char *path) {
    struct stat info;
    if (!*path)
        return sc_fail(env, SOCLE_STATUS_CONFIG,
                       "the name of the run's directory is empty: name a new directory");
    if (stat(path, &info) == 0 ? !S_ISDIR(info.st_mode) : errno == ENOTDIR)
        return sc_fail(env, SOCLE_STATUS_CONFIG,
                       "%s is or lies in a file, so no run can be written there: name a directory",
                       path);
    return SOCLE_OK;
}

socle_status sc_run_place_claim(sc_directory **out, sc_env *env, const sc_run_wish *wish) {
    const char *path = wished_path(wish);
    struct stat info;
    *out = NULL;
    if (wish->output) SC_TRY(sc_run_place_name(env, wish->output));
    if (!path || (stat(path, &info) != 0 && (errno == ENOENT || errno == ENOTDIR))) return SOCLE_OK;
    if (!wish->resume || !sc_directory_same(wish->resume, path))
        return claim(out, env, path, wish->overwrite);
    if (wish->overwrite)
        return sc_fail(env, SOCLE_STATUS_CONFIG,
                       "--resume continues the run in %s, --overwrite would replace it: one of the "
                       "two",
                       path);
    if (!has_file(path, SC_RUN_CHECKPOINT)) return SOCLE_OK; /* reading it will say so */
    return sc_directory_hold(out, env, path);
}

/* The file's name without folder and ending; "run" for standard input. */
static void name_of(char out[LONGEST_NAME + 1], const char *label) {
    const char *slash = strrchr(label, '/'), *name = slash ? slash + 1 : label;
    const char *dot = strrchr(name, '.');
    int length = dot && dot != name ? (int)(dot - name) : (int)strlen(name);
    if (length > LONGEST_NAME) length = LONGEST_NAME;
    snprintf(out, LONGEST_NAME + 1, "%.*s", length, name);
    if (!*out || *out == '<' || *out == '-') strcpy(out, "run");
}

static socle_status make_new(sc_directory **out, sc_env *env, const char *label) {
    char name[LONGEST_NAME + 1], stamp[32], path[256];
    struct tm parts;
    time_t now = time(NULL);
    name_of(name, label);
    localtime_r(&now, &parts);
    strftime(stamp, sizeof stamp, "%Y%m%d-%H%M%S", &parts);
    SC_TRY(sc_make_directories(env, "runs"));
    for (int attempt = 1; attempt <= NAME_ATTEMPTS; attempt++) {
        if (attempt == 1)
            snprintf(path, sizeof path, "runs/%s-%s", name, stamp);
        else
            snprintf(path, sizeof path, "runs/%s-%s-%d", name, stamp, attempt);
        if (mkdir(path, 0777) == 0) return sc_directory_hold(out, env, path);
        if (errno != EEXIST) break;
    }
    return sc_fail(env, SOCLE_STATUS_IO, "%s: cannot make this directory: %s", path,
                   strerror(errno));
}

socle_status sc_run_place_make(sc_directory **directory, sc_env *env, const sc_run_wish *wish) {
    const char *path = wished_path(wish);
    if (*directory) return SOCLE_OK;
    if (!path) return make_new(directory, env, wish->label);
    SC_TRY(sc_make_directories(env, path));
    return claim(directory, env, path, wish->overwrite);
}
