/* SPDX-License-Identifier: Apache-2.0 */
/* See view_run.h. */
#include "view/view_run.h"

#include "io/quote.h"
#include "run/run_place.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

socle_status sc_view_is_run(sc_env *env, const char *path) {
    struct stat info;
    if (stat(path, &info) != 0)
        return sc_fail(env, SOCLE_STATUS_DATA, "%s: there is no such run: %s", path,
                       strerror(errno));
    if (!S_ISDIR(info.st_mode))
        return sc_fail(env, SOCLE_STATUS_DATA,
                       "%s: is a file; name the directory of a run, as socle train -o makes it",
                       path);
    return SOCLE_OK;
}

/* Without slashes at its end; a model in the directory of a run is called as the run. */
static void last_part(sc_view_name *out, const char *path) {
    static const char model[] = "/" SC_RUN_MODEL;
    size_t end = strlen(path);
    if (end > strlen(model) && strcmp(path + end - strlen(model), model) == 0) end -= strlen(model);
    while (end > 1 && path[end - 1] == '/') end--;
    size_t begin = end;
    while (begin > 0 && path[begin - 1] != '/') begin--;
    snprintf(out->text, sizeof out->text, "%.*s", (int)(end - begin), path + begin);
}

void sc_view_names(sc_view_name *out, const sc_view_request *request) {
    bool same = false;
    for (int i = 0; i < request->runs; i++) {
        last_part(&out[i], request->run[i]);
        for (int k = 0; k < i; k++) same |= strcmp(out[k].text, out[i].text) == 0;
    }
    for (int i = 0; i < request->runs && same; i++)
        snprintf(out[i].text, sizeof out[i].text, "%s", sc_quote(request->run[i]).text);
}
