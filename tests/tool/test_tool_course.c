/* SPDX-License-Identifier: Apache-2.0 */
/* The course: `socle course` lists and runs what the pages of docs/course say, and what a page
 * promises below its heading "## Checked" is so. A plain ./test runs a handful of the pages. */
#include "tool.h"

#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <sys/stat.h>

static const char fashion[] = "/usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz";

static sc_temp temp;

static void begin(void) {
    tool_begin(&temp, false);
    setenv("SOCLE_COURSE", SC_SOURCE_DIR, 1);
}

static void end(void) {
    tool_end(&temp);
}

TestSuite(tool_course, .init = begin, .fini = end);

/* Events of one idea; `code` is what it ends with. */
static json_t *events_of(const char *words, int code) {
    tool_result result = tool_run("course %s --json", words);
    if (result.code != code) SC_TEST_FAIL("course %s: %d: %s", words, result.code, result.err);
    json_t *lines = tool_json_lines(result.out);
    tool_free(&result);
    return lines;
}

/* A number, or the name of the first of its objects that has it: the marks of a figure are found
 * so, whatever is drawn before them. */
static const json_t *member(const json_t *list, const char *key) {
    size_t i;
    json_t *one;
    if (key[strspn(key, "0123456789")] == '\0') return json_array_get(list, (size_t)atoi(key));
    json_array_foreach(list, i, one) {
        const char *name = json_string_value(json_object_get(one, "name"));
        if (name && strcmp(name, key) == 0) return one;
    }
    return NULL;
}

/* "layers.0.value" in an object of objects and lists. */
static const json_t *walk(const json_t *value, const char *path) {
    char key[64];
    while (value && *path) {
        size_t length = strcspn(path, ".");
        snprintf(key, sizeof key, "%.*s", (int)length, path);
        value = json_is_array(value) ? member(value, key) : json_object_get(value, key);
        path += length + (path[length] == '.');
    }
    return value;
}

/* A row "| 2 | `done.test_accuracy` | 0.97 | 1 |" of a page, or "| 1 | `done.fit` | overfits | |".
 */
typedef struct promise {
    int command;
    char path[96], word[32]; /* word: "", or what stands in the place of numbers */
    double from, to;
} promise;

/* The value of a path that begins with the name of an event: of the last such event that a command
 * of the page has printed. An object without a name is a `line`. */
static const json_t *value_of(const json_t *lines, const promise *p) {
    int at = 0;
    const json_t *found = NULL;
    size_t i, length = strcspn(p->path, ".");
    json_t *line;
    json_array_foreach(lines, i, line) {
        const char *name = json_string_value(json_object_get(line, "event"));
        if (!name) name = "line";
        if (strcmp(name, "command") == 0) at++;
        if (at == p->command && strlen(name) == length && strncmp(name, p->path, length) == 0)
            found = line;
    }
    const json_t *value = walk(found, p->path + length + 1);
    if (!value) SC_TEST_FAIL("command %d of the page has no %s", p->command, p->path);
    return value;
}

static void expect_promise(const json_t *lines, const promise *p) {
    const json_t *value = value_of(lines, p);
    if (p->word[0]) {
        SC_EQ_STR(json_string_value(value), p->word);
        return;
    }
    SC_TRUE(json_is_number(value) || json_is_boolean(value));
    double number = json_is_number(value) ? json_number_value(value) : json_is_true(value);
    if (!(number >= p->from && number <= p->to))
        SC_TEST_FAIL("command %d, %s is %.9g, not from %.9g to %.9g", p->command, p->path, number,
                     p->from, p->to);
}

static bool read_promise(promise *out, const char *row) {
    *out = (promise){.word = ""};
    if (sscanf(row, "\n| %d | `%95[^`]` | %lf | %lf |", &out->command, out->path, &out->from,
               &out->to) == 4)
        return true;
    if (sscanf(row, "\n| %d | `%95[^`]` | %31[a-z ]|", &out->command, out->path, out->word) != 3)
        return false;
    for (size_t end = strlen(out->word); end && out->word[end - 1] == ' ';) out->word[--end] = '\0';
    return true;
}

/* How many promises a page has. With lines NULL they are only read. */
static int check_promises(const char *page, const json_t *lines) {
    const char *at = strstr(page, "\n## Checked\n");
    int promises = 0;
    for (; at && *at; at = strchr(at + 1, '\n')) {
        promise p;
        if (!read_promise(&p, at)) {
            SC_TRUE(strncmp(at, "\n| ", 3) != 0 || strncmp(at, "\n| Command ", 11) == 0);
            continue;
        }
        promises++;
        SC_TRUE(p.command > 0 && p.from <= p.to);
        if (lines) expect_promise(lines, &p);
    }
    return promises;
}

/* What `visit` is given: the name of a page and its text. */
static void each_page(void (*visit)(int number, const char *name, const char *page)) {
    json_t *list = events_of("", 0), *idea;
    size_t i;
    SC_TRUE(json_array_size(list) > 2);
    json_array_foreach(list, i, idea) {
        char path[512];
        const char *name = json_string_value(json_object_get(idea, "name"));
        snprintf(path, sizeof path, "%s/docs/course/%s.md", SC_SOURCE_DIR, name);
        char *page = tool_get(path, NULL);
        visit((int)json_integer_value(json_object_get(idea, "number")), name, page);
        free(page);
    }
    json_decref(list);
}

Test(tool_course, a_mark_is_found_by_its_name) {
    json_t *figure = json_loads("{\"marks\": [{\"y\": [1]}, {\"name\": \"age\", \"y\": [2, 3]}, "
                                "{\"name\": \"s1\", \"y\": [4]}]}",
                                0, NULL);
    SC_EQ(json_integer_value(walk(figure, "marks.age.y.1")), 3);
    SC_EQ(json_integer_value(walk(figure, "marks.s1.y.0")), 4);
    SC_EQ(json_integer_value(walk(figure, "marks.0.y.0")), 1);
    SC_TRUE(!walk(figure, "marks.s2.y.0"));
    json_decref(figure);
}

static void expect_no_numbers(int number, const char *name, const char *page) {
    (void)number;
    for (const char *at = page; (at = strstr(at, ".marks.")); at++)
        if (at[7] >= '0' && at[7] <= '9')
            SC_TEST_FAIL("docs/course/%s.md: name the mark, which a number does not: %.40s", name,
                         at);
}

Test(tool_course, pages_name_the_marks_of_pictures) {
    each_page(expect_no_numbers);
}

/* ---- Every page has what a page has ---- */

static void expect_whole(int number, const char *name, const char *page) {
    static const char *const headings[] = {"\n## Run\n",     "\n## What it prints\n",
                                           "\n## Try\n",     "\n## Formula\n",
                                           "\n## Checked\n", "socle explain "};
    char title[16];
    SC_REPRO("docs/course/%s.md", name);
    snprintf(title, sizeof title, "# %02d ", number);
    SC_TRUE(strncmp(page, title, strlen(title)) == 0);
    for (size_t i = 0; i < sizeof headings / sizeof headings[0]; i++)
        SC_CONTAINS(page, headings[i]);
    SC_TRUE(check_promises(page, NULL) > 0);
}

Test(tool_course, pages_are_whole) {
    each_page(expect_whole);
}

static char *words_of_explain;

static void expect_words(int number, const char *name, const char *page) {
    (void)number;
    for (const char *at = page; (at = strstr(at, "socle explain ")); at++) {
        char word[32], row[48];
        if (sscanf(at, "socle explain %31[a-z0-9_]", word) != 1) continue;
        snprintf(row, sizeof row, "\"word\": \"%s\"", word);
        if (!strstr(words_of_explain, row))
            SC_TEST_FAIL("docs/course/%s.md: there is nothing to explain about '%s'", name, word);
    }
}

Test(tool_course, pages_link_to_formulas_that_there_are) {
    tool_result result = tool_run("explain --json");
    words_of_explain = result.out;
    each_page(expect_words);
    tool_free(&result);
}

static char *all_pages;

static void add_page(int number, const char *name, const char *page) {
    (void)number, (void)name;
    size_t length = all_pages ? strlen(all_pages) : 0;
    all_pages = realloc(all_pages, length + strlen(page) + 1);
    strcpy(all_pages + length, page);
}

/* A file that no page names is no part of the course; a file that is named has to be there. */
Test(tool_course, files_and_pages_belong_together) {
    const struct dirent *entry;
    int files = 0;
    each_page(add_page);
    DIR *folder = opendir(SC_SOURCE_DIR "/examples/course");
    SC_TRUE(folder != NULL);
    while ((entry = readdir(folder))) {
        if (entry->d_name[0] == '.') continue;
        if (!strstr(all_pages, entry->d_name)) SC_TEST_FAIL("no page names %s", entry->d_name);
        files++;
    }
    closedir(folder);
    SC_TRUE(files > 2);
    for (const char *at = all_pages; (at = strstr(at, "\nsocle ")); at++) {
        const char *file = strstr(at, "examples/"), *over = strchr(at + 1, '\n');
        if (file && file < over && strncmp(file, "examples/course/", 16) != 0 &&
            strncmp(file, "examples/data/", 14) != 0)
            SC_TEST_FAIL("what is installed lacks a file of:%.80s", at);
    }
    for (const char *at = all_pages; (at = strstr(at, "examples/")); at++) {
        char name[128], path[512];
        if (sscanf(at, "%127[a-z0-9_/.-]", name) != 1 || !strstr(name, ".yaml")) continue;
        snprintf(path, sizeof path, "%s/%s", SC_SOURCE_DIR, name);
        if (!tool_exists(path)) SC_TEST_FAIL("a page names %s, which is not there", name);
    }
    free(all_pages);
}

/* ---- What pages promise is so ---- */

static bool is_of_the_handful(int number) {
    static const int handful[] = {1, 6, 10};
    for (size_t i = 0; i < sizeof handful / sizeof handful[0]; i++)
        if (handful[i] == number) return true;
    return false;
}

static int pages_run;

static void expect_kept(int number, const char *name, const char *page) {
    if (!sc_test_full() && !is_of_the_handful(number)) return;
    SC_REPRO("socle course %d", number);
    if (access(fashion, R_OK) != 0) {
        char path[512];
        snprintf(path, sizeof path, "%s/examples/course/%s.yaml", SC_SOURCE_DIR, name);
        char *config = tool_exists(path) ? tool_get(path, NULL) : strdup("");
        const bool lacks = strstr(config, "fashion-mnist") != NULL;
        free(config);
        if (lacks) return;
    }
    json_t *lines = events_of(name, 0);
    SC_TRUE(check_promises(page, lines) > 0);
    json_decref(lines);
    pages_run++;
}

Test(tool_course, pages_keep_their_promises) {
    each_page(expect_kept);
    SC_TRUE(pages_run > 2);
}

/* ---- The command itself ---- */

/* A course of one page, with these commands. */
static void put_course(const char *commands) {
    char page[2048];
    SC_TRUE(mkdir("own", 0777) == 0 || errno == EEXIST);
    SC_TRUE(mkdir("own/docs", 0777) == 0 || errno == EEXIST);
    SC_TRUE(mkdir("own/docs/course", 0777) == 0 || errno == EEXIST);
    snprintf(page, sizeof page,
             "# 07 Mine\n\nWhy?\n\n## Run\n\n```sh\n%s\n```\n\n## Try\n\nsocle version\n",
             commands);
    tool_put_text("own/docs/course/07-mine.md", page);
    setenv("SOCLE_COURSE", "own", 1);
}

Test(tool_course, runs_the_commands_of_the_page) {
    put_course("socle derive \"x^2 # 1\" # exit code 2: that is no formula\nsocle train \\\n"
               "    tool.yaml --epochs 1 -o deep/down/run");
    tool_result result = tool_run("course mine");
    SC_EQ(result.code, 0);
    SC_CONTAINS(result.out, "07 Mine\n\nWhy?\n\n$ socle derive 'x^2 # 1'");
    SC_CONTAINS(result.out, "$ socle train tool.yaml --epochs 1 -o deep/down/run\n");
    SC_TRUE(!strstr(result.out, "socle version"));
    SC_TRUE(tool_exists("deep/down/run/model.safetensors"));
    tool_free(&result);
    tool_expect(2, "holds a run already", "course 7");
    tool_expect(0, NULL, "course 07-mine --overwrite --device cpu --threads 1");
}

Test(tool_course, a_command_that_fails_ends_it) {
    put_course("socle train nowhere.yaml\nsocle version");
    tool_result result = tool_run("course 7");
    SC_EQ(result.code, 2);
    SC_CONTAINS(result.err, "command 1 of the page ended with exit code 2");
    SC_TRUE(!strstr(result.out, "socle version"));
    tool_free(&result);
    put_course("socle version # exit code 5");
    tool_expect(1, "ended with exit code 0", "course 7");
    put_course("socle version; true");
    tool_expect(3, "a sign that only a shell understands in: socle version; true", "course 7");
    put_course("socle version 'x");
    tool_expect(3, "an open quote", "course 7");
    put_course("socle course 7");
    tool_expect(3, "it runs the course", "course 7");
    put_course("socle verson");
    tool_expect(2, "did you mean 'version'?", "course 7");
}

/* A signal that only this process gets reaches the run, which saves its state. */
Test(tool_course, a_signal_reaches_the_run) {
    put_course("socle train tool.yaml --epochs 1000000 -o run");
    pid_t process = tool_start("course 7");
    tool_wait_for("err.txt", "epoch 3/");
    SC_EQ(kill(process, SIGTERM), 0);
    SC_EQ(tool_wait(process), 143);
    tool_wait_for("err.txt", "continue with: socle train --resume run");
    SC_TRUE(tool_exists("run/checkpoint.safetensors"));
}

Test(tool_course, says_what_is_wrong) {
    tool_expect(2, "did you mean 'xor'?", "course xr");
    tool_expect(2, "no idea '99'", "course 99");
    tool_expect(2, "one idea at a time", "course 1 2");
    tool_expect(2, "which idea?", "course --show");
    tool_result page = tool_run("course 1 --show");
    SC_CONTAINS(page.out, "\n## Run\n");
    tool_free(&page);
    setenv("SOCLE_COURSE", "nowhere", 1);
    tool_expect(3, "SOCLE_COURSE: nowhere has no folder docs/course", "course");
    setenv("SOCLE_COURSE", "", 1);
    tool_expect(0, NULL, "course"); /* the source tree around the program */
}
