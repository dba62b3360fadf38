/* SPDX-License-Identifier: Apache-2.0 */
/* In the place of figure_cairo.c where Socle was built without cairo: no picture can be drawn. */
#include "plot/figure.h"

socle_status sc_figure_can_draw(sc_env *env) {
    return sc_fail(env, SOCLE_STATUS_UNSUPPORTED,
                   "this socle was built without cairo, which draws pictures (Debian: apt-get "
                   "install libcairo2-dev, then build anew); --text draws with characters");
}

socle_status sc_figure_write(const sc_figure *figure, const char *path) {
    (void)path;
    return sc_figure_can_draw(figure->env);
}
