/* SPDX-License-Identifier: Apache-2.0 */
/* A worker: one thread that owns one device. The device is opened, used and closed on that thread,
 * with an env of its own, so that a device that hangs or fails stops nothing else. Callers hand in
 * jobs and wait with a deadline. */
#ifndef SC_FLEET_WORKER_H
#define SC_FLEET_WORKER_H

#include "backend/registry.h"
#include "base/deadline.h"

typedef struct sc_worker sc_worker;
typedef socle_status (*sc_worker_job)(sc_device *device, void *argument);

/* Starts the thread and opens the device on it. TIMEOUT after some minutes: then the thread is left
 * behind. */
socle_status sc_worker_create(sc_worker **out, sc_env *env, const sc_registry *registry,
                              const sc_device_choice *choice, const sc_device_options *options);
/* Hands in a job for the worker's thread. Thread: one caller at a time, and only while no job is
 * under way. */
void sc_worker_submit(sc_worker *worker, sc_worker_job job, void *argument);
/* Waits for the job and gives its status; a failure's text is copied to `env`. TIMEOUT when the
 * deadline has passed (NULL: none): the job goes on, and only sc_worker_wait and sc_worker_abandon
 * are valid. */
socle_status sc_worker_wait(sc_worker *worker, sc_env *env, sc_deadline *deadline);
/* A job is under way. */
bool sc_worker_busy(sc_worker *worker);
/* Both, with the text in the env that the worker was made with; `deadline` in ns, 0: none. */
socle_status sc_worker_run(sc_worker *worker, sc_worker_job job, void *argument, uint64_t deadline);
/* Whether the caller is the worker's own thread. Thread: any. */
bool sc_worker_is_current(const sc_worker *worker);
const sc_device_info *sc_worker_info(const sc_worker *worker);
const char *sc_worker_label(const sc_worker *worker); /* "opencl:0", "opencl:0/1" */
/* Closes the device on its thread and joins. */
void sc_worker_destroy(sc_worker *worker); /* NULL is fine */
/* Leaves a hung worker behind: its thread and memory stay until the process ends. */
void sc_worker_abandon(sc_worker *worker);

#endif
