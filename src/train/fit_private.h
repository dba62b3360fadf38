/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of a trainer, for fit.c, trainer.c and evaluate.c alone. */
#ifndef SC_TRAIN_FIT_PRIVATE_H
#define SC_TRAIN_FIT_PRIVATE_H

#include "data/split.h"
#include "train/updates.h"

struct sc_trainer {
    sc_env *env;
    sc_net *net;
    sc_fit_options options;
    sc_fleet *fleet;
    int devices;         /* of the fleet, lost ones included */
    int sharers;         /* so many of them take their memory from the host's */
    int64_t micro_batch; /* fixed size; 0: as capacities ask */
    sc_stage_source train_source, validation_source, test_source;
    sc_order train_order, validation_order, test_order;
    uint32_t order_epoch;     /* that train_order is set to */
    bool told_empty;          /* of a step of which nothing counts */
    sc_dataset *converted[2]; /* train and test data whose targets had another type than the run's;
                                 NULL: as given */
    int64_t settled;          /* settle.c: since this epoch nothing moves; 0: it does */
    double right;             /* the accuracy of the last epoch that it saw */
    int judge;                /* what says which epoch is best: sc_net_judge */
    int progress_judge;       /* what a schedule that judges epochs looks at */
    sc_schedule_run schedule;
    sc_position position;
    float learning_rate; /* of the last step */
    bool epoch_over;     /* the steps so far reached the end of an epoch */
    sc_totals seen;      /* last look at the epoch's totals */
    uint64_t last_progress;
    float **best;        /* per net parameter, host copies; NULL until the first epoch */
    float **best_before; /* what was best before, or room for the next; NULL: none yet */
    bool best_is_new; /* best was kept after kept_position: going back there brings best_before back
                       */
    sc_updates updates;
    float **raw;  /* average.c: the weights themselves, while the devices have the averages; else
                     NULL */
    float **kept; /* recover.c: host copies of what persisted at kept_position; NULL: none yet */
    sc_position kept_position;
    float **spare; /* where the next copy is read to */
};

/* average.c: puts the averages in the place of the weights, where the run has some / puts the
 * weights back, after a failure too, which stays the result. */
socle_status sc_trainer_show_averages(sc_trainer *trainer);
socle_status sc_trainer_end_averages(sc_trainer *trainer, socle_status status);
void sc_trainer_forget_raw(sc_trainer *trainer);
/* penalty.c: what the penalties come to now; NaN: there are none. */
socle_status sc_trainer_penalty(sc_trainer *trainer, double *out);
/* early_stopping.c: the options make sense; and the score of an epoch that is over. */
socle_status sc_trainer_check_patience(const sc_trainer *trainer);
void sc_trainer_follow_gain(sc_trainer *trainer, const sc_epoch_report *report, double score);
void sc_trainer_say_stop(const sc_trainer *trainer); /* why the run is over */
/* settle.c: looks at an epoch that is over / says at the end of a run that it has not settled. */
void sc_trainer_follow_settling(sc_trainer *trainer, const sc_epoch_report *report);
void sc_trainer_say_settling(const sc_trainer *trainer);
/* position.c: steps of a whole epoch. */
int64_t sc_trainer_epoch_steps(const sc_trainer *trainer);
/* trainer_equip.c: every device's engine and samples. */
socle_status sc_trainer_equip(sc_trainer *trainer, const sc_fleet_device *device);
/* recover.c: copies what persists to the host / puts it back with its position / lets it go. */
socle_status sc_trainer_remember(sc_trainer *trainer);
socle_status sc_trainer_go_back(sc_trainer *trainer);
void sc_trainer_forget(sc_trainer *trainer);
/* trainer_split.c: by the options, and by what the data say of strata and groups. */
socle_status sc_trainer_split(sc_split *out, const sc_trainer *trainer, const sc_dataset *train);
/* evaluate.c */
socle_status sc_trainer_validate(sc_trainer *trainer, sc_evaluation *out);
/* trainer.c: copies the current weights to the host as the best. */
socle_status sc_trainer_keep_best(sc_trainer *trainer);
/* What was best at kept_position is so again. */
void sc_trainer_forget_new_best(sc_trainer *trainer);

#endif
