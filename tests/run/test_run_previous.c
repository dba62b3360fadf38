/* SPDX-License-Identifier: Apache-2.0 */
/* Keeping the run before, with second names of its files and, where the file system knows none,
 * with copies. Linked with --wrap=linkat; the whole is tested through the tool
 * (tests/tool/test_tool_place.c). */
#include "run/run_place.h"

#include <errno.h>

#include "sc_temp.h"

static bool no_links;

int __real_linkat(int from, const char *old, int to, const char *new, int flags);
int __wrap_linkat(int from, const char *old, int to, const char *new, int flags);
int __wrap_linkat(int from, const char *old, int to, const char *new, int flags) {
    if (no_links && strncmp(old, "/proc/", strlen("/proc/")) != 0) {
        errno = EPERM; /* as FAT says it */
        return -1;
    }
    return __real_linkat(from, old, to, new, flags);
}

static sc_temp temp;
static sc_env env;
static sc_directory *directory;

static void begin(void) {
    sc_env_init(&env, NULL, NULL);
    sc_temp_make(&temp);
    sc_temp_put(&temp, "model.safetensors", "old model", 9);
    sc_temp_put(&temp, "checkpoint-7.safetensors", "older", 5);
    sc_temp_put(&temp, "notes.txt", "mine", 4);
    SC_OK(&env, sc_directory_hold(&directory, &env, temp.path));
}

static void end(void) {
    sc_directory_release(directory);
    sc_temp_remove(&temp);
}

TestSuite(run_previous, .init = begin, .fini = end);

static bool holds(const char *name, const char *text) {
    char content[64] = "";
    FILE *file = fopen(sc_temp_file(&temp, name), "rb");
    if (!file) return false;
    content[fread(content, 1, sizeof content - 1, file)] = '\0';
    fclose(file);
    return strcmp(content, text) == 0;
}

static void keep_and_drop(void) {
    char name[SC_PREVIOUS_NAME];
    SC_OK(&env, sc_run_keep_previous(name, &env, directory));
    SC_EQ_STR(name, "previous");
    SC_TRUE(sc_run_has_previous(directory));
    SC_TRUE(holds("model.safetensors", "old model") && holds("notes.txt", "mine"));
    SC_TRUE(holds("previous/model.safetensors", "old model"));
    SC_TRUE(holds("previous/checkpoint-7.safetensors", "older"));
    SC_TRUE(!holds("previous/notes.txt", "mine"));
    sc_temp_put(&temp, "new", "new model", 9);
    char to[512];
    snprintf(to, sizeof to, "%s/model.safetensors", temp.path);
    SC_EQ(rename(sc_temp_file(&temp, "new"), to), 0);
    SC_TRUE(holds("previous/model.safetensors", "old model"));
    SC_OK(&env, sc_run_keep_previous(name, &env, directory));
    SC_EQ_STR(name, "previous-2");
    sc_run_unkeep_previous(directory, name);
    SC_TRUE(access(sc_temp_file(&temp, "previous-2"), F_OK) != 0);
    SC_TRUE(sc_run_has_previous(directory));
    sc_run_drop_previous(directory);
    SC_TRUE(!sc_run_has_previous(directory));
    SC_TRUE(access(sc_temp_file(&temp, "previous"), F_OK) != 0);
    SC_TRUE(holds("model.safetensors", "new model") && holds("notes.txt", "mine"));
}

Test(run_previous, second_names) {
    keep_and_drop();
}

Test(run_previous, copies) {
    no_links = true;
    keep_and_drop();
}

/* A process was killed while it filled the directory. */
Test(run_previous, a_half_filled_one_is_made_anew) {
    char name[SC_PREVIOUS_NAME];
    mkdir(sc_temp_file(&temp, ".socle-staging"), 0700);
    sc_temp_put(&temp, ".socle-staging/metrics.csv", "half", 4);
    SC_OK(&env, sc_run_keep_previous(name, &env, directory));
    SC_TRUE(holds("previous/model.safetensors", "old model"));
    SC_TRUE(!holds("previous/metrics.csv", "half"));
    SC_TRUE(access(sc_temp_file(&temp, ".socle-staging"), F_OK) != 0);
}

static socle_status keep_one(sc_env *child, void *argument) {
    char name[SC_PREVIOUS_NAME];
    (void)argument;
    socle_status status = sc_run_keep_previous(name, child, directory);
    SC_EQ(status == SOCLE_OK, name[0] != '\0');
    sc_run_unkeep_previous(directory, name);
    return status;
}

Test(run_previous, keeping_under_refusal) {
    no_links = true;
    sc_test_each_allocation(keep_one, NULL);
    SC_TRUE(!sc_run_has_previous(directory));
    SC_TRUE(holds("model.safetensors", "old model"));
}
