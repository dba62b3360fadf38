/* SPDX-License-Identifier: Apache-2.0 */
/* The pages of the course: where they lie, what they are called, and which commands each shows.
 * A page is the one text of its idea: `socle course` runs what the page says, word by word. */
#ifndef SC_CLI_COURSE_H
#define SC_CLI_COURSE_H

#include "base/text.h"

enum { SC_COURSE_NAME = 64, SC_COURSE_WORDS = 64 };

typedef struct sc_course_page {
    int number;
    char name[SC_COURSE_NAME]; /* "07-xor", as its files are called */
} sc_course_page;

/* The folder that holds docs/course and examples, and the pages in teaching order. */
typedef struct sc_course {
    char *root;
    bool here; /* that is the working folder: examples/ lies in it */
    sc_course_page *page;
    size_t pages;
} sc_course;

/* Looks in the folder that SOCLE_COURSE names, else in the source tree around the program, else
 * where the program was installed. Errors: NOT_FOUND (the text says where it looked), IO. */
socle_status sc_course_open(sc_course *out, sc_env *env);
void sc_course_close(sc_course *course, sc_env *env);

/* By number ("7", "07"), name ("07-xor") or the name without its number. Errors: CONFIG. */
socle_status sc_course_find(const sc_course_page **out, const sc_course *course, sc_env *env,
                            const char *wish);

/* The whole page; *text is released by sc_release. */
socle_status sc_course_read(char **text, const sc_course *course, sc_env *env,
                            const sc_course_page *page);
/* Its first line without the signs of a heading; the length of what lies at *title. */
size_t sc_course_title(const char **title, const char *text);
/* Its first paragraph: the question. */
size_t sc_course_question(const char **question, const char *text);

/* One command of a page: its words, without `socle`. */
typedef struct sc_course_line {
    char *text; /* as the page has it, on one line */
    char *word[SC_COURSE_WORDS];
    int words;
    int code; /* the exit code that the page announces behind a `#`, else 0 */
} sc_course_line;

/* Where the commands of a page begin: below its heading "## Run", up to the next heading. */
const char *sc_course_commands(const char *text);
/* Takes the next command from *at and moves it on. At the end out->text is NULL. A word that begins
 * with examples/ becomes one of the course's folder. Errors: DATA (an open quote, a sign that only
 * a shell understands; the text names the line). */
socle_status sc_course_next(sc_course_line *out, const char **at, const sc_course *course,
                            sc_env *env);
void sc_course_line_free(sc_course_line *command, sc_env *env);

#endif
