/* SPDX-License-Identifier: Apache-2.0 */
/* Where a figure goes, for the commands that draw one: into a picture that -o names, and onto
 * standard output in characters. */
#ifndef SC_CLI_FIGURE_OUTPUT_H
#define SC_CLI_FIGURE_OUTPUT_H

#include "cli/cli.h"
#include "plot/figure.h"

typedef struct sc_figure_output {
    sc_cli *cli;
    const char *file; /* NULL: no picture */
    bool overwrite;
} sc_figure_output;

/* -o, --overwrite: a child whose input is a sc_figure_output. */
extern const struct argp sc_figure_output_argp;

/* Before anything is computed: the picture could be drawn. Errors: UNSUPPORTED, with exit code 1,
 * for a library that is not there is no fault of a device. */
socle_status sc_figure_output_ready(const sc_figure_output *output);
/* The picture, if one is wished. */
socle_status sc_figure_output_write(const sc_figure_output *output, const sc_figure *figure);
/* The figure in characters, as wide as the terminal. */
socle_status sc_figure_output_print(sc_cli *cli, const sc_figure *figure);

#endif
