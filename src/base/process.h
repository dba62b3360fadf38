/* SPDX-License-Identifier: Apache-2.0 */
/* Which process made something, and whether it is provably gone. A process number alone says
 * little: it is given out again, and means another process on another machine or in another
 * container that sees the same folder. */
#ifndef SC_BASE_PROCESS_H
#define SC_BASE_PROCESS_H

#include <stdint.h>

/* What tells a process apart from every other one that may share its files. A field that the system
 * does not tell is 0, and then proves nothing. */
typedef struct sc_process {
    uint64_t pid;
    uint64_t start; /* clock ticks from the boot of the kernel to its start */
    uint64_t space; /* the process-number space of its container (inode of /proc/self/ns/pid) */
    uint64_t boot;  /* hash of the kernel's boot id */
    uint64_t host;  /* hash of host name and machine id */
} sc_process;

sc_process sc_process_self(void);

typedef enum sc_process_state {
    SC_PROCESS_GONE,   /* provably */
    SC_PROCESS_RUNS,   /* provably */
    SC_PROCESS_UNKNOWN /* on another machine, in another container, or not to be looked at */
} sc_process_state;
sc_process_state sc_process_look(const sc_process *process);

/* The longest time, in nanoseconds, for which a thread of the process has wanted a processor and
 * had none, added up since that thread began. 0 where the system does not tell (schedstat of
 * proc(5)).
 */
uint64_t sc_process_starved(uint64_t pid);

/* For names and records: numbers in hexadecimal, joined by '-'. */
enum { SC_PROCESS_TEXT = 5 * 17 };
void sc_process_text(char out[SC_PROCESS_TEXT], const sc_process *process);
/* Reads what sc_process_text wrote from the beginning of `text`; the length of it, 0 if it is not
 * one. */
int sc_process_parse(sc_process *out, const char *text);

#endif
