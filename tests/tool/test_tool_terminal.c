/* SPDX-License-Identifier: Apache-2.0 */
/* What people see on terminals of several widths: names are cut before numbers and ids, the bar
 * before the numbers beside it. script(1) gives the program a terminal. */
#include "tool.h"

#include <sys/stat.h>

static sc_temp temp;

static void begin(void) {
    tool_begin(&temp, true);
    setenv("TERM", "xterm", 1);
    if (system("command -v script >/dev/null && command -v stty >/dev/null") != 0)
        cr_skip_test("no script(1) or no stty(1)");
}

static void end(void) {
    tool_end(&temp);
}

TestSuite(tool_terminal, .init = begin, .fini = end);

/* Everything that the terminal was sent. */
static char *on_terminal(int columns, const char *words) {
    char line[512];
    snprintf(line, sizeof line,
             "script -qec \"stty cols %d; $SOCLE_TOOL %s\" /dev/null </dev/null >log 2>&1", columns,
             words);
    SC_EQ(system(line), 0);
    return tool_get("log", NULL);
}

static const int widths[] = {60, 80, 120};

/* A terminal that is narrower than an id gets it whole all the same. */
Test(tool_terminal, devices_can_be_copied_from_the_table) {
    tool_result json = tool_run("devices --json");
    json_t *lines = tool_json_lines(json.out), *device;
    static const int narrow_too[] = {24, 60, 80, 120};
    for (size_t w = 0; w < sizeof narrow_too / sizeof narrow_too[0]; w++) {
        size_t i;
        int most = narrow_too[w];
        char *log = on_terminal(most, "devices");
        SC_REPRO("stty cols %d; socle devices", most);
        json_array_foreach(lines, i, device) {
            SC_CONTAINS(log, json_string_value(json_object_get(device, "device")));
            const char *id = json_string_value(json_object_get(device, "id"));
            SC_CONTAINS(log, id);
            int alone = (int)(strlen("DEVICE") + 2 + strlen(id));
            if (alone > most) most = alone;
        }
        for (char *line = strtok(log, "\r\n"); line; line = strtok(NULL, "\r\n"))
            SC_TRUE((int)strlen(line) <= most);
        free(log);
    }
    json_decref(lines);
    tool_free(&json);
}

/* One state of the bar. */
static void check_bar(const char *bar, int columns, int *measured) {
    int length = (int)strcspn(bar, "\033\r\n");
    const char *ending = strstr(bar, " ETA ");
    SC_REPRO("%d columns: %.*s", columns, length, bar);
    SC_TRUE(length < columns);
    SC_TRUE(ending && ending < bar + length && strchr(ending, ':') < bar + length);
    const char *loss = strstr(bar, " loss "), *accuracy = strstr(bar, " acc ");
    if (!loss || loss > bar + length) return;
    SC_TRUE(accuracy && accuracy < ending);
    SC_TRUE(strchr(bar, '%') < loss);
    ++*measured;
}

Test(tool_terminal, the_bar_keeps_its_numbers) {
    for (size_t w = 0; w < sizeof widths / sizeof widths[0]; w++) {
        int measured = 0;
        char *log = on_terminal(widths[w], "train tool.yaml -o out -d cpu --epochs 4 --batch 1"
                                           " --set network[1].dense=2048");
        for (const char *bar = log; (bar = strstr(bar, "\rEpoch ")); bar++)
            check_bar(bar + 1, widths[w], &measured);
        SC_TRUE(measured > 0); /* how often it is drawn is a matter of time */
        free(log);
        SC_EQ(system("rm -r out"), 0);
    }
}

/* On 80 columns what was validated stands below the rest; where there is room, beside it. */
Test(tool_terminal, epochs_are_whole_lines) {
    static const int columns[] = {80, 200};
    for (int c = 0; c < 2; c++) {
        int epochs = 0, broken = 0;
        char *log = on_terminal(columns[c], "train tool.yaml -o out --overwrite -d cpu --epochs 2"
                                            " --set metrics=[accuracy,top5]");
        SC_REPRO("%d columns", columns[c]);
        for (char *line = strtok(log, "\r\n"); line; line = strtok(NULL, "\r\n")) {
            const char *text = strstr(line, "epoch ");
            if (text && strstr(text, " samples/s ")) {
                epochs++;
                SC_TRUE((int)strlen(text) <= columns[c]);
                SC_EQ(strstr(text, "val_loss ") != NULL, columns[c] == 200);
            }
            broken += strncmp(line, "  val_loss ", strlen("  val_loss ")) == 0;
        }
        SC_EQ(epochs, 2);
        SC_EQ(broken, columns[c] == 200 ? 0 : 2);
        free(log);
    }
}

/* Kernels that were never built: the bar says how far they are, -v which took how long, the end
 * what start-up took. */
Test(tool_terminal, says_that_kernels_are_built) {
    tool_result devices = tool_run("devices --json");
    bool here = strstr(devices.out, "\"opencl:0\"") != NULL;
    tool_free(&devices);
    if (!here) cr_skip_test("no OpenCL device");
    SC_EQ(mkdir("fresh", 0700), 0);
    tool_put_text("small.yaml", "data: {train: {images: train-images, labels: train-labels}}\n"
                                "network: [flatten, dense: 4]\n"
                                "loss: softmax_cross_entropy\n"
                                "optimizer: {sgd: {lr: 0.01}}\n"
                                "train: {epochs: 1, batch: 16}\n");
    setenv("POCL_CACHE_DIR", "fresh", 1);
    setenv("SOCLE_CACHE_DIR", "fresh", 1);
    char *log = on_terminal(80, "train small.yaml -o out -d opencl:0 --no-self-test -v");
    SC_CONTAINS(log, "\rbuilding kernels 2/");
    SC_CONTAINS(log, "dense1: matmul (");
    SC_CONTAINS(log, ") built in ");
    SC_CONTAINS(log, ": start-up ");
    free(log);
}
