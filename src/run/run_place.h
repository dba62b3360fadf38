/* SPDX-License-Identifier: Apache-2.0 */
/* Which directory a run may write into: a new one, an empty one, that of the run which it
 * continues, or, where the user says so, that of a run which it replaces. Never one that holds
 * anything else. Knows the names and formats of a run's files, no trainer. */
#ifndef SC_RUN_RUN_PLACE_H
#define SC_RUN_RUN_PLACE_H

#include "base/directory.h"

typedef struct sc_run_wish {
    const char *output; /* NULL: where `resume` is, or a new runs/NAME-YYYYmmdd-HHMMSS */
    const char *resume; /* the directory whose run is continued; NULL: a new run */
    const char *label;  /* the path of a configuration, for NAME */
    bool overwrite;     /* a run that lies in `output` may be replaced */
} sc_run_wish;

/* What can never become a directory is refused before anything is read: CONFIG. */
socle_status sc_run_place_name(sc_env *env, const char *path);
/* Takes the directory (base/directory.h) if it exists already, and looks whether the run may have
 * it: what is refused is refused before any work is done. *out is NULL where it is still to be
 * made. Errors: CONFIG (it holds another run, or what is none), STATE (in use), IO. */
socle_status sc_run_place_claim(sc_directory **out, sc_env *env, const sc_run_wish *wish);
/* Makes the directory and takes it, where sc_run_place_claim left *directory NULL. */
socle_status sc_run_place_make(sc_directory **directory, sc_env *env, const sc_run_wish *wish);

/* Whether this is the name of a file that a run writes. */
bool sc_run_writes(const char *name);

/* run_previous.c. Before a run in `directory` is replaced: gives its files a second name in
 * DIRECTORY/previous (previous-2, ...), which is a run directory like others. `name` is that last
 * part, "" where there was no run. */
enum { SC_PREVIOUS_NAME = 32 };
socle_status sc_run_keep_previous(char name[SC_PREVIOUS_NAME], sc_env *env,
                                  const sc_directory *directory);
/* Takes back what sc_run_keep_previous did. */
void sc_run_unkeep_previous(const sc_directory *directory, const char *name);
bool sc_run_has_previous(const sc_directory *directory);
/* Removes all that sc_run_keep_previous ever made there. */
void sc_run_drop_previous(const sc_directory *directory);
/* Whether a run and its directory may be removed. Errors: CONFIG (something else lies there), STATE
 * (in use). */
socle_status sc_run_check_removal(sc_env *env, const char *path);
/* Removes them. Errors: IO (it is there still). */
socle_status sc_run_remove(sc_env *env, const char *path);
/* From now on `directory` is a run of its own, and stays if it was the previous one of another. */
void sc_run_is_own(const sc_directory *directory);

/* "DIRECTORY/NAME"; release with sc_release. */
socle_status sc_run_file(char **out, sc_env *env, const char *directory, const char *name);

#define SC_RUN_MODEL "model.safetensors"
#define SC_RUN_CHECKPOINT "checkpoint.safetensors"
#define SC_RUN_CONFIG "config.json"
#define SC_RUN_ENVIRONMENT "env.json"
/* pictures-0001.png: what a network makes after so many epochs. */
enum { SC_RUN_PICTURES_NAME = 40 };
void sc_run_pictures_name(char out[SC_RUN_PICTURES_NAME], int64_t epoch);
/* Removes those of later epochs, which are of another run or of what is done again. */
void sc_run_drop_pictures(const sc_directory *directory, int64_t epoch);

#endif
