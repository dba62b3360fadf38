/* SPDX-License-Identifier: Apache-2.0 */
/* See format.h. */
#include "io/format.h"

#include "io/quote.h"

#include <stdio.h>

/* The number of a version; -1: it is none. */
static long number_of(const char *version) {
    long number = 0;
    int digits = 0;
    for (; version[digits] >= '0' && version[digits] <= '9'; digits++) {
        if (digits == 8) return -1;
        number = number * 10 + (version[digits] - '0');
    }
    return digits && !version[digits] ? number : -1;
}

void sc_format_text(char out[SC_FORMAT_TEXT], const sc_format *format) {
    snprintf(out, SC_FORMAT_TEXT, "%d", format->newest);
}

socle_status sc_format_check(sc_env *env, const sc_format *format, const char *path,
                             const char *version) {
    char range[2 * SC_FORMAT_TEXT + 16];
    const long number = version ? number_of(version) : -1;
    if (number >= format->oldest && number <= format->newest) return SOCLE_OK;
    if (number < 0)
        return sc_fail(env, SOCLE_STATUS_DATA, "%s: '%s' is no version of a %s", path,
                       sc_quote(version ? version : "").text, format->word);
    if (format->oldest == format->newest)
        snprintf(range, sizeof range, "version %d", format->newest);
    else
        snprintf(range, sizeof range, "versions %d to %d", format->oldest, format->newest);
    return sc_fail(env, SOCLE_STATUS_DATA,
                   "%s: is a %s of version %ld, this program reads %s; use %s", path, format->word,
                   number, range, number > format->newest ? "a newer program" : "an older program");
}
