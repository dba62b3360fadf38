/* SPDX-License-Identifier: Apache-2.0 */
/* What `socle data` shows: a row for each column of a file, or of a data set and what its samples
 * are made of. */
#ifndef SC_CLI_DATA_REPORT_H
#define SC_CLI_DATA_REPORT_H

#include "cli/cli.h"
#include "data/preparation.h"

/* The columns of a table, as they are in the file. */
socle_status sc_data_report_frame(sc_cli *cli, const sc_frame *frame);
/* The columns of a data set, and before them, where rows of a table were made into it, what became
 * of the table's columns. `part`: "data.train", or NULL for a file. */
socle_status sc_data_report_set(sc_cli *cli, const char *part, const sc_dataset *dataset);

#endif
