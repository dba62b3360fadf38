/* SPDX-License-Identifier: Apache-2.0 */
/* Names from hostile files in messages. */
#include "io/quote.h"

#include "sc_test.h"

Test(quote, control_bytes_and_what_is_not_utf8) {
    static const char *const cases[][2] = {
        {"", ""},
        {"plain name", "plain name"},
        {"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80", "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"},
        {"a\x1b[31m\x7f\n", "a?[31m?"
                            "?"},
        {"\xc2\x9b"
         "31m",
         "?31m"},
        {"\xff\xc3(\xe2\x82", "?"
                              "?(?"
                              "?"},
        {"\x80\xc0\x80", "?"
                         "?"
                         "?"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        SC_EQ_STR(sc_quote(cases[i][0]).text, cases[i][1]);
}

Test(quote, whole) {
    static const char *const cases[][2] = {
        {"caf\xc3\xa9 \xe2\x82\xac, a\\b", "caf\xc3\xa9 \xe2\x82\xac, a\\b"},
        {"a\n\t\r\x1b[31m\x7f", "a\\n\\t\\r\\x1b[31m\\x7f"},
        {"\xc2\x9bm\xff", "\\xc2\\x9bm\\xff"},
    };
    char name[400], wide[400];
    sc_env env;
    sc_text text;
    sc_env_init(&env, NULL, NULL);
    sc_text_init(&text, &env);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sc_text_clear(&text);
        sc_quote_whole(&text, cases[i][0]);
        SC_EQ_STR(text.data, cases[i][1]);
    }
    memset(name, 'y', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    memcpy(wide, name, sizeof name);
    sc_text_clear(&text);
    sc_quote_whole(&text, name);
    SC_EQ_STR(text.data, wide);
    SC_EQ(sc_utf8_bytes("ab\xc3\xa9\xff"), 4);
    SC_EQ(sc_utf8_bytes(""), 0);
    sc_text_free(&text);
}

Test(quote, cut_between_characters) {
    char name[400];
    for (size_t lead = 0; lead < 4; lead++) {
        memset(name, 'x', lead);
        name[lead] = '\0';
        for (int i = 0; i < 60; i++) strcat(name, "\xe2\x82\xac");
        sc_quoted quoted = sc_quote(name);
        size_t length = strlen(quoted.text);
        SC_TRUE(length < SC_QUOTED && length > SC_QUOTED - 8);
        SC_EQ_STR(quoted.text + length - 6, "\xe2\x82\xac...");
        SC_TRUE(strncmp(quoted.text, name, length - 3) == 0);
    }
    memset(name, 'y', 399);
    name[399] = '\0';
    SC_EQ(strlen(sc_quote(name).text), SC_QUOTED - 1);
}
