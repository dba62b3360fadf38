/* SPDX-License-Identifier: Apache-2.0 */
/* Programs that are to be run: whether another user can have put them there (file_private.c). */
#ifndef SC_BASE_PROGRAM_H
#define SC_BASE_PROGRAM_H

#include "env.h"

/* The question of sc_file_read_private (file.h), of a program where links lead to it; it and its
 * folder may be root's. Without `folders` of the file alone: who can exchange a program beside the
 * one that asks can exchange that one as well. Errors: NOT_FOUND (no program there), IO (not
 * trusted; the text says why). */
socle_status sc_program_check(sc_env *env, const char *path, bool folders);

#endif
