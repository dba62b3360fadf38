/* SPDX-License-Identifier: Apache-2.0 */
/* A page about options and words, as plain text, Markdown or a manual page. Knows the tables' form
 * (base/option.h), none of them. */
#ifndef SC_CLI_PAGE_H
#define SC_CLI_PAGE_H

#include "io/record.h"

typedef enum sc_page_format { SC_PAGE_TEXT, SC_PAGE_MARKDOWN, SC_PAGE_MAN } sc_page_format;

/* In texts, `word` between backticks is code and [name](page) a link. */
typedef struct sc_page {
    sc_page_format format;
    sc_text text;
} sc_page;

void sc_page_heading(sc_page *page, int level, const char *title); /* level 2 is the highest */
void sc_page_paragraph(sc_page *page, const char *text);
/* `kernel_size`, `pool_size` */
void sc_page_aliases(sc_text *text, const char *aliases);
/* All options of a record, then the words of those that take one of several. */
void sc_page_options(sc_page *page, const sc_record *record);
/* A line for each kind, words that name kinds included: word, what it is, other words. */
void sc_page_kinds(sc_page *page, const sc_family *family);

#endif
