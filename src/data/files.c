/* SPDX-License-Identifier: Apache-2.0 */
/* See files.h. */
#include "data/files.h"
#include "base/text.h"

#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static socle_status add(sc_files *files, const char *path) {
    SC_TRY(
        sc_grow(files->env, &files->path, &files->capacity, files->count + 1, sizeof *files->path));
    SC_TRY(sc_copy_string(files->env, &files->path[files->count], path));
    files->count++;
    return SOCLE_OK;
}

static int compare_versions(const void *a, const void *b) {
    return strverscmp(*(const char *const *)a, *(const char *const *)b);
}

static socle_status add_matches(sc_files *files, const char *pattern) {
    glob_t found = {0};
    socle_status status = SOCLE_OK;
    int result = glob(pattern, GLOB_BRACE | GLOB_NOSORT, NULL, &found);
    if (result == GLOB_NOSPACE)
        status =
            sc_fail(files->env, SOCLE_STATUS_OUT_OF_MEMORY, "%s: no memory for its files", pattern);
    else if (result || !found.gl_pathc)
        status =
            sc_fail(files->env, SOCLE_STATUS_NOT_FOUND, "%s: no file has such a name", pattern);
    else
        qsort(found.gl_pathv, found.gl_pathc, sizeof *found.gl_pathv, compare_versions);
    for (size_t i = 0; status == SOCLE_OK && i < found.gl_pathc; i++)
        status = add(files, found.gl_pathv[i]);
    globfree(&found);
    return status;
}

static socle_status add_line(sc_files *files, const char *name) {
    bool pattern = strpbrk(name, "*?[{") && access(name, F_OK) != 0;
    return pattern ? add_matches(files, name) : add(files, name);
}

static socle_status find(sc_files *files, const char *names) {
    sc_text line;
    socle_status status = SOCLE_OK;
    sc_text_init(&line, files->env);
    for (const char *at = names, *end; status == SOCLE_OK; at = end + 1) {
        end = strchrnul(at, '\n');
        sc_text_clear(&line);
        sc_text_add_bytes(&line, at, (size_t)(end - at));
        status = line.status == SOCLE_OK ? add_line(files, line.data) : line.status;
        if (!*end) break;
    }
    sc_text_free(&line);
    return status;
}

socle_status sc_files_find(sc_files *out, sc_env *env, const char *names) {
    *out = (sc_files){.env = env};
    socle_status status = find(out, names);
    if (status != SOCLE_OK) sc_files_free(out);
    return status;
}

void sc_files_free(sc_files *files) {
    for (size_t i = 0; i < files->count; i++) sc_release(files->env, files->path[i]);
    if (files->env) sc_release(files->env, files->path);
    *files = (sc_files){0};
}

socle_status sc_files_label(char **out, sc_env *env, const char *names) {
    sc_text text;
    size_t more = 0;
    for (const char *at = names; *at; at++) more += *at == '\n';
    if (!more) return sc_copy_string(env, out, names);
    sc_text_init(&text, env);
    sc_text_add_bytes(&text, names, strcspn(names, "\n"));
    sc_text_add(&text, " and %zu more", more);
    socle_status status =
        text.status == SOCLE_OK ? sc_copy_string(env, out, text.data) : text.status;
    sc_text_free(&text);
    return status;
}
