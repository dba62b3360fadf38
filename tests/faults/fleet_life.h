/* SPDX-License-Identifier: Apache-2.0 */
/* A short life with several devices, by the public functions alone: a context over a list of
 * devices, some epochs on all of them, another fit in the same context. It notes what every epoch
 * reported and every line of the log; what must hold is asked by fault_fleet.c.
 *
 * Two networks. "cnn" is that of the other subject, in reproducible mode: on devices of one kind
 * the bits do not depend on who computed what. "count" tells how often each sample was used: sample
 * i is the i-th unit vector, and the network one dense unit without bias, so weight i moves by
 * sample i alone, and every number on the way is exact in f32: its bits do not depend on the
 * devices. Steps of "cnn" have 16 samples in 8 micro-batches, the last one of an epoch 2 in one, so
 * that a member has nothing to do; those of "count" have 8. */
#ifndef SC_TEST_FLEET_LIFE_H
#define SC_TEST_FLEET_LIFE_H

#include "fault_session.h"

#include <pthread.h>

enum {
    FLEET_EPOCHS = 2,
    FLEET_STATES = 3,                 /* of the weights: initial ones, after each fit */
    FLEET_REPORTS = FLEET_EPOCHS + 1, /* epochs of both fits */
    FLEET_BATCH = 16,
    FLEET_COUNTED = 8, /* the batch of "count" */
    FLEET_LOG = 1 << 14
};

/* What a life without faults yields. */
typedef struct fleet_record {
    float weights[FLEET_STATES][FAULT_WEIGHTS]; /* what a network does not have is 0 */
    float second[FAULT_WEIGHTS];     /* those with which the second epoch of the first fit begins */
    double report[FLEET_REPORTS][4]; /* of each epoch: loss, accuracy, the same of validation */
} fleet_record;

typedef struct fleet_life {
    fault_session session; /* its `state`: fits that have ended well */
    const char *net;
    fleet_record *out;
    int reports;
    pthread_mutex_t lock; /* of the lines: any device's thread may write one */
    char lost[FLEET_LOG]; /* the lines that say that a device is lost, with a '\n' after each */
    int warnings;
} fleet_life;

/* Everything, in order. Phases of it, for FAULT_PHASE: "start" opens the context, "equip" makes the
 * devices ready and lasts to the end of the first epoch, "train" to the end of that fit, "again" is
 * the other fit, "close" the end. */
socle_status fleet_life_run(fleet_life *life, const char *devices);
/* The first epoch alone: out->second. */
socle_status fleet_life_run_epoch(fleet_life *life, const char *devices);
socle_status fleet_life_weights(fleet_life *life, float out[FAULT_WEIGHTS]);
/* The value of weight i of "count" after so many uses of sample i. */
float fleet_life_counted(int sample, int uses);

#endif
