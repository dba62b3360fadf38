/* SPDX-License-Identifier: Apache-2.0 */
#include "broken_drivers.h"

#include <glob.h>

void drivers_begin(sc_temp *temp) {
    tool_begin(temp, true);
    unsetenv("SOCLE_DEVICE");
    unsetenv("OCL_ICD_VENDORS");
    unsetenv("OCL_ICD_FILENAMES");
    setenv("STUB_LOG", sc_temp_file(temp, "loads"), 1);
}

static void install_one(const char *word) {
    char path[300], library[1024];
    snprintf(path, sizeof path, "vendors/%s.icd", word);
    if (strcmp(word, "pocl") == 0) {
        glob_t found;
        if (glob("/etc/OpenCL/vendors/*pocl*.icd", 0, NULL, &found) != 0)
            cr_skip_test("there is no PoCL");
        char *text = tool_get(found.gl_pathv[0], NULL);
        snprintf(library, sizeof library, "%s", text);
        free(text);
        globfree(&found);
    } else if (strcmp(word, "gone") == 0) {
        snprintf(library, sizeof library, "libgone.so.7\n");
    } else {
        snprintf(library, sizeof library, SC_STUBS "/stub_%s.so\n", word);
    }
    tool_put_text(path, library);
}

void drivers_install(const char *words) {
    char list[256], folder[512], *rest = NULL;
    if (system("rm -rf vendors") != 0 || mkdir("vendors", 0700) != 0)
        SC_TEST_FAIL("no folder for drivers");
    snprintf(list, sizeof list, "%s", words);
    for (char *word = strtok_r(list, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
        install_one(word);
    if (!getcwd(folder, sizeof folder - 16)) SC_TEST_FAIL("no working folder");
    setenv("OCL_ICD_VENDORS", strcat(folder, "/vendors"), 1);
    drivers_forget();
}

int drivers_loads(const char *mode, const char *program) {
    char line[64];
    int count = 0;
    snprintf(line, sizeof line, "%s %s\n", mode, program);
    if (!tool_exists("loads")) return 0;
    char *text = tool_get("loads", NULL);
    for (const char *at = text; (at = strstr(at, line)) != NULL; at++)
        count += at == text || at[-1] == '\n';
    free(text);
    return count;
}

void drivers_forget(void) {
    remove("loads");
}
