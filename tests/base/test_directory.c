/* SPDX-License-Identifier: Apache-2.0 */
/* Directories that are held: by one process at a time, under whatever name, also where the file
 * system has no locks. Linked with --wrap=flock. */
#include "base/directory.h"
#include "base/file.h"
#include "base/temporary.h"

#include <errno.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/wait.h>

#include "sc_temp.h"

static int refused; /* errno of every flock; 0: as the system does it */

int __real_flock(int file, int operation);
int __wrap_flock(int file, int operation);
int __wrap_flock(int file, int operation) {
    if (!refused) return __real_flock(file, operation);
    errno = refused;
    return -1;
}

static sc_temp temp;
static sc_env env;
static char run[512], logged[4096];

static void log_line(void *user, socle_log_level level, const char *text) {
    (void)user, (void)level;
    snprintf(logged, sizeof logged, "%s", text);
}

static void begin(void) {
    const socle_logger logger = {log_line, NULL, SOCLE_LOG_DEBUG};
    sc_env_init(&env, NULL, &logger);
    sc_temp_make(&temp);
    snprintf(run, sizeof run, "%s", sc_temp_file(&temp, "run"));
    SC_EQ(mkdir(run, 0700), 0);
}

static void end(void) {
    sc_temp_remove(&temp);
}

TestSuite(directory, .init = begin, .fini = end);

static const char *inside(const char *name) {
    static char path[1024];
    snprintf(path, sizeof path, "%s/%s", run, name);
    return path;
}

static void put(const char *path, const char *text) {
    FILE *file = fopen(path, "wb");
    SC_TRUE(file && fputs(text, file) >= 0 && fclose(file) == 0);
}

static bool exists(const char *path) {
    return access(path, F_OK) == 0;
}

/* A child that holds the directory until it is killed. */
static pid_t start_holder(void) {
    int ready[2];
    char byte;
    SC_EQ(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) {
        sc_directory *directory;
        if (sc_directory_hold(&directory, &env, run) == SOCLE_OK)
            if (write(ready[1], "", 1) == 1)
                for (;;) pause();
        _exit(1);
    }
    close(ready[1]);
    SC_EQ(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    return child;
}

static void end_holder(pid_t child) {
    kill(child, SIGKILL);
    SC_EQ(waitpid(child, NULL, 0), child);
}

Test(directory, held_once) {
    sc_directory *first, *second = (sc_directory *)&env;
    SC_OK(&env, sc_directory_hold(&first, &env, run));
    SC_TRUE(exists(inside(SC_DIRECTORY_LOCK)));
    SC_FAILS(&env, sc_directory_hold(&second, &env, run), SOCLE_STATUS_STATE);
    SC_TRUE(second == NULL);
    sc_directory_release(first);
    SC_TRUE(!exists(inside(SC_DIRECTORY_LOCK)));
    SC_OK(&env, sc_directory_hold(&second, &env, run));
    sc_directory_release(second);
    sc_directory_release(NULL);
}

Test(directory, who_holds_it_is_said) {
    pid_t holder = start_holder();
    sc_directory *directory;
    char who[64], host[128];
    SC_FAILS(&env, sc_directory_hold(&directory, &env, run), SOCLE_STATUS_STATE);
    snprintf(who, sizeof who, "is in use by process %d on ", (int)holder);
    SC_EQ(gethostname(host, sizeof host), 0);
    SC_CONTAINS(env.text, run);
    SC_CONTAINS(env.text, who);
    SC_CONTAINS(env.text, host);
    SC_CONTAINS(env.text, " since 20");
    end_holder(holder);
    SC_TRUE(exists(inside(SC_DIRECTORY_LOCK)));
    SC_OK(&env, sc_directory_hold(&directory, &env, run)); /* the kernel let the lock go */
    sc_directory_release(directory);
}

Test(directory, two_paths_to_one) {
    char link[512];
    snprintf(link, sizeof link, "%s", sc_temp_file(&temp, "link"));
    SC_EQ(symlink("run", link), 0);
    SC_TRUE(sc_directory_same(run, run) && sc_directory_same(run, link));
    SC_TRUE(!sc_directory_same(run, inside("..")));
    SC_TRUE(!sc_directory_same("/nowhere", "/nowhere"));
}

Test(directory, what_is_no_directory) {
    sc_directory *directory;
    SC_FAILS(&env, sc_directory_hold(&directory, &env, sc_temp_file(&temp, "nowhere")),
             SOCLE_STATUS_NOT_FOUND);
    put(sc_temp_file(&temp, "file"), "x");
    SC_FAILS(&env, sc_directory_hold(&directory, &env, sc_temp_file(&temp, "file")),
             SOCLE_STATUS_IO);
    SC_EQ(symlink("/etc/passwd", inside(SC_DIRECTORY_LOCK)), 0); /* is not followed */
    SC_FAILS(&env, sc_directory_hold(&directory, &env, run), SOCLE_STATUS_IO);
    SC_EQ(unlink(inside(SC_DIRECTORY_LOCK)), 0);
    SC_EQ(mkfifo(inside(SC_DIRECTORY_LOCK), 0600), 0); /* does not block */
    SC_FAILS(&env, sc_directory_hold(&directory, &env, run), SOCLE_STATUS_IO);
}

/* A forged record moves no cursor and is no longer than a line. */
Test(directory, hostile_records) {
    sc_directory *directory;
    static char text[5000];
    memset(text, 'a', sizeof text - 1);
    const char *const records[] = {"", "\n", "\x1b[2J\n1-2-3-4-5\n", "process 1\nnot-a-process\n",
                                   text};
    int hold = open(inside(SC_DIRECTORY_LOCK), O_RDWR | O_CREAT, 0600);
    SC_EQ(__real_flock(hold, LOCK_EX), 0);
    for (size_t i = 0; i < sizeof records / sizeof records[0]; i++) {
        SC_EQ(ftruncate(hold, 0), 0);
        SC_EQ(pwrite(hold, records[i], strlen(records[i]), 0), strlen(records[i]));
        SC_FAILS(&env, sc_directory_hold(&directory, &env, run), SOCLE_STATUS_STATE);
        SC_TRUE(!strchr(env.text, '\x1b') && !strchr(env.text, '\n'));
    }
    close(hold);
    for (size_t i = 0; i < sizeof records / sizeof records[0]; i++) {
        put(inside(SC_DIRECTORY_LOCK), records[i]);
        SC_OK(&env, sc_directory_hold(&directory, &env, run));
        sc_directory_release(directory);
    }
}

static void put_temporary(char path[1024], const sc_process *owner) {
    char name[SC_TEMPORARY_NAME];
    sc_temporary_name(name, owner, 0);
    snprintf(path, 1024, "%s/%s", run, name);
    put(path, "x");
}

/* Its owner need not be visible from here: it had the lock, and has it no more. */
Test(directory, leftovers_of_the_last_holder) {
    sc_process self = sc_process_self(), other = self, stranger = self;
    char mine[1024], others[1024], strangers[1024], who[SC_PROCESS_TEXT], record[256];
    other.space++;
    stranger.space += 2;
    put_temporary(mine, &self);
    put_temporary(others, &other);
    put_temporary(strangers, &stranger);
    sc_process_text(who, &other);
    snprintf(record, sizeof record, "process 1 in a container\n%s\n", who);
    put(inside(SC_DIRECTORY_LOCK), record);
    sc_directory *directory;
    SC_OK(&env, sc_directory_hold(&directory, &env, run));
    SC_TRUE(exists(mine) && !exists(others) && exists(strangers));
    sc_directory_release(directory);
}

/* --- Without locks --- */

static void expect_without_locks(int code) {
    sc_directory *directory;
    refused = code;
    SC_OK(&env, sc_directory_hold(&directory, &env, run));
    SC_CONTAINS(logged, "has no locks");
    SC_CONTAINS(logged, strerror(code));
    sc_directory *second;
    SC_FAILS(&env, sc_directory_hold(&second, &env, run), SOCLE_STATUS_STATE);
    SC_CONTAINS(env.text, "is in use by process");
    SC_CONTAINS(env.text, "remove ");
    SC_TRUE(exists(inside(SC_DIRECTORY_LOCK)));
    sc_directory_release(directory);
    SC_OK(&env, sc_directory_hold(&directory, &env, run));
    sc_directory_release(directory);
}

Test(directory, file_systems_without_locks) {
    static const int codes[] = {ENOLCK, EOPNOTSUPP, ENOSYS, EINVAL};
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        SC_REPRO("flock fails with %s", strerror(codes[i]));
        expect_without_locks(codes[i]);
    }
    pid_t holder = start_holder(); /* it inherits the refusal */
    sc_directory *directory;
    SC_FAILS(&env, sc_directory_hold(&directory, &env, run), SOCLE_STATUS_STATE);
    end_holder(holder);
    SC_OK(&env, sc_directory_hold(&directory, &env, run)); /* provably gone */
    sc_directory_release(directory);
    sc_process elsewhere = sc_process_self();
    char who[SC_PROCESS_TEXT], record[256];
    elsewhere.host++;
    sc_process_text(who, &elsewhere);
    snprintf(record, sizeof record, "process 7 on elsewhere\n%s\n", who);
    put(inside(SC_DIRECTORY_LOCK), record);
    SC_FAILS(&env, sc_directory_hold(&directory, &env, run), SOCLE_STATUS_STATE); /* not known */
    SC_CONTAINS(env.text, "process 7 on elsewhere");
}

/* --- Directories that move --- */

static void expect_lost(sc_directory *directory, const char *text) {
    SC_FAILS(&env, sc_directory_locate(directory), SOCLE_STATUS_IO);
    SC_CONTAINS(env.text, run);
    SC_CONTAINS(env.text, text);
    SC_TRUE(!sc_directory_exists(directory));
    sc_directory_release(directory);
}

Test(directory, moved) {
    sc_directory *directory;
    char there[1024], again[1024];
    snprintf(there, sizeof there, "%s", sc_temp_file(&temp, "there"));
    snprintf(again, sizeof again, "%s", sc_temp_file(&temp, "again"));
    SC_OK(&env, sc_directory_hold(&directory, &env, run));
    SC_OK(&env, sc_directory_locate(directory));
    SC_EQ_STR(sc_directory_path(directory), run);
    SC_EQ(rename(run, there), 0);
    SC_TRUE(sc_directory_exists(directory));
    SC_OK(&env, sc_directory_locate(directory));
    SC_EQ_STR(sc_directory_path(directory), there);
    SC_CONTAINS(logged, "was moved: goes on in");
    SC_EQ(symlink(again, run), 0); /* a link has taken its name, the second time too */
    SC_EQ(rename(there, again), 0);
    SC_EQ(symlink("/tmp", there), 0);
    SC_OK(&env, sc_directory_locate(directory));
    SC_EQ_STR(sc_directory_path(directory), again);
    SC_CONTAINS(logged, "something else");
    sc_directory_release(directory);
}

Test(directory, deleted) {
    sc_directory *directory;
    SC_OK(&env, sc_directory_hold(&directory, &env, run));
    SC_EQ(unlink(inside(SC_DIRECTORY_LOCK)), 0);
    SC_EQ(rmdir(run), 0);
    expect_lost(directory, "it was deleted meanwhile");
}

Test(directory, deleted_and_made_again) {
    sc_directory *directory, *other;
    SC_OK(&env, sc_directory_hold(&directory, &env, run));
    SC_EQ(unlink(inside(SC_DIRECTORY_LOCK)), 0);
    SC_EQ(rmdir(run), 0);
    SC_EQ(mkdir(run, 0700), 0);
    SC_OK(&env, sc_directory_hold(&other, &env, run));
    expect_lost(directory, "deleted meanwhile; what has its name now is something else");
    SC_TRUE(exists(inside(SC_DIRECTORY_LOCK))); /* the other one's */
    sc_directory_release(other);
}

static socle_status hold_one(sc_env *child, void *argument) {
    sc_directory *directory;
    (void)argument;
    SC_TRY(sc_directory_hold(&directory, child, run));
    sc_directory_release(directory);
    return SOCLE_OK;
}

Test(directory, holding_under_refusal) {
    sc_test_each_allocation(hold_one, NULL);
    SC_TRUE(!exists(inside(SC_DIRECTORY_LOCK)));
}
