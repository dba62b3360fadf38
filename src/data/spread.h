/* SPDX-License-Identifier: Apache-2.0 */
/* What numbers are like that come one by one: least, most, mean, standard deviation. */
#ifndef SC_DATA_SPREAD_H
#define SC_DATA_SPREAD_H

#include <stdint.h>

/* Zeroed: of none. */
typedef struct sc_spread {
    int64_t count; /* of finite numbers */
    int64_t odd;   /* of others, which count nowhere */
    double least, most, mean, squares;
} sc_spread;

/* Welford 1962: the mean moves by what the number is off, and nothing is summed that grows. */
void sc_spread_add(sc_spread *spread, double value);
/* As of a population: divided by the count; 0 for none. */
double sc_spread_deviation(const sc_spread *spread);

#endif
