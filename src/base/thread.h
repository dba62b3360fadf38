/* SPDX-License-Identifier: Apache-2.0 */
/* How the library starts a thread. Signals are the application's: one that was sent to the process
 * is handled by a thread of the application, never by one of ours. It must not know what threads
 * do. */
#ifndef SC_BASE_THREAD_H
#define SC_BASE_THREAD_H

#include <pthread.h>

/* pthread_create of a thread, and of all that it starts, that takes no signal but those that a
 * fault of its own raises (SIGFPE and the like, which drivers handle). 0, or the error's number. */
int sc_thread_create(pthread_t *out, void *(*run)(void *argument), void *argument);

#endif
