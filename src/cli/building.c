/* SPDX-License-Identifier: Apache-2.0 */
/* What a person sees while kernels are built: a bar on a terminal, elsewhere one line when it takes
 * long. */
#include "base/thread_pool.h"
#include "cli/progress.h"

#include <unistd.h>

#define AT_ONCE UINT64_C(200000000) /* ns; what is done sooner is not worth a bar */
#define LONG UINT64_C(2000000000)   /* ns; nor, where there is no terminal, a line */

static void draw(sc_cli *cli, const char *what, int number, int total) {
    int room = sc_terminal_width(STDERR_FILENO) - 1;
    char line[256];
    snprintf(line, sizeof line, "building kernels %d/%d %s", number, total, what);
    fprintf(stderr, "\r%.*s\033[K", room, line);
    fflush(stderr);
    cli->bar_shown = cli->building_shown = true;
}

static void finish(sc_cli *cli) {
    if (cli->building_shown && cli->bar_shown) {
        fputs("\r\033[K", stderr);
        fflush(stderr);
        cli->bar_shown = false;
    }
    cli->building_shown = false;
    cli->building = 0;
}

void sc_cli_building(void *user, const char *what, int number, int total) {
    sc_cli *cli = user;
    if (cli->quiet) return;
    flockfile(stderr);
    uint64_t now = sc_now_ns();
    if (!cli->building) cli->building = now;
    uint64_t took = now - cli->building;
    bool live = sc_progress_live(cli);
    if (!what)
        finish(cli);
    else if (live && took > AT_ONCE)
        draw(cli, what, number, total);
    else if (!live && took > LONG && !cli->told_building) {
        cli->told_building = true;
        sc_cli_say(cli, "building kernels, %d/%d so far; the next time they are there already",
                   number - 1, total);
    }
    funlockfile(stderr);
}
