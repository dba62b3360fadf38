/* SPDX-License-Identifier: Apache-2.0 */
/* See course.h. */
#include "cli/course.h"
#include "base/file.h"
#include "io/quote.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PAGE_BYTES = 1 << 20, MOST_PAGES = 100 };

static const char pages_folder[] = "docs/course";

/* ---- Where the pages lie ---- */

static bool has_pages(const char *root) {
    char path[4096];
    return snprintf(path, sizeof path, "%s/%s", root, pages_folder) < (int)sizeof path &&
           access(path, R_OK | X_OK) == 0;
}

/* `place` as seen from the folder of the program. */
static bool from_program(char *out, size_t size, const char *place) {
    char *program = realpath("/proc/self/exe", NULL),
         *slash = program ? strrchr(program, '/') : NULL;
    if (slash) *slash = '\0';
    bool fits = slash && snprintf(out, size, "%s/%s", program, place) < (int)size;
    free(program);
    return fits && has_pages(out);
}

/* Its whole name, and whether the working folder is that. */
static socle_status set_root(sc_course *out, sc_env *env, const char *root) {
    char *whole = realpath(root, NULL), *here = getcwd(NULL, 0);
    out->here = whole && here && strcmp(whole, here) == 0;
    socle_status status = sc_copy_string(env, &out->root, whole ? whole : root);
    free(whole);
    free(here);
    return status;
}

static socle_status find_root(sc_course *out, sc_env *env) {
    char path[4096];
    const char *named = getenv("SOCLE_COURSE");
    if (named && *named) {
        if (has_pages(named)) return set_root(out, env, named);
        return sc_fail(env, SOCLE_STATUS_NOT_FOUND, "SOCLE_COURSE: %s has no folder %s",
                       sc_quote(named).text, pages_folder);
    }
    if (from_program(path, sizeof path, "..") ||
        from_program(path, sizeof path, SC_COURSE_FROM_PROGRAM))
        return set_root(out, env, path);
    if (has_pages(SC_COURSE_INSTALLED)) return set_root(out, env, SC_COURSE_INSTALLED);
    return sc_fail(env, SOCLE_STATUS_NOT_FOUND,
                   "the pages of the course are not installed: there is no %s/%s; SOCLE_COURSE may "
                   "name another folder that has %s and examples",
                   SC_COURSE_INSTALLED, pages_folder, pages_folder);
}

/* "07-xor.md" is page 7. */
static bool is_page(sc_course_page *out, const char *file) {
    size_t length = strlen(file);
    if (length < 7 || length >= SC_COURSE_NAME || strcmp(file + length - 3, ".md") != 0)
        return false;
    if (!isdigit((unsigned char)file[0]) || !isdigit((unsigned char)file[1]) || file[2] != '-')
        return false;
    out->number = (file[0] - '0') * 10 + file[1] - '0';
    memcpy(out->name, file, length - 3);
    out->name[length - 3] = '\0';
    return true;
}

static int by_name(const void *a, const void *b) {
    return strcmp(((const sc_course_page *)a)->name, ((const sc_course_page *)b)->name);
}

static socle_status list_pages(sc_course *out, sc_env *env) {
    char path[4096];
    sc_course_page page;
    const struct dirent *entry;
    snprintf(path, sizeof path, "%s/%s", out->root, pages_folder);
    SC_TRY(sc_allocate(env, &out->page, MOST_PAGES, sizeof *out->page));
    DIR *folder = opendir(path);
    if (!folder) return sc_fail(env, SOCLE_STATUS_IO, "%s: %s", path, strerror(errno));
    while ((entry = readdir(folder)) && out->pages < MOST_PAGES)
        if (is_page(&page, entry->d_name)) out->page[out->pages++] = page;
    closedir(folder);
    qsort(out->page, out->pages, sizeof *out->page, by_name);
    if (out->pages) return SOCLE_OK;
    return sc_fail(env, SOCLE_STATUS_NOT_FOUND, "%s has no pages", path);
}

socle_status sc_course_open(sc_course *out, sc_env *env) {
    *out = (sc_course){.root = NULL};
    socle_status status = find_root(out, env);
    if (status == SOCLE_OK) status = list_pages(out, env);
    if (status != SOCLE_OK) sc_course_close(out, env);
    return status;
}

void sc_course_close(sc_course *course, sc_env *env) {
    sc_release(env, course->root);
    sc_release(env, course->page);
    *course = (sc_course){.root = NULL};
}

socle_status sc_course_find(const sc_course_page **out, const sc_course *course, sc_env *env,
                            const char *wish) {
    const char *words[MOST_PAGES];
    char *end;
    long number = strtol(wish, &end, 10);
    if (*end || end == wish) number = -1;
    for (size_t i = 0; i < course->pages; i++) {
        const sc_course_page *page = &course->page[i];
        words[i] = page->name + 3;
        *out = page;
        if (page->number == number || strcmp(page->name, wish) == 0 || strcmp(words[i], wish) == 0)
            return SOCLE_OK;
    }
    const char *nearest = sc_nearest_word(wish, words, course->pages);
    return sc_fail(env, SOCLE_STATUS_CONFIG,
                   "the course has no idea '%s'%s%s%s `socle course` lists them",
                   sc_quote(wish).text, nearest ? "; did you mean '" : ";", nearest ? nearest : "",
                   nearest ? "'?" : "");
}

/* ---- What a page says ---- */

socle_status sc_course_read(char **text, const sc_course *course, sc_env *env,
                            const sc_course_page *page) {
    char path[4096];
    size_t size;
    snprintf(path, sizeof path, "%s/%s/%s.md", course->root, pages_folder, page->name);
    return sc_file_read(env, text, &size, path, PAGE_BYTES);
}

size_t sc_course_title(const char **title, const char *text) {
    *title = text + strspn(text, "# ");
    return strcspn(*title, "\n");
}

size_t sc_course_question(const char **question, const char *text) {
    text += strcspn(text, "\n");
    text += strspn(text, "\n");
    const char *end = strstr(text, "\n\n");
    *question = text;
    return end ? (size_t)(end - text) : strlen(text);
}

/* ---- Its commands ---- */

static socle_status damaged(sc_env *env, const char *line, const char *what) {
    return sc_fail(env, SOCLE_STATUS_DATA, "a page of the course is damaged: %s in: %s", what,
                   sc_quote(line).text);
}

/* One word of a line as a shell reads it, with '...' and "..." alone; NULL at the end. */
static socle_status take_word(sc_text *out, const char **at, const char *line) {
    char quote = '\0';
    sc_text_clear(out);
    for (; **at && (quote || **at != ' '); (*at)++) {
        if (quote ? **at == quote : **at == '\'' || **at == '"')
            quote = quote ? '\0' : **at;
        else if (strchr(quote == '\'' ? "" : quote ? "$`\\" : "|&;<>()$`\\*?[]~{}", **at))
            return damaged(out->env, line, "a sign that only a shell understands");
        else
            sc_text_add_bytes(out, *at, 1);
    }
    return quote ? damaged(out->env, line, "an open quote") : out->status;
}

static socle_status keep_word(sc_course_line *out, const sc_course *course, sc_env *env,
                              const char *word) {
    const char *ours = strncmp(word, "examples/", 9) == 0 ? word : strstr(word, "=examples/");
    if (ours && *ours == '=') ours++;
    if (!ours || course->here) ours = word + strlen(word);
    sc_text text;
    if (out->words == SC_COURSE_WORDS) return damaged(env, out->text, "too many words");
    sc_text_init(&text, env);
    sc_text_add_bytes(&text, word, (size_t)(ours - word));
    sc_text_add(&text, "%s%s%s", *ours ? course->root : "", *ours ? "/" : "", ours);
    socle_status status = text.status;
    if (status == SOCLE_OK) status = sc_copy_string(env, &out->word[out->words], text.data);
    if (status == SOCLE_OK) out->words++;
    sc_text_free(&text);
    return status;
}

static socle_status split(sc_course_line *out, const sc_course *course, sc_env *env) {
    const char *at = out->text + strlen("socle ");
    socle_status status = SOCLE_OK;
    sc_text word;
    sc_text_init(&word, env);
    while (status == SOCLE_OK && *(at += strspn(at, " ")) && *at != '#') {
        status = take_word(&word, &at, out->text);
        if (status == SOCLE_OK) status = keep_word(out, course, env, word.data);
    }
    sc_text_free(&word);
    const char *code = strstr(at, "exit code ");
    if (status == SOCLE_OK && code) out->code = atoi(code + strlen("exit code "));
    return status;
}

/* Joins what ends with a backslash; *at moves behind the line. */
static socle_status take_line(sc_text *out, const char **at) {
    bool goes_on = true;
    while (goes_on && **at) {
        size_t length = strcspn(*at, "\n");
        const char *text = *at;
        *at += length + ((*at)[length] != '\0');
        goes_on = length && text[length - 1] == '\\';
        if (out->length) text += strspn(text, " "), length = strcspn(text, "\n");
        sc_text_add_bytes(out, text, length - goes_on);
    }
    return out->status;
}

const char *sc_course_commands(const char *text) {
    static const char heading[] = "\n## Run\n";
    const char *at = strstr(text, heading);
    return at ? at + strlen(heading) : "";
}

socle_status sc_course_next(sc_course_line *out, const char **at, const sc_course *course,
                            sc_env *env) {
    *out = (sc_course_line){.text = NULL};
    while (**at && strncmp(*at, "## ", 3) != 0 && strncmp(*at, "socle ", 6) != 0) {
        *at += strcspn(*at, "\n");
        *at += **at == '\n';
    }
    if (**at != 's') return SOCLE_OK;
    sc_text text;
    sc_text_init(&text, env);
    socle_status status = take_line(&text, at);
    if (status == SOCLE_OK) status = sc_copy_string(env, &out->text, text.data);
    sc_text_free(&text);
    if (status == SOCLE_OK) status = split(out, course, env);
    if (status != SOCLE_OK) sc_course_line_free(out, env);
    return status;
}

void sc_course_line_free(sc_course_line *command, sc_env *env) {
    for (int i = 0; i < command->words; i++) sc_release(env, command->word[i]);
    sc_release(env, command->text);
    *command = (sc_course_line){.text = NULL};
}
