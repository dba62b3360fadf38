/* SPDX-License-Identifier: Apache-2.0 */
/* Versions of a file format: one is written, a range of them is read, so that files of releases
 * stay readable. A change that readers must know of is a new version; what a reader may ignore, as
 * a further key, is none. tests/released holds files of each release. */
#ifndef SC_IO_FORMAT_H
#define SC_IO_FORMAT_H

#include "base/env.h"

typedef struct sc_format {
    const char *word;   /* "model file" */
    int oldest, newest; /* those that are read; the newest is written */
} sc_format;

enum { SC_FORMAT_TEXT = 12 };
/* The version that is written, as files hold it. */
void sc_format_text(char out[SC_FORMAT_TEXT], const sc_format *format);
/* Whether the version that the file at `path` says (NULL: none) is read here. errors: DATA. */
socle_status sc_format_check(sc_env *env, const sc_format *format, const char *path,
                             const char *version);

#endif
