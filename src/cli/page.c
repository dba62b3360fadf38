/* SPDX-License-Identifier: Apache-2.0 */
/* See page.h. */
#include "cli/page.h"

#include <ctype.h>
#include <string.h>

enum { WIDTH = 80, INDENT = 4 };

/* One character, as the format has it. */
static void add_character(sc_page *page, const char *at) {
    if (page->format == SC_PAGE_MAN && *at == '\\')
        sc_text_add(&page->text, "\\e");
    else if (page->format == SC_PAGE_MAN && (*at == '-' || *at == '\''))
        sc_text_add(&page->text, *at == '-' ? "\\-" : "\\(aq");
    else if (page->format == SC_PAGE_MARKDOWN && *at == '|')
        sc_text_add(&page->text, "\\|");
    else
        sc_text_add_bytes(&page->text, at, 1);
}

/* `code` stays so in Markdown, is bold in a manual; of links only the name is left elsewhere. */
static void add(sc_page *page, const char *text) {
    bool markdown = page->format == SC_PAGE_MARKDOWN, code = false;
    if (page->format == SC_PAGE_MAN && *text == '.') sc_text_add(&page->text, "\\&");
    for (; *text; text++) {
        const char *link = *text == '[' && !code ? strstr(text, "](") : NULL;
        if (*text == '`') {
            code = !code;
            if (page->format == SC_PAGE_MAN) sc_text_add(&page->text, code ? "\\fB" : "\\fR");
            if (markdown) sc_text_add(&page->text, "`");
        } else if (link && !markdown && !memchr(text, ' ', (size_t)(link - text))) {
            for (text++; text < link; text++) add_character(page, text);
            text += strcspn(text, ")");
        } else {
            add_character(page, text);
        }
    }
}

/* Plain text in lines of WIDTH characters, `indent` spaces before each. */
static void add_lines(sc_page *page, const char *text, int indent) {
    sc_page whole = {.format = page->format};
    sc_text_init(&whole.text, page->text.env);
    add(&whole, text);
    const char *at = whole.text.data;
    while (*at) {
        size_t length = strlen(at), most = (size_t)(WIDTH - indent);
        if (length > most)
            for (length = most; length && at[length] != ' ';) length--;
        if (!length) length = strcspn(at, " ");
        sc_text_add(&page->text, "%*s%.*s\n", indent, "", (int)length, at);
        at += length + (at[length] == ' ');
    }
    if (whole.text.status != SOCLE_OK) page->text.status = whole.text.status;
    sc_text_free(&whole.text);
}

void sc_page_heading(sc_page *page, int level, const char *title) {
    static const char *const begin[][2] = {{"\n", "\n"}, {"## ", "### "}, {".SH \"", ".SS \""}};
    static const char *const end[] = {"\n", "\n\n", "\"\n"};
    sc_text_add(&page->text, "%s", begin[page->format][level > 2]);
    add(page, title);
    sc_text_add(&page->text, "%s", end[page->format]);
}

void sc_page_paragraph(sc_page *page, const char *text) {
    if (page->format == SC_PAGE_TEXT) {
        add_lines(page, text, 0);
        return;
    }
    if (page->format == SC_PAGE_MAN) sc_text_add(&page->text, ".PP\n");
    add(page, text);
    sc_text_add(&page->text, page->format == SC_PAGE_MAN ? "\n" : "\n\n");
}

void sc_page_aliases(sc_text *text, const char *aliases) {
    for (; aliases && *aliases; aliases += strspn(aliases, " ")) {
        size_t length = strcspn(aliases, " ");
        sc_text_add(text, "`%.*s`%s", (int)length, aliases, aliases[length] ? ", " : "");
        aliases += length;
    }
}

/* Texts of one line of a table. */
enum { MOST_CELLS = 5 };
typedef struct cells {
    sc_text cell[MOST_CELLS];
    int count;
} cells;

static cells begin_cells(sc_page *page, int count) {
    cells out = {.count = count};
    for (int i = 0; i < count; i++) sc_text_init(&out.cell[i], page->text.env);
    return out;
}

static void end_cells(sc_page *page, cells *cells) {
    for (int i = 0; i < cells->count; i++) {
        if (cells->cell[i].status != SOCLE_OK) page->text.status = cells->cell[i].status;
        sc_text_free(&cells->cell[i]);
    }
}

static void add_titles(sc_page *page, const char *const *title, int count) {
    if (page->format != SC_PAGE_MARKDOWN) return;
    for (int i = 0; i < count; i++)
        sc_text_add(&page->text, "| %c%s ", toupper(title[i][0]), title[i] + 1);
    sc_text_add(&page->text, "|\n");
    for (int i = 0; i < count; i++) sc_text_add(&page->text, "|---");
    sc_text_add(&page->text, "|\n");
}

static void end_table(sc_page *page) {
    if (page->format == SC_PAGE_MARKDOWN) sc_text_add(&page->text, "\n");
}

static void add_row(sc_page *page, const cells *cells) {
    for (int i = 0; i < cells->count; i++) {
        sc_text_add(&page->text, i ? " | " : "| ");
        add(page, cells->cell[i].data);
    }
    sc_text_add(&page->text, " |\n");
}

/* A term and what is said of it: the last cell, then the others that are not empty. */
static void add_entry(sc_page *page, const cells *cells, const char *const *title) {
    sc_text said;
    sc_text_init(&said, page->text.env);
    sc_text_add(&said, "%s", cells->cell[cells->count - 1].data);
    for (int i = 1; i < cells->count - 1; i++)
        if (cells->cell[i].data[0]) sc_text_add(&said, "; %s: %s", title[i], cells->cell[i].data);
    if (page->format == SC_PAGE_MAN) {
        sc_text_add(&page->text, ".TP\n");
        add(page, cells->cell[0].data);
        sc_text_add(&page->text, "\n");
        add(page, said.data);
        sc_text_add(&page->text, "\n");
    } else {
        add_lines(page, cells->cell[0].data, INDENT / 2);
        add_lines(page, said.data, 2 * INDENT);
    }
    if (said.status != SOCLE_OK) page->text.status = said.status;
    sc_text_free(&said);
}

static void add_cells(sc_page *page, cells *cells, const char *const *title) {
    if (page->format == SC_PAGE_MARKDOWN)
        add_row(page, cells);
    else
        add_entry(page, cells, title);
    end_cells(page, cells);
}

static const char *const on_resume[] = {
    [SC_RUN_MAY_CHANGE] = "",
    [SC_RUN_SAMPLES] = "; a run that is resumed must keep it",
    [SC_RUN_SCORES] = "; a run that is resumed must keep it",
    [SC_RUN_ROUNDING] = "; changed in a resumed run, it moves results by roundings"};
static const char *const option_titles[] = {"key", "takes", "default", "example", "what it says"};

static void add_option(sc_page *page, const sc_record *record, const sc_option *option) {
    cells row = begin_cells(page, 5);
    bool exact;
    sc_text standard;
    sc_text_init(&standard, page->text.env);
    sc_option_default_text(&standard, record, option, &exact);
    sc_text_add(&row.cell[0], "`%s`", option->key);
    sc_text_add(&row.cell[2], exact ? "`%s`" : "%s", standard.data);
    sc_option_values_text(&row.cell[1], option, "`");
    sc_text_add(&row.cell[3], "`%s`", option->example);
    sc_text_add(&row.cell[4], "%s%s%s", option->help, on_resume[option->identity],
                option->aliases ? "; also called " : "");
    sc_page_aliases(&row.cell[4], option->aliases);
    if (standard.status != SOCLE_OK) page->text.status = standard.status;
    sc_text_free(&standard);
    add_cells(page, &row, option_titles);
}

static const char *const word_titles[] = {"word", "also called", "what it is"};

static void add_word(sc_page *page, const char *word, const char *aliases, const char *help) {
    cells row = begin_cells(page, 3);
    sc_text_add(&row.cell[0], "`%s`", word);
    sc_page_aliases(&row.cell[1], aliases);
    sc_text_add(&row.cell[2], "%s", help);
    add_cells(page, &row, word_titles);
}

static void add_words(sc_page *page, const sc_option *option) {
    char text[96];
    snprintf(text, sizeof text, "The words of `%s`:", option->key);
    sc_page_paragraph(page, text);
    add_titles(page, word_titles, 3);
    for (const sc_word *word = option->words; word->word; word++)
        add_word(page, word->word, word->aliases, word->help);
    end_table(page);
}

void sc_page_options(sc_page *page, const sc_record *record) {
    if (!record->count) {
        sc_page_paragraph(page, "No options.");
        return;
    }
    add_titles(page, option_titles, 5);
    for (int i = 0; i < record->count; i++) add_option(page, record, &record->options[i]);
    end_table(page);
    for (int i = 0; i < record->count; i++)
        if (record->options[i].words) add_words(page, &record->options[i]);
}

void sc_page_kinds(sc_page *page, const sc_family *family) {
    add_titles(page, word_titles, 3);
    for (const sc_record *const *kind = family->record; *kind; kind++) {
        const sc_option *naming = sc_option_naming(*kind);
        add_word(page, (*kind)->word, (*kind)->aliases, (*kind)->help);
        for (const sc_word *word = naming ? naming->words : NULL; word && word->word; word++)
            if (!sc_family_has(family, word->word))
                add_word(page, word->word, word->aliases, word->help);
    }
    end_table(page);
}
