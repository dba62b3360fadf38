/* SPDX-License-Identifier: Apache-2.0 */
/* See canvas.h. */
#include "plot/canvas.h"

#include <string.h>

socle_status sc_canvas_create(sc_canvas *out, sc_env *env, int width, int height) {
    *out = (sc_canvas){.env = env, .width = width, .height = height};
    return sc_allocate(env, &out->cell, (size_t)width * (size_t)height, sizeof *out->cell);
}

void sc_canvas_free(sc_canvas *canvas) {
    sc_release(canvas->env, canvas->cell);
}

void sc_canvas_put(sc_canvas *canvas, int x, int y, uint32_t character) {
    if (x >= 0 && y >= 0 && x < canvas->width && y < canvas->height)
        canvas->cell[(size_t)y * (size_t)canvas->width + (size_t)x] = character;
}

/* The next character of valid UTF-8. */
static uint32_t next(const char **text) {
    const unsigned char *byte = (const unsigned char *)*text;
    int more = byte[0] < 0x80 ? 0 : byte[0] < 0xE0 ? 1 : byte[0] < 0xF0 ? 2 : 3;
    uint32_t value = more ? byte[0] & (0x3Fu >> more) : byte[0];
    for (int i = 1; i <= more; i++) value = value << 6 | (byte[i] & 0x3Fu);
    *text += more + 1;
    return value;
}

int sc_text_width(const char *text) {
    int width = 0;
    while (*text && *text != '\n') next(&text), width++;
    return width;
}

void sc_canvas_text(sc_canvas *canvas, int x, int y, const char *text, int most) {
    const bool cut = sc_text_width(text) > most;
    for (int i = 0; i < most && *text && *text != '\n'; i++) {
        uint32_t character = next(&text);
        sc_canvas_put(canvas, x + i, y, cut && i == most - 1 ? '~' : character);
    }
}

bool sc_canvas_is_free(const sc_canvas *canvas, int x, int y, int width) {
    for (int i = x; i < x + width; i++)
        if (i >= 0 && i < canvas->width &&
            canvas->cell[(size_t)y * (size_t)canvas->width + (size_t)i])
            return false;
    return true;
}

static void encode(sc_text *out, uint32_t value) {
    char byte[4];
    size_t more = value < 0x80 ? 0 : value < 0x800 ? 1 : value < 0x10000 ? 2 : 3;
    if (!more) {
        byte[0] = value ? (char)value : ' ';
    } else {
        byte[0] = (char)((0xF00u >> more & 0xF0u) | value >> (6 * more));
        for (size_t i = 1; i <= more; i++)
            byte[i] = (char)(0x80u | (value >> (6 * (more - i)) & 0x3Fu));
    }
    sc_text_add_bytes(out, byte, more + 1);
}

void sc_canvas_print(sc_text *out, const sc_canvas *canvas) {
    for (int y = 0; y < canvas->height; y++) {
        const uint32_t *row = canvas->cell + (size_t)y * (size_t)canvas->width;
        int width = canvas->width;
        while (width && (!row[width - 1] || row[width - 1] == ' ')) width--;
        for (int x = 0; x < width; x++) encode(out, row[x]);
        sc_text_add(out, "\n");
    }
}

void sc_text_cut(sc_text *out, const char *text, int most) {
    const char *at = text;
    for (int i = 0; i < most && *at && *at != '\n'; i++) next(&at);
    sc_text_add_bytes(out, text, (size_t)(at - text));
}

void sc_text_wrap(sc_text *out, const char *text, int width, const char *before) {
    while (*text) {
        const char *at = text, *end = text, *space = NULL;
        for (int i = 0; *at && *at != '\n' && i < width; i++) {
            if (*at == ' ') space = at;
            next(&at);
            end = at;
        }
        if (*at && *at != '\n' && *at != ' ' && space && space > text) end = space;
        sc_text_add(out, "%s%.*s\n", before, (int)(end - text), text);
        text = end;
        while (*text == ' ') text++;
        if (*text == '\n') text++;
    }
}
