/* SPDX-License-Identifier: Apache-2.0 */
/* Running the real `socle` binary in a folder of its own, with small data made here, and looking at
 * what comes out. */
#ifndef TOOL_H
#define TOOL_H

#include "sc_temp.h"

#include <jansson.h>
#include <sys/types.h>

enum { TOOL_CLASSES = 4, TOOL_SIDE = 8, TOOL_TRAIN = 256, TOOL_TEST = 64 };

/* A network that learns the data within an epoch or two; its data are beside it. */
extern const char tool_config[];

typedef struct tool_result {
    int code; /* exit code; 128 + signal where a signal ended it */
    char *out, *err;
    size_t out_size;
} tool_result;

/* A temporary folder holding tool.yaml and its data; the process changes into it. SOCLE_DEVICE is
 * "cpu", and without `opencl` the loader sees no driver, which saves every run the start of one. */
void tool_begin(sc_temp *temp, bool opencl);
void tool_end(sc_temp *temp);

/* Runs `socle` with words split at spaces (a word may be quoted by '...'); `input` (NULL: empty)
 * becomes standard input. */
tool_result tool_run(const char *words, ...) __attribute__((format(printf, 1, 2)));
tool_result tool_run_input(const void *input, size_t size, const char *words);
void tool_free(tool_result *result);
/* Starts it in the background, standard output into out.txt and standard error into err.txt. */
pid_t tool_start(const char *words);
int tool_wait(pid_t process); /* as tool_result.code */

/* Runs and checks the exit code and that standard error holds `text` (NULL: whatever), then frees.
 */
void tool_expect(int code, const char *text, const char *words, ...)
    __attribute__((format(printf, 3, 4)));

/* Files of the folder. */
void tool_put(const char *name, const void *data, size_t size);
void tool_put_text(const char *name, const char *text);
char *tool_get(const char *name, size_t *size); /* malloc */
/* The bytes of a tensor of a model or checkpoint; the caller frees. */
char *tool_tensor(const char *file, const char *name, size_t *size);
bool tool_exists(const char *name);
bool tool_same(const char *a, const char *b);
/* IDX files of `count` samples; the labels say where the bright corner is. */
void tool_put_images(const char *name, int count, unsigned seed);
void tool_put_labels(const char *name, int count, unsigned seed);

/* Waits until a running program has written `text` into the file. */
void tool_wait_for(const char *name, const char *text);

/* Every line of `text` as a JSON object; fails the test where one is not. */
json_t *tool_json_lines(const char *text);
/* The first object whose "event" is `name`, or NULL. */
json_t *tool_event(json_t *lines, const char *name);

#endif
