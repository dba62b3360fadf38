/* SPDX-License-Identifier: Apache-2.0 */
/* See thread.h. */
#include "base/thread.h"

#include <signal.h>

int sc_thread_create(pthread_t *out, void *(*run)(void *argument), void *argument) {
    static const int of_its_own[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT};
    sigset_t signals, before;
    sigfillset(&signals);
    for (size_t i = 0; i < sizeof of_its_own / sizeof of_its_own[0]; i++)
        sigdelset(&signals, of_its_own[i]);
    pthread_sigmask(SIG_BLOCK, &signals, &before);
    int code = pthread_create(out, NULL, run, argument);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return code;
}
