/* SPDX-License-Identifier: Apache-2.0 */
/* See search.h: which directory a search may write into: a new one, an empty one, or, where the
 * user says so, that of a search which it replaces. Never one that holds anything else. */
#include "base/file.h"
#include "cli/search.h"
#include "run/run_place.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

static const char *const files[] = {SC_SEARCH_RESULTS, SC_SEARCH_TABLE, SC_SEARCH_BEST,
                                    SC_SEARCH_FILE}; /* removed in this order */
enum { FILES = sizeof files / sizeof files[0] };

static bool is_file(const char *name) {
    for (int i = 0; i < FILES; i++)
        if (strcmp(name, files[i]) == 0) return true;
    return false;
}

/* "run-001" */
static bool is_candidate(const char *name) {
    char again[SC_SEARCH_NAME];
    long long number;
    if (sscanf(name, "run-%lld", &number) != 1 || number < 1 || number > SC_SEARCH_RUNS)
        return false;
    sc_search_name(again, number - 1);
    return strcmp(name, again) == 0;
}

/* What lies in the directory; names that begin with a point are of the system, or of a process that
 * holds it. */
typedef struct content {
    bool search; /* it has a search.json */
    bool other;  /* what no search writes */
    bool any;
} content;

/* Calls `each`, which may be NULL, for every candidate's directory. */
static socle_status look(content *out, const sc_search *search,
                         socle_status (*each)(sc_env *env, const char *path)) {
    sc_env *env = &search->cli->env;
    DIR *folder = opendir(search->directory);
    socle_status status = SOCLE_OK;
    *out = (content){.any = false};
    if (!folder)
        return sc_fail(env, SOCLE_STATUS_IO, "-o %s: cannot look into it: %s", search->directory,
                       strerror(errno));
    for (struct dirent *entry; status == SOCLE_OK && (entry = readdir(folder));) {
        const char *name = entry->d_name;
        char *path;
        if (name[0] == '.') continue;
        out->any = true;
        out->search |= strcmp(name, SC_SEARCH_FILE) == 0;
        out->other |= !is_file(name) && !is_candidate(name);
        if (!each || !is_candidate(name)) continue;
        status = sc_run_file(&path, env, search->directory, name);
        if (status == SOCLE_OK) status = each(env, path);
        sc_release(env, path);
    }
    closedir(folder);
    return status;
}

/* search.json goes last: until then the search can be continued, and removed anew. */
static socle_status remove_search(const sc_search *search) {
    sc_env *env = &search->cli->env;
    content found;
    SC_TRY(look(&found, search, sc_run_check_removal));
    SC_TRY(look(&found, search, sc_run_remove));
    for (int i = 0; i < FILES; i++) {
        char *path;
        SC_TRY(sc_run_file(&path, env, search->directory, files[i]));
        const bool gone = unlink(path) == 0 || errno == ENOENT;
        sc_release(env, path);
        if (!gone)
            return sc_fail(env, SOCLE_STATUS_IO, "-o %s: cannot remove %s: %s", search->directory,
                           files[i], strerror(errno));
    }
    return SOCLE_OK;
}

socle_status sc_search_place(sc_search *search, bool overwrite) {
    sc_env *env = &search->cli->env;
    content found;
    SC_TRY(sc_make_directories(env, search->directory));
    SC_TRY(sc_directory_hold(&search->place, env, search->directory));
    SC_TRY(look(&found, search, NULL));
    if (!found.any) return SOCLE_OK;
    if (found.other || !found.search)
        return sc_fail(env, SOCLE_STATUS_CONFIG,
                       "-o %s: is not empty, and holds what is of no search: nothing is written "
                       "there; name a new directory, or an empty one",
                       search->directory);
    if (overwrite) return remove_search(search);
    return sc_fail(env, SOCLE_STATUS_CONFIG,
                   "-o %s: is not empty: it holds a search, which goes on by socle search "
                   "--resume %s and is replaced with --overwrite; or name another directory",
                   search->directory, search->directory);
}
