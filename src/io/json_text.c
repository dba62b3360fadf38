/* SPDX-License-Identifier: Apache-2.0 */
/* See json_text.h. Recursion is as deep as the value; the readers of this folder limit that. */
#include "io/json_text.h"

#include <string.h>

static void add_break(sc_text *out, int indent, int level) {
    if (indent > 0) sc_text_add(out, "\n%*s", indent * level, "");
}

/* The character that begins at `text`; *length is that of its UTF-8 form, which jansson guarantees.
 */
static uint32_t character(const unsigned char *text, size_t *length) {
    *length = text[0] < 0x80 ? 1 : text[0] < 0xE0 ? 2 : text[0] < 0xF0 ? 3 : 4;
    uint32_t code = text[0] & (*length == 1 ? 0x7F : 0xFF >> (*length + 1));
    for (size_t i = 1; i < *length; i++) code = code << 6 | (text[i] & 0x3F);
    return code;
}

/* Beyond what JSON demands: what YAML would refuse or take for a line break. */
static bool needs_escape(uint32_t code) {
    return code < 0x20 || code == '"' || code == '\\' || (code >= 0x7F && code < 0xA0) ||
           code == 0x2028 || code == 0x2029 || code == 0xFEFF || code == 0xFFFE || code == 0xFFFF;
}

static void add_string(sc_text *out, const char *text, size_t size) {
    size_t start = 0, length;
    sc_text_add_bytes(out, "\"", 1);
    for (size_t i = 0; i < size; i += length) {
        uint32_t code = character((const unsigned char *)text + i, &length);
        if (!needs_escape(code)) continue;
        sc_text_add_bytes(out, text + start, i - start);
        start = i + length;
        if (code == '"' || code == '\\')
            sc_text_add(out, "\\%c", (int)code);
        else if (code == '\n')
            sc_text_add(out, "\\n");
        else
            sc_text_add(out, "\\u%04x", (unsigned)code);
    }
    sc_text_add_bytes(out, text + start, size - start);
    sc_text_add_bytes(out, "\"", 1);
}

static void add_value(sc_text *out, const json_t *value, int indent, int level);

static void add_array(sc_text *out, const json_t *array, int indent, int level) {
    size_t count = json_array_size(array);
    sc_text_add(out, "[");
    for (size_t i = 0; i < count; i++) {
        if (i > 0) sc_text_add(out, indent > 0 ? "," : ", ");
        add_break(out, indent, level + 1);
        add_value(out, json_array_get(array, i), indent, level + 1);
    }
    if (count > 0) add_break(out, indent, level);
    sc_text_add(out, "]");
}

static void add_object(sc_text *out, json_t *object, int indent, int level) {
    const char *key;
    json_t *member;
    bool any = false;
    sc_text_add(out, "{");
    json_object_foreach(object, key, member) {
        if (any) sc_text_add(out, indent > 0 ? "," : ", ");
        any = true;
        add_break(out, indent, level + 1);
        add_string(out, key, strlen(key));
        sc_text_add(out, ": ");
        add_value(out, member, indent, level + 1);
    }
    if (any) add_break(out, indent, level);
    sc_text_add(out, "}");
}

static void add_value(sc_text *out, const json_t *value, int indent, int level) {
    char number[SC_NUMBER_TEXT];
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        add_object(out, (json_t *)value, indent, level);
        break;
    case JSON_ARRAY:
        add_array(out, value, indent, level);
        break;
    case JSON_STRING:
        add_string(out, json_string_value(value), json_string_length(value));
        break;
    case JSON_INTEGER:
        sc_text_add(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        break;
    case JSON_REAL:
        sc_number_text(number, json_real_value(value));
        sc_text_add(out, "%s", number);
        break;
    case JSON_TRUE:
        sc_text_add(out, "true");
        break;
    case JSON_FALSE:
        sc_text_add(out, "false");
        break;
    case JSON_NULL:
        sc_text_add(out, "null");
        break;
    }
}

void sc_json_text(sc_text *out, const json_t *value, int indent) {
    add_value(out, value, indent, 0);
}
