#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes scoring_expected.h: rows with ties and weights, and what scikit-learn says of them.

    python3 make_scoring.py >scoring_expected.h       (made with scikit-learn 1.9.1)

All inputs are multiples of 1/16, so that they are the same in floats and doubles.
"""
import numpy as np
import sklearn
from sklearn import metrics as m

rng = np.random.default_rng(7)


def array(name, values, kind="float"):
    text = ", ".join(f"{v:.17g}" for v in np.asarray(values, dtype=float).ravel())
    print(f"static const {kind} {name}[] = {{{text}}};")


def emit(name, rows):
    print(f"static const expectation {name}[] = {{")
    for function, average, number, value in rows:
        print(f"    {{{function}, {average}, {number}, {value:.17g}}},")
    print("};")


AVERAGES = {"macro": "SC_AVERAGE_MACRO", "micro": "SC_AVERAGE_MICRO", "weighted": "SC_AVERAGE_WEIGHTED"}
BY_CLASS = {"sc_score_precision": m.precision_score, "sc_score_recall": m.recall_score, "sc_score_f1": m.f1_score}
RANKS = {"sc_score_auc": m.roc_auc_score, "sc_score_average_precision": m.average_precision_score}


def kept_away(p):
    """As log_loss does with floats, but in doubles."""
    return np.clip(p, 2.0**-23, 1 - 2.0**-23)


def of_classes(label, found, weight, each):
    rows = []
    for c, f in BY_CLASS.items():
        for word, average in AVERAGES.items():
            rows.append((c, average, -1, f(label, found, average=word, sample_weight=weight, zero_division=0)))
        for number, value in enumerate(f(label, found, average=None, labels=each, sample_weight=weight, zero_division=0)):
            rows.append((c, "SC_AVERAGE_STANDARD", number, value))
    return rows


def of_ranks(targets, scores, weight):
    return [(c, average, -1, f(targets, scores, average=word, sample_weight=weight))
            for c, f in RANKS.items() for word, average in AVERAGES.items()]


print("/* SPDX-License-Identifier: Apache-2.0 */")
print(f"/* Written by make_scoring.py with scikit-learn {sklearn.__version__}. */")
print("""#ifndef SC_TESTS_SCORING_EXPECTED_H
#define SC_TESTS_SCORING_EXPECTED_H

#include "nn/scoring.h"

typedef struct expectation {
    sc_score_fn score;
    sc_average average;
    int class_number;
    double value;
} expectation;

/* clang-format off */""")

# Four classes of which labels have three, and predictions four; eighths tie often.
n, classes = 48, 4
label = rng.integers(0, 3, n)
scores = (rng.integers(1, 9, (n, classes)) + 3 * np.eye(classes)[label]) / 16
scores[:6, 3] = 1
weight = rng.integers(0, 5, n) / 2.0
found = scores.argmax(1)
array("many_label", label)
array("many_score", scores)
array("many_class", found)
array("many_weight", weight)
alive = weight > 0
for name, w in (("many_expected", None), ("many_weighted", weight)):
    rows = of_classes(label, found, w, range(classes)) if w is None else \
        of_classes(label[alive], found[alive], w[alive], range(classes))
    for c, f in RANKS.items():
        each = [f(label == k, scores[:, k], sample_weight=w) for k in range(3)]
        share = np.bincount(label, w, 3)
        rows.append((c, "SC_AVERAGE_MACRO", -1, np.mean(each)))
        rows.append((c, "SC_AVERAGE_STANDARD", -1, np.mean(each)))
        rows.append((c, "SC_AVERAGE_WEIGHTED", -1, np.average(each, weights=share)))
        rows += [(c, "SC_AVERAGE_STANDARD", k, each[k]) for k in range(3)]
        flat = None if w is None else np.repeat(w, classes)
        rows.append((c, "SC_AVERAGE_MICRO", -1, f(np.eye(classes)[label].ravel(), scores.ravel(), sample_weight=flat)))
    rows.append(("sc_score_kappa", "SC_AVERAGE_STANDARD", -1, m.cohen_kappa_score(label, found, sample_weight=w)))
    rows.append(("sc_score_matthews", "SC_AVERAGE_STANDARD", -1, m.matthews_corrcoef(label, found, sample_weight=w)))
    emit(name, rows)

# The same with scores that are probabilities, one of them 0.
shares = rng.multinomial(16, [0.25] * 4, n) / 16
shares[0] = np.eye(4)[(label[0] + 1) % 4]
array("share_score", shares)
emit("share_expected", [("sc_score_log_loss", "SC_AVERAGE_STANDARD", -1,
                         m.log_loss(label, kept_away(shares), labels=range(classes), sample_weight=weight))])

# One column with two sides.
target = rng.integers(0, 2, n)
p = np.clip(rng.integers(0, 14, n) + 3 * target, 0, 16) / 16
above = (p > 0.5).astype(int)
array("one_target", target)
array("one_score", p)
array("one_class", above)
rows = []
for c, f in BY_CLASS.items():
    rows.append((c, "SC_AVERAGE_STANDARD", -1, f(target, above)))
    rows.append((c, "SC_AVERAGE_STANDARD", 0, f(target, above, pos_label=0)))
    for word, average in AVERAGES.items():
        rows.append((c, average, -1, f(target, above, average=word)))
for c, f in RANKS.items():
    rows.append((c, "SC_AVERAGE_STANDARD", -1, f(target, p)))
rows.append(("sc_score_kappa", "SC_AVERAGE_STANDARD", -1, m.cohen_kappa_score(target, above)))
rows.append(("sc_score_matthews", "SC_AVERAGE_STANDARD", -1, m.matthews_corrcoef(target, above)))
rows.append(("sc_score_log_loss", "SC_AVERAGE_STANDARD", -1, m.log_loss(target, kept_away(p))))
emit("one_expected", rows)

# Three columns, each with two sides; the last is never predicted.
columns = rng.integers(0, 2, (n, 3))
q = np.clip(rng.integers(0, 12, (n, 3)) + 4 * columns, 0, 16) / 16
q[:, 2] /= 2
above = (q > 0.5).astype(int)
array("columns_target", columns)
array("columns_score", q)
array("columns_class", above)
emit("columns_expected", of_classes(columns, above, None, None) + of_ranks(columns, q, None))

# Values: two columns, and the mean of them; a constant one.
y = rng.integers(-32, 33, (n, 2)) / 16
value = y + rng.integers(-8, 9, (n, 2)) / 16
array("value_target", y)
array("value_score", value)
for name, w in (("value_expected", None), ("value_weighted", weight)):
    emit(name, [("sc_score_r2", "SC_AVERAGE_STANDARD", -1, m.r2_score(y, value, sample_weight=w)),
                ("sc_score_rmse", "SC_AVERAGE_STANDARD", -1,
                 m.root_mean_squared_error(y, value, sample_weight=w))])
print("""/* clang-format on */

#endif""")
