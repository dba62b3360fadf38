/* SPDX-License-Identifier: Apache-2.0 */
/* Where the entries of a device string begin and end. It knows devices only by their description,
 * and no meaning of words such as gpu or all. */
#include "backend/registry_words.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { INDEX_TEXT = 64 };

/* Whether only a sub-device and a share follow before the entry ends. */
static bool ends_word(const char *at) {
    size_t digits = *at == '/' ? strspn(at + 1, "0123456789") : 0;
    if (digits) at += 1 + digits;
    if (*at == '=') at += strcspn(at, ",");
    at += strspn(at, " ");
    return *at == ',' || *at == '\0';
}

/* Makes `device` the known one when `word` stands at `at` and is longer than the one so far. */
static void try_word(sc_device_word *out, const char *at, const char *word, bool any_case,
                     int device) {
    size_t length = strlen(word);
    if (length <= out->known || length >= sizeof out->text) return;
    if ((any_case ? strncasecmp(at, word, length) : strncmp(at, word, length)) != 0 ||
        !ends_word(at + length))
        return;
    out->known = length;
    out->device = device;
}

static void find_known(sc_device_word *out, const sc_registry *registry, const char *at) {
    out->known = 0;
    out->device = -1;
    for (int i = 0; i < registry->count; i++) {
        const sc_device_info *info = &registry->info[i];
        char index[INDEX_TEXT];
        snprintf(index, sizeof index, "%s:%d", info->driver->name, info->index);
        try_word(out, at, index, false, i);
        try_word(out, at, info->id, false, i);
        try_word(out, at, info->name, true, i);
    }
}

/* The first comma from `at` on that stands outside brackets. Names have theirs inside: "llvmpipe
 * (LLVM 15.0.6, 256 bits)", whether such a device is here or not. Brackets that are not closed hide
 * nothing. */
static const char *find_comma(const char *at) {
    int open = 0;
    for (const char *c = at; *c; c++) {
        if (*c == '(' || *c == '[') open++;
        if ((*c == ')' || *c == ']') && open) open--;
        if (*c == ',' && !open) return c;
    }
    return open ? at + strcspn(at, ",") : at + strlen(at);
}

bool sc_device_word_next(sc_device_word *out, const sc_registry *registry, const char **text) {
    const char *at = *text;
    if (!at) return false;
    at += strspn(at, " ");
    find_known(out, registry, at);
    const char *end = find_comma(at + out->known);
    size_t length = (size_t)(end - at);
    while (length && at[length - 1] == ' ') length--;
    if (length >= sizeof out->text) length = sizeof out->text - 1;
    memcpy(out->text, at, length);
    out->text[length] = '\0';
    *text = *end ? end + 1 : NULL;
    return true;
}

bool sc_registry_covers(const sc_registry *registry, const char *text) {
    sc_device_word entry;
    while (sc_device_word_next(&entry, registry, &text)) {
        if (entry.known) continue;
        entry.text[strcspn(entry.text, "=")] = '\0';
        if (strcasecmp(entry.text, "cpu") != 0 || !registry->count) return false;
    }
    return true;
}
