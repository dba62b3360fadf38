/* SPDX-License-Identifier: Apache-2.0 */
/* What the curves of a run say: whether it learnt too much by heart, too little, or has not ended.
 * A pure function of losses by epoch; it knows no network and no data. */
#ifndef SC_TRAIN_VERDICT_H
#define SC_TRAIN_VERDICT_H

#include <stddef.h>

/* Mean losses of an epoch. */
typedef struct sc_curve_point {
    double train, validation;
} sc_curve_point;

typedef enum sc_verdict_word {
    SC_VERDICT_UNKNOWN,  /* fewer than three epochs, or losses that are no numbers */
    SC_VERDICT_LEARNS,   /* the validation still gets better */
    SC_VERDICT_FITS,     /* it no longer does, and is near the training */
    SC_VERDICT_OVERFITS, /* it got worse while the training got better, or stays far behind it */
    SC_VERDICT_UNDERFITS /* neither got much better than at first */
} sc_verdict_word;

typedef struct sc_verdict {
    sc_verdict_word word;
    size_t best;   /* the epoch of the least validation loss, from 0 */
    double learnt; /* from the highest loss of the first epoch to the least of any */
} sc_verdict;

sc_verdict sc_verdict_of(const sc_curve_point *point, size_t count);
/* "overfits" */
const char *sc_verdict_name(sc_verdict_word word);

#endif
