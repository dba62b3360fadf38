/* SPDX-License-Identifier: Apache-2.0 */
/* The signals that a run answers. A handler can only reach static memory, so this file holds the
 * mutable globals of the tool.
 *
 * An OpenCL driver may bring a compiler that has handlers of its own (LLVM does), installed when
 * the driver is opened or at its first compilation, whatever was there before; and one that gets
 * its signal takes all of them away again. So ours are installed after the drivers were opened, and
 * looked at again at each step. What the process inherited as ignored (nohup) is asked for before
 * any driver runs. */
#include "cli/cli.h"

#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

typedef struct handled_signal {
    int number;
    bool ignored;           /* by the process that started this one: it stays ignored */
    bool found_known;       /* `found` is set */
    struct sigaction found; /* another's handler, to be put back */
} handled_signal;

static handled_signal handled[] = {{.number = SIGINT},
                                   {.number = SIGTERM},
                                   {.number = SIGHUP},
                                   {.number = SIGXCPU},
                                   {.number = SIGUSR1}};
enum { HANDLED = sizeof handled / sizeof handled[0] };

static atomic_int seen;       /* the first signal that asks to stop */
static atomic_bool urged;     /* SIGINT or SIGTERM was among them */
static atomic_bool requested; /* a checkpoint, by SIGUSR1 */

/* Terminals and limits send SIGHUP and SIGXCPU again and again, and a system that shuts down sends
 * SIGTERM beside SIGHUP: none of that means haste. */
static void on_signal(int number) {
    int none = 0;
    if (number == SIGUSR1) {
        atomic_store(&requested, true);
        return;
    }
    atomic_compare_exchange_strong(&seen, &none, number);
    bool asked = number == SIGINT || number == SIGTERM;
    if (asked && atomic_exchange(&urged, true)) _exit(128 + number);
}

static void install(handled_signal *entry) {
    struct sigaction action, now;
    memset(&action, 0, sizeof action);
    action.sa_handler = entry->ignored ? SIG_IGN : on_signal;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    if (sigaction(entry->number, NULL, &now) != 0 || now.sa_handler == action.sa_handler) return;
    entry->found = now;
    entry->found_known = true;
    sigaction(entry->number, &action, NULL);
}

void sc_signals_prepare(void) {
    struct sigaction now;
    for (int i = 0; i < HANDLED; i++) {
        handled[i].ignored =
            sigaction(handled[i].number, NULL, &now) == 0 && now.sa_handler == SIG_IGN;
        /* A request that comes too early is answered after the first step; it must not kill. */
        if (handled[i].number == SIGUSR1) install(&handled[i]);
    }
}

void sc_signals_begin(void) {
    atomic_store(&seen, 0);
    atomic_store(&urged, false);
    sc_signals_look();
}

void sc_signals_look(void) {
    for (int i = 0; i < HANDLED; i++) install(&handled[i]);
}

void sc_signals_end(void) {
    for (int i = 0; i < HANDLED; i++) {
        if (handled[i].number == SIGUSR1) continue; /* it must not kill what is still to come */
        if (handled[i].found_known) sigaction(handled[i].number, &handled[i].found, NULL);
        handled[i].found_known = false;
    }
}

int sc_signal_seen(void) {
    return atomic_load(&seen);
}

bool sc_signal_take_request(void) {
    return atomic_load(&requested) && atomic_exchange(&requested, false);
}
