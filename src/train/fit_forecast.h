/* SPDX-License-Identifier: Apache-2.0 */
/* What training by given options asks of a device's memory: the request that a trainer solves
 * before it makes an engine, so that a forecast for people and the run itself are one calculation.
 */
#ifndef SC_TRAIN_FIT_FORECAST_H
#define SC_TRAIN_FIT_FORECAST_H

#include "engine/forecast.h"
#include "train/fit.h"

/* Data sets may be NULL: then none stay on the device, and the target has the type that the loss
 * reads by default. The optimizer is borrowed from `options`. devices: of the run, which share its
 * steps. */
socle_status sc_fit_forecast_request(sc_forecast_request *out, const sc_net *net,
                                     const sc_fit_options *options, int devices,
                                     const sc_dataset *train, const sc_dataset *test);
/* Gives a device of the run its budget: `memory`, or where that is 0 a safe share. sharers: of
 * sc_fit_memory_sharers. */
void sc_fit_set_budget(sc_device *device, uint64_t memory, int sharers);
/* How many of the devices take their memory from the host's. */
int sc_fit_memory_sharers(const sc_fleet_device *device, int devices);
/* The size that micro-batches must have: named, the statistics group, or what makes a step
 * reproducible; 0: any. */
socle_status sc_fit_fixed_rows(int64_t *out, const sc_net *net, const sc_fit_options *options);

#endif
