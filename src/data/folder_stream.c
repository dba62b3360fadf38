/* SPDX-License-Identifier: Apache-2.0 */
/* Pictures of a folder that are read when they are needed. See folder.h. */
#include "base/hash.h"
#include "data/column_kind.h"
#include "data/folder.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

typedef struct stream {
    sc_folder folder;
    sc_picture_form form;
    size_t bytes;    /* of a sample */
    uint64_t *stamp; /* of each file, when it was listed */
} stream;

/* Of the size and time of a file. */
static socle_status stamp_file(uint64_t *out, sc_env *env, const char *path) {
    struct stat status;
    *out = 0;
    if (stat(path, &status) != 0)
        return sc_fail(env, SOCLE_STATUS_IO, "%s: cannot stat: %s", path, strerror(errno));
    const uint64_t facts[] = {(uint64_t)status.st_size, (uint64_t)status.st_mtim.tv_sec,
                              (uint64_t)status.st_mtim.tv_nsec};
    *out = sc_hash_bytes(facts, sizeof facts, 0).low;
    return SOCLE_OK;
}

static socle_status read_one(const stream *of, sc_env *env, uint32_t number, uint8_t *out) {
    const char *path = of->folder.file[number];
    uint64_t stamp;
    SC_TRY(stamp_file(&stamp, env, path));
    if (stamp != of->stamp[number])
        return sc_fail(env, SOCLE_STATUS_DATA,
                       "%s: was changed while it was in use: begin again with data that stay as "
                       "they are",
                       path);
    return sc_folder_read_one(&of->folder, env, &of->form, number, out);
}

static socle_status read_rows(void *user, sc_env *env, const uint32_t *row, uint32_t count,
                              void *out) {
    const stream *of = user;
    for (uint32_t i = 0; i < count; i++)
        SC_TRY(read_one(of, env, row[i], (uint8_t *)out + i * of->bytes));
    return SOCLE_OK;
}

static void close_stream(void *user) {
    stream *of = user;
    sc_env *env = of->folder.env;
    sc_folder_free(&of->folder);
    sc_release(env, of->stamp);
    sc_release(env, of);
}

static socle_status add_columns(sc_dataset *dataset, stream *of) {
    const sc_picture_form *form = &of->form;
    const size_t count = (size_t)sc_dataset_count(dataset);
    const socle_shape one = {0},
                      shape = {.rank = 3, .size = {form->channels, form->height, form->width}};
    of->bytes = (size_t)(form->channels * form->height * form->width);
    SC_TRY(sc_allocate(of->folder.env, &of->stamp, count, sizeof *of->stamp));
    for (size_t i = 0; i < count; i++)
        SC_TRY(stamp_file(&of->stamp[i], of->folder.env, of->folder.file[i]));
    if (of->folder.class)
        SC_TRY(sc_dataset_add_copy(dataset, sc_column_name(SC_COLUMN_LABEL), SOCLE_I32, &one,
                                   of->folder.label));
    const sc_row_source source = {.user = of,
                                  .read = read_rows,
                                  .release = close_stream,
                                  .stamp =
                                      sc_hash_bytes(of->stamp, count * sizeof *of->stamp, 0).low};
    return sc_dataset_add_streamed(dataset, sc_column_name(SC_COLUMN_INPUT), SOCLE_U8, &shape,
                                   &source);
}

socle_status sc_folder_stream(sc_dataset **out, sc_folder *folder, const sc_picture_form *form,
                              int64_t limit) {
    int64_t count = (int64_t)folder->files;
    stream *of;
    if (limit && limit < count) count = limit;
    SC_TRY(sc_dataset_create(out, folder->env, folder->path, count));
    socle_status status = sc_allocate(folder->env, &of, 1, sizeof *of);
    if (status == SOCLE_OK) {
        *of = (stream){.folder = *folder, .form = *form};
        status = add_columns(*out, of);
        if (status == SOCLE_OK) {
            *folder = (sc_folder){0}; /* the data set has it now */
            return SOCLE_OK;
        }
        sc_release(folder->env, of->stamp);
        sc_release(folder->env, of);
    }
    sc_dataset_destroy(*out);
    *out = NULL;
    return status;
}
