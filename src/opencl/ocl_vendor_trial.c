/* SPDX-License-Identifier: Apache-2.0 */
/* Runs socle-probe for each vendor's driver, all at once, and reads what it says until it ends or
 * its time is over. The processes are made by posix_spawn of a program: a fork of a process with
 * threads may not do what drivers do. */
#include "opencl/ocl_vendors.h"

#include "base/deadline.h"
#include "base/process.h"
#include "base/program.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SECONDS = 30, MOST_SECONDS = 3600, WAIT_MS = 20, FAR = 10 };

#define SECOND UINT64_C(1000000000)

extern char **environ;

typedef struct trial {
    sc_ocl_vendor *vendor;
    pid_t process; /* 0: none runs */
    int output;
    size_t used;
    char text[2048]; /* what it wrote; more than a driver's probe has to say */
} trial;

/* ---- The program ---- */

/* No other user can have put it there: what runs a driver runs as this user. */
static bool is_trusted(sc_env *env, const char *path, bool folders) {
    sc_env quiet; /* what is not there is no failure */
    sc_env_child(&quiet, env);
    socle_status status = sc_program_check(&quiet, path, folders);
    if (status == SOCLE_STATUS_IO)
        sc_log_line(env, SOCLE_LOG_WARNING, "OpenCL drivers are not tried by this program: %s",
                    quiet.text);
    return status == SOCLE_OK;
}

/* `place` beside the file, which may be a link. */
static bool beside(sc_env *env, char out[SC_OCL_PATH_TEXT], const char *file, const char *place) {
    char *real = realpath(file, NULL), *slash = real ? strrchr(real, '/') : NULL;
    if (slash) *slash = '\0';
    bool fits = slash && snprintf(out, SC_OCL_PATH_TEXT, "%s/%s", real, place) < SC_OCL_PATH_TEXT;
    free(real);
    return fits && is_trusted(env, out, false);
}

static bool at_place(sc_env *env, char out[SC_OCL_PATH_TEXT], const char *path) {
    return snprintf(out, SC_OCL_PATH_TEXT, "%s", path) < SC_OCL_PATH_TEXT && strchr(out, '/') &&
           is_trusted(env, out, true);
}

/* Of the program itself the linker knows the word that it was called by; without a slash that names
 * nothing, least of all a file in the working folder. */
bool sc_ocl_probe_program(sc_env *env, char out[SC_OCL_PATH_TEXT]) {
    const char *named = secure_getenv("SOCLE_PROBE");
    static const char anchor;
    Dl_info here;
    if (named && *named) return at_place(env, out, named);
    bool known = dladdr(&anchor, &here) != 0 && here.dli_fname && strchr(here.dli_fname, '/');
    return (known && (beside(env, out, here.dli_fname, "socle-probe") ||
                      beside(env, out, here.dli_fname, SC_PROBE_FROM_LIBRARY))) ||
           beside(env, out, "/proc/self/exe", "socle-probe") ||
           beside(env, out, "/proc/self/exe", SC_PROBE_FROM_PROGRAM) ||
           at_place(env, out, SC_PROBE_INSTALLED);
}

/* ---- Starting ---- */

static int seconds_given(void) {
    const char *text = getenv("SOCLE_PROBE_SECONDS");
    char *end = NULL;
    long value = text && *text ? strtol(text, &end, 10) : SECONDS;
    return (!end || *end == '\0') && value > 0 && value <= MOST_SECONDS ? (int)value : SECONDS;
}

/* The environment without layers: they belong to programs, and count what they see. Pointers alone
 * are copied. */
static socle_status without_layers(sc_env *env, char ***out) {
    size_t count = 0, kept = 0;
    while (environ && environ[count]) count++;
    SC_TRY(sc_allocate(env, out, count + 1, sizeof **out));
    for (size_t i = 0; i < count; i++)
        if (strncmp(environ[i], "OPENCL_LAYERS=", 14) != 0) (*out)[kept++] = environ[i];
    return SOCLE_OK;
}

/* Silent, no signal blocked, in a group of its own that can be ended whole. The output goes to its
 * place first: where this process has closed its standard files, it is one of those numbers. */
static int spawn(trial *t, const char *program, int output, char **variables) {
    char *words[] = {(char *)(uintptr_t)program, t->vendor->library, NULL};
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t none;
    sigemptyset(&none);
    int code = posix_spawn_file_actions_init(&files);
    if (code) return code;
    code = posix_spawnattr_init(&attributes);
    if (code == 0) {
        posix_spawnattr_setsigmask(&attributes, &none);
        posix_spawnattr_setpgroup(&attributes, 0);
        posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
        code = posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
        if (!code)
            code = posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
        if (!code)
            code =
                posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
        if (!code) code = posix_spawn(&t->process, program, &files, &attributes, words, variables);
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&files);
    if (code) t->process = 0;
    return code;
}

/* A driver that is given as little as that ends its process too. */
static bool is_shortage(int code) {
    return code == EAGAIN || code == ENOMEM || code == EMFILE || code == ENFILE;
}

/* Where no program can be started for another reason (a sandbox that forbids it), drivers are
 * loaded untried. */
static void start(sc_env *env, trial *t, const char *program, char **variables) {
    int ends[2];
    int code = pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0 ? 0 : errno;
    t->output = -1;
    if (!code) {
        code = spawn(t, program, ends[1], variables);
        close(ends[1]);
        t->output = ends[0];
    }
    if (is_shortage(code))
        t->vendor->verdict = (sc_ocl_verdict){.kind = SC_OCL_NO_PROCESS, .detail = code};
    else if (code)
        sc_log_line(env, SOCLE_LOG_WARNING,
                    "the OpenCL driver %s is loaded untried: %s cannot be started: %s",
                    sc_ocl_vendor_name(t->vendor), program, strerror(code));
}

/* ---- Listening ---- */

static void read_output(trial *t) {
    char waste[256];
    for (;;) {
        size_t room = sizeof t->text - 1 - t->used;
        ssize_t length =
            room ? read(t->output, t->text + t->used, room) : read(t->output, waste, sizeof waste);
        if (length <= 0) return;
        if (room) t->used += (size_t)length;
    }
}

/* A line of the probe's; the last word counts. */
static void hear(sc_ocl_vendor *vendor, const char *line) {
    sc_ocl_verdict *verdict = &vendor->verdict;
    int first, second;
    if (sscanf(line, "at %d", &first) == 1 && first >= 0 && first < PROBE_STAGE_COUNT) {
        verdict->stage = (probe_stage_id)first;
    } else if (sscanf(line, "well %d %d", &first, &second) == 2 && first >= 0 && second >= 0) {
        verdict->kind = SC_OCL_WELL;
        verdict->platforms = first;
        verdict->devices = second;
    } else if (strncmp(line, "unloadable ", 11) == 0) {
        verdict->kind = SC_OCL_UNLOADABLE;
        snprintf(vendor->why, sizeof vendor->why, "%s", line + 11);
        for (char *c = vendor->why; *c; c++)
            if ((unsigned char)*c < ' ' || (unsigned char)*c == 127) *c = '?';
    } else if (strcmp(line, "garbage") == 0) {
        verdict->kind = SC_OCL_GARBAGE;
    } else if (strcmp(line, "cramped") == 0) {
        verdict->kind = SC_OCL_CRAMPED;
    }
}

/* What it wrote counts before how it ended: a driver that answered everything may end in any way.
 */
static void judge(trial *t, int status, int seconds, bool late) {
    sc_ocl_verdict *verdict = &t->vendor->verdict;
    read_output(t);
    t->text[t->used] = '\0';
    char *rest = NULL;
    for (char *line = strtok_r(t->text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
        hear(t->vendor, line);
    if (verdict->kind != SC_OCL_UNTRIED) return;
    if (late) {
        verdict->kind = SC_OCL_SILENT;
        verdict->detail = seconds;
    } else if (WIFSIGNALED(status)) {
        verdict->kind = SC_OCL_CRASHED;
        verdict->detail = WTERMSIG(status);
    } else {
        verdict->kind = SC_OCL_ENDED;
        verdict->detail = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    }
}

static void finish(trial *t, int status, int seconds, bool late) {
    judge(t, status, seconds, late);
    close(t->output);
    t->output = -1;
    t->process = 0;
}

/* True while it runs. A process that other code has waited for has ended, and its status is lost.
 */
static bool listen_to(trial *t, int seconds) {
    int status = 0;
    read_output(t);
    pid_t ended = waitpid(t->process, &status, WNOHANG);
    if (ended == 0 || (ended < 0 && errno == EINTR)) return true;
    finish(t, ended < 0 ? 0xff00 : status, seconds, false);
    return false;
}

/* What cannot be killed, deep in a driver of the kernel, is left behind. */
static void end_late(trial *t, int seconds) {
    int status = 0;
    pid_t process = t->process;
    kill(-process, SIGKILL);
    kill(process, SIGKILL);
    for (int i = 0; i < 50 && waitpid(process, &status, WNOHANG) == 0; i++) poll(NULL, 0, WAIT_MS);
    finish(t, 0, seconds, true);
}

/* Where others take the processors, a driver is late through no fault of its own: the time in which
 * it wanted one and had none is not counted. */
static bool is_late(const trial *t, uint64_t passed, int seconds) {
    uint64_t starved = sc_process_starved((uint64_t)t->process),
             own = passed - (starved < passed ? starved : passed);
    return own >= (uint64_t)seconds * SECOND;
}

/* After so long nobody waits, but nobody is blamed either. */
static void end_starved(trial *t, int seconds) {
    end_late(t, seconds);
    if (t->vendor->verdict.kind == SC_OCL_SILENT) t->vendor->verdict.kind = SC_OCL_STARVED;
}

static void listen_to_all(trial *trials, int count, int seconds) {
    sc_deadline time = sc_deadline_start((uint64_t)seconds * SECOND);
    sc_deadline_extend(&time, (uint64_t)seconds * SECOND * (FAR - 1));
    int running = count;
    while (running && sc_deadline_left(&time)) {
        running = 0;
        for (int i = 0; i < count; i++) {
            if (!trials[i].process || !listen_to(&trials[i], seconds)) continue;
            if (is_late(&trials[i], time.spent, seconds))
                end_late(&trials[i], seconds);
            else
                running++;
        }
        if (running) poll(NULL, 0, WAIT_MS);
    }
    for (int i = 0; i < count; i++)
        if (trials[i].process) end_starved(&trials[i], FAR * seconds);
}

socle_status sc_ocl_vendors_try(sc_env *env, sc_ocl_vendors *vendors) {
    char program[SC_OCL_PATH_TEXT];
    trial *trials = NULL;
    int count = 0, seconds = seconds_given();
    if (!sc_ocl_probe_program(env, program)) {
        sc_log_line(
            env, SOCLE_LOG_DEBUG,
            "OpenCL drivers are not tried first: no socle-probe that can be trusted is where it "
            "was installed");
        return SOCLE_OK;
    }
    char **variables;
    SC_TRY(without_layers(env, &variables));
    socle_status status = sc_allocate(env, &trials, (size_t)vendors->count, sizeof *trials);
    if (status != SOCLE_OK) {
        sc_release(env, variables);
        return status;
    }
    for (int i = 0; i < vendors->count; i++) {
        sc_ocl_vendor *vendor = &vendors->vendor[i];
        if (sc_ocl_verdict_load(env, vendor, program)) continue;
        trials[count].vendor = vendor;
        start(env, &trials[count++], program, variables);
    }
    listen_to_all(trials, count, seconds);
    for (int i = 0; i < count; i++) sc_ocl_verdict_store(env, trials[i].vendor, program);
    sc_release(env, trials);
    sc_release(env, variables);
    return SOCLE_OK;
}
