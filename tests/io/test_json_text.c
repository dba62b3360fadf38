/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers as text: shortest, exact, the same on every locale. */
#include "io/json_text.h"

#include <float.h>
#include <locale.h>

#include "sc_test.h"

Test(json_text, shortest_and_exact) {
    static const struct {
        double value;
        const char *text;
    } cases[] = {{0.1, "0.1"},
                 {1, "1.0"},
                 {-2.5, "-2.5"},
                 {1e22, "1e+22"},
                 {1e-7, "1e-07"},
                 {0, "0.0"},
                 {-0.0, "-0.0"},
                 {NAN, "null"},
                 {INFINITY, "null"},
                 {100000, "100000.0"},
                 {1.0 / 3, "0.3333333333333333"}};
    char text[SC_NUMBER_TEXT];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sc_number_text(text, cases[i].value);
        SC_EQ_STR(text, cases[i].text);
    }
}

Test(json_text, any_double_reads_back) {
    uint64_t state = 1;
    const double limits[] = {DBL_MAX, -DBL_MAX, DBL_MIN, 5e-324, DBL_EPSILON, 1 - DBL_EPSILON / 2};
    for (int i = 0; i < 20000; i++) {
        char text[SC_NUMBER_TEXT];
        double value, back;
        state = state * 6364136223846793005u + 1442695040888963407u;
        memcpy(&value, &state, sizeof value);
        if (i < 6) value = limits[i];
        if (!isfinite(value)) continue;
        sc_number_text(text, value);
        SC_REPRO("%a as %s", value, text);
        SC_TRUE(strlen(text) < SC_NUMBER_TEXT);
        SC_TRUE(sc_number_parse(&back, text));
        SC_TRUE(memcmp(&back, &value, sizeof back) == 0);
    }
}

Test(json_text, what_is_no_number) {
    static const char *const texts[] = {"",    "-",   "+",  "1.2.3", "1e",  "e1",  "0x10", "inf",
                                        "nan", "1,5", " 1", "1 ",    "--1", "+-1", "1e5e", "."};
    double value;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        SC_REPRO("\"%s\"", texts[i]);
        SC_TRUE(!sc_number_parse(&value, texts[i]));
    }
    SC_TRUE(sc_number_parse(&value, "1e999") && isinf(value));
}

/* Where no locale with a comma is installed there is nothing to see. */
Test(json_text, locale_with_a_comma) {
    static const char *const names[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "de_DE"};
    bool found = false;
    for (size_t i = 0; i < sizeof names / sizeof *names && !found; i++)
        found = setlocale(LC_ALL, names[i]) != NULL;
    if (!found) cr_skip_test("no locale with a decimal comma is installed");
    char text[SC_NUMBER_TEXT];
    double value;
    sc_number_text(text, 1.5);
    SC_EQ_STR(text, "1.5");
    SC_TRUE(sc_number_parse(&value, "1.5") && value == 1.5);
}

Test(json_text, values) {
    static const char source[] =
        "{\"a\": [1, 2.5, true, false, null, {}, []], \"b\\n\\\"\": \"\\u0001\\u00e9/\"}";
    sc_env env;
    sc_text text;
    json_t *value = json_loads(source, 0, NULL);
    sc_env_init(&env, NULL, NULL);
    sc_text_init(&text, &env);
    sc_json_text(&text, value, 0);
    SC_EQ_STR(text.data,
              "{\"a\": [1, 2.5, true, false, null, {}, []], \"b\\n\\\"\": \"\\u0001\xc3\xa9/\"}");
    sc_text_free(&text);
    json_decref(value);
}
