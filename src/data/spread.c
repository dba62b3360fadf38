/* SPDX-License-Identifier: Apache-2.0 */
/* See spread.h. */
#include "data/spread.h"

#include <math.h>

void sc_spread_add(sc_spread *spread, double value) {
    if (!isfinite(value)) {
        spread->odd++;
        return;
    }
    if (!spread->count || value < spread->least) spread->least = value;
    if (!spread->count || value > spread->most) spread->most = value;
    double off = value - spread->mean;
    spread->mean += off / (double)++spread->count;
    spread->squares += off * (value - spread->mean);
}

double sc_spread_deviation(const sc_spread *spread) {
    return spread->count ? sqrt(spread->squares / (double)spread->count) : 0;
}
