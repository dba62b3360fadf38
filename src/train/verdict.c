/* SPDX-License-Identifier: Apache-2.0 */
/* See verdict.h. Losses have no scale of their own, so what is much and what is little is measured
 * by what the run has learnt in all. */
#include "train/verdict.h"

#include <math.h>

enum { LEAST_EPOCHS = 3 };
static const double much = 0.05,   /* of what was learnt: a rise of the validation, */
    far = 0.5,                     /* a gap between the validation and the training, */
    little = 0.02;                 /* or what the last quarter of the epochs brought */
static const double hardly = 0.25; /* of the first loss: that little was learnt */

const char *sc_verdict_name(sc_verdict_word word) {
    static const char *const names[] = {"unknown", "still learns", "fits", "overfits", "underfits"};
    return names[word];
}

/* What the validation gained by the last quarter of the epochs. */
static double late_gain(const sc_curve_point *point, size_t count) {
    const size_t from = count - 1 - (count + 3) / 4;
    return point[from].validation - point[count - 1].validation;
}

sc_verdict sc_verdict_of(const sc_curve_point *point, size_t count) {
    sc_verdict out = {SC_VERDICT_UNKNOWN, 0, 0};
    double least = INFINITY;
    if (count < LEAST_EPOCHS) return out;
    for (size_t i = 0; i < count; i++) {
        if (!isfinite(point[i].train) || !isfinite(point[i].validation)) return out;
        if (point[i].validation < point[out.best].validation) out.best = i;
        least = fmin(least, fmin(point[i].train, point[i].validation));
    }
    const sc_curve_point *first = point, *best = &point[out.best], *last = &point[count - 1];
    const double start = fmax(first->train, first->validation);
    out.learnt = start - least;
    if (last->validation - best->validation > much * out.learnt && last->train < best->train)
        out.word = SC_VERDICT_OVERFITS;
    else if (last->validation - last->train > far * out.learnt)
        out.word = SC_VERDICT_OVERFITS;
    else if (late_gain(point, count) > little * out.learnt)
        out.word = SC_VERDICT_LEARNS;
    else if (least >= 0 && out.learnt < hardly * start)
        out.word = SC_VERDICT_UNDERFITS;
    else
        out.word = SC_VERDICT_FITS;
    return out;
}
