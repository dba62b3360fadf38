/* SPDX-License-Identifier: Apache-2.0 */
/* A directory that belongs to one process for a while: locked against others by a file in it that
 * says who holds it, and held open, so that it is known again when its name is given to another
 * one. It knows nothing of what lies in it. */
#ifndef SC_BASE_DIRECTORY_H
#define SC_BASE_DIRECTORY_H

#include "env.h"

typedef struct sc_directory sc_directory;

/* The file is there while a process holds the directory, or after a crash. */
#define SC_DIRECTORY_LOCK ".socle.lock"

/* Takes the directory, and removes the temporary files that processes which are gone left in it.
 *
 * Where the file system has no locks (some network file systems), the record in the file alone
 * tells: a holder that has not provably ended counts, and the text says which file to remove. It
 * goes on with a warning where there is no such holder; two processes that begin within the same
 * instant are then not told apart.
 *
 * Errors: STATE (another process holds it: process, machine and time are in the text), NOT_FOUND,
 * IO. */
socle_status sc_directory_hold(sc_directory **out, sc_env *env, const char *path);
/* Lets it go, and removes the lock file; NULL is fine. */
void sc_directory_release(sc_directory *directory);

/* As given, or where it was moved to since. */
const char *sc_directory_path(const sc_directory *directory);
int sc_directory_descriptor(const sc_directory *directory);
/* To be called before writing: follows a directory that was moved, with a line to the logger.
 * Errors: IO (deleted, or not to be found; another one may have its name). */
socle_status sc_directory_locate(sc_directory *directory);
/* Whether sc_directory_locate would find it. */
bool sc_directory_exists(const sc_directory *directory);
/* Whether two paths lead to one directory. False where one of them leads nowhere. */
bool sc_directory_same(const char *a, const char *b);

#endif
