/* SPDX-License-Identifier: Apache-2.0 */
/* Which versions of a file are read: a range; what lies outside says what to do. */
#include "io/format.h"

#include "sc_test.h"

static void refused(const sc_format *format, const char *version, const char *text) {
    sc_env env;
    sc_env_init(&env, NULL, NULL);
    SC_FAILS(&env, sc_format_check(&env, format, "a.safetensors", version), SOCLE_STATUS_DATA);
    SC_CONTAINS(env.text, "a.safetensors: ");
    SC_CONTAINS(env.text, text);
}

Test(format, a_range_is_read) {
    const sc_format format = {"model file", 2, 12};
    static const char *const versions[] = {"2", "3", "9", "12", "007"};
    sc_env env;
    sc_env_init(&env, NULL, NULL);
    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++)
        SC_OK(&env, sc_format_check(&env, &format, "a.safetensors", versions[i]));
    refused(&format, "1",
            "is a model file of version 1, this program reads versions 2 to 12; use "
            "an older program");
    refused(&format, "13",
            "is a model file of version 13, this program reads versions 2 to 12; use "
            "a newer program");
    refused(&format, "99999999", "use a newer program");
}

Test(format, what_is_no_version) {
    static const char *const versions[] = {"",   "x",   "1x",        " 1",     "-1",
                                           "+1", "1.0", "123456789", "\033[2J"};
    const sc_format format = {"checkpoint", 1, 1};
    for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++)
        refused(&format, versions[i], "' is no version of a checkpoint");
    refused(&format, NULL, "'' is no version of a checkpoint");
    refused(&format, "2", "this program reads version 1; use a newer program");
    refused(&format, "0", "use an older program");
}

Test(format, the_newest_is_written) {
    char text[SC_FORMAT_TEXT];
    const sc_format format = {"model file", 1, 123};
    sc_env env;
    sc_env_init(&env, NULL, NULL);
    sc_format_text(text, &format);
    SC_EQ_STR(text, "123");
    SC_OK(&env, sc_format_check(&env, &format, "a", text));
}
