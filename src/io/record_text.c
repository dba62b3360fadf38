/* SPDX-License-Identifier: Apache-2.0 */
/* What an option takes, and what its absence means, as people read it: for help, manual and
 * reference. */
#include "io/json_text.h"
#include "io/record.h"

#include <math.h>
#include <string.h>

static void add_words(sc_text *text, const sc_word *words, const char *quote) {
    for (int i = 0; words[i].word; i++)
        sc_text_add(text, "%s%s%s%s",
                    i == 0              ? ""
                    : words[i + 1].word ? ", "
                                        : " or ",
                    quote, words[i].word, quote);
}

static void add_range(sc_text *text, const sc_option *option) {
    bool whole = option->type != SC_OPTION_FLOAT && option->type != SC_OPTION_DOUBLE &&
                 option->type != SC_OPTION_NUMBERS;
    int64_t last = option->maximum >= 0x1p63 ? INT64_MAX : (int64_t)fmin(option->maximum, 0x1p62);
    sc_range_text range = whole ? sc_config_integer_range((int64_t)option->minimum, last)
                                : sc_config_number_range(option->minimum, option->maximum);
    sc_text_add(text, "%s", range.text);
    if (option->below) sc_text_add(text, ", %g itself not", option->maximum);
    if (option->unit) sc_text_add(text, " (%s)", option->unit);
}

void sc_option_values_text(sc_text *text, const sc_option *option, const char *quote) {
    switch (option->type) {
    case SC_OPTION_INTEGER:
    case SC_OPTION_LONG:
    case SC_OPTION_FLOAT:
    case SC_OPTION_DOUBLE:
        add_range(text, option);
        break;
    case SC_OPTION_BOOL:
        sc_text_add(text, "true or false");
        break;
    case SC_OPTION_WORD:
        add_words(text, option->words, quote);
        break;
    case SC_OPTION_TEXT:
        sc_text_add(text, "text");
        break;
    case SC_OPTION_NAME:
        sc_text_add(text, "a name of 1 to %d letters, digits, _, - and .", SC_NAME_MOST);
        break;
    case SC_OPTION_PATH:
        sc_text_add(text, "a file");
        break;
    case SC_OPTION_PATHS:
        sc_text_add(text, "a file, a pattern as %spart-*%s, or a list of them", quote, quote);
        break;
    case SC_OPTION_PAIR:
        add_range(text, option);
        sc_text_add(text, ", or %s[height, width]%s", quote, quote);
        break;
    case SC_OPTION_PADDING:
        sc_text_add(text, "%svalid%s, %ssame%s, ", quote, quote, quote, quote);
        add_range(text, option);
        sc_text_add(text, ", %s[vertical, horizontal]%s or %s[top, bottom, left, right]%s", quote,
                    quote, quote, quote);
        break;
    case SC_OPTION_KIND:
        sc_text_add(text, "%s %s", strchr("aeiou", option->family->what[0]) ? "an" : "a",
                    option->family->what);
        break;
    case SC_OPTION_SECTION:
        sc_text_add(text, "a section");
        if (sc_option_main(option->record, NULL))
            sc_text_add(text, ", or its %s%s%s alone", quote,
                        sc_option_main(option->record, NULL)->key, quote);
        break;
    case SC_OPTION_NUMBERS:
        sc_text_add(text, "a list, each ");
        add_range(text, option);
        break;
    case SC_OPTION_SHAPE:
        sc_text_add(text, "a list of up to %d, or one: each ", option->most);
        add_range(text, option);
        break;
    case SC_OPTION_NAMES:
        if (option->least > 1)
            sc_text_add(text, "a list of %d to %d names", option->least, option->most);
        else if (option->most > 1)
            sc_text_add(text, "a name, or a list of up to %d", option->most);
        else
            sc_text_add(text, "a name");
        break;
    case SC_OPTION_MAP:
        if (option->family)
            sc_text_add(text, "a section of names, each with a list of %ss", option->family->what);
        else
            sc_text_add(text, "a section of names");
        break;
    case SC_OPTION_LIST:
        if (option->family && !option->least) sc_text_add(text, "a %s, or ", option->family->what);
        sc_text_add(text, "a list of %ss", option->family ? option->family->what : "section");
        break;
    }
}

/* "1", not "1.0"; a section's or kind's value has no short text. */
static void add_value(sc_text *text, const sc_option *option, json_t *value) {
    size_t before = text->length;
    const json_t *first = json_array_get(value, 0);
    if (option->type == SC_OPTION_PAIR && json_equal(first, json_array_get(value, 1)))
        sc_json_text(text, first, 0);
    else if (json_is_string(value))
        sc_text_add(text, "%s", json_string_value(value));
    else
        sc_json_text(text, value, 0);
    if (json_is_real(value) && text->length > before + 2 &&
        strcmp(text->data + text->length - 2, ".0") == 0)
        text->data[text->length -= 2] = '\0';
}

void sc_option_default_text(sc_text *text, const sc_record *record, const sc_option *option,
                            bool *exact) {
    const void *standard = sc_option_standard(record, option);
    *exact = false;
    if (option->required || option->standard || !standard) {
        sc_text_add(text, "%s",
                    option->required   ? "required"
                    : option->standard ? option->standard
                                       : "none");
        if (option->unless) sc_text_add(text, ", or in its place: %s", option->unless);
        return;
    }
    json_t *value = sc_option_value(standard, option);
    *exact = value && option->type != SC_OPTION_SECTION;
    if (*exact)
        add_value(text, option, value);
    else
        sc_text_add(text, "none");
    json_decref(value);
}
