/* SPDX-License-Identifier: Apache-2.0 */
/* See quote.h. What comes out is UTF-8 whatever went in, and a cut never leaves half a character
 * behind. */
#include "io/quote.h"

#include <string.h>

/* The least and most second byte behind a first one: no character in more bytes than it needs, no
 * half of a surrogate pair, none above U+10FFFF. */
static bool is_second(unsigned char first, unsigned char second) {
    unsigned char least = first == 0xE0   ? 0xA0
                          : first == 0xF0 ? 0x90
                                          : 0x80,
                  most = first == 0xED   ? 0x9F
                         : first == 0xF4 ? 0x8F
                                         : 0xBF;
    return second >= least && second <= most;
}

/* Bytes of the UTF-8 character at `text`, 0 if there is none. */
static size_t character_bytes(const char *text) {
    unsigned char first = (unsigned char)text[0];
    size_t length = first < 0x80   ? 1
                    : first < 0xC2 ? 0
                    : first < 0xE0 ? 2
                    : first < 0xF0 ? 3
                    : first < 0xF5 ? 4
                                   : 0;
    for (size_t i = 1; i < length; i++)
        if (((unsigned char)text[i] & 0xC0) != 0x80) return 0;
    return length < 2 || is_second(first, (unsigned char)text[1]) ? length : 0;
}

bool sc_is_utf8(const char *text) {
    size_t length;
    for (; *text; text += length)
        if (!(length = character_bytes(text))) return false;
    return true;
}

sc_quoted sc_quote(const char *name) {
    static const char dots[] = "...";
    sc_quoted quoted;
    size_t used = 0;
    while (*name) {
        size_t length = character_bytes(name);
        /* C0, DEL, and C1 (0xC2 0x80 to 0xC2 0x9F) are for terminals. */
        bool control = (unsigned char)name[0] < 0x20 || name[0] == 0x7F ||
                       ((unsigned char)name[0] == 0xC2 && (unsigned char)name[1] < 0xA0);
        size_t step = length > 0 ? length : 1;
        if (used + step + sizeof dots > sizeof quoted.text) {
            memcpy(quoted.text + used, dots, sizeof dots);
            return quoted;
        }
        if (control || length == 0)
            quoted.text[used++] = '?';
        else
            for (size_t i = 0; i < length; i++) quoted.text[used++] = name[i];
        name += step;
    }
    quoted.text[used] = '\0';
    return quoted;
}
