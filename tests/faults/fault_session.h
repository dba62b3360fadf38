/* SPDX-License-Identifier: Apache-2.0 */
/* One small life with the library, by its public functions alone: a tensor program, a network, some
 * training steps with momentum, a short fit, evaluation, prediction, saving. It stops at the first
 * failure and says where; what must then hold is asked by fault_subject.c. */
#ifndef SC_TEST_FAULT_SESSION_H
#define SC_TEST_FAULT_SESSION_H

#include <socle/socle.h>

#include <stdatomic.h>
#include <stdbool.h>

enum {
    FAULT_STEPS = 3,
    FAULT_STATES = FAULT_STEPS + 2, /* of the weights: initial ones, after each step, after fit */
    FAULT_SAMPLES = 24,
    FAULT_CLASSES = 3,
    FAULT_PIXELS = 36,
    FAULT_WEIGHTS = 36 + 4 + 4 * 4 + 8 * 36 + 8 + 3 * 8 + 3
};

/* What a life without faults yields; compared by bits. */
typedef struct fault_record {
    float tensor[5];
    float weights[FAULT_STATES][FAULT_WEIGHTS];
    float loss[FAULT_STEPS];
    double evaluation[FAULT_STATES][2]; /* loss, accuracy */
    float prediction[FAULT_STATES][FAULT_SAMPLES * FAULT_CLASSES];
    unsigned long long file; /* a hash of the saved model */
} fault_record;

typedef struct fault_session {
    atomic_long live; /* allocations of the library not released */
    socle_context *context;
    socle_net *net;
    socle_data *data;
    socle_trainer *trainer;
    bool judge_all;    /* evaluates and predicts in every state, not in the last alone */
    bool insists;      /* faults are transient: what can simply be called again is called again */
    socle_status met;  /* what failed at the first call and was called again */
    const char *where; /* what is being done */
    int state;         /* of the weights that the net holds */
    int next;          /* what they are becoming; == state between steps */
} fault_session;

extern const char fault_again[]; /* `where` while such a call is made again */

/* Everything, in order, into `out`. `path`: where the model is saved. */
socle_status fault_session_run(fault_session *session, const char *device, const char *path,
                               fault_record *out);
/* Parts of it, for another life: the context, with the session's allocator; samples and their
 * classes, bright rows where the class is, the same every time; the network. */
socle_status fault_session_open(fault_session *session, const char *device,
                                const socle_logger *logger);
void fault_session_draw(float input[FAULT_SAMPLES][FAULT_PIXELS],
                        unsigned char label[FAULT_SAMPLES]);
socle_status fault_session_build(fault_session *session);
/* The weights that the net holds now. */
socle_status fault_session_weights(fault_session *session, float out[FAULT_WEIGHTS]);
/* Evaluates and predicts with them, into `out` as those of `state`. */
socle_status fault_session_judge(fault_session *session, int state, fault_record *out);
/* Destroys whatever there is. */
void fault_session_end(fault_session *session);

#endif
