/* SPDX-License-Identifier: Apache-2.0 */
/* See process.h. */
#include "base/process.h"
#include "base/hash.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SMALL_FILE = 1024, HOST_NAME = 256 };

/* A small file of /proc or /etc; its length, 0 where it cannot be read. */
static size_t read_small(char out[SMALL_FILE], const char *path) {
    int file = open(path, O_RDONLY | O_CLOEXEC);
    size_t length = 0;
    ssize_t got = -1;
    while (file >= 0 && length + 1 < SMALL_FILE) {
        got = read(file, out + length, SMALL_FILE - 1 - length);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) break;
        length += (size_t)got;
    }
    if (file >= 0) close(file);
    if (got < 0) length = 0;
    out[length] = '\0';
    return length;
}

static uint64_t hash_or_none(const char *data, size_t length) {
    return length ? sc_hash_bytes(data, length, 0).low : 0;
}

static uint64_t hash_host(void) {
    char text[HOST_NAME + SMALL_FILE] = "";
    if (gethostname(text, HOST_NAME - 1) != 0) return 0;
    size_t name = strlen(text);
    size_t machine = read_small(text + name, "/etc/machine-id");
    return hash_or_none(text, name + machine);
}

static uint64_t hash_boot(void) {
    char text[SMALL_FILE];
    return hash_or_none(text, read_small(text, "/proc/sys/kernel/random/boot_id"));
}

static uint64_t number_space(void) {
    struct stat info;
    return stat("/proc/self/ns/pid", &info) == 0 ? (uint64_t)info.st_ino : 0;
}

/* What /proc/PID/stat tells. */
typedef struct process_stat {
    bool ended; /* it has no thread left and waits for its parent to look */
    uint64_t start;
} process_stat;

/* Fields by the numbers of proc(5). Field 2 is the program's name in parentheses, which may hold
 * spaces and parentheses too. */
static bool read_stat(uint64_t pid, process_stat *out) {
    enum { STATE = 3, THREADS = 20, START = 22 };
    char path[64], text[SMALL_FILE];
    snprintf(path, sizeof path, "/proc/%" PRIu64 "/stat", pid);
    if (!read_small(text, path)) return false;
    const char *at = strrchr(text, ')');
    if (!at || at[1] != ' ') return false;
    at += 2;
    out->ended = *at == 'Z' || *at == 'X';
    for (int field = STATE; field < START; field++) {
        if (field == THREADS && strtoull(at, NULL, 10) > 1) out->ended = false;
        at = strchr(at, ' ');
        if (!at) return false;
        at++;
    }
    out->start = strtoull(at, NULL, 10);
    return out->start > 0;
}

sc_process sc_process_self(void) {
    sc_process self = {.pid = (uint64_t)getpid(),
                       .space = number_space(),
                       .boot = hash_boot(),
                       .host = hash_host()};
    process_stat own;
    if (read_stat(self.pid, &own)) self.start = own.start;
    return self;
}

/* A process of this machine, boot and number space. */
static sc_process_state look_here(const sc_process *process) {
    if (process->pid < 1 || process->pid > INT_MAX) return SC_PROCESS_UNKNOWN;
    if (kill((pid_t)process->pid, 0) != 0 && errno == ESRCH) return SC_PROCESS_GONE;
    process_stat now;
    if (!process->start || !read_stat(process->pid, &now)) return SC_PROCESS_UNKNOWN;
    if (now.start != process->start) return SC_PROCESS_GONE; /* its number was given out again */
    return now.ended ? SC_PROCESS_GONE : SC_PROCESS_RUNS;
}

sc_process_state sc_process_look(const sc_process *process) {
    sc_process self = sc_process_self();
    if (!process->host || process->host != self.host) return SC_PROCESS_UNKNOWN;
    if (!process->boot || !self.boot) return SC_PROCESS_UNKNOWN;
    if (process->boot != self.boot) return SC_PROCESS_GONE; /* the machine was started anew */
    if (!process->space || process->space != self.space) return SC_PROCESS_UNKNOWN;
    return look_here(process);
}

void sc_process_text(char out[SC_PROCESS_TEXT], const sc_process *process) {
    snprintf(out, SC_PROCESS_TEXT, "%" PRIx64 "-%" PRIx64 "-%" PRIx64 "-%" PRIx64 "-%" PRIx64,
             process->pid, process->start, process->space, process->boot, process->host);
}

int sc_process_parse(sc_process *out, const char *text) {
    char again[SC_PROCESS_TEXT];
    if (sscanf(text, "%16" SCNx64 "-%16" SCNx64 "-%16" SCNx64 "-%16" SCNx64 "-%16" SCNx64,
               &out->pid, &out->start, &out->space, &out->boot, &out->host) != 5)
        return 0;
    sc_process_text(again, out);
    size_t length = strlen(again);
    return strncmp(text, again, length) == 0 ? (int)length : 0;
}
