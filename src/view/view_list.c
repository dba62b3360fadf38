/* SPDX-License-Identifier: Apache-2.0 */
/* The table of figures. A new one is a row here and a function in a file of its own. */
#include "view/view_list.h"

#include <string.h>

enum { MOST_RUNS = 7 /* one colour each */ };

static const sc_view_kind kinds[] = {
    {"curves", "loss and metrics over the epochs, of one run or of several", "runs", MOST_RUNS,
     sc_view_curves},
};

enum { COUNT = sizeof kinds / sizeof kinds[0] };

const sc_view_kind *sc_view_at(int number) {
    return number >= 0 && number < COUNT ? &kinds[number] : NULL;
}

const sc_view_kind *sc_view_find(const char *word) {
    for (int i = 0; i < COUNT; i++)
        if (strcmp(kinds[i].word, word) == 0) return &kinds[i];
    return NULL;
}

socle_status sc_view_draw(const sc_view_kind *kind, sc_figure *figure,
                          const sc_view_request *request) {
    if (request->runs > kind->most_runs)
        return sc_fail(request->env, SOCLE_STATUS_CONFIG,
                       "--what %s shows at most %d of them at once, not %d", kind->word,
                       kind->most_runs, request->runs);
    SC_TRY(kind->draw(figure, request));
    return figure->status;
}
