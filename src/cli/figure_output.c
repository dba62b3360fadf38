/* SPDX-License-Identifier: Apache-2.0 */
/* See figure_output.h. */
#include "cli/figure_output.h"

#include "io/quote.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KEY_OVERWRITE = 1024 };

static error_t check(const sc_figure_output *output) {
    struct stat info;
    if (!output->file) return 0;
    if (!sc_figure_is_picture(output->file))
        return sc_cli_usage(output->cli,
                            "-o: the ending says what is drawn: .svg or .png, not '%s'",
                            sc_quote(output->file).text);
    if (output->overwrite || stat(output->file, &info) != 0) return 0;
    return sc_cli_usage(output->cli, "-o: %s is there already: name another file, or --overwrite",
                        output->file);
}

static error_t parse(int key, char *arg, struct argp_state *state) {
    sc_figure_output *output = state->input;
    switch (key) {
    case 'o':
        output->file = arg;
        return 0;
    case KEY_OVERWRITE:
        output->overwrite = true;
        return 0;
    case ARGP_KEY_END:
        return check(output);
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_option options[] = {
    {"output", 'o', "FILE", 0, "Draw a picture: FILE.svg or FILE.png", 1},
    {"overwrite", KEY_OVERWRITE, NULL, 0, "Replace FILE if it is there", 1},
    {0},
};

const struct argp sc_figure_output_argp = {.options = options, .parser = parse};

socle_status sc_figure_output_ready(const sc_figure_output *output) {
    socle_status status = output->file ? sc_figure_can_draw(&output->cli->env) : SOCLE_OK;
    if (status == SOCLE_STATUS_UNSUPPORTED) output->cli->exit_code = EXIT_FAILURE;
    return status;
}

socle_status sc_figure_output_write(const sc_figure_output *output, const sc_figure *figure) {
    return output->file ? sc_figure_write(figure, output->file) : SOCLE_OK;
}

socle_status sc_figure_output_print(sc_cli *cli, const sc_figure *figure) {
    sc_text text;
    sc_text_init(&text, &cli->env);
    socle_status status = sc_figure_text(&text, figure, sc_terminal_width(STDOUT_FILENO));
    if (status == SOCLE_OK) sc_cli_put(stdout, text.data);
    sc_text_free(&text);
    return status;
}
