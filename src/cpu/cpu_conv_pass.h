/* SPDX-License-Identifier: Apache-2.0 */
/* The geometry of one direct pass over images, forward or gradient of the input. Along either axis
 * a target position t, a kernel position k and a source position s meet when
 *
 *     target_step * s = source_step * t + tap_step * k + origin
 *
 * forward: target_step 1, source_step stride, tap_step dilation, origin -padding; gradient of the
 * input: target_step stride, source_step 1, tap_step -dilation, origin +padding. Targets of equal
 * phase (t modulo target_step) meet the same taps. A band is some rows of targets; its patch is the
 * source it needs, with a halo of zeros. Pure arithmetic on shapes, and the tables that follow from
 * it. */
#ifndef SC_CPU_CPU_CONV_PASS_H
#define SC_CPU_CPU_CONV_PASS_H

#include "cpu/cpu.h"

typedef struct sc_conv_pass {
    int64_t groups, source_channels, target_channels; /* channels per group */
    int64_t source[2], target[2];                     /* height, width */
    int64_t source_step[2], target_step[2], tap_step[2], origin[2], kernel[2];
    int64_t weight_source_stride, weight_target_stride;
    int64_t grid[2];   /* positions per phase, of the largest phase */
    int64_t first[2];  /* source position of patch row and column 0 for grid position 0 */
    int64_t band_rows; /* grid rows of a band */
    int64_t bands;
    int64_t patch[2];     /* rows and columns */
    int64_t patch_floats; /* of all source channels of a group */
    int phases;
    int *phase_taps; /* phases + 1: where each phase's taps begin in `tap` */
    int *tap;        /* ky * kernel width + kx */
    int32_t *offset; /* in the patch, of (source channel, tap), tap by tap within a channel and
                        phase */
} sc_conv_pass;

socle_status sc_conv_pass_init(sc_conv_pass *pass, sc_env *env, const sc_op_desc *desc);
void sc_conv_pass_free(sc_conv_pass *pass, const sc_env *env);
/* Grid positions of a phase along an axis. */
int64_t sc_conv_phase_grid(const sc_conv_pass *pass, int phase, int axis);
/* Copies what a band needs of one sample and group; `source` is its first channel. */
void sc_conv_patch(const sc_conv_pass *pass, float *patch, const float *source, int64_t channels,
                   int64_t band);

#endif
