/* SPDX-License-Identifier: Apache-2.0 */
/* See tool.h. Everything is done without the code under test. */
#include "tool.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/wait.h>

enum { MOST_WORDS = 64, LINE = 4096, POLL_MICROSECONDS = 500, LONGEST_WAIT = 60000000 };

const char tool_config[] = "data:\n"
                           "  train: {images: train-images, labels: train-labels}\n"
                           "  test: {images: test-images, labels: test-labels}\n"
                           "network:\n"
                           "  - flatten\n"
                           "  - dense: 16\n"
                           "  - relu\n"
                           "  - dropout: 0.1\n"
                           "  - dense: 4\n"
                           "loss: softmax_cross_entropy\n"
                           "optimizer: {adam: {lr: 0.01}}\n"
                           "train: {epochs: 3, batch: 16, seed: 7, validation: 0.25}\n";

void tool_put(const char *name, const void *data, size_t size) {
    FILE *file = fopen(name, "wb");
    if (!file || fwrite(data, 1, size, file) != size || fclose(file) != 0)
        SC_TEST_FAIL("cannot write %s", name);
}

void tool_put_text(const char *name, const char *text) {
    tool_put(name, text, strlen(text));
}

char *tool_get(const char *name, size_t *size) {
    FILE *file = fopen(name, "rb");
    if (!file) SC_TEST_FAIL("cannot read %s", name);
    size_t capacity = 1 << 16, used = 0, got;
    char *data = malloc(capacity + 1);
    while ((got = fread(data + used, 1, capacity - used, file)) > 0) {
        used += got;
        if (used == capacity) data = realloc(data, (capacity *= 2) + 1);
    }
    fclose(file);
    data[used] = '\0';
    if (size) *size = used;
    return data;
}

char *tool_tensor(const char *file, const char *name, size_t *size) {
    size_t whole, begin = 0, end = 0;
    uint64_t header;
    char key[64], *data = tool_get(file, &whole);
    memcpy(&header, data, sizeof header);
    snprintf(key, sizeof key, "\"%s\":", name);
    SC_TRUE(header < whole - 8);
    data[8 + header - 1] = '\0'; /* over the last brace, or a space */
    const char *at = strstr(data + 8, key), *offsets = at ? strstr(at, "data_offsets") : NULL;
    SC_TRUE(offsets && sscanf(offsets, "data_offsets\": [%zu, %zu]", &begin, &end) == 2);
    *size = end - begin;
    SC_TRUE(*size > 0 && 8 + header + end <= whole);
    memmove(data, data + 8 + header + begin, *size);
    return data;
}

bool tool_exists(const char *name) {
    return access(name, F_OK) == 0;
}

bool tool_same(const char *a, const char *b) {
    size_t size_a, size_b;
    char *data_a = tool_get(a, &size_a), *data_b = tool_get(b, &size_b);
    bool same = size_a == size_b && memcmp(data_a, data_b, size_a) == 0;
    free(data_a);
    free(data_b);
    return same;
}

static uint32_t next(uint32_t *state) {
    *state = *state * 1664525u + 1013904223u;
    return *state >> 16;
}

static void big_endian(unsigned char *out, uint32_t value) {
    for (int i = 0; i < 4; i++) out[i] = (unsigned char)(value >> (24 - 8 * i));
}

static int label_of(unsigned seed, int sample) {
    uint32_t state = seed * 7919u + (uint32_t)sample * 104729u;
    next(&state);
    return (int)(next(&state) % TOOL_CLASSES);
}

void tool_put_images(const char *name, int count, unsigned seed) {
    enum { PIXELS = TOOL_SIDE * TOOL_SIDE, HEADER = 16 };
    size_t size = HEADER + (size_t)count * PIXELS;
    unsigned char *data = malloc(size);
    uint32_t state = seed;
    big_endian(data, 0x803);
    big_endian(data + 4, (uint32_t)count);
    big_endian(data + 8, TOOL_SIDE);
    big_endian(data + 12, TOOL_SIDE);
    for (int i = 0; i < count; i++) {
        int label = label_of(seed, i);
        for (int p = 0; p < PIXELS; p++) {
            int corner = p / TOOL_SIDE / (TOOL_SIDE / 2) * 2 + p % TOOL_SIDE / (TOOL_SIDE / 2);
            data[HEADER + (size_t)i * PIXELS + (size_t)p] =
                (unsigned char)(next(&state) % 80 + (corner == label ? 120u : 0u));
        }
    }
    tool_put(name, data, size);
    free(data);
}

void tool_put_labels(const char *name, int count, unsigned seed) {
    unsigned char *data = malloc(8 + (size_t)count);
    big_endian(data, 0x801);
    big_endian(data + 4, (uint32_t)count);
    for (int i = 0; i < count; i++) data[8 + i] = (unsigned char)label_of(seed, i);
    tool_put(name, data, 8 + (size_t)count);
    free(data);
}

void tool_begin(sc_temp *temp, bool opencl) {
    if (!getenv("SOCLE_TOOL")) SC_TEST_FAIL("SOCLE_TOOL names no program");
    sc_temp_make(temp);
    if (chdir(temp->path) != 0) SC_TEST_FAIL("cannot enter %s", temp->path);
    setenv("XDG_DATA_HOME", temp->path, 1);
    setenv("XDG_CACHE_HOME", temp->path, 1);
    setenv("SOCLE_DEVICE", "cpu", 1);
    unsetenv("NO_COLOR");
    mkdir("no-drivers", 0700);
    if (!opencl) setenv("OCL_ICD_VENDORS", "no-drivers", 1);
    tool_put_images("train-images", TOOL_TRAIN, 1);
    tool_put_labels("train-labels", TOOL_TRAIN, 1);
    tool_put_images("test-images", TOOL_TEST, 2);
    tool_put_labels("test-labels", TOOL_TEST, 2);
    tool_put_text("tool.yaml", tool_config);
}

void tool_end(sc_temp *temp) {
    if (chdir("/") == 0) sc_temp_remove(temp);
}

/* Cuts a line at spaces; '...' keeps them. */
static void split(char *line, char *words[MOST_WORDS + 2]) {
    int count = 0;
    words[count++] = getenv("SOCLE_TOOL");
    for (char *at = line; *at && count < MOST_WORDS;) {
        while (*at == ' ') at++;
        if (!*at) break;
        char end = ' ';
        if (*at == '\'') end = *at++;
        words[count++] = at;
        while (*at && *at != end) at++;
        if (*at) *at++ = '\0';
    }
    words[count] = NULL;
}

static void redirect(const char *name, int flags, int descriptor) {
    int file = open(name, flags, 0600);
    if (file < 0 || dup2(file, descriptor) < 0) _exit(99);
}

pid_t tool_start(const char *text) {
    char line[LINE];
    char *words[MOST_WORDS + 2];
    snprintf(line, sizeof line, "%s", text);
    fflush(NULL);
    pid_t process = fork();
    if (process < 0) SC_TEST_FAIL("fork: %s", strerror(errno));
    if (process) return process;
    redirect(access("in.txt", F_OK) == 0 ? "in.txt" : "/dev/null", O_RDONLY, STDIN_FILENO);
    redirect("out.txt", O_WRONLY | O_CREAT | O_TRUNC, STDOUT_FILENO);
    redirect("err.txt", O_WRONLY | O_CREAT | O_TRUNC, STDERR_FILENO);
    split(line, words);
    execv(words[0], words);
    _exit(99);
}

int tool_wait(pid_t process) {
    int status;
    while (waitpid(process, &status, 0) < 0)
        if (errno != EINTR) SC_TEST_FAIL("waitpid: %s", strerror(errno));
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static tool_result run_line(const char *line) {
    tool_result result = {.code = tool_wait(tool_start(line))};
    result.out = tool_get("out.txt", &result.out_size);
    result.err = tool_get("err.txt", NULL);
    SC_REPRO("socle %s", line);
    return result;
}

tool_result tool_run(const char *words, ...) {
    char line[LINE];
    va_list arguments;
    va_start(arguments, words);
    vsnprintf(line, sizeof line, words, arguments);
    va_end(arguments);
    return run_line(line);
}

tool_result tool_run_input(const void *input, size_t size, const char *words) {
    tool_put("in.txt", input, size);
    tool_result result = run_line(words);
    remove("in.txt");
    return result;
}

void tool_free(tool_result *result) {
    free(result->out);
    free(result->err);
}

void tool_expect(int code, const char *text, const char *words, ...) {
    char line[LINE];
    va_list arguments;
    va_start(arguments, words);
    vsnprintf(line, sizeof line, words, arguments);
    va_end(arguments);
    tool_result result = run_line(line);
    if (result.code != code)
        SC_TEST_FAIL("exit code %d, expected %d; standard error: %s", result.code, code,
                     result.err);
    if (text && !strstr(result.err, text))
        SC_TEST_FAIL("standard error lacks \"%s\": %s", text, result.err);
    tool_free(&result);
}

void tool_wait_for(const char *name, const char *text) {
    for (long waited = 0; waited < LONGEST_WAIT; waited += POLL_MICROSECONDS) {
        if (tool_exists(name)) {
            char *content = tool_get(name, NULL);
            bool there = strstr(content, text) != NULL;
            free(content);
            if (there) return;
        }
        usleep(POLL_MICROSECONDS);
    }
    SC_TEST_FAIL("the program never wrote %s to %s", text, name);
}

json_t *tool_json_lines(const char *text) {
    json_t *lines = json_array();
    for (const char *at = text, *end; *at; at = end + 1) {
        end = strchr(at, '\n');
        if (!end) SC_TEST_FAIL("the last line is not finished: %s", at);
        json_error_t error;
        json_t *line = json_loadb(at, (size_t)(end - at), JSON_REJECT_DUPLICATES, &error);
        if (!json_is_object(line))
            SC_TEST_FAIL("no JSON object (%s): %.*s", error.text, (int)(end - at), at);
        json_array_append_new(lines, line);
    }
    return lines;
}

json_t *tool_event(json_t *lines, const char *name) {
    size_t index;
    json_t *line;
    json_array_foreach(lines, index, line) {
        const char *event = json_string_value(json_object_get(line, "event"));
        if (event && strcmp(event, name) == 0) return line;
    }
    return NULL;
}
