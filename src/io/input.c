/* SPDX-License-Identifier: Apache-2.0 */
/* See input.h. The descriptor is opened without blocking, so that a FIFO in place of a file is
 * refused and not waited for. */
#include "io/input.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* One system call reads at most this much: some systems refuse more than 2 GiB. */
enum { READ_AT_ONCE = 1 << 30 };

static const char *kind_of(mode_t mode) {
    if (S_ISDIR(mode)) return "a directory";
    if (S_ISFIFO(mode)) return "a FIFO";
    if (S_ISCHR(mode) || S_ISBLK(mode)) return "a device";
    return "a socket";
}

static uint64_t time_of(const struct stat *status) {
    return (uint64_t)status->st_mtim.tv_sec * UINT64_C(1000000000) +
           (uint64_t)status->st_mtim.tv_nsec;
}

static socle_status open_descriptor(sc_input *input, sc_env *env) {
    do {
        input->descriptor = open(input->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    } while (input->descriptor < 0 && errno == EINTR);
    if (input->descriptor < 0) {
        bool missing = errno == ENOENT || errno == ENOTDIR;
        return sc_fail(env, missing ? SOCLE_STATUS_NOT_FOUND : SOCLE_STATUS_IO,
                       "%s: cannot open: %s", input->path, strerror(errno));
    }
    struct stat status;
    if (fstat(input->descriptor, &status) != 0)
        return sc_fail(env, SOCLE_STATUS_IO, "%s: cannot stat: %s", input->path, strerror(errno));
    if (!S_ISREG(status.st_mode))
        return sc_fail(env, SOCLE_STATUS_IO, "%s: is %s; a regular file is needed", input->path,
                       kind_of(status.st_mode));
    input->size = (uint64_t)status.st_size;
    input->time = time_of(&status);
    return SOCLE_OK;
}

socle_status sc_input_open(sc_input *out, sc_env *env, const char *path) {
    *out = (sc_input){.env = env, .descriptor = -1};
    if (!*path) return sc_fail(env, SOCLE_STATUS_NOT_FOUND, "\"\": the name of a file is empty");
    SC_TRY(sc_copy_string(env, &out->path, path));
    socle_status status = open_descriptor(out, env);
    if (status != SOCLE_OK) sc_input_close(out);
    return status;
}

socle_status sc_input_open_memory(sc_input *out, sc_env *env, const char *label, const void *data,
                                  size_t size) {
    *out = (sc_input){.env = env, .descriptor = -1, .memory = data, .size = size};
    if (!out->memory) out->memory = (const unsigned char *)"";
    return sc_copy_string(env, &out->path, label);
}

void sc_input_close(sc_input *input) {
    if (!input->env) return;
    if (input->descriptor >= 0) close(input->descriptor);
    sc_release(input->env, input->path);
    *input = (sc_input){.descriptor = -1};
}

socle_status sc_input_check_same(const sc_input *input) {
    struct stat status;
    if (input->memory) return SOCLE_OK;
    if (fstat(input->descriptor, &status) != 0)
        return sc_fail(input->env, SOCLE_STATUS_IO, "%s: cannot stat: %s", input->path,
                       strerror(errno));
    if ((uint64_t)status.st_size == input->size && time_of(&status) == input->time) return SOCLE_OK;
    return sc_fail(input->env, SOCLE_STATUS_DATA,
                   "%s: was changed while it was in use: begin again with data that stay as they "
                   "are",
                   input->path);
}

static socle_status ends_early(const sc_input *input, uint64_t end, size_t missing) {
    return sc_fail(input->env, SOCLE_STATUS_DATA,
                   "%s: ends at byte %" PRIu64 ", %zu bytes too early; the file is truncated",
                   input->path, end, missing);
}

socle_status sc_input_read(const sc_input *input, void *data, size_t size, uint64_t offset) {
    if (input->memory) {
        uint64_t left = offset < input->size ? input->size - offset : 0;
        if (size > left) return ends_early(input, input->size, size - (size_t)left);
        if (size > 0) memcpy(data, input->memory + offset, size);
        return SOCLE_OK;
    }
    size_t done = 0;
    while (done < size) {
        size_t wanted = size - done < READ_AT_ONCE ? size - done : READ_AT_ONCE;
        ssize_t got = pread(input->descriptor, (char *)data + done, wanted, (off_t)(offset + done));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0)
            return sc_fail(input->env, SOCLE_STATUS_IO, "%s: reading byte %" PRIu64 " failed: %s",
                           input->path, offset + done, strerror(errno));
        if (got == 0) return ends_early(input, offset + done, size - done);
        done += (size_t)got;
    }
    return SOCLE_OK;
}
