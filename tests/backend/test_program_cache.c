/* SPDX-License-Identifier: Apache-2.0 */
/* The disk cache of built programs, forced on for a driver that would not need it: a second start
 * reads the file and writes none, a damaged file is never given to the driver, and results stay
 * right whatever happened to it. */
#include "device_fixture.h"
#include "sc_temp.h"

static const char *first_file(sc_temp *temp, char *out, size_t size, int *files) {
    DIR *folder = opendir(temp->path);
    struct dirent *entry;
    *files = 0;
    out[0] = '\0';
    while (folder && (entry = readdir(folder)))
        if (strstr(entry->d_name, ".bin")) {
            ++*files;
            snprintf(out, size, "%s/%s", temp->path, entry->d_name);
        }
    if (folder) closedir(folder);
    return out;
}

static device_fixture f; /* its log stays to be read */

/* Opens the device, squares numbers, closes: one life of a process. */
static void square(void) {
    sc_device_options options = SC_DEVICE_OPTIONS_DEFAULT;
    device_open(&f, "opencl:0", &options);
    sc_expr expr;
    sc_expr_init(&expr);
    sc_expr_output(&expr, sc_expr_add_node(&expr, SC_EXPR_SQUARE,
                                           sc_expr_input(&expr, 0, SC_EXPR_FLOAT), 0, 0));
    int64_t dim = 100;
    sc_op_desc desc = {.op = SC_OP_ELEMENTWISE, .inputs = 1, .outputs = 1, .expr = &expr};
    desc.tensor[0] = desc.tensor[1] = sc_tensor_make(SOCLE_F32, 0, 1, &dim);
    sc_kernel *kernel;
    sc_buffer *buffer;
    float in[100], out[100];
    for (int i = 0; i < 100; i++) in[i] = (float)i;
    SC_OK(&f.env, sc_prepare(&kernel, f.device, &desc, NULL));
    SC_OK(&f.env, sc_buffer_create(&buffer, f.device, SC_BUFFER_DEVICE, 1024));
    sc_operand operand[2] = {{buffer, 0}, {buffer, 512}};
    SC_OK(&f.env, sc_queue_write(f.queue, operand[0], in, sizeof in));
    SC_OK(&f.env,
          sc_kernel_enqueue(kernel, f.queue, operand, (sc_operand){0}, &(sc_launch){.rows = 1}));
    SC_OK(&f.env, sc_queue_read(f.queue, out, operand[1], sizeof out));
    SC_OK(&f.env, sc_queue_finish(f.queue));
    for (int i = 0; i < 100; i++) SC_EQ((int)out[i], i * i);
    sc_kernel_release(kernel);
    sc_buffer_destroy(buffer);
    device_close(&f);
}

static struct stat stat_of(const char *path) {
    struct stat info;
    SC_EQ(stat(path, &info), 0);
    return info;
}

/* Changes the byte at `offset` from the start (from the end when negative). */
static void flip(const char *path, long offset) {
    FILE *file = fopen(path, "r+b");
    SC_TRUE(file != NULL);
    SC_EQ(fseek(file, offset, offset < 0 ? SEEK_END : SEEK_SET), 0);
    int byte = fgetc(file);
    SC_TRUE(byte != EOF);
    SC_EQ(fseek(file, -1, SEEK_CUR), 0);
    SC_TRUE(fputc(byte ^ 0x20, file) != EOF);
    SC_EQ(fclose(file), 0);
}

static void begin(sc_temp *temp) {
    sc_temp_make(temp);
    setenv("SOCLE_CACHE", "force", 1);
    setenv("SOCLE_CACHE_DIR", temp->path, 1);
}

Test(program_cache, second_start_reads_what_the_first_wrote) {
    sc_temp temp;
    char path[512];
    int files, again;
    begin(&temp);
    square();
    first_file(&temp, path, sizeof path, &files);
    SC_TRUE(files > 0);
    struct stat before = stat_of(path);
    square();
    first_file(&temp, path, sizeof path, &again);
    SC_EQ(again, files);
    SC_EQ(stat_of(path).st_ino, before.st_ino); /* not written anew */
    sc_temp_remove(&temp);
}

Test(program_cache, a_damaged_file_is_built_again) {
    const long places[] = {0, 10, 45, 75, 90, -1}; /* magic, key, hash, size, payload, its end */
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        sc_temp temp;
        char path[512];
        int files;
        SC_REPRO("byte %ld of the file is wrong", places[i]);
        begin(&temp);
        square();
        first_file(&temp, path, sizeof path, &files);
        SC_TRUE(files > 0);
        struct stat before = stat_of(path);
        flip(path, places[i]);
        square();
        SC_TRUE(stat_of(path).st_ino != before.st_ino);   /* replaced */
        SC_TRUE(stat_of(path).st_size >= before.st_size); /* PoCL adds the code of kernels that ran
                                                           */
        sc_temp_remove(&temp);
    }
}

Test(program_cache, a_cut_file_is_built_again) {
    sc_temp temp;
    char path[512];
    int files;
    begin(&temp);
    square();
    first_file(&temp, path, sizeof path, &files);
    off_t size = stat_of(path).st_size;
    const off_t lengths[] = {0, 7, 80, 81, size / 2, size - 1};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        SC_REPRO("file cut to %ld bytes", (long)lengths[i]);
        SC_EQ(truncate(path, lengths[i]), 0);
        square();
        SC_TRUE(stat_of(path).st_size >= size); /* PoCL adds the code of kernels that ran */
    }
    sc_temp_remove(&temp);
}

/* Lines of the last life at least as loud as a warning. */
static int warnings(const char *with) {
    int count = 0;
    for (int i = 0; i < f.log.count; i++)
        count += f.log.level[i] >= SOCLE_LOG_WARNING && strstr(f.log.text[i], with) != NULL;
    return count;
}

/* A user who can write to the folder can put programs there that run as this user: the hash inside
 * a file is no signature.
 */
Test(program_cache, of_others_is_not_used) {
    sc_temp temp;
    char path[512];
    int files, again;
    begin(&temp);
    square();
    SC_EQ(warnings(""), 0);
    first_file(&temp, path, sizeof path, &files);
    SC_TRUE(files > 0);
    struct stat before = stat_of(path);
    flip(path, -1); /* read, it would be told as damaged and replaced */
    SC_EQ(chmod(temp.path, 0777), 0);
    square();
    SC_EQ(warnings("not trusted"), 1); /* once, however many programs */
    SC_EQ(warnings("damaged"), 0);
    SC_EQ(stat_of(path).st_ino, before.st_ino); /* nor is anything written there */
    first_file(&temp, path, sizeof path, &again);
    SC_EQ(again, files);
    SC_EQ(chmod(temp.path, 0700), 0);
    SC_EQ(chmod(path, 0666), 0); /* one file that others can write to is built anew, as one's own */
    square();
    SC_EQ(warnings("not trusted"), 1);
    SC_EQ(warnings("damaged"), 0);
    SC_TRUE(stat_of(path).st_ino != before.st_ino);
    square();
    SC_EQ(warnings(""), 0);
    sc_temp_remove(&temp);
}

Test(program_cache, of_somebody_else_is_not_used) {
    if (geteuid() != 0) cr_skip_test("only root can make files of somebody else's");
    sc_temp temp;
    char path[512];
    int files;
    begin(&temp);
    square();
    first_file(&temp, path, sizeof path, &files);
    SC_TRUE(files > 0);
    SC_EQ(chown(path, 12345, 12345), 0);
    flip(path, -1);
    square();
    SC_EQ(warnings("belongs to user 12345"), 1);
    SC_EQ(warnings("damaged"), 0);
    SC_EQ(stat_of(path).st_uid, 0);
    SC_EQ(chown(temp.path, 12345, 12345), 0);
    square();
    SC_EQ(warnings("belongs to user 12345"), 1);
    sc_temp_remove(&temp);
}

/* A folder that the cache makes is closed to all other users. */
Test(program_cache, folders_are_made_private) {
    sc_temp temp;
    char folder[300];
    begin(&temp);
    snprintf(folder, sizeof folder, "%s/a/b", temp.path);
    setenv("SOCLE_CACHE_DIR", folder, 1);
    umask(0);
    square();
    SC_EQ(stat_of(folder).st_mode & 07777, 0700);
    SC_EQ(stat_of(sc_temp_file(&temp, "a")).st_mode & 07777, 0700);
    sc_temp_remove(&temp);
}

/* Only what was used longest ago goes, when the next device is opened. */
Test(program_cache, stays_below_its_size) {
    sc_temp temp;
    char path[512];
    int files, again;
    static const char bytes[2 << 20] = {1};
    const char *name = "0123456789abcdef0123456789abcdef.bin";
    begin(&temp);
    square();
    first_file(&temp, path, sizeof path, &files);
    const struct timespec old[2] = {{1, 0}, {1, 0}};
    SC_EQ(utimensat(AT_FDCWD, sc_temp_put(&temp, name, bytes, sizeof bytes), old, 0), 0);
    square();
    SC_EQ(access(sc_temp_file(&temp, name), F_OK), 0);
    setenv("SOCLE_CACHE_SIZE", "2", 1);
    square();
    SC_TRUE(access(sc_temp_file(&temp, name), F_OK) != 0);
    first_file(&temp, path, sizeof path, &again);
    SC_EQ(again, files);
    SC_EQ(warnings("SOCLE_CACHE_SIZE"), 0);
    setenv("SOCLE_CACHE_SIZE", "all of it", 1);
    square();
    SC_EQ(warnings("SOCLE_CACHE_SIZE"), 1);
    sc_temp_remove(&temp);
}

Test(program_cache, off_writes_nothing) {
    sc_temp temp;
    char path[512];
    int files;
    begin(&temp);
    setenv("SOCLE_CACHE", "0", 1);
    square();
    first_file(&temp, path, sizeof path, &files);
    SC_EQ(files, 0);
    sc_temp_remove(&temp);
}
