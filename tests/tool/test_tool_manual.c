/* SPDX-License-Identifier: Apache-2.0 */
/* The manual page has every command, and below it, or among the common options, every option that
 * the command's help lists; and none that no command has. */
#include "tool.h"

#include <ctype.h>

static sc_temp temp;
static char *manual;

static void begin(void) {
    tool_begin(&temp, false);
    manual = tool_get(SC_SOURCE_DIR "/src/cli/socle.1", NULL);
    /* As it reads: \- is a hyphen, font changes are none. */
    char *to = manual;
    for (const char *from = manual; *from; from++) {
        if (strncmp(from, "\\fI", 3) == 0 || strncmp(from, "\\fR", 3) == 0)
            from += 2;
        else if (*from != '\\' || from[1] != '-')
            *to++ = *from;
    }
    *to = '\0';
}

static void end(void) {
    free(manual);
    tool_end(&temp);
}

TestSuite(tool_manual, .init = begin, .fini = end);

/* From `heading` to the next line that begins with `until`. */
static char *section(const char *heading, const char *until) {
    const char *at = strstr(manual, heading);
    if (!at) SC_TEST_FAIL("the manual lacks \"%s\"", heading);
    at += strlen(heading);
    const char *over = strstr(at, until);
    return strndup(at, over ? (size_t)(over - at) : strlen(at));
}

static bool has_option(const char *text, const char *option, size_t length) {
    for (; (text = strstr(text, "--")); text += 2)
        if (strncmp(text, option, length) == 0 && !isalpha((unsigned char)text[length]) &&
            text[length] != '-')
            return true;
    return false;
}

/* Calls `each` for every word of `text` that begins with two dashes. */
static size_t option_length(const char *option) {
    size_t length = 2;
    while (isalpha((unsigned char)option[length]) || option[length] == '-') length++;
    return length;
}

static void check_command(const char *name, const char *common) {
    char heading[64];
    tool_result help = tool_run("help %s", name);
    snprintf(heading, sizeof heading, "\n.TP\n.BR %s ", name);
    if (!strstr(manual, heading)) snprintf(heading, sizeof heading, "\n.TP\n.B %s\n", name);
    char *own = section(heading, "\n.TP\n");
    for (const char *at = help.out; (at = strstr(at, " --")); at++) {
        size_t length = option_length(at + 1);
        if (length > 2 && !has_option(own, at + 1, length) && !has_option(common, at + 1, length))
            SC_TEST_FAIL("the manual lacks %.*s of socle %s", (int)length, at + 1, name);
    }
    free(own);
    tool_free(&help);
}

Test(tool_manual, has_every_option) {
    tool_result list = tool_run("help");
    char *common = section("\n.SH COMMON OPTIONS\n", "\n.SH ");
    int commands = 0;
    for (const char *line = list.out; line; line = strchr(line, '\n')) {
        char name[16];
        if (*line == '\n') line++;
        if (strncmp(line, "  ", 2) != 0 || sscanf(line + 2, "%15[a-z-]", name) != 1) continue;
        check_command(name, common);
        commands++;
    }
    SC_TRUE(commands > 9);
    free(common);
    tool_free(&list);
}

Test(tool_manual, has_no_other_option) {
    static char all[1 << 17];
    tool_result list = tool_run("help");
    for (const char *line = list.out; line; line = strchr(line, '\n')) {
        char name[16];
        if (*line == '\n') line++;
        if (strncmp(line, "  ", 2) != 0 || sscanf(line + 2, "%15[a-z-]", name) != 1) continue;
        tool_result help = tool_run("help %s", name);
        strncat(all, help.out, sizeof all - strlen(all) - 1);
        tool_free(&help);
    }
    for (const char *at = manual; (at = strstr(at, "--")); at += 2) {
        size_t length = option_length(at);
        if (length > 2 && !has_option(all, at, length))
            SC_TEST_FAIL("no command has the option %.*s of the manual", (int)length, at);
    }
    tool_free(&list);
}

/* An open quote takes spaces and the rest of the line with it. */
Test(tool_manual, quotes_are_closed) {
    for (const char *line = manual; *line;) {
        size_t length = strcspn(line, "\n");
        int quotes = 0;
        for (size_t i = 0; i < length; i++) quotes += line[i] == '"';
        if (*line == '.' && line[1] != '\\' && quotes % 2)
            SC_TEST_FAIL("a quote stays open: %.*s", (int)length, line);
        line += length + (line[length] != '\0');
    }
}
