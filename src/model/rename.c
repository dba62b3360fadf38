/* SPDX-License-Identifier: Apache-2.0 */
/* See rename.h. */
#include "model/rename.h"

#include <string.h>

typedef struct span {
    const char *begin;
    size_t length;
} span;

static int stars_of(const char *text) {
    int stars = 0;
    for (; *text; text++) stars += *text == '*';
    return stars;
}

socle_status sc_rename_check(sc_env *env, const sc_rename *rule) {
    if (!rule->from[0] || !rule->to[0])
        return sc_fail(env, SOCLE_STATUS_CONFIG, "'%.100s' = '%.100s': both names are needed",
                       rule->from, rule->to);
    int from = stars_of(rule->from), to = stars_of(rule->to);
    if (from != to)
        return sc_fail(
            env, SOCLE_STATUS_CONFIG,
            "'%.100s' = '%.100s': %d * on the left, %d on the right; what a * stands for "
            "takes the place of the same * on the other side",
            rule->from, rule->to, from, to);
    if (from > SC_RENAME_STARS)
        return sc_fail(env, SOCLE_STATUS_CONFIG, "'%.100s': at most %d * in a name", rule->from,
                       SC_RENAME_STARS);
    return SOCLE_OK;
}

/* Where the text before the next '*', `length` characters, comes first at or behind `at`. */
static const char *find_part(const char *at, const char *part, size_t length) {
    for (; strlen(at) >= length; at++)
        if (strncmp(at, part, length) == 0) return at;
    return NULL;
}

/* Parts between stars: the first at the beginning, the last at the end, the others as early as
 * possible between them. */
static bool match(const char *pattern, const char *name, span star[SC_RENAME_STARS]) {
    size_t length = strcspn(pattern, "*");
    if (strncmp(pattern, name, length) != 0) return false;
    const char *at = name + length, *end = name + strlen(name);
    pattern += length;
    for (int s = 0; *pattern; s++) {
        const char *part = pattern + 1, *found;
        length = strcspn(part, "*");
        bool last = part[length] == '\0';
        if ((size_t)(end - at) < length || s == SC_RENAME_STARS) return false;
        found = last ? end - length : find_part(at, part, length);
        if (!found || strncmp(found, part, length) != 0) return false;
        star[s] = (span){at, (size_t)(found - at)};
        at = found + length;
        pattern = part + length;
    }
    return at == end;
}

bool sc_rename_apply(const sc_rename *rule, const char *name, char out[SC_RENAME_NAME]) {
    span star[SC_RENAME_STARS];
    size_t used = 0;
    int s = 0;
    if (!match(rule->from, name, star)) return false;
    for (const char *to = rule->to; *to; to++) {
        span piece = {to, 1};
        if (*to == '*') piece = star[s++];
        if (piece.length > SC_RENAME_NAME - 1 - used) piece.length = SC_RENAME_NAME - 1 - used;
        memcpy(out + used, piece.begin, piece.length);
        used += piece.length;
    }
    out[used] = '\0';
    return true;
}
