/* SPDX-License-Identifier: Apache-2.0 */
/* See temporary.h. */
#include "base/temporary.h"
#include "base/thread_pool.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PREFIX ".socle-"

void sc_temporary_name(char out[SC_TEMPORARY_NAME], const sc_process *process, unsigned attempt) {
    char who[SC_PROCESS_TEXT];
    sc_process_text(who, process);
    snprintf(out, SC_TEMPORARY_NAME, PREFIX "%s-%" PRIx64 "-%x.tmp", who, sc_now_ns(), attempt);
}

bool sc_temporary_parse(sc_process *out, const char *name) {
    int end = 0, length;
    if (strncmp(name, PREFIX, strlen(PREFIX)) != 0) return false;
    name += strlen(PREFIX);
    length = sc_process_parse(out, name);
    if (!length || sscanf(name + length, "-%*16x-%*8x.tmp%n", &end) == EOF) return false;
    return end && !name[length + end];
}

static bool is_leftover(const char *name, const sc_process *ended) {
    sc_process owner;
    if (!sc_temporary_parse(&owner, name)) return false;
    if (ended && memcmp(&owner, ended, sizeof owner) == 0) return true;
    return sc_process_look(&owner) == SC_PROCESS_GONE;
}

void sc_temporary_remove(int directory, const sc_process *ended) {
    int again = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = again < 0 ? NULL : fdopendir(again);
    if (!folder) { /* a later write there reports it */
        if (again >= 0) close(again);
        return;
    }
    for (struct dirent *entry; (entry = readdir(folder));)
        if (is_leftover(entry->d_name, ended)) unlinkat(directory, entry->d_name, 0);
    closedir(folder);
}
