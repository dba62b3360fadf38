/* SPDX-License-Identifier: Apache-2.0 */
/* See process.h. The kernel counts for each thread how long it stood in the queue of a processor:
 * the second number of /proc/PID/task/TID/schedstat. Files of a process that is not to be dumped
 * can be read too. */
#include "base/process.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

enum { PATH = 320, LINE = 128 };

static uint64_t queued(const char *path) {
    char text[LINE];
    uint64_t ran, waited;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return 0;
    ssize_t length = read(file, text, sizeof text - 1);
    close(file);
    text[length > 0 ? length : 0] = '\0';
    return sscanf(text, "%" SCNu64 " %" SCNu64, &ran, &waited) == 2 ? waited : 0;
}

uint64_t sc_process_starved(uint64_t pid) {
    char path[PATH];
    uint64_t most = 0;
    snprintf(path, sizeof path, "/proc/%" PRIu64 "/task", pid);
    DIR *threads = opendir(path);
    for (struct dirent *thread; threads && (thread = readdir(threads));) {
        if (thread->d_name[0] == '.') continue;
        snprintf(path, sizeof path, "/proc/%" PRIu64 "/task/%s/schedstat", pid, thread->d_name);
        uint64_t waited = queued(path);
        if (waited > most) most = waited;
    }
    if (threads) closedir(threads);
    return most;
}
