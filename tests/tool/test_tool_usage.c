/* SPDX-License-Identifier: Apache-2.0 */
/* The command line itself: help, unknown words, values out of range, devices, and where output
 * goes. */
#include "tool.h"

#include <sys/wait.h>

static sc_temp temp;

static void begin(void) {
    tool_begin(&temp, false);
}

static void end(void) {
    tool_end(&temp);
}

TestSuite(tool_usage, .init = begin, .fini = end);

Test(tool_usage, help_is_on_standard_output) {
    static const char *const words[] = {"help",           "--help",         "-h",
                                        "help train",     "train --help",   "train -h",
                                        "help eval",      "predict --help", "generate --help",
                                        "summary --help", "plan --help",    "devices --help",
                                        "verify --help",  "inspect --help", "completion --help",
                                        "schema --help",  "version --help", "help help"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        tool_result result = tool_run("%s", words[i]);
        SC_EQ(result.code, 0);
        SC_CONTAINS(result.out, "Usage: socle");
        SC_EQ_STR(result.err, "");
        tool_free(&result);
    }
    tool_result a = tool_run("help train"), b = tool_run("train --help");
    SC_TRUE(strncmp(a.out, b.out, strlen(b.out)) == 0); /* followed by the section of a
                                                           configuration */
    SC_CONTAINS(a.out, "--epochs");
    tool_free(&a);
    tool_free(&b);
}

Test(tool_usage, version) {
    tool_result result = tool_run("--version");
    SC_EQ(result.code, 0);
    SC_CONTAINS(result.out, "socle " SC_VERSION);
    tool_free(&result);
    result = tool_run("version --json");
    json_t *lines = tool_json_lines(result.out);
    SC_EQ_STR(json_string_value(json_object_get(json_array_get(lines, 0), "version")), SC_VERSION);
    json_decref(lines);
    tool_free(&result);
}

Test(tool_usage, mistakes_name_the_nearest_word) {
    tool_expect(2, "a command is missing", "%s", "");
    tool_expect(2, "did you mean 'train'?", "trian tool.yaml");
    tool_expect(2, "there is no command 'xyzzy'", "xyzzy");
    tool_expect(2, "did you mean 'devices'?", "help device");
    tool_expect(2, "did you mean '--epochs'?", "train tool.yaml --epcohs 3");
    tool_expect(2, "did you mean '--epochs'?", "train tool.yaml --epoch 3"); /* no abbreviations */
    tool_expect(2, "unknown option '--zzzzzzzz'", "train --zzzzzzzz");
    tool_expect(2, "unknown option '-z'", "train tool.yaml -z");
    tool_expect(2, "comes after a command", "--device cpu train tool.yaml");
}

Test(tool_usage, values_are_checked) {
    tool_expect(2, "needs a value", "train tool.yaml --epochs");
    tool_expect(2, "needs a value", "train tool.yaml -o");
    tool_expect(2, "takes no value", "train tool.yaml --quiet=3");
    tool_expect(2, "--epochs", "train tool.yaml --epochs 1e9999");
    tool_expect(2, "--epochs", "train tool.yaml --epochs 1.5");
    tool_expect(2, "--epochs", "train tool.yaml --epochs 1e18");
    tool_expect(0, NULL, "plan tool.yaml --batch 1.6e1");
    tool_expect(2, "--epochs", "train tool.yaml --epochs -1");
    tool_expect(2, "--epochs", "train tool.yaml --epochs ''");
    tool_expect(2, "--epochs", "train tool.yaml --epochs 3x");
    tool_expect(2, "--batch", "train tool.yaml --batch 0");
    tool_expect(2, "--batch", "train tool.yaml --batch 99999999999");
    tool_expect(2, "--seed", "train tool.yaml --seed 18446744073709551616");
    tool_expect(2, "--memory", "train tool.yaml --memory 0");
    tool_expect(2, "--memory", "train tool.yaml --memory 2X");
    tool_expect(2, "--memory", "train tool.yaml --memory -1G");
    tool_expect(2, "--memory", "train tool.yaml --memory 1e300G");
    tool_expect(2, "--threads", "train tool.yaml --threads 0");
    tool_expect(2, "one configuration", "train tool.yaml other.yaml");
    tool_expect(2, "which configuration", "train");
    tool_expect(2, "--min-accuracy", "eval -m m --data tool.yaml --min-accuracy nan");
    tool_expect(2, "--min-accuracy", "eval -m m --data tool.yaml --min-accuracy 1.5");
    tool_expect(2, "--split", "eval -m m --data tool.yaml --split other");
    tool_expect(2, "which model", "eval --data tool.yaml");
    tool_expect(2, "which data", "eval -m m");
    tool_expect(2, "which samples", "predict -m m");
    tool_expect(2, "no argument", "devices cpu");
    tool_expect(2, "which file", "inspect");
    tool_expect(2, "one file at a time: 'tool.yaml' and -m 'm'", "summary tool.yaml -m m");
    tool_expect(2, "there is no 'copy'; known: ", "verify --op copy");
    tool_expect(2, "which shell", "completion");
    tool_expect(2, "no completion for 'tcsh'", "completion tcsh");
    SC_TRUE(!tool_exists("runs"));
}

Test(tool_usage, words_after_two_dashes_are_arguments) {
    tool_expect(2, "cannot open --nosuch", "train -- --nosuch");
}

Test(tool_usage, devices_that_are_not_there) {
    tool_expect(4, "no device 'nosuch'", "train tool.yaml --device nosuch -o out");
    tool_expect(4, "no device", "train tool.yaml --device opencl:99 -o out");
    tool_expect(4, "no device", "train tool.yaml --device '' -o out");
    tool_expect(4, "no device", "train tool.yaml --device -1 -o out");
    tool_expect(2, "share", "train tool.yaml --device cpu=x -o out");
    tool_expect(0, "2 devices", "train tool.yaml --device cpu,cpu -o both --epochs 1");
    tool_expect(2, "2 devices are named",
                "eval -m both/model.safetensors --data tool.yaml --device cpu,cpu");
    setenv("SOCLE_DEVICE", "elsewhere", 1);
    tool_expect(4, "no device 'elsewhere'", "train tool.yaml -o out");
    tool_expect(0, NULL, "train tool.yaml --device cpu -o used"); /* the flag wins */
    SC_TRUE(!tool_exists("out"));
    SC_TRUE(tool_exists("used/model.safetensors"));
}

Test(tool_usage, devices_lists_the_cpu) {
    tool_result result = tool_run("devices");
    SC_EQ(result.code, 0);
    SC_CONTAINS(result.out, "cpu:0");
    tool_free(&result);
    result = tool_run("devices --json");
    SC_EQ(result.code, 0);
    json_t *lines = tool_json_lines(result.out);
    const json_t *cpu = json_array_get(lines, 0);
    SC_EQ_STR(json_string_value(json_object_get(cpu, "device")), "cpu:0");
    SC_EQ_STR(json_string_value(json_object_get(cpu, "type")), "cpu");
    SC_TRUE(json_integer_value(json_object_get(cpu, "memory")) > 0);
    SC_TRUE(json_integer_value(json_object_get(cpu, "compute_units")) > 0);
    json_decref(lines);
    tool_free(&result);
}

Test(tool_usage, no_colour_and_no_bar_off_a_terminal) {
    setenv("TERM", "xterm-256color", 1);
    tool_result result = tool_run("train tool.yaml -o out --epochs 2");
    SC_EQ(result.code, 0);
    SC_TRUE(!strchr(result.err, '\033'));
    SC_TRUE(!strchr(result.err, '\r'));
    SC_CONTAINS(result.err, "epoch 2/2");
    tool_free(&result);
}

static int run_shell(const char *format, ...) __attribute__((format(printf, 1, 2)));
static int run_shell(const char *format, ...) {
    char line[2048];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    int status = system(line);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* script(1) gives the program a terminal. */
Test(tool_usage, bar_and_colour_on_a_terminal) {
    if (run_shell("command -v script >/dev/null") != 0) cr_skip_test("no script(1)");
    setenv("TERM", "xterm", 1);
    SC_EQ(run_shell("script -qec \"$SOCLE_TOOL train tool.yaml -o out --epochs 40 --batch 1\" "
                    "/dev/null >log 2>&1"),
          0);
    char *log = tool_get("log", NULL);
    SC_CONTAINS(log, "ms/step");
    SC_CONTAINS(log, "\r");
    free(log);
    SC_EQ(run_shell("script -qec \"$SOCLE_TOOL train nosuch.yaml\" /dev/null >log 2>&1"), 2);
    log = tool_get("log", NULL);
    SC_CONTAINS(log, "\033[31m");
    free(log);
    setenv("NO_COLOR", "1", 1);
    SC_EQ(run_shell("script -qec \"$SOCLE_TOOL train nosuch.yaml\" /dev/null >log 2>&1"), 2);
    log = tool_get("log", NULL);
    SC_TRUE(!strstr(log, "\033[31m"));
    free(log);
}

Test(tool_usage, lost_output_is_noticed) {
    SC_EQ(run_shell("$SOCLE_TOOL devices >&- 2>err.txt"), 1);
    char *err = tool_get("err.txt", NULL);
    SC_CONTAINS(err, "standard output");
    free(err);
    if (access("/dev/full", W_OK) == 0)
        SC_EQ(run_shell("$SOCLE_TOOL devices >/dev/full 2>err.txt"), 1);
    /* A run continues where nothing reads its events. */
    SC_EQ(run_shell("$SOCLE_TOOL train tool.yaml -o out --json 2>err.txt >&-"), 1);
    SC_TRUE(tool_exists("out/model.safetensors"));
    SC_EQ(run_shell("bash -c '$SOCLE_TOOL predict -m out/model.safetensors --input train-images "
                    "2>err.txt | true; "
                    "exit ${PIPESTATUS[0]}'") &
              ~1,
          0);
}

Test(tool_usage, completions) {
    static const char *const shells[] = {"bash", "zsh", "fish"};
    for (int i = 0; i < 3; i++) {
        tool_result result = tool_run("completion %s", shells[i]);
        SC_EQ(result.code, 0);
        SC_CONTAINS(result.out, "min-accuracy");
        SC_CONTAINS(result.out, "inspect");
        tool_put(shells[i], result.out, result.out_size);
        tool_free(&result);
        char line[128];
        snprintf(line, sizeof line, "command -v %s >/dev/null", shells[i]);
        if (system(line) == 0) SC_EQ(run_shell("%s -n %s", shells[i], shells[i]), 0);
    }
    static const struct {
        const char *words, *offered;
    } rows[] = {
        {"trai", "train"},
        {"train --ep", "--epochs"},
        {"eval --split te", "test"},
        {"eval --split = tr", "train"},
        {"eval -m train-im", "train-images"},
        {"train -d al", "all"},
        {"train --device cpu", "cpu cpu:0"},
        {"train -o no-d", "no-drivers"},
        {"train -o train-im", ""},
        {"train tool", "tool.yaml"},
        {"inspect tool", "tool.yaml"},
        {"completion z", "zsh"},
        {"help compl", "completion"},
        {"help layer conv", "conv2d conv1d conv2d_transpose"},
        {"train --set train.ba", "train.batch="},
        {"train --set losses", ""}, /* a list: its members have numbers */
        {"train --set train.groups.", ""},
        {"plan --set data.train.li", "data.train.limit="},
        {"plan --set data.train.st", "data.train.standardise= data.train.stream="},
        {"help train.", "train.early_stopping train.penalty train.clip train.adversarial "
                        "train.augment train.groups "
                        "train.init_from train.checkpoint"},
        {"help --format m", "markdown man"},
        {"verify --op conv", "conv2d conv2d_grad_input conv2d_grad_weight"},
        {"train --epochs t", ""},
    };
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++) {
        SC_REPRO("socle %s", rows[r].words);
        SC_EQ(run_shell("bash -c '. ./bash; COMP_WORDS=(\"$SOCLE_TOOL\" %s); "
                        "COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _socle; echo \"${COMPREPLY[*]}\"' "
                        ">offered",
                        rows[r].words),
              0);
        char *offered = tool_get("offered", NULL);
        offered[strcspn(offered, "\n")] = '\0';
        SC_EQ_STR(offered, rows[r].offered);
        free(offered);
    }
}
