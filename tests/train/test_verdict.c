/* SPDX-License-Identifier: Apache-2.0 */
/* Curves that are drawn by hand, and what they say. */
#include "../sc_test.h"

#include "train/verdict.h"

enum { MOST = 8 };

static const struct {
    const char *what;
    sc_verdict_word word;
    size_t count, best;
    sc_curve_point point[MOST];
} curves[] = {
    {"two epochs", SC_VERDICT_UNKNOWN, 2, 0, {{2, 2}, {1, 1}}},
    {"no number", SC_VERDICT_UNKNOWN, 4, 0, {{2, 2}, {1, 1}, {1, NAN}, {1, 1}}},
    {"both fall", SC_VERDICT_LEARNS, 5, 4, {{2, 2}, {1.6, 1.7}, {1.3, 1.4}, {1, 1.1}, {0.8, 0.9}}},
    {"level near each other",
     SC_VERDICT_FITS,
     6,
     5,
     {{2, 1.8}, {0.6, 0.7}, {0.4, 0.5}, {0.32, 0.401}, {0.31, 0.4}, {0.3, 0.399}}},
    {"validation turns",
     SC_VERDICT_OVERFITS,
     6,
     2,
     {{2, 1.8}, {1, 0.9}, {0.6, 0.7}, {0.3, 0.8}, {0.1, 0.9}, {0.05, 1.1}}},
    {"far behind",
     SC_VERDICT_OVERFITS,
     5,
     4,
     {{2, 2}, {1, 1.8}, {0.4, 1.6}, {0.1, 1.5}, {0, 1.49}}},
    {"hardly moves",
     SC_VERDICT_UNDERFITS,
     5,
     4,
     {{2.3, 2.3}, {2.2, 2.21}, {2.15, 2.16}, {2.149, 2.159}, {2.148, 2.158}}},
    {"gets worse in both: it does not overfit",
     SC_VERDICT_UNDERFITS,
     5,
     0,
     {{2, 2}, {2.1, 2.1}, {2.2, 2.2}, {2.2, 2.2}, {2.2, 2.2}}},
    {"a likelihood below 0",
     SC_VERDICT_FITS,
     5,
     4,
     {{1, 1}, {-2, -1.9}, {-2.4, -2.3}, {-2.41, -2.31}, {-2.42, -2.32}}},
};

Test(verdict, curves) {
    for (size_t c = 0; c < sizeof curves / sizeof *curves; c++) {
        SC_REPRO("%s", curves[c].what);
        const sc_verdict verdict = sc_verdict_of(curves[c].point, curves[c].count);
        SC_EQ_STR(sc_verdict_name(verdict.word), sc_verdict_name(curves[c].word));
        if (verdict.word != SC_VERDICT_UNKNOWN) SC_EQ(verdict.best, curves[c].best);
    }
}

/* Units do not matter: the same curves a thousand times larger or smaller say the same. */
Test(verdict, has_no_scale) {
    for (size_t c = 0; c < sizeof curves / sizeof *curves; c++)
        for (int power = -10; power <= 10; power += 20) {
            sc_curve_point scaled[MOST];
            for (size_t i = 0; i < curves[c].count; i++)
                scaled[i] = (sc_curve_point){ldexp(curves[c].point[i].train, power),
                                             ldexp(curves[c].point[i].validation, power)};
            SC_REPRO("%s * 2^%d", curves[c].what, power);
            SC_EQ(sc_verdict_of(scaled, curves[c].count).word, curves[c].word);
        }
}
