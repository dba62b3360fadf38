/* SPDX-License-Identifier: Apache-2.0 */
/* One case on one device: operands with guards around them, launches into poisoned memory, and the
 * checks of what came back. */
#ifndef SC_VERIFY_TRIAL_H
#define SC_VERIFY_TRIAL_H

#include "backend/backend.h"
#include "verify/case.h"
#include "verify/reference.h"
#include "verify/verify.h"

typedef struct sc_trial_operand {
    sc_buffer *buffer;
    unsigned char *sent, *got; /* whole buffers on the host, guards included */
    size_t bytes;              /* of the tensor, without guards */
} sc_trial_operand;

typedef struct sc_trial {
    sc_env *env;
    sc_device *device;
    sc_queue *queue;
    size_t guard;    /* bytes on each side */
    sc_op_desc desc; /* with the layouts of this trial */
    sc_kernel *kernel;
    sc_trial_operand operand[SC_MAX_OPERANDS];
    sc_trial_operand workspace;
} sc_trial;

/* Buffers and kernel for a descriptor; UNSUPPORTED when the implementation declines. Destroy also
 * after a failure. */
socle_status sc_trial_create(sc_trial *trial, sc_env *env, sc_device *device, sc_queue *queue,
                             const sc_op_desc *desc, const char *implementation,
                             bool exact_buffers);
void sc_trial_destroy(sc_trial *trial);
/* Poisons everything, writes the inputs' rows (values as in `input`, row-major doubles), launches,
 * reads all back. `over` >= 0: output 0 lies over that input. */
socle_status sc_trial_launch(sc_trial *trial, const double *const *input, const sc_launch *launch,
                             int poison, int over);
unsigned char *sc_trial_data(const sc_trial *trial, int operand); /* what came back */

/* Why a row failed; `what` NULL while nothing did. */
typedef struct sc_trial_verdict {
    const char *what;
    char message[SC_VERIFY_TEXT];
    double worst;
} sc_trial_verdict;
void sc_trial_blame(sc_trial_verdict *verdict, const char *what, const char *format, ...)
    SC_PRINTF(3, 4);

/* Guards and inputs unchanged, rows beyond the launch untouched, padding channels zero. */
void sc_trial_check_memory(const sc_trial *trial, const sc_launch *launch, int poison, int over,
                           sc_trial_verdict *verdict);
/* Every output element against the reference. */
void sc_trial_check_values(const sc_trial *trial, const sc_verify_case *test,
                           const sc_reference_job *job, sc_trial_verdict *verdict);
/* `image` holds the bits of an earlier launch (output k at image[k]). */
void sc_trial_check_bits(const sc_trial *trial, const sc_launch *launch,
                         unsigned char *const *image, const char *what, sc_trial_verdict *verdict);

#endif
