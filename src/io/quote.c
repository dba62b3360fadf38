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

size_t sc_utf8_bytes(const char *text) {
    const char *at = text;
    for (size_t length; *at && (length = character_bytes(at)); at += length) continue;
    return (size_t)(at - text);
}

bool sc_is_utf8(const char *text) {
    return !text[sc_utf8_bytes(text)];
}

/* C0, DEL, and C1 (0xC2 0x80 to 0xC2 0x9F) are for terminals. */
static bool is_control(const char *text) {
    const unsigned char first = (unsigned char)text[0];
    return first < 0x20 || first == 0x7F || (first == 0xC2 && (unsigned char)text[1] < 0xA0);
}

void sc_quote_whole(sc_text *out, const char *name) {
    static const char letters[] = "\a\b\t\n\v\f\r", words[] = "abtnvfr";
    for (size_t length; *name; name += length) {
        length = character_bytes(name);
        const char *letter = length == 1 ? strchr(letters, *name) : NULL;
        if (letter)
            sc_text_add(out, "\\%c", words[letter - letters]);
        else if (length && !is_control(name))
            sc_text_add_bytes(out, name, length);
        else
            for (size_t i = 0; !i || i < length; i++)
                sc_text_add(out, "\\x%02x", (unsigned)(unsigned char)name[i]);
        if (!length) length = 1;
    }
}

sc_quoted sc_quote(const char *name) {
    static const char dots[] = "...";
    sc_quoted quoted;
    size_t used = 0;
    while (*name) {
        size_t length = character_bytes(name);
        size_t step = length > 0 ? length : 1;
        if (used + step + sizeof dots > sizeof quoted.text) {
            memcpy(quoted.text + used, dots, sizeof dots);
            return quoted;
        }
        if (is_control(name) || length == 0)
            quoted.text[used++] = '?';
        else
            for (size_t i = 0; i < length; i++) quoted.text[used++] = name[i];
        name += step;
    }
    quoted.text[used] = '\0';
    return quoted;
}
