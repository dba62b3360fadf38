/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers as they are given to printf. */
#ifndef SC_BASE_SHOWN_H
#define SC_BASE_SHOWN_H

/* The value; of NaN one without a sign. printf shows a NaN whose sign bit is set as "-nan", and
 * processors set it in every NaN that they make. */
double sc_shown(double value);

#endif
