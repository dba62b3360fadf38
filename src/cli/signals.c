/* SPDX-License-Identifier: Apache-2.0 */
/* SIGINT and SIGTERM while something is worth saving. A handler can only reach static memory, so
 * this file holds the one mutable global of the tool. */
#include "cli/cli.h"

#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

static atomic_int seen;

static void on_signal(int number) {
    int none = 0;
    if (atomic_compare_exchange_strong(&seen, &none, number)) return;
    _exit(128 + number);
}

static void set_handler(void (*handler)(int)) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = handler;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

void sc_signals_begin(void) {
    atomic_store(&seen, 0);
    set_handler(on_signal);
}

void sc_signals_end(void) {
    set_handler(SIG_DFL);
}

int sc_signal_seen(void) {
    return atomic_load(&seen);
}
